// What Swift's Glibc module leaves out.
#ifndef CIOLOOP_SHIM_H
#define CIOLOOP_SHIM_H

#include <pthread.h>
#include <sys/eventfd.h>

// A GNU extension.
int pthread_setname_np(pthread_t thread, const char *name);
static inline void cioloop_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

#endif
