#pragma once
/* How far long work is: one line of standard error that is redrawn, on a terminal only. */
#include <stdbool.h>
#include <stdint.h>

struct bar { const char *what; int64_t began_us; bool silent, drawn; };

struct bar bar_begin(const char *what);                            /* "read" */
void bar_tell(struct bar *b, uint64_t done, uint64_t total);       /* bytes; total 0: not known */
void bar_end(struct bar *b);                                       /* clears the line */
