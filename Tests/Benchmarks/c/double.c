// A double of Entra ID's token endpoint and of Data Factory that costs the machine as little as it can: it keeps no
// runs, and answers from templates. Every run gets the id its caller asked for, and no run is ever found.
//
//   double DELAY_MS [CERT KEY]   listens on a free port of 127.0.0.1 and prints it; https with a certificate. What
//                                createRun is answered comes DELAY_MS late. Ends by SIGTERM, and prints how many calls
//                                came.
//
// One thread. A request with any other form than those of the benchmark's programs ends it: to be tolerant is the
// emulator's work (Sources/DataFactoryEmulator).

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "program.h"

enum {
  CONNECTIONS = 4096,  // by descriptor
  HEAD_BYTES = 8192,
  REQUEST_BYTES = 512 * 1024,
};

#define TOKEN "benchmark-token-of-the-length-that-a-token-has-at-the-least-0123456789abcdefghijklmnopqrstuvwxyz"

struct client {
  int socket;
  SSL *tls;  // NULL for http
  size_t used, capacity;
  char *request;
  uint64_t due_ns;  // its answer, where that is late
  size_t answer_length;
  char answer[1024];
};

static struct client *clients[CONNECTIONS];
// Those whose answer is late, in the order of the answers, since all are late by the same time.
static struct client *waiting[CONNECTIONS];
static size_t waiting_start, waiting_count;
static uint64_t delay_ns, runs, look_ups, tokens;
static int poller, timer;
static volatile sig_atomic_t is_stopping;

static void stop(int signal) {
  (void)signal;
  is_stopping = 1;
}

// MARK: - Connections

static void watch(int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll: %s", strerror(errno));
}

static void accept_client(int listener, SSL_CTX *context) {
  int yes = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  if (fd >= CONNECTIONS) fail("more connections came than there is room for");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  struct client *client = clients[fd] = allocate(1, sizeof *client);
  client->socket = fd;
  if (context) {
    client->tls = SSL_new(context);
    if (!client->tls || !SSL_set_fd(client->tls, fd)) fail("no memory for TLS");
    SSL_set_accept_state(client->tls);
  }
  watch(fd);
}

static void drop(struct client *client) {
  if (client->due_ns) fail("a connection was closed before its answer");
  clients[client->socket] = NULL;
  if (client->tls) SSL_free(client->tls);
  close(client->socket);
  free(client->request);
  free(client);
}

// What has come: above 0 a number of bytes, 0 nothing yet, below 0 the end.
static ssize_t receive(struct client *client, char *buffer, size_t size) {
  if (client->tls) {
    ERR_clear_error();
    int count = SSL_read(client->tls, buffer, (int)size);
    if (count > 0) return count;
    return SSL_get_error(client->tls, count) == SSL_ERROR_WANT_READ ? 0 : -1;
  }
  ssize_t count = read(client->socket, buffer, size);
  if (count > 0) return count;
  return count < 0 && errno == EAGAIN ? 0 : -1;
}

// An answer is small, and the one before it has been read: it always fits the socket's buffer.
static void send_answer(struct client *client) {
  size_t length = client->answer_length;
  ssize_t sent = client->tls ? SSL_write(client->tls, client->answer, (int)length)
                             : send(client->socket, client->answer, length, MSG_NOSIGNAL);
  if (sent != (ssize_t)length) fail("an answer could not be sent");
}

// MARK: - Answers

