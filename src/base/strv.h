#pragma once
/* A list of owned strings, NULL-terminated, fit for execve. */
#include "base/macro.h"
#include <stdbool.h>
#include <stddef.h>

struct strv {
	char **s;
	size_t n, cap;
};

#define STRV_INIT { 0 }

void strv_add(struct strv *v, const char *s);                           /* copies */
void strv_addf(struct strv *v, const char *fmt, ...) _printf_(2, 3);
bool strv_has(const struct strv *v, const char *s);
void strv_sort(struct strv *v);
void strv_free(struct strv *v);
