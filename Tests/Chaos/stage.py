"""The programs of a chaos run: the broker, the emulator and the replicas, and how each is mistreated."""

import atexit
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pika

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
SECRET = "chaos-secret"
DELAYS = [2, 5, 10]
STOP_SECONDS = 25
# What deploy/broker gives a node to start, and more.
NODE_SECONDS = 300
WINDOW_SECONDS = 8


processes = []


def launch(command, **options):
    """A program that does not outlive this one."""
    process = subprocess.Popen(command, **options)
    processes[:] = [other for other in processes if other.poll() is None] + [process]
    return process


@atexit.register
def end_all():
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def wait_until(what, limit, condition):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"chaos: within {limit} s it never happened that {what}")
        time.sleep(0.05)


class Broker:
    """The node that deploy/chaos has started; deploy/broker ends it and brings it back."""

    def __init__(self, command, home, port):
        self.command, self.home, self.port = command, home, port
        self.restarts = self.closures = 0

    def run(self, action, *arguments):
        subprocess.run([self.command, action, self.home, *arguments], check=False, capture_output=True)

    def restart(self, how):
        self.run(how)
        subprocess.run([self.command, "start", self.home], check=True, stdout=subprocess.DEVNULL)
        self.restarts += 1

    def close_connections(self):
        self.run("ctl", "close_all_connections", "--vhost", "/", "chaos")
        self.closures += 1

    def connect(self):
        """A connection, also while the node is on its way back."""
        deadline = time.monotonic() + NODE_SECONDS
        while True:
            try:
                return pika.BlockingConnection(
                    pika.ConnectionParameters("127.0.0.1", self.port, heartbeat=30, blocked_connection_timeout=60))
            except (pika.exceptions.AMQPError, OSError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)


class Emulator:
    def __init__(self, bin_path, folder, members):
        scenario = {
            "tenants": [{"tenantId": "chaos", "clientId": "chaos", "clientSecret": SECRET}],
            "writes": None, "reads": None, **members,
            "factories": [{
                "subscriptionId": SUBSCRIPTION, "resourceGroup": "rg-chaos", "name": "adf-chaos",
                "pipelines": [{"name": "ingest-orders", "parameters": {
                    "batch": {"type": "Int"}, "requestId": {"type": "String", "defaultValue": ""}}}],
            }],
        }
        path = os.path.join(folder, "scenario.json")
        with open(path, "w") as file:
            json.dump(scenario, file)
        output = os.path.join(folder, "emulator.out")
        self.process = launch(
            [os.path.join(bin_path, "adf-emulator"), "--port", "0", "--scenario", path],
            stdout=open(output, "w"), stderr=open(os.path.join(folder, "emulator.log"), "w"))
        wait_until("the emulator listens", 30, lambda: "listening on" in open(output).read())
        self.endpoint = re.search(r"listening on (\S+)", open(output).read()).group(1)

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.endpoint + path, data, method=method)) as answer:
            text = answer.read()
            return json.loads(text) if text.strip() else None

    def set_faults(self, faults):
        self.ask("PUT", "/emulator/faults", faults)

    def runs(self):
        return self.ask("GET", "/emulator/runs")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Replica:
    """One worker; when it is ended it is started again, as its orchestrator would."""

    def __init__(self, bin_path, folder, number, environment, port):
        self.command = [os.path.join(bin_path, "adf-trigger"), "work", "--config", os.path.join(folder, "config.yaml")]
        self.environment = {**environment, "ADF_TRIGGER_HTTP_PORT": str(port)}
        self.port, self.log = port, os.path.join(folder, f"replica-{number}.log")
        self.process, self.begin = None, 0
        self.start()

    def start(self):
        self.begin = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "a") as log:
            self.process = launch(self.command, env=self.environment, stdout=log, stderr=log)

    def has_logged(self, text):
        """Since it was last started."""
        return self.count_logged(text) > 0

    def count_logged(self, text):
        with open(self.log) as log:
            log.seek(self.begin)
            return log.read().count(text)

    def wait_until_consuming(self):
        wait_until("a replica consumes", 60, lambda: self.has_logged('"consuming"'))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.start()

    def has_ended(self):
        return self.process.poll() is not None

    def terminate(self):
        """Asks it to stop; returns its exit code, and the seconds that took."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS + 15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return code, time.monotonic() - begin

    def readiness(self):
        """The status of /readyz; None where nobody answers there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None


