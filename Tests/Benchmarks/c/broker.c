#include "broker.h"

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
  FRAME_BYTES = 131072,
  HEARTBEAT_SECONDS = 15,
};

amqp_connection_state_t connection;

void check(int status, const char *what) {
  if (status != AMQP_STATUS_OK) fail("%s: %s", what, amqp_error_string2(status));
}

void check_reply(amqp_rpc_reply_t reply, const char *what) {
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) check(reply.library_error, what);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("%s: the broker refused (method %#x)", what, reply.reply.id);
}

// MARK: - Connection

void open_connection(const char *url, char **tls) {
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

void close_connection(void) {
  check_reply(amqp_connection_close(connection, AMQP_REPLY_SUCCESS), "closing");
  check(amqp_destroy_connection(connection), "closing");
}

void open_channel(amqp_channel_t channel) {
  amqp_channel_open(connection, channel);
  check_reply(amqp_get_rpc_reply(connection), "opening a channel");
}

void enable_confirms(void) {
  open_channel(PUBLISHING);
  amqp_confirm_select(connection, PUBLISHING);
  check_reply(amqp_get_rpc_reply(connection), "asking for confirms");
}

void consume(const char *queue, uint16_t prefetch, bool without_acknowledgement) {
  open_channel(CONSUMING);
  amqp_basic_qos(connection, CONSUMING, 0, prefetch, 0);
  check_reply(amqp_get_rpc_reply(connection), "setting the prefetch");
  amqp_basic_consume(connection, CONSUMING, amqp_cstring_bytes(queue), amqp_cstring_bytes("benchmark"), 0,
                     without_acknowledgement, 0, amqp_empty_table);
  check_reply(amqp_get_rpc_reply(connection), "consuming");
}

void stop_consuming(void) {
  amqp_basic_cancel(connection, CONSUMING, amqp_cstring_bytes("benchmark"));
  check_reply(amqp_get_rpc_reply(connection), "cancelling");
}

bool next_frame(amqp_frame_t *frame) {
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

void wait_for_bytes(void) {
  struct pollfd descriptor = {.fd = amqp_get_sockfd(connection), .events = POLLIN};
  poll(&descriptor, 1, 1000);
}

// MARK: - Confirms

struct unconfirmed make_unconfirmed(uint64_t count) {
  return (struct unconfirmed){.waiting = allocate(count + 1, sizeof(uint64_t)), .lowest = 1, .next = 1};
}

void settle(struct unconfirmed *unconfirmed, const amqp_basic_ack_t *confirm, void (*confirmed)(uint64_t)) {
  uint64_t first = confirm->multiple ? unconfirmed->lowest : confirm->delivery_tag;
  for (uint64_t tag = first; tag <= confirm->delivery_tag && tag < unconfirmed->next; tag++) {
    if (!unconfirmed->waiting[tag]) continue;
    if (confirmed) confirmed(unconfirmed->waiting[tag]);
    unconfirmed->waiting[tag] = 0;
    unconfirmed->settled++;
  }
  while (unconfirmed->lowest < unconfirmed->next && !unconfirmed->waiting[unconfirmed->lowest]) unconfirmed->lowest++;
}

void publish(struct unconfirmed *unconfirmed, uint64_t waiting, amqp_bytes_t queue,
             const amqp_basic_properties_t *properties, amqp_bytes_t body) {
  unconfirmed->waiting[unconfirmed->next++] = waiting;
  check(amqp_basic_publish(connection, PUBLISHING, amqp_empty_bytes, queue, 1, 0, properties, body), "publishing");
}

// MARK: - Deliveries

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

bool take_frame(struct delivery *delivery, const amqp_frame_t *frame) {
  if (frame->channel != CONSUMING) return false;
  switch (frame->frame_type) {
    case AMQP_FRAME_METHOD:
      if (frame->payload.method.id != AMQP_BASIC_DELIVER_METHOD) fail("an unexpected method came");
      delivery->tag = ((amqp_basic_deliver_t *)frame->payload.method.decoded)->delivery_tag;
      return false;
    case AMQP_FRAME_HEADER: start_body(delivery, frame); break;
    case AMQP_FRAME_BODY: append_body(delivery, frame->payload.body_fragment); break;
  }
  return delivery->bytes_missing == 0;
}

void release(const amqp_frame_t *frame) { amqp_maybe_release_buffers_on_channel(connection, frame->channel); }

// MARK: - Queues

void make_queue(const char *name, const char *type) {
  amqp_table_entry_t entry = {
      .key = amqp_cstring_bytes("x-queue-type"),
      .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(type)},
  };
  amqp_table_t arguments = {.num_entries = 1, .entries = &entry};
  delete_queue(name);
  amqp_queue_declare(connection, PUBLISHING, amqp_cstring_bytes(name), 0, 1, 0, 0, arguments);
  check_reply(amqp_get_rpc_reply(connection), "declaring a queue");
}

uint32_t delete_queue(const char *name) {
  amqp_queue_delete_ok_t *deleted = amqp_queue_delete(connection, PUBLISHING, amqp_cstring_bytes(name), 0, 0);
  check_reply(amqp_get_rpc_reply(connection), "deleting a queue");
  return deleted->message_count;
}

amqp_queue_declare_ok_t queue_status(const char *name) {
  amqp_queue_declare_ok_t *found =
      amqp_queue_declare(connection, PUBLISHING, amqp_cstring_bytes(name), 1, 0, 0, 0, amqp_empty_table);
  check_reply(amqp_get_rpc_reply(connection), "asking for a queue");
  amqp_queue_declare_ok_t status = *found;
  amqp_maybe_release_buffers(connection);
  return status;
}

void fill_queue(uint64_t count, void (*publish_message)(struct unconfirmed *unconfirmed, uint64_t index)) {
  struct unconfirmed unconfirmed = make_unconfirmed(count);
  while (unconfirmed.settled < count) {
    while (unconfirmed.next <= count && unconfirmed.next - unconfirmed.settled <= UNCONFIRMED_MAXIMUM)
      publish_message(&unconfirmed, unconfirmed.next);
    amqp_frame_t frame;
    while (next_frame(&frame)) {
      if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD)
        settle(&unconfirmed, frame.payload.method.decoded, NULL);
      release(&frame);
    }
    if (unconfirmed.settled < count) wait_for_bytes();
  }
  free(unconfirmed.waiting);
}
