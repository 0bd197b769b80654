// The yardstick of the whole worker: what a plain C program makes of the same job. It is not a product: no TLS, no
// reconnect, no policy, no look-up, and whatever is not the happy path ends it.
//
//   worker URL REQUESTS BASE PREFETCH    serves until SIGTERM; BASE is http://127.0.0.1:PORT, for tokens and for runs
//
// One thread: epoll over the broker's connection and a keep-alive HTTP connection for each request in work. What a turn
// of the loop sends to the broker leaves together, and acknowledgements that are contiguous are sent as one.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "broker.h"
#include "json.h"

enum {
  REQUESTS_MAXIMUM = 1000000,  // of one run
  BROKER = 0,                  // in epoll's data, beside slots from 1
};

// A request in work. It has its HTTP connection to itself, which is kept for the next one.
struct slot {
  int socket;
  uint64_t tag;
  char correlation_id[256], reply_to[256];
  size_t used;
  char answer[8192];
};

static struct slot *slots;
static uint64_t *free_slots, free_count, prefetch;
static struct sockaddr_in service;
static char host[64], token[4096];
static int poller;
static struct unconfirmed unconfirmed;
static volatile sig_atomic_t is_stopping;

static void stop(int signal) {
  (void)signal;
  is_stopping = 1;
}

// MARK: - Acknowledgements

enum { HELD, DONE, SENT };
static uint8_t *states;  // of deliveries, by tag
static uint64_t *done, done_count, acknowledged_through;

static void acknowledge(uint64_t tag, bool through_tag) {
  amqp_basic_ack_t ack = {.delivery_tag = tag, .multiple = through_tag};
  check(amqp_send_method(connection, CONSUMING, AMQP_BASIC_ACK_METHOD, &ack), "acknowledging");
}

static void confirmed(uint64_t index) {
  done[done_count++] = slots[index].tag;
  states[slots[index].tag] = DONE;
  free_slots[free_count++] = index;
}

// One for all below the oldest that is still held, and one each for the rest.
static void acknowledge_done(void) {
  uint64_t last = 0;
  while (states[acknowledged_through + 1] != HELD)
    if (states[++acknowledged_through] == DONE) last = acknowledged_through;
  if (last) acknowledge(last, true);
  for (uint64_t index = 0; index < done_count; index++) {
    if (done[index] > acknowledged_through) acknowledge(done[index], false);
    states[done[index]] = SENT;
  }
  done_count = 0;
}

// MARK: - HTTP

static void connect_slot(uint64_t index) {
  int yes = 1;
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
  int fd = slots[index].socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&service, sizeof service) != 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0 ||
      epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0)
    fail("connecting to %s: %s", host, strerror(errno));
}

