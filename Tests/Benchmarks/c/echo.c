// The yardstick: what a plain C program on librabbitmq makes of the same work as the Swift echo beside it. It also
// prepares and checks the queues of both.
//
//   echo fill  URL REQUESTS REPLIES classic|quorum COUNT BYTES      makes both queues anew, and fills the first
//   echo run   URL REQUESTS REPLIES COUNT PREFETCH [CA CERT KEY]    answers COUNT requests; prints its figures as JSON
//   echo empty URL REQUESTS REPLIES COUNT                           deletes both; prints what was left in them as JSON
//
// The caller limits how long it may run.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "broker.h"

// MARK: - Fill

static const char *requests;
static amqp_bytes_t body;

static void publish_request(struct unconfirmed *unconfirmed, uint64_t index) {
  char id[40];
  snprintf(id, sizeof id, "request-%" PRIu64, index);
  amqp_basic_properties_t properties = {
      ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG |
                AMQP_BASIC_MESSAGE_ID_FLAG,
      .content_type = amqp_cstring_bytes("application/json"),
      .delivery_mode = AMQP_DELIVERY_PERSISTENT,
      .correlation_id = amqp_cstring_bytes(id),
      .message_id = amqp_cstring_bytes(id),
  };
  publish(unconfirmed, 1, amqp_cstring_bytes(requests), &properties, body);
}

static void fill(char **arguments) {
  const char *url = arguments[0], *replies = arguments[2], *type = arguments[3];
  uint64_t count = number(arguments[4]);
  requests = arguments[1];
  body.len = number(arguments[5]);
  body.bytes = allocate(body.len, 1);
  memset(body.bytes, 'x', body.len);

  open_connection(url, NULL);
  enable_confirms();
  make_queue(requests, type);
  make_queue(replies, type);
  fill_queue(count, publish_request);
  free(body.bytes);
  close_connection();
}

// MARK: - Run

struct sample {
  struct timespec clock;
  struct rusage usage;
};

static struct sample take_sample(void) {
  struct sample sample;
  clock_gettime(CLOCK_MONOTONIC, &sample.clock);
  getrusage(RUSAGE_SELF, &sample.usage);
  return sample;
}

static double seconds(struct timeval from, struct timeval to) {
  return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_usec - from.tv_usec) / 1e6;
}

static void print_figures(uint64_t count, struct sample from, struct sample to) {
  printf("{\"messages\": %" PRIu64 ", \"seconds\": %.6f, \"userSeconds\": %.6f, \"systemSeconds\": %.6f, "
         "\"contextSwitches\": %ld}\n",
         count,
         (double)(to.clock.tv_sec - from.clock.tv_sec) + (double)(to.clock.tv_nsec - from.clock.tv_nsec) / 1e9,
         seconds(from.usage.ru_utime, to.usage.ru_utime), seconds(from.usage.ru_stime, to.usage.ru_stime),
         to.usage.ru_nvcsw + to.usage.ru_nivcsw - from.usage.ru_nvcsw - from.usage.ru_nivcsw);
}

static void acknowledge(uint64_t delivery_tag) {
  amqp_basic_ack_t ack = {.delivery_tag = delivery_tag, .multiple = 0};
  check(amqp_send_method(connection, CONSUMING, AMQP_BASIC_ACK_METHOD, &ack), "acknowledging");
}

static void run(char **arguments, char **tls) {
  const char *url = arguments[0], *replies = arguments[2];
  uint64_t count = number(arguments[3]), prefetch = number(arguments[4]);
  struct unconfirmed unconfirmed = make_unconfirmed(count);
  struct delivery delivery = {0};
  struct sample first = {0};

  open_connection(url, tls);
  enable_confirms();
  consume(arguments[1], (uint16_t)prefetch, false);

  while (unconfirmed.settled < count) {
    amqp_frame_t frame;
    while (next_frame(&frame)) {
      if (frame.channel == CONSUMING && !first.clock.tv_sec) first = take_sample();
      bool is_complete = take_frame(&delivery, &frame);
      if (is_complete) {
        if (unconfirmed.next > count) fail("more than %" PRIu64 " messages came", count);
        publish(&unconfirmed, delivery.tag, amqp_cstring_bytes(replies), delivery.properties, delivery.body);
      } else if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
        settle(&unconfirmed, frame.payload.method.decoded, acknowledge);
      }
      if (is_complete || frame.channel != CONSUMING) release(&frame);
    }
    if (unconfirmed.settled < count) wait_for_bytes();
  }
  print_figures(count, first, take_sample());
  // A quorum queue forgets acknowledgements that come right before the channel's end (rabbitmq-server issue 10327); it
  // answers a cancel when it has them all.
  stop_consuming();
  free(unconfirmed.waiting);
  free(delivery.body.bytes);
  close_connection();
}

// MARK: - Empty

// A queue's count may lag behind, so it gets 10 s to become right; what the deletion says then counts.
static void empty(char **arguments) {
  const char *waiting = arguments[1], *replies = arguments[2];
  uint64_t count = number(arguments[3]);
  struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
  open_connection(arguments[0], NULL);
  open_channel(PUBLISHING);
  for (int tries = 200; tries > 0; tries--) {
    if (queue_status(waiting).message_count == 0 && queue_status(replies).message_count == count) break;
    nanosleep(&pause, NULL);
  }
  uint32_t requests_left = delete_queue(waiting);
  printf("{\"requests\": %" PRIu32 ", \"replies\": %" PRIu32 "}\n", requests_left, delete_queue(replies));
  close_connection();
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "";
  if (!strcmp(command, "fill") && argc == 8)
    fill(argv + 2);
  else if (!strcmp(command, "run") && (argc == 7 || argc == 10))
    run(argv + 2, argc == 10 ? argv + 7 : NULL);
  else if (!strcmp(command, "empty") && argc == 6)
    empty(argv + 2);
  else
    fail("the head of this file says how to call it");
  return 0;
}
