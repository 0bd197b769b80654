"""Instructions of the pure steps in a request's way, which do not depend on how busy the machine is."""

import os
import re
from pathlib import Path

from harness import call, table

OPERATIONS = {
    "decode": "read a request of 512 bytes",
    "identity": "derive a run id",
    "reply": "write a reply",
    "confirms": "track a publish and its confirm, 16 to an answer",
    "ledger": "note a delivery and acknowledge it, 16 to a frame",
}
COUNT = 1_000


def instructions(options, operation, count):
    output = options.state / "callgrind.out"
    # Or a set would cost something else in each run.
    environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", options.micro, operation, count]
    call(*command, environment=environment, log=options.state / "callgrind.log")
    return int(re.search(r"^totals: (\d+)", Path(output).read_text(), re.MULTILINE)[1])


def measure(options):
    """Twice the count less the count: what starting costs is in both."""
    result = {}
    for operation in OPERATIONS:
        once, twice = (instructions(options, operation, count) for count in (COUNT, 2 * COUNT))
        result[operation] = (twice - once) / COUNT
        print(f"{operation:12}  {result[operation]:9,.0f} instructions", flush=True)
    return result


def report(_, result):
    rows = [[text, f"{result[operation]:,.0f}"] for operation, text in OPERATIONS.items()]
    return [
        "## Steps",
        "",
        "Instructions of one, counted by callgrind in a release build of the same sources.",
        "",
        *table(["step", "instructions"], rows),
    ]
