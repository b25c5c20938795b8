#include "base/arena.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_FIRST ((size_t)16 * 1024)
#define CHUNK_MAX ((size_t)1024 * 1024)
#define ALIGN ((size_t)16)

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) unsigned char bytes[];
};

struct arena {
	struct chunk *first; /* the one that is being filled */
	size_t bytes, next_size;
};

struct arena *arena_new(void)
{
	struct arena *a = mem_zero(1, sizeof(*a));

	a->next_size = CHUNK_FIRST;
	return a;
}

static struct chunk *add_chunk(struct arena *a, size_t size)
{
	/* zeroed once; nothing is ever given out twice */
	struct chunk *c = mem_zero(1, sizeof(*c) + size);

	c->size = size;
	a->bytes += sizeof(*c) + size;
	return c;
}

void *arena_zero(struct arena *a, size_t size)
{
	size_t need = size ? size : 1;
	struct chunk *c = a->first;
	void *p;

	if (need > SIZE_MAX / 2)
		abort();
	need = (need + ALIGN - 1) & ~(ALIGN - 1);
	if (need > CHUNK_MAX / 4) {
		/* a large one gets a chunk of its own, behind the one that is being filled */
		struct chunk *own = add_chunk(a, need);

		own->used = need;
		if (c) {
			own->next = c->next;
			c->next = own;
		} else {
			a->first = own;
		}
		return own->bytes;
	}
	if (!c || c->size - c->used < need) {
		size_t size_now = a->next_size > need ? a->next_size : need;

		c = add_chunk(a, size_now);
		c->next = a->first;
		a->first = c;
		if (a->next_size < CHUNK_MAX)
			a->next_size *= 2;
	}
	p = c->bytes + c->used;
	c->used += need;
	return p;
}

char *arena_dupn(struct arena *a, const char *s, size_t len)
{
	char *d;

	if (len == SIZE_MAX)
		abort();
	d = arena_zero(a, len + 1);
	if (len)
		memcpy(d, s, len);
	return d;
}

char *arena_dup(struct arena *a, const char *s)
{
	return s ? arena_dupn(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	s = arena_zero(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

size_t arena_bytes(const struct arena *a)
{
	return a->bytes;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	while (a->first) {
		struct chunk *next = a->first->next;

		/* trees of Hiera files hold private values */
		explicit_bzero(a->first->bytes, a->first->used);
		free(a->first);
		a->first = next;
	}
	free(a);
}

void arena_freep(struct arena **a)
{
	arena_free(*a);
}
