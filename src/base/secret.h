#pragma once
/*
 * Secret values in memory: guarded, locked, non-dumpable pages (libsodium), unreadable between loans. Lent to a
 * callback, never returned as char *. No function here prints, logs or copies a value into ordinary memory.
 *
 * A value is 1 to SECRET_MAX bytes, any bytes. Each costs about 16 kB of address space and 4 kB of lock or more:
 * a process holds only those of the steps that run.
 */
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_MAX ((size_t)64 * 1024)

struct secret;

/* Call once, first: libsodium, RLIMIT_CORE 0, PR_SET_DUMPABLE 0. */
int secret_init(struct err *e);
/* True when pages were really locked (VmLck grew by what was asked); sodium_malloc does not fail when mlock does.
 * Always false under AddressSanitizer, which turns mlock into nothing. */
bool secret_is_locked(void);

/* Copies bytes into a new secret and wipes the source. */
int secret_take(char *bytes, size_t len, struct secret **ret, struct err *e);
struct secret *secret_copy(const struct secret *s);
/* A random value of len characters (8..512) out of the alphabet (2..94 different printable ASCII characters),
 * unbiased. */
int secret_random(size_t len, const char *alphabet, struct secret **ret, struct err *e);
int secret_alphabet(const char *alphabet, struct err *e);      /* is it one that secret_random takes? */
/* Reads exactly len bytes from fd straight into locked memory. */
int secret_read(int fd, size_t len, struct secret **ret, struct err *e);
/* Lends the bytes (NUL behind them) to `use`; its return value comes back. The pages close afterwards. */
int secret_with(const struct secret *s, int (*use)(const char *bytes, size_t len, void *arg), void *arg);
/* The only other way out: a pipe or socket, never a file, argv or environment. 0 or -ERR_IO. */
int secret_write(const struct secret *s, int fd);
size_t secret_len(const struct secret *s);
bool secret_equal(const struct secret *a, const struct secret *b);       /* constant time; NULL equals nothing */
struct secret *secret_free(struct secret *s);                            /* wipes; accepts NULL; returns NULL */
void secret_freep(struct secret **s);
