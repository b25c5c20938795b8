#pragma once
/*
 * A value that stands nowhere in this process but in locked pages, and a search of the process's own memory for it.
 * Pages that are closed cannot be read, so what is found is a copy that somebody forgot to wipe.
 */
#include "base/secret.h"

/* What stands before the part that is looked for: free() writes over the first bytes of what it takes. */
#define CANARY_LEAD 32
#define CANARY_LEN (CANARY_LEAD + 22)

extern struct secret *canary;

int canary_make(void **state);         /* fit for a group of cmocka; the process must be dumpable when it searches */
int canary_free(void **state);
unsigned canary_search(void);          /* how often it was found */
/* For each piece of `len` bytes of it: what a library has cut out of a value counts, too. */
unsigned canary_search_pieces(size_t len);
