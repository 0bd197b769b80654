// Gives a worker its work, and takes the answers: the figures of every worker come from here.
//
//   load closed URL REQUESTS REPLIES classic|quorum COUNT BYTES message-id|identity PROGRAM...
//   load open   URL REQUESTS REPLIES classic|quorum COUNT BYTES message-id|identity RATE PROGRAM...
//   load idle   URL REQUESTS REPLIES SECONDS PROGRAM...
//
// It makes both queues anew, and beside them REQUESTS.dead, where adf-trigger looks for what the broker gave up on;
// starts PROGRAM..., a worker with its arguments; ends it by SIGTERM; and prints its figures as one line of JSON.
// closed: COUNT requests with bodies of BYTES are there before the worker starts. open: RATE of them come each second
// whatever the worker does, and those of the first two seconds are not counted; a latency begins when its request was
// to be sent. idle: nothing is asked of it.
//
// It is an error unless each request was answered once, with the run id that belongs to it (its message id, or the one
// that the README of this repository derives from that), and the request queue is empty when the worker has ended.
//
// CPU time is the worker's, user and system, by the kernel's clock for its process, from the first reply to the last.
// The caller limits how long all this may take; the worker dies with this program.

#define _GNU_SOURCE

#include <openssl/sha.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "broker.h"
#include "json.h"
#include "process.h"

enum {
  WARM_UP_SECONDS = 2,
};

#define SUBSCRIPTION "11111111-2222-4333-8444-555555555555"
#define GROUP "rg-benchmark"
#define FACTORY "adf-benchmark"
#define PIPELINE "ingest-orders"

static const char *requests, *replies;
static char dead[256];
static uint64_t count, body_bytes, *sent_ns, *answered_ns;
static bool ids_are_derived;

// MARK: - Requests

static void write_message_id(char id[48], uint64_t index) {
  snprintf(id, 48, "6d1f2c7b-0000-4000-8000-%012" PRIu64, index);
}

// One of exactly `body_bytes`, filled up with a list of files. It is the same for all.
static amqp_bytes_t request_body(void) {
  static char *body;
  if (body) return (amqp_bytes_t){.len = body_bytes, .bytes = body};
  body = allocate(body_bytes + 1, 1);
  size_t used = (size_t)snprintf(
      body, body_bytes + 1,
      "{\"target\":{\"subscriptionId\":\"" SUBSCRIPTION "\",\"resourceGroup\":\"" GROUP "\",\"factory\":\"" FACTORY
      "\",\"pipeline\":\"" PIPELINE "\"},\"parameters\":{\"windowStart\":\"2026-11-22T00:00:00Z\",\"windowEnd\":"
      "\"2026-11-22T01:00:00Z\",\"region\":\"westeurope\",\"batch\":42,\"ratio\":1.10,\"dryRun\":false,\"files\":[");
  static const char file[] = "\"landing/orders/2026/11/22/part-00000.parquet\",", end[] = "\"]}}";
  if (used + sizeof end > body_bytes) fail("a body of %" PRIu64 " bytes is too short", body_bytes);
  while (used + sizeof file + sizeof end <= body_bytes) {
    memcpy(body + used, file, sizeof file - 1);
    used += sizeof file - 1;
  }
  body[used++] = '"';
  memset(body + used, 'x', body_bytes - used);
  memcpy(body + body_bytes - (sizeof end - 1), end, sizeof end - 1);
  return request_body();
}

static void publish_request(struct unconfirmed *unconfirmed, uint64_t index) {
  char message_id[48], correlation_id[48];
  write_message_id(message_id, index);
  snprintf(correlation_id, sizeof correlation_id, "order-%012" PRIu64, index);
  amqp_basic_properties_t properties = {
      ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG |
                AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_REPLY_TO_FLAG,
      .content_type = amqp_cstring_bytes("application/json"),
      .delivery_mode = AMQP_DELIVERY_PERSISTENT,
      .correlation_id = amqp_cstring_bytes(correlation_id),
      .message_id = amqp_cstring_bytes(message_id),
      .reply_to = amqp_cstring_bytes(replies),
  };
  publish(unconfirmed, index, amqp_cstring_bytes(requests), &properties, request_body());
}

// MARK: - Replies

