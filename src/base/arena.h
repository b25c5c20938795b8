#pragma once
/* Many small things with one life: the register's strings and nodes. Freed all at once. */
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void *arena_zero(struct arena *a, size_t size);                     /* aligned to 16, zeroed */
char *arena_dupn(struct arena *a, const char *s, size_t len);       /* NUL behind it */
char *arena_dup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t arena_bytes(const struct arena *a);
void arena_free(struct arena *a);                                   /* accepts NULL */
void arena_freep(struct arena **a);
