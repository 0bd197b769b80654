"""Mistreats three replicas, their broker and Data Factory under load, heals everything, and reckons up what became of
each request. deploy/chaos starts it, and says what the forms are."""

import argparse
import os
import random
import signal
import sys
import threading
import time

from ledger import Ledger
from stage import STOP_SECONDS, WINDOW_SECONDS, Broker, Stage
from traffic import Publisher, Reader, make_requests

# What Data Factory does to a share of the calls.
FAULTS = [
    {"route": "createRun", "fault": "gateway-timeout-after-commit", "rate": 0.02},
    {"route": "createRun", "fault": "reset-after-commit", "rate": 0.02},
    {"route": "createRun", "fault": "throttle", "retryAfterSeconds": 1, "rate": 0.02},
    {"route": "createRun", "fault": "status", "status": 500, "code": "InternalServerError", "rate": 0.02},
    {"route": "createRun", "fault": "hang", "rate": 0.005},
    {"route": "getRun", "fault": "throttle", "retryAfterSeconds": 1, "rate": 0.005},
    {"route": "getRun", "fault": "status", "status": 500, "code": "InternalServerError", "rate": 0.01},
    {"route": "getRun", "fault": "hang", "rate": 0.002},
]
LATE_INSIDE = {"route": "createRun", "fault": "commit-late", "ms": (WINDOW_SECONDS - 3) * 1000, "rate": 0.02}
LATE_BEYOND = {"route": "createRun", "fault": "commit-late", "ms": (WINDOW_SECONDS + 12) * 1000, "rate": 0.02}
NO_DEDUPE = {"dedupeSeconds": 0}
# The factory gives runs ids of its own, which are found by a parameter in a list that lags behind.
OWN_IDS = {"runIds": "server", "queryLagSeconds": 1}
MARKER = {
    "ADF_TRIGGER_AZURE_RUN_IDENTITY": "marker", "ADF_TRIGGER_AZURE_MARKER_PARAMETER": "requestId",
    "ADF_TRIGGER_AZURE_MARKER_SETTLE_SECONDS": "60",
}
LIST_FAULTS = [
    {"route": "queryRuns", "fault": "throttle", "retryAfterSeconds": 1, "rate": 0.005},
    {"route": "queryRuns", "fault": "status", "status": 500, "code": "InternalServerError", "rate": 0.01},
    {"route": "queryRuns", "fault": "hang", "rate": 0.002},
]
DOUBLES = ("duplicate runs", "orphan runs", "contradictory answers")