class Stage:
    """Everything one form of the run needs, with queues of its own."""

    def __init__(self, bin_path, folder, broker, name, members, settings):
        os.makedirs(folder, exist_ok=True)
        self.broker, self.prefix = broker, f"chaos.{name}"
        self.emulator = Emulator(bin_path, folder, members)
        with open(os.path.join(folder, "config.yaml"), "w") as file:
            file.write("targets:\n  nightly-load:\n    pipeline: ingest-orders\n")
        environment = {
            "PATH": os.environ["PATH"], "HOME": folder,
            "ADF_TRIGGER_AMQP_URL": f"amqp://guest:guest@127.0.0.1:{broker.port}",
            "ADF_TRIGGER_AZURE_MANAGEMENT_ENDPOINT": self.emulator.endpoint,
            "AZURE_AUTHORITY_HOST": self.emulator.endpoint,
            "AZURE_TENANT_ID": "chaos", "AZURE_CLIENT_ID": "chaos", "AZURE_CLIENT_SECRET": SECRET,
            "ADF_TRIGGER_AZURE_DEFAULT_SUBSCRIPTION_ID": SUBSCRIPTION,
            "ADF_TRIGGER_AZURE_DEFAULT_RESOURCE_GROUP": "rg-chaos",
            "ADF_TRIGGER_AZURE_DEFAULT_FACTORY": "adf-chaos",
            "ADF_TRIGGER_AZURE_WRITES_PER_SECOND": "0",
            "ADF_TRIGGER_AZURE_TIMEOUT_SECONDS": "5",
            "ADF_TRIGGER_AZURE_WINDOW_SECONDS": str(WINDOW_SECONDS),
            "ADF_TRIGGER_QUEUES_DELAY_SECONDS": ",".join(map(str, DELAYS)),
            "ADF_TRIGGER_WORKER_HOLD_SECONDS": "5",
            "ADF_TRIGGER_WORKER_STOP_SECONDS": str(STOP_SECONDS),
            **settings,
        }
        for queue in ["requests", "replies", "errors", "dead", "undeliverable", "delay"]:
            environment[f"ADF_TRIGGER_QUEUES_{queue.upper()}"] = f"{self.prefix}.{queue}"
        subprocess.run([os.path.join(bin_path, "adf-trigger"), "topology", "declare"], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        ports = subprocess.check_output([os.path.join(os.path.dirname(broker.command), "free-ports"), "3"], text=True).split()
        self.replicas = [Replica(bin_path, folder, number, environment, ports[number]) for number in range(3)]
        self.kills = 0
        self.own_deaths = 0
        self.stops = []
        self._depths = None

    def wait_until_consuming(self):
        for replica in self.replicas:
            replica.wait_until_consuming()

    def kill(self, replica):
        replica.kill()
        self.kills += 1

    def restart_dead(self):
        """A replica that ended without being told to is a fault."""
        for replica in self.replicas:
            if replica.has_ended():
                self.own_deaths += 1
                replica.start()

    def terminate(self, replica):
        self.stops.append(replica.terminate())

    def depth(self, *queues):
        """How many messages wait on these queues; the delay queues are counted under "delay"."""
        names = [f"{self.prefix}.{queue}" for queue in queues if queue != "delay"]
        if "delay" in queues:
            names += [f"{self.prefix}.delay.{seconds}" for seconds in DELAYS]
        while True:
            try:
                if self._depths is None or not self._depths.is_open:
                    self._depths = self.broker.connect()
                channel = self._depths.channel()
                total = sum(channel.queue_declare(name, passive=True).method.message_count for name in names)
                channel.close()
                return total
            except (pika.exceptions.AMQPError, OSError):
                self._depths = None
                time.sleep(0.2)

    def end(self):
        for replica in self.replicas:
            if not replica.has_ended():
                replica.process.kill()
                replica.process.wait()
        self.emulator.stop()
