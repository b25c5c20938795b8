#pragma once
/*
 * Many small things under one key: XChaCha20-Poly1305 with a nonce of its own for each (128 random bits from
 * box_begin, and 64 that count), bound to a context (where it stands), so that a sealed thing cannot be moved. The key
 * is a struct secret of any length; who may have it is for seal.h to say. Without the key nothing can be read;
 * destroying the key destroys all of them.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#define BOX_MORE ((size_t)40)        /* bytes that sealing adds */

struct box;                              /* the key at work, in locked memory */

int box_key_random(struct secret **ret, struct err *e);      /* a new key of 256 bits */
int box_begin(const struct secret *key, struct box **ret, struct err *e);
/* Adds the sealed bytes to ret. */
int box_seal(struct box *b, const char *context, const void *bytes, size_t len, struct buf *ret, struct err *e);
/* Adds what was sealed; -ERR_CONFIG when it was damaged, moved, or sealed under another key. */
int box_open(const struct box *b, const char *context, const void *bytes, size_t len, struct buf *ret, struct err *e);
struct box *box_end(struct box *b);      /* wipes; accepts NULL; returns NULL */
void box_endp(struct box **b);
