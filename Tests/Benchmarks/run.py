#!/usr/bin/python3
"""Runs the benchmarks against the broker that deploy/bench has started, and writes what they show.

Everything it needs to know of this machine comes by argument from deploy/bench. Every program it starts has a time
limit, and a run that loses or doubles a message is an error.
"""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent
QUEUE_TYPES = ["classic", "quorum"]
BODY_BYTES = 512
PREFETCH = 256
REQUESTS, REPLIES = "bench.requests", "bench.replies"
TIME_LIMIT_SECONDS = 180

# The client's goals: its rate as a share of the C program's at the least, its CPU time as a multiple at the most.
RATE_GOAL = 0.8
CPU_GOAL = 2.5


class Case(NamedTuple):
    """What one pair of runs compares the programs on."""

    queue_type: str
    transport: str

    def __str__(self):
        return f"{self.queue_type}, {self.transport}"


class Figures(NamedTuple):
    """What one run showed, per message where it is not a rate."""

    rate: float
    cpu_us: float
    switches: float


def main():
    options = parse_arguments()
    if options.profile:
        profile(options)
        return
    load_before = os.getloadavg()
    runs = measure(options, cases(options))
    report = render(options, runs, load_before, os.getloadavg())
    print("\n" + report)
    if not options.quick:
        (FOLDER / "RESULTS.md").write_text(report)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--c-echo", required=True, help="the C program")
    parser.add_argument("--swift-echo", required=True, help="the Swift program")
    parser.add_argument("--amqp-port", required=True, type=int)
    parser.add_argument("--amqps-port", required=True, type=int)
    parser.add_argument("--certificates", required=True, type=Path, help="has ca.pem, guest.pem and guest.key")
    parser.add_argument("--state", required=True, type=Path, help="where profiles go")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    options.messages, options.rounds = (5_000, 1) if options.quick else (20_000, 3)
    options.programs = {"C": options.c_echo, "Swift": options.swift_echo}
    return options


def cases(options):
    transports = ["amqp", "amqps"] if options.tls else ["amqp"]
    return [Case(queue_type, transport) for transport in transports for queue_type in QUEUE_TYPES]


# One run


def call(*command):
    """The program's output. Its errors go to ours."""
    name = Path(command[0]).name
    try:
        result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, timeout=TIME_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        sys.exit(f"{name} was still running after {TIME_LIMIT_SECONDS} s")
    if result.returncode != 0:
        sys.exit(f"{name} ended with {result.returncode}")
    return result.stdout


def plain_url(options):
    return f"amqp://guest:guest@127.0.0.1:{options.amqp_port}"


def fill(options, queue_type, messages):
    call(options.c_echo, "fill", plain_url(options), REQUESTS, REPLIES, queue_type, messages, BODY_BYTES)


def echo_arguments(options, case, messages):
    if case.transport == "amqp":
        return ["run", plain_url(options), REQUESTS, REPLIES, messages, PREFETCH]
    files = [options.certificates / name for name in ("ca.pem", "guest.pem", "guest.key")]
    # By name: librabbitmq compares the certificate's names with it, and knows no addresses.
    url = f"amqps://guest:guest@localhost:{options.amqps_port}"
    return ["run", url, REQUESTS, REPLIES, messages, PREFETCH, *files]


def check_nothing_lost(options, messages):
    left = json.loads(call(options.c_echo, "empty", plain_url(options), REQUESTS, REPLIES, messages))
    if left != {"requests": 0, "replies": messages}:
        sys.exit(f"{messages} requests were sent, and left are {left}: messages were lost or doubled")


def run_echo(options, program, case, messages):
    fill(options, case.queue_type, messages)
    line = json.loads(call(options.programs[program], *echo_arguments(options, case, messages)))
    check_nothing_lost(options, messages)
    return Figures(
        rate=messages / line["seconds"],
        cpu_us=(line["userSeconds"] + line["systemSeconds"]) / messages * 1e6,
        switches=line["contextSwitches"] / messages,
    )


# All runs


