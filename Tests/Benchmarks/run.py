#!/usr/bin/python3
"""Runs the benchmarks against the broker that deploy/bench has started, and writes what they show.

Everything it needs to know of this machine comes by argument from deploy/bench. Every program it starts has a time
limit, and a run that loses or doubles a message is an error.
"""

import argparse
import datetime
import os
import signal
import sys
from pathlib import Path

import echo
import micro
import worker
import worker_report
from harness import call

FOLDER = Path(__file__).resolve().parent
# What measures each section, and what says what it showed.
SECTIONS = {
    "worker": (worker.measure, worker_report.report),
    "echo": (echo.measure, echo.report),
    "micro": (micro.measure, micro.report),
}


def main():
    # So that the programs are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse_arguments()
    if options.profile:
        {"worker": worker.profile, "echo": echo.profile}[options.sections[0]](options)
        return
    load_before = os.getloadavg()
    lines = []
    for section in options.sections:
        measure, report = SECTIONS[section]
        lines += report(options, measure(options))
    text = "\n".join([*head(load_before, os.getloadavg()), *lines]).rstrip() + "\n"
    print("\n" + text)
    if not options.quick and options.sections == list(SECTIONS):
        (FOLDER / "RESULTS.md").write_text(text)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=Path, help="has the C and Go programs, and micro")
    parser.add_argument("--worker", required=True, help="adf-trigger")
    parser.add_argument("--swift-echo", required=True, help="the client's echo")
    parser.add_argument("--amqp-port", required=True, type=int)
    parser.add_argument("--amqps-port", required=True, type=int)
    parser.add_argument("--certificates", required=True, type=Path, help="has ca, localhost and guest: .pem and .key")
    parser.add_argument("--state", required=True, type=Path, help="where profiles and logs go")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("sections", nargs="+", choices=list(SECTIONS))
    options = parser.parse_args()
    options.rounds = 1 if options.quick else 3
    options.c_echo, options.c_load, options.c_double = (options.bin / name for name in ("echo", "load", "double"))
    options.micro = options.bin / "micro"
    options.echo_programs = {"C": options.c_echo, "Swift": options.swift_echo}
    options.workers = {
        "C": options.bin / "worker", "Go": options.bin / "go-worker", worker.OURS: options.worker,
    }
    return options


def head(load_before, load_after):
    swift = call("swift", "--version").decode().splitlines()[0].split(" (")[0]
    packages = {
        "librabbitmq": "librabbitmq4",
        "RabbitMQ": "rabbitmq-server",
        "Go": "golang-go",
        "amqp091-go": "golang-github-rabbitmq-amqp091-go-dev",
    }
    versions = ", ".join(f"{name} {debian_version(package)}" for name, package in packages.items())
    loads = [" ".join(f"{value:.1f}" for value in load) for load in (load_before, load_after)]
    return [
        "# Results",
        "",
        "Written by `deploy/bench`; [README.md](README.md) says what is measured.",
        "",
        f"- {datetime.date.today().isoformat()}, {os.cpu_count()} cores, {cpu_model()}; the broker, the load and the"
        " double run on them too",
        f"- {swift}, {versions}",
        f"- load average before: {loads[0]}; after: {loads[1]}",
        "",
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
