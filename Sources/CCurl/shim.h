// What the Swift importer needs of libcurl (Debian 12, 7.88.1) and of the OpenSSL it is built with, and nothing else.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/epoll.h>

// curl_easy_setopt and its likes are variadic, and the importer leaves variadic functions out.

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, long long value) {
  return curl_easy_setopt(easy, option, (curl_off_t)value);
}
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_fields(CURL *easy, struct curl_slist *fields) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
}

// A macro with a cast, which the importer leaves out.
static const long ccurl_basic = (long)CURLAUTH_BASIC;

// Called with the part that arrived; what is returned must be the count, or the exchange ends.
typedef size_t (*ccurl_received)(char *bytes, size_t size, size_t count, void *context);
// Called when a connection stands and nothing of the request is written yet.
typedef int (*ccurl_about_to_send)(void *context, char *their_address, char *our_address, int their_port, int our_port);

static inline void ccurl_set_callbacks(CURL *easy, void *context, ccurl_received field, ccurl_received body,
                                       ccurl_about_to_send about_to_send) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, context);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, field);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, about_to_send);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

static inline void *ccurl_context(CURL *easy) {
  char *context = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
  return context;
}
static inline long ccurl_get_long(CURL *easy, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

typedef int (*ccurl_watch)(CURL *easy, curl_socket_t descriptor, int what, void *context, void *socket_context);
typedef int (*ccurl_wait)(CURLM *multi, long milliseconds, void *context);

static inline void ccurl_set_multi_callbacks(CURLM *multi, void *context, ccurl_watch watch, ccurl_wait wait) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, wait);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}
static inline CURLMcode ccurl_set_multi_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

// The next exchange that is over, and how it ended; NULL where there is none.
static inline CURL *ccurl_next_done(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE) continue;
    *result = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}

// MARK: - Sockets

// Watches a descriptor for what libcurl wants to know of it (CURL_POLL_*).
static inline int ccurl_epoll_watch(int epoll, int descriptor, int what) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.data.fd = descriptor;
  if (what == CURL_POLL_REMOVE) return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event);
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  // Seldom changed, often added: libcurl lets go of a socket after each exchange.
  int result = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
  return result == 0 ? 0 : epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
}

// Tells libcurl of all descriptors that are ready now; at most 128 at a time.
static inline void ccurl_serve_ready(CURLM *multi, int epoll) {
  struct epoll_event events[128];
  int running = 0;
  int count = epoll_wait(epoll, events, 128, 0);
  for (int index = 0; index < count; index++) {
    int what = 0;
    if (events[index].events & EPOLLIN) what |= CURL_CSELECT_IN;
    if (events[index].events & EPOLLOUT) what |= CURL_CSELECT_OUT;
    if (events[index].events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi, events[index].data.fd, what, &running);
  }
}

// MARK: - TLS

// Adds the certificates of a PEM text; returns their number, or -1 where one can't be read.
static inline int ccurl_store_add(X509_STORE *store, const void *text, int length) {
  BIO *reader = BIO_new_mem_buf(text, length);
  X509 *certificate;
  int count = 0;
  if (reader == NULL) return -1;
  while ((certificate = PEM_read_bio_X509(reader, NULL, NULL, NULL)) != NULL) {
    int added = X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
    if (added != 1) break;
    count++;
  }
  // The end of the text is an error, too: that no other certificate begins.
  unsigned long error = ERR_peek_last_error();
  if (!(certificate == NULL && ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE))
    count = -1;
  ERR_clear_error();
  BIO_free(reader);
  return count;
}

static inline CURLcode ccurl_trust_store(CURL *easy, void *context, void *store) {
  (void)easy;
  SSL_CTX_set1_cert_store((SSL_CTX *)context, (X509_STORE *)store);
  return CURLE_OK;
}

// Trusts what the store holds instead of what the system trusts.
static inline void ccurl_set_trust(CURL *easy, X509_STORE *store) {
  curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, ccurl_trust_store);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, store);
}

#endif
