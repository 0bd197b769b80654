"""What the runs of worker.py show: tables, goals and prices."""

import statistics
from typing import NamedTuple

from harness import BODY_BYTES, PREFETCH, median_ratio, rounds_line, spread, table, verdict
from worker import LARGE_BODY_BYTES, OURS, SCENARIOS


class Goal(NamedTuple):
    """A figure and its limit."""

    what: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self):
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def row(self):
        bound = "at least" if self.at_least else "at most"
        return [self.what, f"{self.value:.3g}{self.unit}", f"{bound} {self.limit:g}{self.unit}", verdict(self.is_met)]


def column(runs, scenario, program, name):
    """A figure of each round."""
    return [one[name] for one in runs[scenario][program]]


def beside(runs, scenario, other, name):
    """Ours as a multiple of another program's."""
    return median_ratio(column(runs, scenario, OURS, name), column(runs, scenario, other, name))


def beside_own(runs, scenario, base, name):
    """Ours as a multiple of ours in another scenario."""
    return median_ratio(column(runs, scenario, OURS, name), column(runs, base, OURS, name))


def large_body_price(runs, program):
    """What a body of 256 KiB costs beyond one of 512 bytes, in µs of CPU time, by round."""
    pairs = zip(column(runs, "large", program, "cpu_us"), column(runs, "classic", program, "cpu_us"))
    return [large - small for large, small in pairs]


def growth(runs):
    """The dearest of the three lengths as a multiple of the cheapest, by their medians: of three single runs the
    dearest lies above the cheapest by chance alone."""
    lengths = [statistics.median(column(runs, name, OURS, "cpu_us")) for name in ("5000", "classic", "80000")]
    return max(lengths) / min(lengths)


def goals(runs):
    def ours(scenario, name):
        return statistics.median(column(runs, scenario, OURS, name))

    for queue in ("classic", "quorum"):
        yield Goal(f"{queue}: CPU per message, of Go's", beside(runs, queue, "Go", "cpu_us"), 0.7)
        yield Goal(f"{queue}: messages/s, of Go's", beside(runs, queue, "Go", "rate"), 1.3, at_least=True)
        yield Goal(f"{queue}: messages/s, of C's", beside(runs, queue, "C", "rate"), 0.5, at_least=True)
    yield Goal("open loop: median latency, of C's", beside(runs, "open", "C", "p50_ms"), 1.1)
    yield Goal("open loop: 99th percentile, of C's", beside(runs, "open", "C", "p99_ms"), 1.5)
    yield Goal("one at a time: latency, of C's", beside(runs, "serial", "C", "serial_us"), 1.5)
    yield Goal("idle: resident memory", ours("idle", "idle_mib"), 25, " MiB")
    yield Goal("idle: CPU", ours("idle", "idle_percent"), 0.2, " %")
    yield Goal(f"{PREFETCH} in flight: peak of resident memory", ours("classic", "peak_mib"), 45, " MiB")
    yield Goal("first reply after exec, token included", ours("classic", "first_s"), 0.15, " s")
    yield Goal("512 in flight: CPU per message, of 256's", beside_own(runs, "512", "classic", "cpu_us"), 1.05)
    price = median_ratio(large_body_price(runs, OURS), large_body_price(runs, "C"))
    yield Goal("256 KiB: what the body adds in CPU, of what it adds in C", price, 1.5)
    if "80000" in runs:
        yield Goal("5,000 to 80,000 requests: CPU per message, dearest of cheapest", growth(runs), 1.1)


def prices(runs):
    """What more than the least costs: what, beside what, and the multiples of CPU time and rate."""
    for scenario, base in (("always", "classic"), ("logs", "classic"), ("logs", "bare"), ("tls", "classic")):
        if scenario in runs and base in runs:
            ratios = [f"{beside_own(runs, scenario, base, name):.3f}" for name in ("cpu_us", "rate")]
            what = SCENARIOS[base].title if base != "classic" else "the run above"
            yield [SCENARIOS[scenario].title, what, *ratios]


def report(options, runs):
    return [
        "## Worker",
        "",
        f"Requests of {BODY_BYTES} bytes and {PREFETCH} in flight where nothing else is said. {OURS} counts its metrics"
        f" throughout. {rounds_line(options.rounds)} Ratios are the median of each round's own.",
        "",
        *table(["goal", "reached", "limit", ""], [goal.row() for goal in goals(runs)]),
        *closed_loops(options, runs),
        *open_loop(runs),
        *idle(runs),
        f"A body of {LARGE_BODY_BYTES:,} bytes adds, in µs of CPU time:"
        f" {spread(large_body_price(runs, OURS), 0)} in {OURS}, {spread(large_body_price(runs, 'C'), 0)} in C.",
        "",
        "What more costs, as a multiple:",
        "",
        *table([OURS + " with", "beside", "CPU/message", "messages/s"], prices(runs)),
    ]


def closed_loops(options, runs):
    formats = (("rate", 0), ("cpu_us", 1), ("peak_mib", 1), ("first_s", 3))
    rows = [
        [scenario.title, f"{scenario.size(options):,}", program]
        + [spread(column(runs, name, program, figure), digits) for figure, digits in formats]
        for name, scenario in SCENARIOS.items()
        if name in runs and not scenario.rate
        for program in scenario.programs
    ]
    head = ["closed loop", "requests", "program", "messages/s", "CPU µs/message", "peak MiB", "first reply s"]
    return table(head, rows)


def open_loop(runs):
    formats = (("p50_ms", 2), ("p99_ms", 2), ("cpu_us", 1))
    rows = [
        [program] + [spread(column(runs, "open", program, figure), digits) for figure, digits in formats]
        for program in runs["open"]
    ]
    return table(["open loop: " + SCENARIOS["open"].title, "median ms", "99th percentile ms", "CPU µs/message"], rows)


def idle(runs):
    rows = [
        [program] + [spread(column(runs, "idle", program, figure), 3) for figure in ("idle_mib", "idle_percent")]
        for program in runs["idle"]
    ]
    return table(["idle", "resident MiB", "CPU %"], rows)
