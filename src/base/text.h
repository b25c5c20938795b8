#pragma once
/*
 * Text from outside is hostile: checked UTF-8, numbers parsed whole, control characters made visible before a terminal
 * sees them, and the nearest known word for a wrong one.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_is_utf8(const char *s, size_t len);          /* valid UTF-8 without NUL */
bool text_is_name(const char *s);                      /* [a-z0-9][a-z0-9._/-]{0,127}: names of the register */
int text_u32(const char *s, uint32_t min, uint32_t max, uint32_t *ret); /* the whole string; 0 or -ERR_USAGE */
int text_i64(const char *s, int64_t *ret);

/* Adds s with control characters, bidi overrides and broken UTF-8 shown as \xNN or \u{NNNN}; newlines as \n. */
void text_visible(struct buf *b, const char *s, size_t len);

/* The nearest of words[n] to `wrong` within a third of its length (Damerau-Levenshtein), or NULL. */
const char *text_nearest(const char *wrong, const char *const *words, size_t n);

/* Shell-style pattern of host names: '*' and '?' only. */
bool text_matches(const char *pattern, const char *s);

/* A host that is this machine itself: localhost, 127.0.0.0/8, ::1, with or without brackets; a port or a path behind it
 * does not count. A name that only begins like one ("127.example.org") is none. */
bool text_is_loopback(const char *host);

bool text_starts(const char *s, const char *prefix);
/* "0.3 s", "12 s", "3 min 20 s", "1 h 04 min": for people. */
void text_duration(struct buf *b, int64_t microseconds);
/* Standard base64 with padding; decoding skips white space and refuses everything else. */
void text_base64(struct buf *b, const void *bytes, size_t len);
int text_base64_decode(struct buf *b, const char *s, size_t len);       /* 0 or -ERR_CONFIG */
/* One word for a POSIX shell, in single quotes. */
void text_shell(struct buf *b, const char *word);
void text_hex(struct buf *b, const void *bytes, size_t len);
int text_hex_decode(struct buf *b, const char *s, size_t len);
