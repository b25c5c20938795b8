#pragma once
/*
 * Memory for bytes that hold values but cannot be a struct secret: a library's own tables, a window of text. Locked
 * where the limit allows it (secret_is_locked() tells), guarded, left out of core files, wiped when it is given back.
 * secret_init() comes first.
 */
#include <stddef.h>

void *locked_alloc(size_t size); /* aligned to 64 bytes; NULL when there is none: fit as an allocator of a library */
void locked_free(void *p);             /* accepts NULL */