static void send_request(uint64_t index, const char *head, int head_length, struct text body) {
  struct slot *slot = &slots[index];
  if (!slot->socket) connect_slot(index);
  slot->used = 0;
  struct iovec parts[] = {{(char *)head, (size_t)head_length}, {(char *)body.start, body.length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  // The socket blocks, so that all of it is sent.
  ssize_t sent = sendmsg(slot->socket, &message, MSG_NOSIGNAL);
  if (sent < 0 || (size_t)sent != (size_t)head_length + body.length) fail("sending to %s: %s", host, strerror(errno));
}

// Reads what is there; true when the answer is complete, which must be a success.
static bool read_answer(struct slot *slot, struct text *body) {
  ssize_t count = read(slot->socket, slot->answer + slot->used, sizeof slot->answer - 1 - slot->used);
  if (count <= 0) fail("%s closed a connection", host);
  slot->used += (size_t)count;
  slot->answer[slot->used] = 0;
  char *end = strstr(slot->answer, "\r\n\r\n");
  if (!end) return false;
  const char *length = strcasestr(slot->answer, "\r\ncontent-length:");
  if (!length || length > end) fail("an answer has no length");
  *body = (struct text){.start = end + 4, .length = strtoul(length + 17, NULL, 10)};
  if ((size_t)(body->start - slot->answer) + body->length > slot->used) return false;
  if (strncmp(slot->answer, "HTTP/1.1 200 ", 13)) fail("%s answered %.12s", host, slot->answer);
  return true;
}

static void fetch_token(void) {
  static const char form[] =
      "grant_type=client_credentials&client_id=benchmark&client_secret=benchmark"
      "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
  char head[512];
  int length = snprintf(head, sizeof head,
                        "POST /benchmark/oauth2/v2.0/token HTTP/1.1\r\nHost: %s\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n",
                        host, sizeof form - 1);
  struct text body, value;
  send_request(1, head, length, (struct text){form, sizeof form - 1});
  while (!read_answer(&slots[1], &body)) continue;
  if (!find_members(body, 1, (const char *[]){"access_token"}, &value) || value.length >= sizeof token)
    fail("the answer holds no token");
  snprintf(token, sizeof token, "%.*s", (int)value.length, value.start);
}

// MARK: - A request's way

static bool is_plain(struct text name) {
  for (size_t index = 0; index < name.length; index++)
    if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", name.start[index])) return false;
  return name.length > 0 && name.length <= 260;
}

static void copy(char destination[256], amqp_bytes_t text) {
  if (text.len > 255) fail("a property is too long");
  memcpy(destination, text.bytes, text.len);
  destination[text.len] = 0;
}

static void start_run(const struct delivery *delivery) {
  static const char *const members[] = {"target", "parameters"};
  static const char *const parts[] = {"subscriptionId", "resourceGroup", "factory", "pipeline"};
  struct text values[2], names[4], message = {delivery->body.bytes, delivery->body.len};
  if (!find_members(message, 2, members, values) || !find_members(values[0], 4, parts, names) ||
      values[1].start[0] != '{')
    fail("a message is no request");
  for (int index = 0; index < 4; index++)
    if (!is_plain(names[index])) fail("a name in a message would have to be encoded");
  if (free_count == 0 || delivery->tag >= REQUESTS_MAXIMUM) fail("more messages came than there is room for");

  uint64_t index = free_slots[--free_count];
  struct slot *slot = &slots[index];
  slot->tag = delivery->tag;
  copy(slot->correlation_id, delivery->properties->correlation_id);
  copy(slot->reply_to, delivery->properties->reply_to);
  char head[8192];
  int length = snprintf(
      head, sizeof head,
      "POST /subscriptions/%.*s/resourceGroups/%.*s/providers/Microsoft.DataFactory/factories/%.*s/pipelines/%.*s"
      "/createRun?api-version=2018-06-01 HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
      "x-ms-client-request-id: %.*s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
      (int)names[0].length, names[0].start, (int)names[1].length, names[1].start, (int)names[2].length,
      names[2].start, (int)names[3].length, names[3].start, host, token, (int)delivery->properties->message_id.len,
      (char *)delivery->properties->message_id.bytes, values[1].length);
  if (length >= (int)sizeof head) fail("a request's head is too long");
  send_request(index, head, length, values[1]);
}

static void finish_run(uint64_t index) {
  struct slot *slot = &slots[index];
  struct text body, run_id;
  if (!read_answer(slot, &body)) return;
  if (!find_members(body, 1, (const char *[]){"runId"}, &run_id)) fail("an answer holds no run id");
  char reply[256];
  int length = snprintf(reply, sizeof reply, "{\"runId\":\"%.*s\"}", (int)run_id.length, run_id.start);
  if (length >= (int)sizeof reply) fail("a run id is too long");
  amqp_basic_properties_t properties = {
      ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG,
      .content_type = amqp_cstring_bytes("application/json"),
      .delivery_mode = AMQP_DELIVERY_PERSISTENT,
      .correlation_id = amqp_cstring_bytes(slot->correlation_id),
  };
  if (unconfirmed.next > REQUESTS_MAXIMUM) fail("more requests came than there is room for");
  publish(&unconfirmed, index, amqp_cstring_bytes(slot->reply_to), &properties,
          (amqp_bytes_t){.len = (size_t)length, .bytes = reply});
}

// MARK: - The loop

static void read_broker(struct delivery *delivery) {
  amqp_frame_t frame;
  while (next_frame(&frame)) {
    bool is_complete = take_frame(delivery, &frame);
    if (is_complete)
      start_run(delivery);
    else if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD)
      settle(&unconfirmed, frame.payload.method.decoded, confirmed);
    if (is_complete || frame.channel != CONSUMING) release(&frame);
  }
}

static void gather(int on) {
  if (setsockopt(amqp_get_sockfd(connection), IPPROTO_TCP, TCP_CORK, &on, sizeof on) != 0) fail("TCP_CORK");
}

static void serve(void) {
  struct epoll_event events[256];
  struct delivery delivery = {0};
  int count = 0;
  while (!is_stopping || free_count < prefetch) {
    gather(1);
    for (int index = 0; index < count; index++)
      if (events[index].data.u64 != BROKER) finish_run(events[index].data.u64);
    read_broker(&delivery);
    acknowledge_done();
    gather(0);
    // At most a second, for the library's heartbeats; and not before the first turn, for what came with the consumer
    // hides in the library.
    count = epoll_wait(poller, events, 256, 1000);
  }
}

int main(int argc, char **argv) {
  unsigned port = 0;
  if (argc != 5 || sscanf(argv[3], "http://127.0.0.1:%u", &port) != 1)
    fail("the head of this file says how to call it");
  prefetch = number(argv[4]);
  snprintf(host, sizeof host, "127.0.0.1:%u", port);
  service = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  service.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  slots = allocate(prefetch + 1, sizeof *slots);
  free_slots = allocate(prefetch, sizeof *free_slots);
  for (uint64_t index = prefetch; index > 0; index--) free_slots[free_count++] = index;
  done = allocate(prefetch, sizeof *done);
  states = allocate(REQUESTS_MAXIMUM + 1, sizeof *states);
  unconfirmed = make_unconfirmed(REQUESTS_MAXIMUM);
  signal(SIGTERM, stop);

  poller = epoll_create1(EPOLL_CLOEXEC);
  fetch_token();
  open_connection(argv[1], NULL);
  enable_confirms();
  consume(argv[2], (uint16_t)prefetch, false);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = BROKER};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, amqp_get_sockfd(connection), &event) != 0) fail("epoll: %s", strerror(errno));
  serve();
  // As in echo.c: a quorum queue answers a cancel when it has all acknowledgements.
  stop_consuming();
  close_connection();
  return 0;
}
