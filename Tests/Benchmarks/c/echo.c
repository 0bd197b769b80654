// The yardstick: what a plain C program on librabbitmq makes of the same work as the Swift echo beside it. It also
// prepares and checks the queues of both.
//
//   echo fill  URL REQUESTS REPLIES classic|quorum COUNT BYTES      makes both queues anew, and fills the first
//   echo run   URL REQUESTS REPLIES COUNT PREFETCH [CA CERT KEY]    answers COUNT requests; prints its figures as JSON
//   echo empty URL REQUESTS REPLIES COUNT                           deletes both; prints what was left in them as JSON
//
// One thread and one connection. Whatever the broker does that is not the happy path ends the program with exit code 1:
// nothing is repeated or mended here. The caller limits how long it may run.

#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

enum {
  CONSUMING = 1,  // channels
  PUBLISHING = 2,
  FRAME_BYTES = 131072,
  HEARTBEAT_SECONDS = 15,
  UNCONFIRMED_MAXIMUM = 1000,  // while filling
};

static amqp_connection_state_t connection;

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "echo: ");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  va_end(arguments);
  exit(1);
}

static void check(int status, const char *what) {
  if (status != AMQP_STATUS_OK) fail("%s: %s", what, amqp_error_string2(status));
}

static void check_reply(amqp_rpc_reply_t reply, const char *what) {
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) check(reply.library_error, what);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("%s: the broker refused (method %#x)", what, reply.reply.id);
}

static uint64_t number(const char *text) {
  char *end;
  uint64_t value = strtoull(text, &end, 10);
  if (*text == 0 || *end != 0 || value == 0) fail("%s is not a number above 0", text);
  return value;
}

// MARK: - Connection

// `tls` holds the authority, the certificate and the key.
static void open_connection(const char *url, char **tls) {
  char copy[512];
  struct amqp_connection_info info;
  if (snprintf(copy, sizeof copy, "%s", url) >= (int)sizeof copy) fail("the URL is too long");
  check(amqp_parse_url(copy, &info), "the URL");

  connection = amqp_new_connection();
  amqp_socket_t *socket = info.ssl ? amqp_ssl_socket_new(connection) : amqp_tcp_socket_new(connection);
  if (!connection || !socket) fail("no memory for a connection");
  if (info.ssl) {
    if (!tls) fail("an amqps URL needs CA CERT KEY");
    check(amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST), "TLS 1.2");
    check(amqp_ssl_socket_set_cacert(socket, tls[0]), tls[0]);
    check(amqp_ssl_socket_set_key(socket, tls[1], tls[2]), tls[1]);
  }
  struct timeval limit = {.tv_sec = 5};
  check(amqp_socket_open_noblock(socket, info.host, info.port, &limit), "connecting");
  check_reply(amqp_login(connection, info.vhost, 0, FRAME_BYTES, HEARTBEAT_SECONDS, AMQP_SASL_METHOD_PLAIN, info.user,
                         info.password),
              "logging in");
  limit.tv_sec = 30;
  check(amqp_set_rpc_timeout(connection, &limit), "the time-out");
}

static void open_channel(amqp_channel_t channel) {
  amqp_channel_open(connection, channel);
  check_reply(amqp_get_rpc_reply(connection), "opening a channel");
}

static void close_connection(void) {
  check_reply(amqp_connection_close(connection, AMQP_REPLY_SUCCESS), "closing");
  check(amqp_destroy_connection(connection), "closing");
}

// The next frame that is here; false where there is none. Frames hide in the library's buffers where poll does not see
// them, so ask until it says no.
static bool next_frame(amqp_frame_t *frame) {
  struct timeval no_wait = {0, 0};
  int status = amqp_simple_wait_frame_noblock(connection, frame, &no_wait);
  if (status == AMQP_STATUS_TIMEOUT) return false;
  check(status, "reading");
  if (frame->frame_type == AMQP_FRAME_METHOD) {
    switch (frame->payload.method.id) {
      case AMQP_BASIC_NACK_METHOD: fail("the broker refused a message");
      case AMQP_BASIC_RETURN_METHOD: fail("the broker returned a message: its queue is gone");
      case AMQP_BASIC_CANCEL_METHOD: fail("the broker cancelled the consumer");
      case AMQP_CHANNEL_CLOSE_METHOD: fail("the broker closed a channel");
      case AMQP_CONNECTION_CLOSE_METHOD: fail("the broker closed the connection");
    }
  }
  return true;
}

// At most a second, since the library sends and checks heartbeats only when it is called.
static void wait_for_bytes(void) {
  struct pollfd descriptor = {.fd = amqp_get_sockfd(connection), .events = POLLIN};
  poll(&descriptor, 1, 1000);
}

