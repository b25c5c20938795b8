#include "report/doc.h"
#include "base/mem.h"
#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#define OURS_MAX 1000u  /* bytes of one formatted sentence of ours */

struct doc *doc_new(void)
{
	struct doc *d = mem_zero(1, sizeof(*d));

	d->arena = arena_new();
	return d;
}

struct doc *doc_free(struct doc *d)
{
	if (!d)
		return NULL;
	arena_free(d->arena);
	free(d->blocks);
	free(d->spans);
	free(d);
	return NULL;
}

void doc_freep(struct doc **d)
{
	*d = doc_free(*d);
}

struct doc_block *doc_block(struct doc *d, enum doc_kind kind, unsigned level)
{
	static struct doc_block dropped;

	if (!GROW(d->blocks, d->n_blocks, d->cap_blocks, DOC_SPANS_MAX)) {
		d->over = true;
		return &dropped;
	}
	d->blocks[d->n_blocks] = (struct doc_block){ .kind = kind, .level = level, .reader = d->reader,
						     .first = d->n_spans };
	return &d->blocks[d->n_blocks++];
}

void doc_span(struct doc *d, enum doc_span_kind kind, const char *s)
{
	if (!d->n_blocks || (kind != SPAN_CELL && (!s || !*s)))
		return;
	if (!GROW(d->spans, d->n_spans, d->cap_spans, DOC_SPANS_MAX)) {
		d->over = true;
		return;
	}
	d->spans[d->n_spans++] = (struct doc_span){ kind, s ? arena_dup(d->arena, s) : NULL };
	d->blocks[d->n_blocks - 1].n++;
}

void doc_ours(struct doc *d, const char *s)
{
	doc_span(d, SPAN_OURS, s);
}

void doc_oursf(struct doc *d, const char *fmt, ...)
{
	char line[OURS_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	doc_ours(d, line);
}

void doc_text(struct doc *d, const char *s)
{
	doc_span(d, SPAN_TEXT, s);
}

void doc_heading(struct doc *d, unsigned level, const char *ours)
{
	(void)doc_block(d, DOC_HEADING, level);
	doc_ours(d, ours);
}

void doc_item(struct doc *d, unsigned level, const char *name)
{
	(void)doc_block(d, DOC_ITEM, level);
	if (!name)
		return;
	doc_span(d, SPAN_STRONG, name);
	doc_ours(d, ": ");
}

void doc_cell(struct doc *d, const char *text)
{
	doc_span(d, SPAN_CELL, NULL);
	doc_text(d, text);
}

void doc_table(struct doc *d, const char *heads)
{
	(void)doc_block(d, DOC_TABLE, 0);
	for (const char *at = heads; *at;) {
		size_t n = strcspn(at, "|");
		_cleanup_(freep) char *one = mem_dupn(at, n);

		doc_span(d, SPAN_CELL, NULL);
		doc_ours(d, one);
		at += n + (at[n] == '|');
	}
}

/* Bytes of an address that begins here; 0: none does. What may end a sentence does not belong to it. */
static size_t link_length(const char *s)
{
	size_t n = strncasecmp(s, "https://", 8) == 0 ? 8 : strncasecmp(s, "http://", 7) == 0 ? 7 : 0;
	size_t head = n;

	if (!n || !isalnum((unsigned char)s[n]))
		return 0;
	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("-._~:/?#@!$&()*+,;=%", s[n])))
		n++;
	while (n > head && strchr(".,;:!?)", s[n - 1]))
		n--;
	return n;
}

void doc_linked(struct doc *d, const char *s)
{
	const char *from = s, *at = s;

	while (*at) {
		size_t n = at == s || !isalnum((unsigned char)at[-1]) ? link_length(at) : 0;

		if (!n) {
			at++;
			continue;
		}

		_cleanup_(freep) char *before = mem_dupn(from, (size_t)(at - from)), *link = mem_dupn(at, n);

		doc_text(d, before);
		doc_span(d, SPAN_LINK, link);
		from = at += n;
	}
	doc_text(d, from);
}
