#pragma once
/*
 * Allocation that does not return NULL.
 *
 * Out of memory ends the process with a sentence: the journal is made for a process that ends at any moment (a
 * `respond` run after it goes on), and a check after each small allocation would hide the checks that matter.
 * Memory for secret values never comes from here: see secret.h.
 */
#include "base/macro.h"
#include <stdbool.h>
#include <stdlib.h>

void *mem_zero(size_t count, size_t size);            /* calloc; aborts on overflow and when out of memory */
char *mem_dup(const char *s);                         /* NULL gives NULL */
char *mem_dupn(const char *s, size_t len);            /* copies len bytes and ends them with NUL */
char *mem_printf(const char *fmt, ...) _printf_(1, 2);
bool mem_grow(void **array, size_t n, size_t *cap, size_t element, size_t limit); /* see GROW */

/* For _cleanup_: frees a char * or void * variable. */
void freep(void *pointer_to_pointer);
