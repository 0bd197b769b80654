"""What upstream systems do: send requests, some twice and some bad, and read what comes back."""

import heapq
import json
import random
import threading
import time

import pika

ALIAS = "nightly-load"
# Bodies that must not start anything, and the class of the answer.
BAD = [
    (b"{", "malformed"),
    (json.dumps({"target": ALIAS, "paramters": {"batch": 1}}).encode(), "malformed"),
    (json.dumps({"target": "no-such-alias"}).encode(), "unknown-target"),
    (json.dumps({"target": {"pipeline": "no-such-pipeline"}}).encode(), "rejected"),
    (json.dumps({"target": ALIAS, "parameters": {"batch": "many"}}).encode(), "rejected"),
    (json.dumps({"target": ALIAS, "parameters": {"batch": 1}, "deadline": "2020-01-01T00:00:00Z"}).encode(), "expired"),
]


class Request:
    def __init__(self, number, expected_class=None, body=None):
        self.number, self.id = number, f"r-{number:05}"
        # None where it is to be started.
        self.expected_class = expected_class
        self.body = body or json.dumps({"target": ALIAS, "parameters": {"batch": number}}).encode()
        self.sent, self.first_sent, self.first_answered = 0, None, None
        # (status, run id, class), in order.
        self.answers = []
        self.adopted = self.error_copies = self.undeliverable = 0
        self.is_sent_twice = False


def make_requests(count, bad_share=50, twice_share=20):
    requests = []
    for number in range(1, count + 1):
        if bad_share and number % bad_share == 0:
            body, expected_class = BAD[number // bad_share % len(BAD)]
            requests.append(Request(number, expected_class, body))
        else:
            requests.append(Request(number))
        requests[-1].is_sent_twice = bool(twice_share) and number % twice_share == 7
    return requests


class Publisher(threading.Thread):
    """Sends the requests evenly over a time, each until the broker has confirmed it.

    Spaced: a second message with the same id goes out only when the first was answered, and one that is in doubt
    only when `resend_doubtful` says so. Otherwise both go out within seconds.
    """

    # More than Data Factory's list of runs lags behind.
    SPACING_SECONDS = 3

    def __init__(self, stage, requests, seconds, is_spaced):
        super().__init__(daemon=True)
        self.stage, self.is_spaced = stage, is_spaced
        self.heap = [(index * seconds / len(requests), index, request) for index, request in enumerate(requests)]
        self.serial = len(requests)
        self.waiting = []
        self.doubtful = []
        self.messages = self.in_doubt = 0
        self.is_over = threading.Event()
        self.begin = time.monotonic()
        self.connection = self.channel = None

    def run(self):
        while self.heap or self.waiting:
            for request in [request for request in self.waiting if request.answers]:
                self.waiting.remove(request)
                self.push(request, self.SPACING_SECONDS)
            now = time.monotonic() - self.begin
            if not self.heap or self.heap[0][0] > now:
                if self.connection and self.connection.is_open:
                    try:
                        self.connection.process_data_events(0)
                    except (pika.exceptions.AMQPError, OSError):
                        self.connection = None
                time.sleep(0.01)
                continue
            request = heapq.heappop(self.heap)[2]
            is_first = request.sent == 0
            if not self.send(request):
                if self.is_spaced:
                    self.doubtful.append(request)
                    continue
                self.push(request, 0)
            elif is_first and request.is_sent_twice:
                if self.is_spaced:
                    self.waiting.append(request)
                else:
                    self.push(request, random.uniform(0, 3))
        self.is_over.set()

    def push(self, request, delay):
        self.serial += 1
        heapq.heappush(self.heap, (time.monotonic() - self.begin + delay, self.serial, request))

    def send(self, request):
        """False where the broker did not say that it has the message; it may have it all the same."""
        if self.connection is None or not self.connection.is_open:
            self.connection = self.stage.broker.connect()
            self.channel = None
        request.first_sent = request.first_sent or time.monotonic()
        is_on_its_way = False
        try:
            if self.channel is None or not self.channel.is_open:
                self.channel = self.connection.channel()
                self.channel.confirm_delivery()
            is_on_its_way = True
            request.sent += 1
            self.messages += 1
            self.channel.basic_publish(
                "", f"{self.stage.prefix}.requests", request.body, mandatory=True,
                properties=pika.BasicProperties(
                    message_id=request.id, content_type="application/json", delivery_mode=2))
            return True
        except (pika.exceptions.AMQPError, OSError):
            self.connection = None
            self.in_doubt += is_on_its_way
            return False

    def resend_doubtful(self):
        """Sends again what may not have arrived and was not answered; for when nothing is on its way any more."""
        again = [request for request in self.doubtful if not request.answers]
        for request in again:
            while not self.send(request):
                pass
        self.doubtful = []
        return len(again)


class Reader(threading.Thread):
    """Reads answers, error copies and undeliverable replies for as long as it runs."""

    def __init__(self, stage, requests):
        super().__init__(daemon=True)
        self.stage = stage
        self.by_id = {request.id: request for request in requests}
        self.strangers = []
        self.is_ended = False

    def run(self):
        while not self.is_ended:
            connection = self.stage.broker.connect()
            try:
                channel = connection.channel()
                channel.basic_qos(prefetch_count=500)
                for queue in ["replies", "errors", "undeliverable"]:
                    channel.basic_consume(f"{self.stage.prefix}.{queue}", self.callback(queue))
                while not self.is_ended:
                    connection.process_data_events(0.2)
                connection.close()
            except (pika.exceptions.AMQPError, OSError):
                pass

    def callback(self, queue):
        def note(channel, method, properties, body):
            self.note(queue, properties, body)
            channel.basic_ack(method.delivery_tag)
        return note

    def note(self, queue, properties, body):
        if queue == "errors":
            request = self.by_id.get((properties.headers or {}).get("request-id"))
            if request:
                request.error_copies += 1
            else:
                self.strangers.append(("errors", properties.message_id))
            return
        answer = json.loads(body)
        request = self.by_id.get(answer.get("requestId"))
        if request is None:
            self.strangers.append((queue, answer.get("requestId")))
            return
        request.first_answered = request.first_answered or time.monotonic()
        request.answers.append((answer["status"], answer.get("runId"), (answer.get("error") or {}).get("class")))
        request.adopted += bool(answer.get("adopted"))
        request.undeliverable += queue == "undeliverable"
