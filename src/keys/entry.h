#pragma once
/*
 * An entry of a YAML list or map that is taken out of force and put back: its lines become comments, each behind a mark
 * with the entry's name, so that layout, order and what stands beside it stay, and putting back is exact. The result is
 * parsed again, and everything but the entry must be what it was.
 *
 * `entry`: a key of the map at the top, an element of the list at the top, or "KEY/ENTRY": one further down. Refused:
 * an entry that shares a line with another one, that others point to (an anchor), whose name two can have (keys may
 * have slashes of their own), or that is the last one there: what would be left is nothing, which is something else
 * than an empty list.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>

/* ret gets the new text, and stays empty when nothing is to be done: it is a comment already, or in force already.
 * -ERR_CONFLICT: there is no such entry. -ERR_REFUSED: it cannot be done without a person. */
int entry_pull(const char *file, const char *text, size_t len, const char *entry, struct buf *ret, struct err *e);
int entry_restore(const char *file, const char *text, size_t len, const char *entry, struct buf *ret, struct err *e);
