#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void release(struct buf *b)
{
	if (b->wipe && b->data)
		explicit_bzero(b->data, b->cap);
	free(b->data);
	b->data = NULL;
}

/* Room for `len` more bytes (b->len + len is within the limit) and the NUL. */
static void reserve(struct buf *b, size_t len)
{
	size_t need = b->len + len + 1, cap = b->cap ? b->cap : 64;
	char *data;

	if (need <= b->cap)
		return;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	/* not realloc: it would leave a copy behind that is not wiped */
	data = mem_zero(cap, 1);
	if (b->len)
		memcpy(data, b->data, b->len);
	release(b);
	b->data = data;
	b->cap = cap;
}

/* How much of len may be added. */
static size_t admitted(struct buf *b, size_t len)
{
	size_t max = b->max == SIZE_MAX ? SIZE_MAX - 1 : b->max;
	size_t room = b->over || b->len > max ? 0 : max - b->len;

	if (len > room || b->over) {
		b->over = true;
		return room;
	}
	return len;
}

int buf_add(struct buf *b, const void *bytes, size_t len)
{
	size_t n = admitted(b, len);

	reserve(b, n);
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
	return b->over ? -ERR_LIMIT : 0;
}

int buf_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	size_t n;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->over = true;
		len = 0;
	}
	n = admitted(b, (size_t)len);
	reserve(b, n);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, n + 1, fmt, ap);
	va_end(ap);
	b->len += n;
	return b->over ? -ERR_LIMIT : 0;
}

void buf_clear(struct buf *b)
{
	if (b->wipe && b->data)
		explicit_bzero(b->data, b->cap);
	if (b->data)
		b->data[0] = '\0';
	b->len = 0;
	b->over = false;
}

char *buf_take(struct buf *b)
{
	char *s = b->data ? b->data : mem_dupn("", 0);

	b->data = NULL;
	b->len = b->cap = 0;
	b->over = false;
	return s;
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

void buf_free(struct buf *b)
{
	release(b);
	b->len = b->cap = 0;
	b->over = false;
}