class Run:
    def __init__(self, options, broker, name, title, count, seconds, members=None, settings=None, is_spaced=False,
                 stated=(), **shares):
        print(f"\n==> {name}: {title}", flush=True)
        self.title, self.seconds, self.stated = title, seconds, stated
        self.may_not_know = settings is MARKER
        self.stage = Stage(options.bin, os.path.join(options.state, name), broker, name, members or {}, settings or {})
        self.requests = make_requests(count, **shares)
        self.reader = Reader(self.stage, self.requests)
        self.publisher = Publisher(self.stage, self.requests, seconds, is_spaced)
        self.notes, self.promises = [], []
        self.drained_after = None

    def begin(self, faults=()):
        self.stage.wait_until_consuming()
        self.stage.emulator.set_faults(list(faults))
        self.reader.start()
        self.publisher.begin = time.monotonic()
        self.publisher.start()

    def elapsed(self):
        return time.monotonic() - self.publisher.begin

    def unanswered(self):
        return [request for request in self.requests if not request.answers]

    def trouble(self, broker_restarts):
        """Kills replicas and connections by chance, and the broker's node so often, until all is sent."""
        due = [self.seconds * (index + 1) / (broker_restarts + 1) for index in range(broker_restarts)]
        closing = random.uniform(5, 15)
        while not self.publisher.is_over.wait(random.uniform(1, 4)):
            self.stage.restart_dead()
            if due and self.elapsed() > due[0]:
                due.pop(0)
                self.stage.broker.restart(random.choice(["stop", "kill"]))
            elif self.elapsed() > closing:
                self.stage.broker.close_connections()
                closing = self.elapsed() + random.uniform(10, 25)
            else:
                self.stage.kill(random.choice(self.stage.replicas))

    def drain(self, limit=180):
        """Everything works again: until nothing is on its way any more."""
        self.stage.emulator.set_faults([])
        begin = time.monotonic()
        self.wait_until_quiet(limit)
        if self.publisher.resend_doubtful():
            self.wait_until_quiet(limit)
        self.drained_after = time.monotonic() - begin

    def wait_until_quiet(self, limit):
        begin = quiet_since = time.monotonic()
        while time.monotonic() - begin < limit:
            self.stage.restart_dead()
            if self.stage.depth("requests", "delay", "dead"):
                quiet_since = time.monotonic()
            # What is in work is on no queue: it is held for 5 s, and a call of it lasts 5 s.
            if time.monotonic() - quiet_since > (25 if self.unanswered() else 3):
                return
            time.sleep(0.3)

    def reckon(self):
        """Stops everything; prints the ledger and returns whether it is as promised."""
        stage = self.stage
        for replica in stage.replicas:
            stage.terminate(replica)
        left = stage.depth("requests", "delay", "dead")
        unread = stage.depth("replies", "errors", "undeliverable")
        runs = stage.emulator.runs()
        time.sleep(1)
        self.reader.is_ended = True
        self.reader.join(10)
        stage.end()
        ledger = Ledger(self.title, self.requests, runs, self.reader, self.stated, self.may_not_know)
        ledger.promise("left on the worker's queues", left)
        ledger.promise("left unread", unread)
        ledger.promise("replicas that ended by themselves", stage.own_deaths)
        ledger.promise("stops with another exit code than 0", [stop for stop in stage.stops if stop[0] != 0])
        ledger.promise("stops beyond the deadline", [stop for stop in stage.stops if stop[1] > STOP_SECONDS + 5])
        for name, cases in self.promises:
            ledger.promise(name, cases)
        ledger.note("replicas killed", stage.kills)
        ledger.note("times all connections were closed", stage.broker.closures)
        ledger.note("broker restarts", stage.broker.restarts)
        ledger.note("messages sent", self.publisher.messages)
        ledger.note("  of them in doubt", self.publisher.in_doubt)
        ledger.note("longest stop, s", f"{max(stop[1] for stop in stage.stops):.1f}")
        waits = sorted(r.first_answered - r.first_sent for r in self.requests if r.first_answered)
        for name, share in [("median", 0.5), ("99th percentile", 0.99), ("longest", 1)]:
            if waits:
                ledger.note(f"time to the answer, {name}, s", f"{waits[min(len(waits) - 1, int(len(waits) * share))]:.1f}")
        ledger.note("drained after, s", f"{self.drained_after:.1f}")
        for name, value in self.notes:
            ledger.note(name, value)
        stage.broker.closures = stage.broker.restarts = 0
        is_right = ledger.print()
        sys.stdout.flush()
        return is_right


# MARK: - Forms


def troubled(options, broker, name, title, count, seconds, faults, restarts, **more):
    run = Run(options, broker, name, title, count, seconds, **more)
    run.begin(faults)
    run.trouble(restarts)
    run.drain()
    return run.reckon()


def main_form(options, broker):
    size = (1000, 30, FAULTS, 1) if options.short else (5000, 180, FAULTS, 3)
    return troubled(options, broker, "main", "Everything goes wrong; Data Factory dedupes", *size)


def no_dedupe(options, broker):
    return troubled(
        options, broker, "no-dedupe", "The same; Data Factory does not dedupe, and commits late inside the window",
        5000, 180, [LATE_INSIDE] + FAULTS, 3, members=NO_DEDUPE, is_spaced=True)


def unspaced(options, broker):
    return troubled(
        options, broker, "unspaced", "The same; two copies of a request may be at large at once",
        3000, 100, [LATE_INSIDE] + FAULTS, 2, members=NO_DEDUPE, stated=DOUBLES)


def marker(options, broker):
    return troubled(
        options, broker, "marker", "The same; runs have ids of the factory's own, and are found by a parameter",
        2000, 120, [LATE_INSIDE] + FAULTS + LIST_FAULTS, 2, members=OWN_IDS, settings=MARKER, is_spaced=True)


def marker_unspaced(options, broker):
    return troubled(
        options, broker, "marker-unspaced", "The same; two copies of a request may be at large at once",
        1000, 60, [LATE_INSIDE] + FAULTS + LIST_FAULTS, 1, members=OWN_IDS, settings=MARKER, stated=DOUBLES)


def beyond(options, broker):
    return troubled(
        options, broker, "beyond", "The same; Data Factory commits when the window is over",
        1500, 60, [LATE_BEYOND] + FAULTS, 1, members=NO_DEDUPE, is_spaced=True, stated=DOUBLES)