// A UUIDv5 of the message id and the lower-cased id of the pipeline.
static void write_run_id(char id[48], uint64_t index) {
  write_message_id(id, index);
  if (!ids_are_derived) return;
  static const unsigned char namespace[] = {0x8f, 0x1c, 0x3f, 0x3e, 0x5b, 0x0a, 0x4e, 0x0a,
                                            0x9d, 0x53, 0x6d, 0x1f, 0x2c, 0x7b, 0x4a, 0x10};
  unsigned char name[512], hash[SHA_DIGEST_LENGTH];
  memcpy(name, namespace, sizeof namespace);
  int length = snprintf((char *)name + sizeof namespace, sizeof name - sizeof namespace,
                        "%s\n/subscriptions/" SUBSCRIPTION "/resourcegroups/" GROUP
                        "/providers/microsoft.datafactory/factories/" FACTORY "/pipelines/" PIPELINE,
                        id);
  SHA1(name, sizeof namespace + (size_t)length, hash);
  hash[6] = (hash[6] & 0x0F) | 0x50;
  hash[8] = (hash[8] & 0x3F) | 0x80;
  for (int byte = 0, at = 0; byte < 16; byte++) {
    if (byte == 4 || byte == 6 || byte == 8 || byte == 10) id[at++] = '-';
    at += snprintf(id + at, 3, "%02x", hash[byte]);
  }
}

static void check_answer(const struct delivery *reply) {
  amqp_bytes_t correlation_id = reply->properties->correlation_id;
  char text[48] = "", expected[48];
  if (correlation_id.len == 18) memcpy(text, correlation_id.bytes, 18);
  uint64_t index = strncmp(text, "order-", 6) ? 0 : strtoull(text + 6, NULL, 10);
  if (index == 0 || index > count) fail("an answer to nothing that was asked");
  if (answered_ns[index]) fail("%s was answered twice", text);
  answered_ns[index] = now_ns();
  struct text run_id = {0}, body = {reply->body.bytes, reply->body.len};
  write_run_id(expected, index);
  if (!find_members(body, 1, (const char *[]){"runId"}, &run_id) || run_id.length != strlen(expected) ||
      memcmp(run_id.start, expected, run_id.length))
    fail("%s was to be answered with the run id %s: %.*s", text, expected, (int)body.length, body.start);
}

// MARK: - Queues

static void make_queues(const char *type) {
  make_queue(requests, type);
  make_queue(replies, "classic");
  make_queue(dead, "classic");
}

static void delete_queues(void) {
  uint32_t left = delete_queue(requests);
  if (left != 0) fail("%" PRIu32 " requests were left in the queue", left);
  delete_queue(replies);
  delete_queue(dead);
}

// MARK: - A run

static void wait_for_consumer(void) {
  while (queue_status(requests).consumer_count == 0) {
    check_worker();
    pause_for(SECOND_NS / 50);
  }
}

static struct unconfirmed unconfirmed;
static struct delivery reply;
static uint64_t answered;

static void read_replies(void) {
  amqp_frame_t frame;
  while (next_frame(&frame)) {
    bool is_complete = take_frame(&reply, &frame);
    if (is_complete) {
      check_answer(&reply);
      answered++;
    } else if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
      settle(&unconfirmed, frame.payload.method.decoded, NULL);
    }
    if (is_complete || frame.channel != CONSUMING) release(&frame);
    if (is_complete && answered == 1) return;  // for the first sample
  }
}

// Sends what is due by now; returns when the next is, or a second from now.
static uint64_t publish_due(uint64_t begin_ns, uint64_t rate) {
  uint64_t now = now_ns();
  while (unconfirmed.next <= count) {
    uint64_t index = unconfirmed.next, due = begin_ns + (index - 1) * SECOND_NS / rate;
    if (due > now) return due;
    sent_ns[index] = due;
    publish_request(&unconfirmed, index);
  }
  return now + SECOND_NS;
}

// Until bytes are here; false where none came until then.
static bool wait_until(uint64_t due_ns) {
  uint64_t now = now_ns(), rest = due_ns > now ? due_ns - now : 0;
  struct pollfd descriptor = {.fd = amqp_get_sockfd(connection), .events = POLLIN};
  struct timespec limit = {.tv_sec = rest / SECOND_NS, .tv_nsec = rest % SECOND_NS};
  return ppoll(&descriptor, 1, &limit, NULL) != 0;
}