// With the headers that clients read, or have to skip.
__attribute__((format(printf, 3, 4))) static void compose(struct client *client, const char *status,
                                                          const char *format, ...) {
  char body[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(body, sizeof body, format, arguments);
  va_end(arguments);
  int total = snprintf(client->answer, sizeof client->answer,
                       "HTTP/1.1 %s\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"
                       "Cache-Control: no-cache\r\nPragma: no-cache\r\nExpires: -1\r\n"
                       "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
                       "x-ms-ratelimit-remaining-subscription-writes: 1199\r\n"
                       "x-ms-request-id: 5e0c1f7e-0000-4000-8000-000000000001\r\n"
                       "x-ms-correlation-request-id: 5e0c1f7e-0000-4000-8000-000000000002\r\n\r\n%s",
                       status, length, body);
  if (length >= (int)sizeof body || total >= (int)sizeof client->answer) fail("an answer is too long");
  client->answer_length = (size_t)total;
}

// A header's value; what follows it is still there. NULL where it is missing.
static const char *header(const char *head, const char *name) {
  const char *at = strcasestr(head, name);
  return at ? at + strlen(name) + strspn(at + strlen(name), " ") : NULL;
}

static void set_timer(void) {
  struct itimerspec when = {0};
  if (waiting_count > 0) {
    uint64_t due = waiting[waiting_start]->due_ns;
    when.it_value = (struct timespec){.tv_sec = (time_t)(due / 1000000000), .tv_nsec = (long)(due % 1000000000)};
  }
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void answer_late(struct client *client) {
  client->due_ns = now_ns() + delay_ns;
  waiting[(waiting_start + waiting_count++) % CONNECTIONS] = client;
  if (waiting_count == 1) set_timer();
}

static void answer_due(void) {
  uint64_t expirations, now = now_ns();
  if (read(timer, &expirations, sizeof expirations) < 0) return;
  while (waiting_count > 0 && waiting[waiting_start]->due_ns <= now) {
    struct client *client = waiting[waiting_start];
    waiting_start = (waiting_start + 1) % CONNECTIONS;
    waiting_count--;
    client->due_ns = 0;
    send_answer(client);
  }
  set_timer();
}

static void answer(struct client *client, const char *head) {
  if (strstr(head, "/oauth2/v2.0/token ")) {
    tokens++;
    compose(client, "200 OK", "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"" TOKEN "\"}");
    send_answer(client);
    return;
  }
  const char *authorization = header(head, "\r\nAuthorization:");
  if (!authorization || strncmp(authorization, "Bearer " TOKEN "\r\n", sizeof "Bearer " TOKEN + 1))
    fail("a request came without the token: %.80s", head);
  const char *line_end = strstr(head, "\r\n"), *run;
  if (!strncmp(head, "POST /subscriptions/", 20) && (run = strstr(head, "/createRun?")) && run < line_end) {
    const char *id = header(head, "\r\nx-ms-client-request-id:");
    if (!id || strcspn(id, "\r\"\\") != 36) fail("a createRun came without a client request id");
    runs++;
    compose(client, "200 OK", "{\"runId\":\"%.36s\"}", id);
    if (delay_ns)
      answer_late(client);
    else
      send_answer(client);
  } else if (!strncmp(head, "GET /subscriptions/", 19) && (run = strstr(head, "/pipelineruns/")) && run < line_end) {
    look_ups++;
    const char *path = head + 4;
    compose(client, "404 Not Found",
            "{\"error\":{\"code\":\"NotFound\",\"message\":\"The document could not be retrieved because it does not "
            "exist.\",\"target\":\"%.*s\",\"details\":null}}",
            (int)strcspn(path, "? \"\\"), path);
    send_answer(client);
  } else {
    fail("nothing answers %.80s", head);
  }
}

// MARK: - Requests

// The length of the first request in the buffer, and its head ended by a zero; 0 while it is not complete.
static size_t complete_request(struct client *client) {
  char *end = memmem(client->request, client->used, "\r\n\r\n", 4);
  if (!end) {
    if (client->used > HEAD_BYTES) fail("a request's head is too long");
    return 0;
  }
  // The body is not read, so its first byte can be spared: the head's last line keeps its end for `header`.
  char kept = end[2];
  end[2] = 0;
  const char *value = header(client->request, "\r\nContent-Length:");
  size_t length = value ? strtoul(value, NULL, 10) : 0;
  size_t total = (size_t)(end + 4 - client->request) + length;
  if (header(client->request, "\r\nTransfer-Encoding:") || total >= REQUEST_BYTES) fail("a request has no fit length");
  if (client->used >= total) return total;
  end[2] = kept;
  return 0;
}

static void read_requests(struct client *client) {
  while (true) {
    if (client->capacity - client->used < 4096) {
      client->capacity = client->capacity ? client->capacity * 4 : 16384;
      if (client->capacity > 4 * REQUEST_BYTES) fail("a request is too long");
      client->request = realloc(client->request, client->capacity);
      if (!client->request) fail("no memory for a request");
    }
    ssize_t count = receive(client, client->request + client->used, client->capacity - client->used);
    if (count < 0) {
      drop(client);
      return;
    }
    if (count == 0) return;
    client->used += (size_t)count;
    size_t length = complete_request(client);
    if (length == 0) continue;
    // Nobody sends a second request before the answer to the first.
    if (length != client->used || client->due_ns) fail("requests were pipelined");
    answer(client, client->request);
    client->used = 0;
    if (!client->tls) return;
  }
}

// MARK: - The loop

static int listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1024) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0)
    fail("listening: %s", strerror(errno));
  printf("%u\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static SSL_CTX *make_context(char **files) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (!context || SSL_CTX_use_certificate_chain_file(context, files[0]) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, files[1], SSL_FILETYPE_PEM) != 1)
    fail("%s and %s are no certificate and its key", files[0], files[1]);
  return context;
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 4) fail("the head of this file says how to call it");
  delay_ns = strtoull(argv[1], NULL, 10) * 1000000;
  SSL_CTX *context = argc == 4 ? make_context(argv + 2) : NULL;
  signal(SIGTERM, stop);
  signal(SIGPIPE, SIG_IGN);
  poller = epoll_create1(EPOLL_CLOEXEC);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  int listener = listen_on_loopback();
  watch(listener);
  watch(timer);
  while (!is_stopping) {
    struct epoll_event events[256];
    // A signal between the test above and this wait is seen a second later.
    int count = epoll_wait(poller, events, 256, 1000);
    for (int index = 0; index < count; index++) {
      int fd = events[index].data.fd;
      if (fd == listener)
        accept_client(listener, context);
      else if (fd == timer)
        answer_due();
      else if (clients[fd])
        read_requests(clients[fd]);
    }
  }
  printf("{\"runs\": %" PRIu64 ", \"lookUps\": %" PRIu64 ", \"tokens\": %" PRIu64 "}\n", runs, look_ups, tokens);
  return 0;
}
