// What every C program of this folder needs.

#pragma once

#include <stddef.h>
#include <stdint.h>

// Says what is wrong, with the program's name before it, and ends the program.
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

// A whole number above 0.
uint64_t number(const char *text);

// Zeroed.
void *allocate(size_t count, size_t size);

// The monotonic clock.
uint64_t now_ns(void);