static int ascending(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

static void print_latencies(uint64_t skipped) {
  uint64_t total = count - skipped, *latencies = allocate(total, sizeof *latencies);
  for (uint64_t index = 0; index < total; index++)
    latencies[index] = answered_ns[skipped + 1 + index] - sent_ns[skipped + 1 + index];
  qsort(latencies, total, sizeof *latencies, ascending);
  printf(", \"p50Seconds\": %.6f, \"p99Seconds\": %.6f", (double)latencies[(total - 1) / 2] / 1e9,
         (double)latencies[(total - 1) * 99 / 100] / 1e9);
  free(latencies);
}

static void check_all_settled(void) {
  // What was answered twice has come by now.
  uint64_t end_ns = now_ns() + SECOND_NS / 10;
  while (now_ns() < end_ns) {
    read_replies();
    wait_until(end_ns);
  }
  stop_consuming();
  for (int tries = 200; tries > 0 && queue_status(requests).message_count != 0; tries--) pause_for(50000000);
  delete_queues();
}

// `rate` is 0 for a closed loop.
static void run(const char *type, uint64_t rate, char **program) {
  uint64_t skipped = rate * WARM_UP_SECONDS;
  if (count <= skipped + 1) fail("%" PRIu64 " requests are too few", count);
  sent_ns = allocate(count + 1, sizeof *sent_ns);
  answered_ns = allocate(count + 1, sizeof *answered_ns);
  make_queues(type);
  unconfirmed = make_unconfirmed(count);
  uint64_t started_ns = 0;
  prctl(PR_SET_TIMERSLACK, 1);
  if (rate) {
    started_ns = start_worker(program);
    wait_for_consumer();
  } else {
    fill_queue(count, publish_request);
    // The broker still writes.
    pause_for(SECOND_NS / 2);
  }
  consume(replies, 0, true);
  if (!rate) started_ns = start_worker(program);
  uint64_t begin_ns = now_ns();

  struct sample first = {0};
  while (answered < count) {
    uint64_t due_ns = rate ? publish_due(begin_ns, rate) : now_ns() + SECOND_NS;
    uint64_t before = answered;
    read_replies();
    if (before == 0 && answered > 0)
      first = take_sample();
    else if (answered < count && !wait_until(due_ns))
      check_worker();
  }
  struct sample last = take_sample();
  uint64_t peak = worker_memory("VmHWM:");
  stop_worker();
  check_all_settled();
  printf("{\"messages\": %" PRIu64 ", \"seconds\": %.6f, \"cpuSeconds\": %.6f, \"firstReplySeconds\": %.6f, "
         "\"peakBytes\": %" PRIu64 ", \"worker\": %d",
         count - 1, (double)(last.clock_ns - first.clock_ns) / 1e9, last.cpu - first.cpu,
         (double)(first.clock_ns - started_ns) / 1e9, peak, (int)worker);
  if (rate) print_latencies(skipped);
  printf("}\n");
}

static void idle(uint64_t seconds, char **program) {
  make_queues("classic");
  start_worker(program);
  wait_for_consumer();
  pause_for(WARM_UP_SECONDS * SECOND_NS);
  struct sample first = take_sample();
  pause_for(seconds * SECOND_NS);
  struct sample last = take_sample();
  uint64_t resident = worker_memory("VmRSS:");
  stop_worker();
  delete_queues();
  printf("{\"seconds\": %.6f, \"cpuSeconds\": %.6f, \"residentBytes\": %" PRIu64 "}\n",
         (double)(last.clock_ns - first.clock_ns) / 1e9, last.cpu - first.cpu, resident);
}

int main(int argc, char **argv) {
  const char *command = argc > 5 ? argv[1] : "";
  bool is_open = !strcmp(command, "open"), is_idle = !strcmp(command, "idle");
  if (!(is_open && argc > 9) && !(is_idle && argc > 6) && !(!strcmp(command, "closed") && argc > 8))
    fail("the head of this file says how to call it");
  requests = argv[3];
  replies = argv[4];
  snprintf(dead, sizeof dead, "%s.dead", requests);
  open_connection(argv[2], NULL);
  enable_confirms();
  if (is_idle) {
    idle(number(argv[5]), argv + 6);
  } else {
    count = number(argv[6]);
    body_bytes = number(argv[7]);
    ids_are_derived = !strcmp(argv[8], "identity");
    run(argv[5], is_open ? number(argv[9]) : 0, argv + (is_open ? 10 : 9));
  }
  close_connection();
  return 0;
}
