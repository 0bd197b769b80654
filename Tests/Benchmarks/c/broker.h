// What the C programs of this folder share: one connection to the broker, with a channel to publish on with confirms
// and one to consume on, in one thread. Whatever the broker does that is not the happy path ends the program with exit
// code 1: nothing is repeated or mended here.

#pragma once

#include <amqp.h>
#include <inttypes.h>
#include <stdbool.h>

#include "program.h"

enum {
  CONSUMING = 1,  // channels
  PUBLISHING = 2,
  UNCONFIRMED_MAXIMUM = 1000,  // while filling a queue
};

extern amqp_connection_state_t connection;

void check(int status, const char *what);
void check_reply(amqp_rpc_reply_t reply, const char *what);

// `tls` holds the authority, the certificate and the key of an amqps URL.
void open_connection(const char *url, char **tls);
void close_connection(void);
void open_channel(amqp_channel_t channel);
void enable_confirms(void);
void consume(const char *queue, uint16_t prefetch, bool without_acknowledgement);
void stop_consuming(void);

// The next frame that is here; false where there is none. Frames hide in the library's buffers where poll does not see
// them, so ask until it says no.
bool next_frame(amqp_frame_t *frame);
// At most a second, since the library sends and checks heartbeats only when it is called.
void wait_for_bytes(void);

// What waits for the confirm of each publish, by sequence number; 0 is nothing. Room for all of a run, so that no
// number of confirms out of order can outgrow it.
struct unconfirmed {
  uint64_t *waiting;
  uint64_t lowest, next, settled;
};

struct unconfirmed make_unconfirmed(uint64_t count);
void settle(struct unconfirmed *unconfirmed, const amqp_basic_ack_t *confirm, void (*confirmed)(uint64_t));
void publish(struct unconfirmed *unconfirmed, uint64_t waiting, amqp_bytes_t queue,
             const amqp_basic_properties_t *properties, amqp_bytes_t body);

// The message that is being read. Its properties point into the library's memory for the channel, which is given back
// only when the message is complete.
struct delivery {
  uint64_t tag, bytes_missing;
  amqp_basic_properties_t *properties;
  amqp_bytes_t body;
  size_t capacity;
};

// Takes a frame of the consuming channel; true when it was a message's last. `release` its memory then.
bool take_frame(struct delivery *delivery, const amqp_frame_t *frame);
void release(const amqp_frame_t *frame);

void make_queue(const char *name, const char *type);
uint32_t delete_queue(const char *name);
// Messages that are ready, and consumers.
amqp_queue_declare_ok_t queue_status(const char *name);

// Publishes messages 1 to `count` by `publish_message`, and waits for their confirms.
void fill_queue(uint64_t count, void (*publish_message)(struct unconfirmed *unconfirmed, uint64_t index));
