// What Swift's Glibc module leaves out, and what OpenSSL has to be told.
#ifndef CIOLOOP_SHIM_H
#define CIOLOOP_SHIM_H

#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/eventfd.h>

// A GNU extension.
int pthread_setname_np(pthread_t thread, const char *name);
static inline void cioloop_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

// Leaves everything as it is when the process ends. Without effect where OpenSSL was in use before, which its answer does
// not tell (3.0: that of whoever came first).
static inline void cioloop_keep_openssl(void) { (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); }

#endif
