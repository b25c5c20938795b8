#include "base/strv.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define STRV_MAX ((size_t)1 << 26)

/* Takes s over. */
static void add(struct strv *v, char *s)
{
	/* one more than asked: the list ends with NULL */
	if (!GROW(v->s, v->n + 1, v->cap, STRV_MAX))
		abort();
	v->s[v->n++] = s;
	v->s[v->n] = NULL;
}

void strv_add(struct strv *v, const char *s)
{
	if (s)
		add(v, mem_dup(s));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	va_end(ap);
	add(v, s);
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->s[i], s))
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->n)
		qsort(v->s, v->n, sizeof(*v->s), by_bytes);
}

void strv_free(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->s[i]);
	free(v->s);
	*v = (struct strv)STRV_INIT;
}
