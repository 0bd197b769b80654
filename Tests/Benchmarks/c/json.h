// Just enough JSON to find members without copying them: values are found by their ends, and numbers and literals are
// not looked into. Nothing is decoded, so a text with escapes stays as it is written.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct text {
  const char *start;
  size_t length;
};

static const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

// These return where the value ends; NULL where there is none.

static const char *skip_string(const char *at, const char *end) {
  for (at++; at < end; at++) {
    if (*at == '\\') at++;
    else if (*at == '"') return at + 1;
  }
  return NULL;
}

static const char *skip_value(const char *at, const char *end);

// An object's or an array's, with `separator` between a name and its value, which an array has not: 0.
static const char *skip_items(const char *at, const char *end, char separator, char close) {
  at = skip_space(at + 1, end);
  if (at < end && *at == close) return at + 1;
  while (true) {
    if (separator) {
      if (at >= end || *at != '"' || !(at = skip_string(at, end))) return NULL;
      at = skip_space(at, end);
      if (at >= end || *at++ != separator) return NULL;
    }
    if (!(at = skip_value(at, end))) return NULL;
    at = skip_space(at, end);
    if (at >= end) return NULL;
    if (*at == close) return at + 1;
    if (*at++ != ',') return NULL;
    at = skip_space(at, end);
  }
}

static const char *skip_value(const char *at, const char *end) {
  at = skip_space(at, end);
  if (at >= end) return NULL;
  switch (*at) {
    case '"': return skip_string(at, end);
    case '{': return skip_items(at, end, ':', '}');
    case '[': return skip_items(at, end, 0, ']');
  }
  const char *start = at;
  while (at < end && !strchr(",]} \n\r\t", *at)) at++;
  return at > start ? at : NULL;
}

// Finds the value of each name in an object; one that is a string without its quotes. False where the object is none,
// or a name is missing.
static bool find_members(struct text object, size_t count, const char *const names[], struct text values[]) {
  const char *end = object.start + object.length, *at = skip_space(object.start, end);
  size_t found = 0;
  if (at >= end || *at++ != '{') return false;
  while ((at = skip_space(at, end)) < end && *at == '"') {
    struct text name = {.start = at + 1};
    if (!(at = skip_string(at, end))) return false;
    name.length = (size_t)(at - name.start) - 1;
    at = skip_space(at, end);
    if (at >= end || *at++ != ':') return false;
    const char *start = skip_space(at, end);
    if (!(at = skip_value(start, end))) return false;
    for (size_t index = 0; index < count; index++) {
      if (strlen(names[index]) != name.length || memcmp(names[index], name.start, name.length)) continue;
      size_t quote = *start == '"';
      values[index] = (struct text){.start = start + quote, .length = (size_t)(at - start) - 2 * quote};
      found++;
    }
    at = skip_space(at, end);
    if (at < end && *at == ',') at++;
  }
  return at < end && *at == '}' && found == count;
}
