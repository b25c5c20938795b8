/* Who looks for one value at once. */
#include "base/buf.h"
#include "base/mem.h"
#include "scan/forms.h"
#include "scan/traits.h"
#include <string.h>

struct one { const struct form_patterns *p; uint32_t i; struct secret **ret; struct err *e; };

static int copy_one(const char *bytes, size_t len _unused_, void *arg)
{
	struct one *o = arg;
	const struct form_pattern *p = &o->p->p[o->i];
	_cleanup_(buf_free) struct buf b = BUF_WIPED(SECRET_MAX);

	(void)buf_add(&b, bytes + p->offset, p->len);
	return secret_take(b.data, b.len, o->ret, o->e);
}

int forms_pattern(const struct form_patterns *p, uint32_t i, struct secret **ret, struct err *e)
{
	struct one o = { p, i, ret, e };

	return secret_with(p->block, copy_one, &o);
}

static int plainness(const char *bytes, size_t len, void *arg)
{
	const char **why = arg;

	if (len < FORMS_SHORT)
		*why = "has fewer than 6 bytes";
	else if (weak_is_default(bytes, len))
		*why = "is a word that stands everywhere";
	else if (weak_is_repeated(bytes, len) || weak_is_walk(bytes, len))
		*why = "is a run of characters that stands everywhere";
	else if (len < 10 && strspn(bytes, "0123456789") == len)
		*why = "is a number of few digits";
	return 0;
}

const char *forms_too_plain(const struct secret *value)
{
	const char *why = NULL;

	(void)secret_with(value, plainness, &why);
	return why;
}

struct joining { const struct form_patterns *p; struct buf *b; };

static int join(const char *bytes, size_t len _unused_, void *arg)
{
	struct joining *j = arg;

	for (uint32_t i = 0; i < j->p->n; i++) {
		const struct form_pattern *p = &j->p->p[i];
		const char *at = bytes + p->offset;

		if (memchr(at, '\n', p->len) || memchr(at, '\0', p->len) || j->b->len + p->len + 1 > SECRET_MAX)
			continue;
		(void)buf_add(j->b, at, p->len);
		(void)buf_char(j->b, '\n');
	}
	return 0;
}

int forms_lines(const struct secret *value, struct secret **ret, struct err *e)
{
	struct form_patterns p = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_WIPED(SECRET_MAX);
	struct joining j = { &p, &b };
	int r = forms_make(value, FORMS_WRITTEN, NULL, &p, e);

	if (r == 0 && p.block)
		(void)secret_with(p.block, join, &j);
	forms_free(&p);
	if (r < 0)
		return r;
	if (b.len == 0) {
		*ret = NULL;
		return 0;
	}
	return secret_take(b.data, b.len, ret, e);
}

static int any_line_in(const char *bytes, size_t len, void *arg)
{
	const char *text = arg, *end = bytes + len;

	for (const char *p = bytes; p < end; ) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p);
		if (n > 0 && memmem(text, strlen(text), p, n))
			return 1;
		p += n + 1;
	}
	return 0;
}

bool forms_in(const struct secret *value, const char *text)
{
	_cleanup_(secret_freep) struct secret *patterns = NULL;
	union { const char *in; void *out; } t = { .in = text };

	if (!value)
		return false;
	if (forms_lines(value, &patterns, NULL) < 0)
		return true;
	return patterns && secret_with(patterns, any_line_in, t.out);
}