def outage(options, broker):
    """The credential is revoked for a minute, and then Resource Manager can't be reached for another."""
    run = Run(options, broker, "outage", "Outages of 60 s under load", 1700, 170, members={"tokenLifetimeSeconds": 3599},
              bad_share=0, twice_share=0)
    run.begin()
    revoked = [{"route": "token", "fault": "status", "status": 401, "code": "invalid_client"}] + [
        {"route": route, "fault": "status", "status": 401, "code": "InvalidAuthenticationToken"}
        for route in ["createRun", "getRun"]]
    unreachable = [{"route": "*", "fault": "reset-before-commit"}]
    replicas = run.stage.replicas
    time.sleep(10)
    serves_readiness = all(replica.readiness() == 200 for replica in replicas)
    parked = 0
    for name, faults in [("credential revoked", revoked), ("Resource Manager unreachable", unreachable)]:
        pauses = [replica.count_logged("intake paused") for replica in replicas]
        run.stage.emulator.set_faults(faults)
        begin, down, worst = time.monotonic(), set(), 0
        while time.monotonic() - begin < 60:
            down |= {replica.port for replica in replicas if replica.readiness() == 503}
            worst = max(worst, run.stage.depth("requests", "delay"))
            parked = max(parked, sum(request.error_copies for request in run.requests))
            time.sleep(1)
        run.stage.emulator.set_faults([])
        run.notes.append((f"waiting at most, {name}", worst))
        paused = sum(replica.count_logged("intake paused") > before for replica, before in zip(replicas, pauses))
        run.promises.append((f"replicas that did not pause, {name}", 3 - paused))
        begin = time.monotonic()
        if serves_readiness:
            run.promises.append((f"replicas whose readiness stayed up, {name}", 3 - len(down)))
            while any(replica.readiness() != 200 for replica in replicas) and time.monotonic() - begin < 60:
                time.sleep(0.2)
            run.promises.append((f"replicas not ready again, {name}", sum(r.readiness() != 200 for r in replicas)))
            run.notes.append((f"ready again after, {name}, s", f"{time.monotonic() - begin:.1f}"))
        # So that the second outage begins with everything at work.
        while run.stage.depth("requests", "delay") > 50 and time.monotonic() - begin < 60:
            time.sleep(0.2)
        run.notes.append((f"caught up after, {name}, s", f"{time.monotonic() - begin:.1f}"))
    run.promises.append(("error copies during the outages", parked))
    if not serves_readiness:
        run.notes.append(("readiness", "not served"))
    run.publisher.is_over.wait()
    run.drain()
    return run.reckon()


def rolling(options, broker):
    """Sixty restarts by SIGTERM, one replica after another, while requests come and calls take their time."""
    restarts, seconds = 60, 150
    run = Run(options, broker, "rolling", f"{restarts} rolling restarts under load; Data Factory does not dedupe",
              4500, seconds, members=NO_DEDUPE, is_spaced=True)
    run.begin([{"route": "createRun", "fault": "latency", "ms": 300, "rate": 1}])
    under_load = 0
    for number in range(restarts):
        replica = run.stage.replicas[number % 3]
        run.stage.terminate(replica)
        replica.start()
        replica.wait_until_consuming()
        under_load += not run.publisher.is_over.is_set()
        time.sleep(max(0, (number + 1) * (seconds - 10) / restarts - run.elapsed()))
    run.promises.append(("restarts without load", restarts - under_load))
    run.publisher.is_over.wait()
    run.drain()
    return run.reckon()


FORMS = {"main": main_form, "no-dedupe": no_dedupe, "unspaced": unspaced, "marker": marker,
         "marker-unspaced": marker_unspaced, "beyond": beyond, "outage": outage, "rolling": rolling}


def main():
    parser = argparse.ArgumentParser()
    for name in ["--bin", "--state", "--broker-command", "--broker"]:
        parser.add_argument(name, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("forms", nargs="*", metavar="form")
    options = parser.parse_args()
    # What it has started ends with it, also when deploy/chaos is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    unknown = [form for form in options.forms if form not in FORMS]
    if unknown:
        parser.error(f"there is no form {unknown[0]}; there are {', '.join(FORMS)}")
    print(f"chance begins with --seed {options.seed}")
    random.seed(options.seed)
    broker = Broker(options.broker_command, options.broker, options.port)
    forms = options.forms or (["main"] if options.short else list(FORMS))
    failed = [form for form in forms if not FORMS[form](options, broker)]
    if failed:
        print(f"\nnot as promised: {', '.join(failed)}; the logs are below {options.state}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