def measure(options, cases):
    """The figures of every run by case and program, taken in turns so that a drift of the machine meets both."""
    for case in cases:
        run_echo(options, "C", case, 2_000)  # The broker's first messages are slow.
    runs = {case: {program: [] for program in options.programs} for case in cases}
    for round_number in range(options.rounds):
        for case in cases:
            order = list(options.programs)
            if round_number % 2 == 1:
                order.reverse()
            for program in order:
                figures = run_echo(options, program, case, options.messages)
                runs[case][program].append(figures)
                print(
                    f"round {round_number + 1}  {str(case):14}  {program:5}  {figures.rate:8,.0f} messages/s  "
                    f"{figures.cpu_us:6.1f} us CPU/message",
                    flush=True,
                )
    return runs


def profile(options):
    """Where the Swift program's time goes; the samples stay in the state folder for a closer look."""
    data = options.state / "perf.data"
    case = Case("quorum", "amqps" if options.tls else "amqp")
    fill(options, case.queue_type, options.messages)
    command = ["perf", "record", "--quiet", "--freq", "4000", "--call-graph", "fp", "--output", data]
    call(*command, options.swift_echo, *echo_arguments(options, case, options.messages))
    check_nothing_lost(options, options.messages)
    report = ["perf", "report", "--input", data, "--stdio", "--children", "--call-graph", "none"]
    report += ["--fields", "overhead_children,overhead,symbol", "--percent-limit", "1"]
    for line in call(*report).decode().splitlines():
        print(line.rstrip())


# What it shows


def median(figures, name):
    return statistics.median(getattr(one, name) for one in figures)


def ratio(by_program, name):
    """The median of each round's own ratio: the two runs of a round met the same machine."""
    pairs = zip(by_program["Swift"], by_program["C"])
    return statistics.median(getattr(swift, name) / getattr(c, name) for swift, c in pairs)


def spread(figures, name, digits):
    values = [getattr(one, name) for one in figures]
    text = f"{statistics.median(values):,.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def verdict(is_met):
    return "met" if is_met else "**not met**"


def render(options, runs, load_before, load_after):
    lines = [
        "# Results",
        "",
        f"Written by `deploy/bench{' --tls' if options.tls else ''}`; [README.md](README.md) says what is measured.",
        "",
        *machine_lines(load_before, load_after),
        "",
        "## Echo",
        "",
        f"{options.messages:,} requests of {BODY_BYTES} bytes, prefetch {PREFETCH}. "
        + ("One run of each." if options.rounds == 1 else f"Median and range of {options.rounds} interleaved runs."),
        "",
        "| queues | program | messages/s | CPU µs/message | context switches/message |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case, by_program in runs.items():
        for program, figures in by_program.items():
            cells = [spread(figures, "rate", 0), spread(figures, "cpu_us", 1), spread(figures, "switches", 2)]
            lines.append(f"| {case} | {program} | " + " | ".join(cells) + " |")
    lines += [
        "",
        f"Swift beside C, the median of each round's ratio. Goals: at least {RATE_GOAL} of C's messages/s, and at most"
        f" {CPU_GOAL} times its CPU per message.",
        "",
        "| queues | messages/s | goal | CPU/message | goal |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case, by_program in runs.items():
        rate, cpu = ratio(by_program, "rate"), ratio(by_program, "cpu_us")
        lines.append(f"| {case} | {rate:.3f} | {verdict(rate >= RATE_GOAL)} | {cpu:.3f} | {verdict(cpu <= CPU_GOAL)} |")
    return "\n".join(lines) + "\n"


def machine_lines(load_before, load_after):
    swift = call("swift", "--version").decode().splitlines()[0].split(" (")[0]
    loads = [" ".join(f"{value:.1f}" for value in load) for load in (load_before, load_after)]
    return [
        f"- {datetime.date.today().isoformat()}, {os.cpu_count()} cores, {cpu_model()}; the broker runs on them too",
        f"- {swift}, librabbitmq {debian_version('librabbitmq4')}, RabbitMQ {debian_version('rabbitmq-server')}",
        f"- load average before: {loads[0]}; after: {loads[1]}",
    ]


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown CPU"


def debian_version(package):
    return call("dpkg-query", "-W", "-f", "${Version}", package).decode()


if __name__ == "__main__":
    main()