// MARK: - Confirms

// What waits for the confirm of each publish, by sequence number; 0 is nothing. Room for all of a run, so that no
// number of confirms out of order can outgrow it.
struct unconfirmed {
  uint64_t *waiting;
  uint64_t lowest, next, settled;
};

static struct unconfirmed make_unconfirmed(uint64_t count) {
  struct unconfirmed result = {.waiting = calloc(count + 1, sizeof *result.waiting), .lowest = 1, .next = 1};
  if (!result.waiting) fail("no memory for %" PRIu64 " messages", count);
  return result;
}

static void settle(struct unconfirmed *unconfirmed, const amqp_basic_ack_t *confirm, void (*confirmed)(uint64_t)) {
  uint64_t first = confirm->multiple ? unconfirmed->lowest : confirm->delivery_tag;
  for (uint64_t tag = first; tag <= confirm->delivery_tag && tag < unconfirmed->next; tag++) {
    if (!unconfirmed->waiting[tag]) continue;
    if (confirmed) confirmed(unconfirmed->waiting[tag]);
    unconfirmed->waiting[tag] = 0;
    unconfirmed->settled++;
  }
  while (unconfirmed->lowest < unconfirmed->next && !unconfirmed->waiting[unconfirmed->lowest]) unconfirmed->lowest++;
}

static void publish(struct unconfirmed *unconfirmed, uint64_t waiting, amqp_bytes_t queue,
                    const amqp_basic_properties_t *properties, amqp_bytes_t body) {
  unconfirmed->waiting[unconfirmed->next++] = waiting;
  check(amqp_basic_publish(connection, PUBLISHING, amqp_empty_bytes, queue, 1, 0, properties, body), "publishing");
}

static void enable_confirms(void) {
  open_channel(PUBLISHING);
  amqp_confirm_select(connection, PUBLISHING);
  check_reply(amqp_get_rpc_reply(connection), "asking for confirms");
}

// MARK: - Fill

static void make_queue(const char *name, const char *type) {
  amqp_table_entry_t entry = {
      .key = amqp_cstring_bytes("x-queue-type"),
      .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(type)},
  };
  amqp_table_t arguments = {.num_entries = 1, .entries = &entry};
  amqp_queue_delete(connection, PUBLISHING, amqp_cstring_bytes(name), 0, 0);
  check_reply(amqp_get_rpc_reply(connection), "deleting a queue");
  amqp_queue_declare(connection, PUBLISHING, amqp_cstring_bytes(name), 0, 1, 0, 0, arguments);
  check_reply(amqp_get_rpc_reply(connection), "declaring a queue");
}

static void fill(char **arguments) {
  const char *url = arguments[0], *requests = arguments[1], *replies = arguments[2], *type = arguments[3];
  uint64_t count = number(arguments[4]);
  amqp_bytes_t body = amqp_bytes_malloc(number(arguments[5]));
  if (!body.bytes) fail("no memory for the body");
  memset(body.bytes, 'x', body.len);

  open_connection(url, NULL);
  enable_confirms();
  make_queue(requests, type);
  make_queue(replies, type);
  struct unconfirmed unconfirmed = make_unconfirmed(count);
  while (unconfirmed.settled < count) {
    while (unconfirmed.next <= count && unconfirmed.next - unconfirmed.settled <= UNCONFIRMED_MAXIMUM) {
      char id[40];
      snprintf(id, sizeof id, "request-%" PRIu64, unconfirmed.next);
      amqp_basic_properties_t properties = {
          ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG |
                    AMQP_BASIC_MESSAGE_ID_FLAG,
          .content_type = amqp_cstring_bytes("application/json"),
          .delivery_mode = AMQP_DELIVERY_PERSISTENT,
          .correlation_id = amqp_cstring_bytes(id),
          .message_id = amqp_cstring_bytes(id),
      };
      publish(&unconfirmed, 1, amqp_cstring_bytes(requests), &properties, body);
    }
    amqp_frame_t frame;
    while (next_frame(&frame)) {
      if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD)
        settle(&unconfirmed, frame.payload.method.decoded, NULL);
      amqp_maybe_release_buffers_on_channel(connection, frame.channel);
    }
    if (unconfirmed.settled < count) wait_for_bytes();
  }
  free(unconfirmed.waiting);
  amqp_bytes_free(body);
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

// The message that is being read. Its properties point into the library's memory for the channel, which is given back
// only when the message is complete.
struct delivery {
  uint64_t tag, bytes_missing;
  amqp_basic_properties_t *properties;
  amqp_bytes_t body;
  size_t capacity;
};

