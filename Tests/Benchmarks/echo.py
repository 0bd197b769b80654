"""The client's echo beside the C program's: messages/s, and CPU time per message."""

import json
import sys
from typing import NamedTuple

from harness import (
    BODY_BYTES,
    PREFETCH,
    QUEUE_TYPES,
    REPLIES,
    REQUESTS,
    call,
    in_turns,
    median_ratio,
    perf_record,
    perf_report,
    plain_url,
    rounds_line,
    spread,
    table,
    verdict,
)

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


def cases(options):
    transports = ["amqp"] if options.quick else ["amqp", "amqps"]
    return [Case(queue_type, transport) for transport in transports for queue_type in QUEUE_TYPES]


# One run


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
    line = json.loads(call(options.echo_programs[program], *echo_arguments(options, case, messages)))
    check_nothing_lost(options, messages)
    return Figures(
        rate=messages / line["seconds"],
        cpu_us=(line["userSeconds"] + line["systemSeconds"]) / messages * 1e6,
        switches=line["contextSwitches"] / messages,
    )


# All runs


def message_count(options):
    return 5_000 if options.quick else 20_000


def measure(options):
    """The figures of every run by case and program."""
    programs = list(options.echo_programs)
    for case in cases(options):
        run_echo(options, "C", case, 2_000)  # The broker's first messages are slow.
    runs = {case: {program: [] for program in programs} for case in cases(options)}
    for round_number in range(options.rounds):
        for case in runs:
            for program in in_turns(programs, round_number):
                figures = run_echo(options, program, case, message_count(options))
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
    fill(options, case.queue_type, message_count(options))
    echo = [options.echo_programs["Swift"], *echo_arguments(options, case, message_count(options))]
    call(*perf_record(data), *echo)
    check_nothing_lost(options, message_count(options))
    perf_report(data)


# What it shows


def values(figures, name):
    return [getattr(one, name) for one in figures]


def ratio(by_program, name):
    return median_ratio(values(by_program["Swift"], name), values(by_program["C"], name))


def report(options, runs):
    rows = [
        [case, program]
        + [spread(values(figures, name), digits) for name, digits in (("rate", 0), ("cpu_us", 1), ("switches", 2))]
        for case, by_program in runs.items()
        for program, figures in by_program.items()
    ]
    beside = []
    for case, by_program in runs.items():
        rate, cpu = ratio(by_program, "rate"), ratio(by_program, "cpu_us")
        beside.append([case, f"{rate:.3f}", verdict(rate >= RATE_GOAL), f"{cpu:.3f}", verdict(cpu <= CPU_GOAL)])
    return [
        "## Echo",
        "",
        f"{message_count(options):,} requests of {BODY_BYTES} bytes, prefetch {PREFETCH}."
        f" {rounds_line(options.rounds)}",
        "",
        *table(["queues", "program", "messages/s", "CPU µs/message", "context switches/message"], rows),
        f"Swift beside C, the median of each round's ratio. Goals: at least {RATE_GOAL} of C's messages/s, and at most"
        f" {CPU_GOAL} times its CPU per message.",
        "",
        *table(["queues", "messages/s", "goal", "CPU/message", "goal"], beside),
    ]
