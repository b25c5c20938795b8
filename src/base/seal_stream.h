#pragma once
/*
 * What is too large for seal.h, or comes in pieces, sealed to responders as it comes: the key of the stream is a sealed
 * value, bound to a context, the stream is libsodium's secretstream (XChaCha20-Poly1305, in order, with an end). What
 * was written before a crash can be opened; that its end is missing is then told.
 *
 *   "fbe1", length of the sealed key (4 bytes, little endian), sealed key, header, then pieces: length, ciphertext
 */
#include "base/err.h"
#include "base/seal.h"
#include <stddef.h>

struct seal_stream;

/* Writes to fd, which stays the caller's. n is 1..SEAL_RECIPIENTS. */
int seal_stream_begin(int fd, const char *context, const struct seal_public *to, size_t n, struct seal_stream **ret,
		      struct err *e);
int seal_stream_add(struct seal_stream *s, const void *bytes, size_t len, struct err *e);
/* The last piece. Nothing can be added behind it. */
int seal_stream_finish(struct seal_stream *s, struct err *e);
struct seal_stream *seal_stream_free(struct seal_stream *s);      /* accepts NULL; returns NULL */
void seal_stream_freep(struct seal_stream **s);

/* Gives the pieces in their order; what `each` returns, when it is not 0, stops it and comes back. -ERR_AUTH: not
 * sealed to this key. -ERR_CONFIG: damaged, another context, or (behind the last piece) without its end. */
int seal_stream_open(const struct seal_key *k, int fd, const char *context,
		     int (*each)(const char *bytes, size_t len, void *arg), void *arg, struct err *e);
