#pragma once
/*
 * The one door to jansson: other folders include this header, never <jansson.h>. json_t, json_object_get and friends
 * are used as they are; here stand the safe ways in and out.
 */
#include "base/buf.h"
#include "base/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define JSON_TEXT_MAX ((size_t)64 << 20)

/* Text from outside: UTF-8, at most max bytes, depth 64, duplicate keys refused. Error: "name:line:col: ...". */
int json_read(const char *name, const char *text, size_t len, size_t max, json_t **ret, struct err *e);
void json_line(struct buf *b, const json_t *j);                  /* one line, keys in insertion order, no newline */
void json_pretty(struct buf *b, const json_t *j);                /* two spaces, newline at the end */
const char *json_str(const json_t *object, const char *key);     /* NULL when absent or no string */
int64_t json_int(const json_t *object, const char *key, int64_t otherwise);
bool json_is(const json_t *object, const char *key);
/* Sets a string; NULL is left out; invalid UTF-8 is made visible first. */
void json_put(json_t *object, const char *key, const char *value);
/* The string in its quotes, byte for byte as json_put and json_line write it: for lines of which no tree is made. */
void json_quote(struct buf *b, const char *value);
void json_put_int(json_t *object, const char *key, int64_t value);
void json_freep(json_t **j);
