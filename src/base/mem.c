#include "base/mem.h"
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void die(const char *sentence)
{
	/* stdio may want memory itself */
	if (write(STDERR_FILENO, sentence, strlen(sentence)) < 0)
		_exit(70);
	abort();
}

static void *checked(void *p)
{
	if (!p)
		die("firebreak: out of memory; what was begun is in the journal and can be taken up again\n");
	return p;
}

void *mem_zero(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

char *mem_dupn(const char *s, size_t len)
{
	char *d;

	if (len == SIZE_MAX)
		die("firebreak: a text of impossible length\n");
	d = checked(malloc(len + 1));
	if (len)
		memcpy(d, s, len);
	d[len] = '\0';
	return d;
}

char *mem_dup(const char *s)
{
	return s ? mem_dupn(s, strlen(s)) : NULL;
}

char *mem_printf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : s);
}

bool mem_grow(void **array, size_t n, size_t *cap, size_t element, size_t limit)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *p;

	if (n >= limit)
		return false;
	if (n < *cap)
		return true;
	if (more > limit || more < *cap)
		more = limit;
	/* the variable is a pointer of another type: read and written as bytes */
	memcpy(&p, array, sizeof(p));
	p = checked(reallocarray(p, more, element));
	memcpy(array, &p, sizeof(p));
	*cap = more;
	return true;
}

void freep(void *pointer_to_pointer)
{
	void *p;

	memcpy(&p, pointer_to_pointer, sizeof(p));
	free(p);
}
