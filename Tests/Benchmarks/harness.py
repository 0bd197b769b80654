"""What the sections share: running programs within a time limit, and figures of interleaved rounds."""

import contextlib
import statistics
import subprocess
import sys
from pathlib import Path

TIME_LIMIT_SECONDS = 180
REQUESTS, REPLIES = "bench.requests", "bench.replies"
QUEUE_TYPES = ["classic", "quorum"]
PREFETCH = 256
BODY_BYTES = 512


def call(*command, environment=None, log=None):
    """The program's output. Its errors go to ours, or to `log`, of which we show the end if it fails."""
    name = Path(command[0]).name
    with open(log, "w") if log else contextlib.nullcontext() as errors:
        try:
            result = subprocess.run(
                [str(part) for part in command],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                timeout=TIME_LIMIT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            sys.exit(f"{name} was still running after {TIME_LIMIT_SECONDS} s")
    if result.returncode != 0:
        if log:
            sys.stderr.write("".join(Path(log).read_text(errors="replace").splitlines(keepends=True)[-20:]))
        sys.exit(f"{name} ended with {result.returncode}")
    return result.stdout


def plain_url(options):
    return f"amqp://guest:guest@127.0.0.1:{options.amqp_port}"


def in_turns(programs, round_number):
    """The order of a round, so that a drift of the machine meets all alike."""
    shift = round_number % len(programs)
    return programs[shift:] + programs[:shift]


def median_ratio(ours, theirs):
    """The median of each round's own ratio: the runs of one round met the same machine."""
    return statistics.median(one / other for one, other in zip(ours, theirs))


def spread(values, digits):
    text = f"{statistics.median(values):,.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def verdict(is_met):
    return "met" if is_met else "**not met**"


def rounds_line(rounds):
    return "One run of each." if rounds == 1 else f"Median and range of {rounds} interleaved rounds."


def table(head, rows):
    """The lines of a table in Markdown, with an empty one after it."""
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, ["---"] * len(head), *rows]]
    return [*lines, ""]


def perf_report(data, pid=None):
    """Prints where the time of a recorded program went."""
    report = ["perf", "report", "--input", data, "--stdio", "--children", "--call-graph", "none"]
    report += ["--fields", "overhead_children,overhead,symbol", "--percent-limit", "1"]
    if pid:
        report += ["--pid", pid]
    for line in call(*report).decode().splitlines():
        print(line.rstrip())


def perf_record(data):
    return ["perf", "record", "--quiet", "--freq", "4000", "--call-graph", "fp", "--output", data]
