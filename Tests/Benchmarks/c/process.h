// The worker that is measured, as a process.

#pragma once

#include <stdint.h>
#include <sys/types.h>

#define SECOND_NS UINT64_C(1000000000)

extern pid_t worker;

// A moment, and the CPU time the worker has had until then, in seconds.
struct sample {
  uint64_t clock_ns;
  double cpu;
};

// Starts a worker by its command line. It writes to our standard error, and dies with us. Returns the moment before.
uint64_t start_worker(char **program);
// Ends us if the worker has ended.
void check_worker(void);
// Ends it by SIGTERM; whatever is not a clean end within 20 s ends us.
void stop_worker(void);

struct sample take_sample(void);
// A line of its /proc status, such as "VmRSS:", in bytes.
uint64_t worker_memory(const char *line);

void pause_for(uint64_t nanoseconds);
