"""The whole worker beside a C and a Go program that do the same job: what is run. worker_report.py tells the result."""

import contextlib
import json
import os
import subprocess
import sys
from typing import NamedTuple

from harness import (
    BODY_BYTES,
    PREFETCH,
    REPLIES,
    REQUESTS,
    TIME_LIMIT_SECONDS,
    call,
    in_turns,
    perf_record,
    perf_report,
    plain_url,
)

OURS = "adf-trigger"
ALL = ["C", "Go", OURS]
LARGE_BODY_BYTES = 262_144
OPEN_RATE, OPEN_WARM_UP_SECONDS = 500, 2

# How our worker is set up unless a scenario says otherwise: with metrics, and with one look-up less than by default,
# since the others look nothing up.
PORT = "a port that nobody uses"
SETTINGS = {"DUPLICATE_CHECK": "redelivered", "HTTP_PORT": PORT, "LOG_LEVEL": "warning"}


class Scenario(NamedTuple):
    """One kind of run. Each program meets it once a round."""

    title: str
    programs: list
    messages: int = 20_000
    quick_messages: int = 0  # 0: not in the quick form
    queue_type: str = "classic"
    body_bytes: int = BODY_BYTES
    in_flight: int = PREFETCH
    rate: int = 0  # of an open loop
    delay_ms: int = 0  # of the double's answers to createRun
    settings: dict = {}
    tls: bool = False

    def size(self, options):
        return self.quick_messages if options.quick else self.messages


SCENARIOS = {
    # What is compared with the first comes right after it, so that both meet the same machine.
    "classic": Scenario("classic queue", ALL, quick_messages=5_000),
    "5000": Scenario("5,000 requests", [OURS], messages=5_000),
    "80000": Scenario("80,000 requests", [OURS], messages=80_000),
    "512": Scenario("512 in flight", [OURS], quick_messages=5_000, in_flight=512),
    # Few in flight, or most of them have come in before the first reply, with which the measured time begins.
    "large": Scenario(
        "bodies of 256 KiB, 16 in flight",
        ["C", OURS],
        messages=1_000,
        quick_messages=300,
        body_bytes=LARGE_BODY_BYTES,
        in_flight=16,
    ),
    "always": Scenario("duplicateCheck always", [OURS], quick_messages=5_000, settings={"DUPLICATE_CHECK": "always"}),
    "logs": Scenario("JSON logs of every request", [OURS], settings={"LOG_LEVEL": "info"}),
    "bare": Scenario("neither metrics nor logs", [OURS], settings={"HTTP_PORT": "0"}),
    "tls": Scenario("amqps and https", [OURS], tls=True),
    "quorum": Scenario("quorum queue", ALL, quick_messages=5_000, queue_type="quorum"),
    "serial": Scenario("one at a time", ALL, messages=2_000, quick_messages=500, in_flight=1),
    "open": Scenario(
        f"{OPEN_RATE} requests/s, 20 ms HTTP",
        ALL,
        messages=OPEN_RATE * (OPEN_WARM_UP_SECONDS + 15),
        quick_messages=OPEN_RATE * (OPEN_WARM_UP_SECONDS + 3),
        rate=OPEN_RATE,
        delay_ms=20,
    ),
}
IDLE_SECONDS, QUICK_IDLE_SECONDS = 10, 3


# One run


@contextlib.contextmanager
def double(options, scenario):
    """The double of Azure; gives its base URL, and checks at the end that it was called as often as it should."""
    files = [options.certificates / name for name in ("localhost.pem", "localhost.key")] if scenario.tls else []
    command = [options.c_double, scenario.delay_ms, *files]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip()
            counts = {}
            yield f"{'https' if scenario.tls else 'http'}://127.0.0.1:{port}", counts
            process.terminate()
            output, _ = process.communicate(timeout=TIME_LIMIT_SECONDS)
            counts.update(json.loads(output))
        finally:
            process.kill()


