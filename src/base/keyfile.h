#pragma once
/*
 * Small files that hold keys of this installation or of a responder: mode 0600, owned by us or by root. They are
 * written whole or not at all and never over one that is there, because a key that was overwritten is gone.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stddef.h>

/* -ERR_CONFLICT when path exists; two processes that create at once get one winner. */
int keyfile_create(const char *path, const void *bytes, size_t len, struct err *e);
/* Refuses a file that others may read or write, that belongs to somebody else, or is larger than b->max.
 * *missing is set (and -ERR_IO returned) when there is none; it may be NULL. */
int keyfile_read(const char *path, struct buf *b, bool *missing, struct err *e);
