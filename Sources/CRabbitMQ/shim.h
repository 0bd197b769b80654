// What the Swift importer needs of librabbitmq (Debian 12, 0.11.0), and nothing else.
#ifndef CRABBITMQ_SHIM_H
#define CRABBITMQ_SHIM_H

#include <sys/time.h>  // first: without it every `struct timeval *` imports as an opaque pointer

#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

// amqp_login_with_properties is variadic, and the importer leaves variadic functions out.
static inline amqp_rpc_reply_t crabbitmq_login_plain(amqp_connection_state_t connection, const char *virtual_host,
                                                     int channel_max, int frame_max, int heartbeat_seconds,
                                                     const amqp_table_t *client_properties, const char *user,
                                                     const char *password) {
  return amqp_login_with_properties(connection, virtual_host, channel_max, frame_max, heartbeat_seconds,
                                    client_properties, AMQP_SASL_METHOD_PLAIN, user, password);
}

// The identity must not be empty: librabbitmq 0.11 takes that for a lack of memory (upstream issue 900, fixed in 0.18).
static inline amqp_rpc_reply_t crabbitmq_login_external(amqp_connection_state_t connection, const char *virtual_host,
                                                        int channel_max, int frame_max, int heartbeat_seconds,
                                                        const amqp_table_t *client_properties, const char *identity) {
  return amqp_login_with_properties(connection, virtual_host, channel_max, frame_max, heartbeat_seconds,
                                    client_properties, AMQP_SASL_METHOD_EXTERNAL, identity);
}

#endif
