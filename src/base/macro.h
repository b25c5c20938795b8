#pragma once
/* The few macros of the tree: ownership (H3 of docs/CODING.md) and array sizes. */
#include <stddef.h>

/* The owner is named on the line of birth: runs f(&variable) when the variable leaves its scope. */
#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_ __attribute__((unused))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Hands the pointer over: the variable no longer owns it. */
#define TAKE(p) ({ __typeof__(p) *_take = &(p); __typeof__(p) _taken = *_take; *_take = NULL; _taken; })

/* Makes room for one more element in the array v (of n elements, cap allocated), within limit.
 * Evaluates to true when there is room, false when the limit is reached. */
#define GROW(v, n, cap, limit) mem_grow((void **)&(v), (n), &(cap), sizeof(__typeof__(*(v))), (limit))

/* The same for a descriptor. */
#define TAKE_FD(fd) ({ int *_take = &(fd); int _taken = *_take; *_take = -1; _taken; })