static void start_body(struct delivery *delivery, const amqp_frame_t *header) {
  delivery->properties = header->payload.properties.decoded;
  delivery->bytes_missing = header->payload.properties.body_size;
  delivery->body.len = 0;
  if (delivery->bytes_missing > delivery->capacity) {
    delivery->capacity = delivery->bytes_missing;
    delivery->body.bytes = realloc(delivery->body.bytes, delivery->capacity);
    if (!delivery->body.bytes) fail("no memory for a body");
  }
}

static void append_body(struct delivery *delivery, amqp_bytes_t part) {
  if (part.len > delivery->bytes_missing) fail("a body is longer than its header says");
  memcpy((char *)delivery->body.bytes + delivery->body.len, part.bytes, part.len);
  delivery->body.len += part.len;
  delivery->bytes_missing -= part.len;
}

static void run(char **arguments, char **tls) {
  const char *url = arguments[0], *requests = arguments[1], *replies = arguments[2];
  uint64_t count = number(arguments[3]), prefetch = number(arguments[4]);
  struct unconfirmed unconfirmed = make_unconfirmed(count);
  struct delivery delivery = {0};
  struct sample first = {0};

  open_connection(url, tls);
  enable_confirms();
  open_channel(CONSUMING);
  amqp_basic_qos(connection, CONSUMING, 0, (uint16_t)prefetch, 0);
  check_reply(amqp_get_rpc_reply(connection), "setting the prefetch");
  amqp_basic_consume(connection, CONSUMING, amqp_cstring_bytes(requests), amqp_cstring_bytes("echo"), 0, 0, 0,
                     amqp_empty_table);
  check_reply(amqp_get_rpc_reply(connection), "consuming");

  while (unconfirmed.settled < count) {
    amqp_frame_t frame;
    while (next_frame(&frame)) {
      bool is_complete = false;
      if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_DELIVER_METHOD) {
        if (unconfirmed.next > count) fail("more than %" PRIu64 " messages came", count);
        if (!first.clock.tv_sec) first = take_sample();
        delivery.tag = ((amqp_basic_deliver_t *)frame.payload.method.decoded)->delivery_tag;
      } else if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
        settle(&unconfirmed, frame.payload.method.decoded, acknowledge);
      } else if (frame.frame_type == AMQP_FRAME_HEADER) {
        start_body(&delivery, &frame);
        is_complete = delivery.bytes_missing == 0;
      } else if (frame.frame_type == AMQP_FRAME_BODY) {
        append_body(&delivery, frame.payload.body_fragment);
        is_complete = delivery.bytes_missing == 0;
      }
      if (is_complete)
        publish(&unconfirmed, delivery.tag, amqp_cstring_bytes(replies), delivery.properties, delivery.body);
      if (is_complete || frame.channel != CONSUMING) amqp_maybe_release_buffers_on_channel(connection, frame.channel);
    }
    if (unconfirmed.settled < count) wait_for_bytes();
  }
  print_figures(count, first, take_sample());
  // A quorum queue forgets acknowledgements that come right before the channel's end (rabbitmq-server issue 10327); it
  // answers a cancel when it has them all.
  amqp_basic_cancel(connection, CONSUMING, amqp_cstring_bytes("echo"));
  check_reply(amqp_get_rpc_reply(connection), "cancelling");
  free(unconfirmed.waiting);
  free(delivery.body.bytes);
  close_connection();
}

// MARK: - Empty

static uint32_t ready_count(const char *queue) {
  amqp_queue_declare_ok_t *status =
      amqp_queue_declare(connection, PUBLISHING, amqp_cstring_bytes(queue), 1, 0, 0, 0, amqp_empty_table);
  check_reply(amqp_get_rpc_reply(connection), "asking for a queue");
  uint32_t count = status->message_count;
  amqp_maybe_release_buffers(connection);
  return count;
}

static uint32_t delete_queue(const char *queue) {
  amqp_queue_delete_ok_t *deleted = amqp_queue_delete(connection, PUBLISHING, amqp_cstring_bytes(queue), 0, 0);
  check_reply(amqp_get_rpc_reply(connection), "deleting a queue");
  return deleted->message_count;
}

// A queue's count may lag behind, so it gets 10 s to become right; what the deletion says then counts.
static void empty(char **arguments) {
  const char *requests = arguments[1], *replies = arguments[2];
  uint64_t count = number(arguments[3]);
  struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
  open_connection(arguments[0], NULL);
  open_channel(PUBLISHING);
  for (int tries = 200; tries > 0 && (ready_count(requests) != 0 || ready_count(replies) != count); tries--)
    nanosleep(&pause, NULL);
  uint32_t requests_left = delete_queue(requests);
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
