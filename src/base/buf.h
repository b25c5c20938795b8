#pragma once
/*
 * A growing byte buffer with a limit given at birth. Always NUL-terminated behind `len`.
 * Going over the limit sets `over`, drops what did not fit and every later addition, and returns -ERR_LIMIT: callers
 * may add many times and look at `over` once. With `wipe` the bytes are zeroed before memory is given back
 * (for text that may hold private data; secret values themselves live in struct secret).
 */
#include "base/macro.h"
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;      /* never NULL after the first addition; NULL in a fresh buffer */
	size_t len, cap, max;
	bool over, wipe;
};

#define BUF_INIT(limit) { .max = (size_t)(limit) }
#define BUF_WIPED(limit) { .max = (size_t)(limit), .wipe = true }

int buf_add(struct buf *b, const void *bytes, size_t len);
int buf_str(struct buf *b, const char *s);
int buf_char(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) _printf_(2, 3);
void buf_clear(struct buf *b);              /* keeps the memory; wipes when asked to */
char *buf_take(struct buf *b);              /* the caller owns the text; the buffer is empty again; never NULL */
const char *buf_text(const struct buf *b);  /* "" for a fresh buffer */
void buf_free(struct buf *b);