def command_and_environment(options, program, scenario, base):
    """How a worker is started."""
    # Nothing of this machine's: authorities it names, for one, are read before the first request.
    foreign = ("ADF_TRIGGER_", "AZURE_", "SSL_CERT_")
    own = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    if program != OURS:
        return [options.workers[program], plain_url(options), REQUESTS, base, scenario.in_flight], own
    url = plain_url(options)
    if scenario.tls:
        ca, certificate, key = [options.certificates / name for name in ("ca.pem", "guest.pem", "guest.key")]
        url = f"amqps://guest:guest@localhost:{options.amqps_port}"
        url += f"?cacertfile={ca}&certfile={certificate}&keyfile={key}"
        own["SSL_CERT_FILE"] = str(ca)
    settings = {
        "AMQP_URL": url,
        "QUEUES_REQUESTS": REQUESTS,
        "QUEUES_DEAD": f"{REQUESTS}.dead",
        "TOPOLOGY_MODE": "none",
        "WORKER_CONCURRENCY": scenario.in_flight,
        "WORKER_PREFETCH": scenario.in_flight,
        "AZURE_MANAGEMENT_ENDPOINT": base,
        "AZURE_WRITES_PER_SECOND": 0,
        "POLICY_ALLOW": "*",
        "HTTP_HOST": "127.0.0.1",
        **SETTINGS,
        **scenario.settings,
    }
    if settings["HTTP_PORT"] == PORT:
        settings["HTTP_PORT"] = int(call("deploy/free-ports"))
    own.update({f"ADF_TRIGGER_{key}": str(value) for key, value in settings.items()})
    own.update(AZURE_AUTHORITY_HOST=base, AZURE_TENANT_ID="benchmark", AZURE_CLIENT_ID="benchmark")
    own["AZURE_CLIENT_SECRET"] = "benchmark"
    return [options.workers[program], "work"], own


def run(options, program, scenario, messages, before=()):
    """The load's line about one run. `before` is put before its command."""
    with double(options, scenario) as (base, counts):
        command, environment = command_and_environment(options, program, scenario, base)
        ids = "identity" if program == OURS else "message-id"
        load = [options.c_load, "open" if scenario.rate else "closed", plain_url(options), REQUESTS, REPLIES]
        load += [scenario.queue_type, messages, scenario.body_bytes, ids]
        load += [scenario.rate] if scenario.rate else []
        log = options.state / "worker.log"
        line = json.loads(call(*before, *load, *command, environment=environment, log=log))
    look_ups = messages if scenario.settings.get("DUPLICATE_CHECK") == "always" else 0
    if counts != {"runs": messages, "lookUps": look_ups, "tokens": 1}:
        sys.exit(f"{messages} requests made {program} call the double so: {counts}")
    return line


def figures(line):
    """A run's line in the units of the tables."""
    cpu_us = line["cpuSeconds"] / line["messages"] * 1e6
    result = {
        "rate": line["messages"] / line["seconds"],
        "cpu_us": cpu_us,
        "peak_mib": line["peakBytes"] / 2**20,
        "first_s": line["firstReplySeconds"],
    }
    result["serial_us"] = 1e6 / result["rate"]
    if "p50Seconds" in line:
        result.update(p50_ms=line["p50Seconds"] * 1e3, p99_ms=line["p99Seconds"] * 1e3)
    return result


def run_idle(options, program):
    scenario = SCENARIOS["classic"]
    with double(options, scenario) as (base, _):
        command, environment = command_and_environment(options, program, scenario, base)
        seconds = QUICK_IDLE_SECONDS if options.quick else IDLE_SECONDS
        load = [options.c_load, "idle", plain_url(options), REQUESTS, REPLIES, seconds]
        line = json.loads(call(*load, *command, environment=environment, log=options.state / "worker.log"))
    return {"idle_mib": line["residentBytes"] / 2**20, "idle_percent": line["cpuSeconds"] / line["seconds"] * 100}


# All runs


def measure(options):
    """The figures of every run by scenario and program."""
    run(options, "C", SCENARIOS["classic"], 2_000)  # The broker's first messages are slow.
    chosen = {name: scenario for name, scenario in SCENARIOS.items() if scenario.size(options)}
    runs = {name: {program: [] for program in scenario.programs} for name, scenario in chosen.items()}
    idle_programs = [OURS] if options.quick else ALL
    runs["idle"] = {program: [] for program in idle_programs}
    for round_number in range(options.rounds):
        for name, scenario in chosen.items():
            for program in in_turns(scenario.programs, round_number):
                one = figures(run(options, program, scenario, scenario.size(options)))
                runs[name][program].append(one)
                tell(round_number, scenario.title, program, f"{one['rate']:8,.0f}/s  {one['cpu_us']:7.1f} us CPU each")
        for program in in_turns(idle_programs, round_number):
            one = run_idle(options, program)
            runs["idle"][program].append(one)
            tell(round_number, "idle", program, f"{one['idle_mib']:.1f} MiB, {one['idle_percent']:.3f} % CPU")
    return runs


def tell(round_number, title, program, text):
    print(f"round {round_number + 1}  {title:28}  {program:12}  {text}", flush=True)


def profile(options):
    """Where the time of our worker goes; the samples stay in the state folder for a closer look."""
    data = options.state / "perf.data"
    scenario = SCENARIOS["tls" if options.tls else "classic"]
    line = run(options, OURS, scenario, scenario.messages, before=perf_record(data))
    perf_report(data, pid=line["worker"])
