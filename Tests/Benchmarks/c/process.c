#define _GNU_SOURCE

#include "process.h"

#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

enum { END_SECONDS = 20 };

pid_t worker;

uint64_t start_worker(char **program) {
  uint64_t started_ns = now_ns();
  worker = fork();
  if (worker < 0) fail("fork: %s", strerror(errno));
  if (worker > 0) return started_ns;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  execvp(program[0], program);
  fail("%s: %s", program[0], strerror(errno));
}

void check_worker(void) {
  int status;
  if (waitpid(worker, &status, WNOHANG) != 0) fail("the worker ended (status %#x)", status);
}

static double cpu_seconds(void) {
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(worker, &clock) != 0 || clock_gettime(clock, &time) != 0) fail("the worker has no CPU clock");
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

uint64_t worker_memory(const char *name) {
  char path[64], line[256];
  uint64_t kilobytes = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)worker);
  FILE *file = fopen(path, "r");
  if (!file) fail("%s: %s", path, strerror(errno));
  while (fgets(line, sizeof line, file))
    if (!strncmp(line, name, strlen(name))) kilobytes = strtoull(line + strlen(name), NULL, 10);
  fclose(file);
  return kilobytes * 1024;
}

struct sample take_sample(void) { return (struct sample){.clock_ns = now_ns(), .cpu = cpu_seconds()}; }

// The clock counts one process: a worker with others would be measured too low.
static void check_is_alone(void) {
  char pattern[64];
  glob_t threads;
  snprintf(pattern, sizeof pattern, "/proc/%d/task/*/children", (int)worker);
  if (glob(pattern, 0, NULL, &threads) != 0) return;
  for (size_t index = 0; index < threads.gl_pathc; index++) {
    FILE *file = fopen(threads.gl_pathv[index], "r");
    if (file && fgetc(file) != EOF) fail("the worker has processes of its own, which are not measured");
    if (file) fclose(file);
  }
  globfree(&threads);
}

void stop_worker(void) {
  int status;
  check_is_alone();
  kill(worker, SIGTERM);
  for (int tries = END_SECONDS * 50; waitpid(worker, &status, WNOHANG) == 0; tries--) {
    if (tries == 0) fail("the worker did not end within %d s", END_SECONDS);
    pause_for(SECOND_NS / 50);
  }
  if (status != 0) fail("the worker ended with status %#x", status);
}

void pause_for(uint64_t nanoseconds) {
  nanosleep(&(struct timespec){.tv_sec = nanoseconds / SECOND_NS, .tv_nsec = nanoseconds % SECOND_NS}, NULL);
}
