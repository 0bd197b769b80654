// What Swift's Glibc module leaves out, and what OpenSSL has to be told.
#ifndef CIOLOOP_SHIM_H
#define CIOLOOP_SHIM_H

#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/eventfd.h>

// A GNU extension.
int pthread_setname_np(pthread_t thread, const char *name);
static inline void cioloop_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

// Leaves everything as it is when the process ends. False where OpenSSL was in use before, and will clean up.
static inline int cioloop_keep_openssl(void) { return OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); }

#endif
