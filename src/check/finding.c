#include "check/finding.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static const char *kept(struct findings *l, const char *s)
{
	return s ? arena_dup(l->arena, s) : NULL;
}

struct finding *findings_add(struct findings *l, const struct finding *f)
{
	struct finding *to;

	if (!GROW(l->f, l->n, l->cap, FINDINGS_MAX)) {
		l->more++;
		return NULL;
	}
	if (!l->arena)
		l->arena = arena_new();
	to = &l->f[l->n++];
	*to = *f;
	to->repository = kept(l, f->repository);
	to->file = kept(l, f->file);
	to->subject = kept(l, f->subject);
	to->text = kept(l, f->text);
	to->next = kept(l, f->next);
	to->who = kept(l, f->who);
	to->when = kept(l, f->when);
	to->commit = kept(l, f->commit);
	to->tag = kept(l, f->tag);
	return to;
}

const struct finding_fact *finding_fact(const struct findings *l, const struct finding *f)
{
	return &(l->facts ? l->facts : finding_facts)[f->rule];
}

static int by_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int in_order(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int x = by_text(a->repository, b->repository);

	if (x == 0)
		x = by_text(a->file, b->file);
	if (x == 0)
		x = (a->line > b->line) - (a->line < b->line);
	if (x == 0)
		x = (a->col > b->col) - (a->col < b->col);
	if (x == 0)
		x = (int)a->rule - (int)b->rule;
	return x ? x : by_text(a->subject, b->subject);
}

void findings_sort(struct findings *l)
{
	if (l->n)
		qsort(l->f, l->n, sizeof(*l->f), in_order);
}

uint32_t findings_count(const struct findings *l, enum finding_level level)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		n += finding_fact(l, &l->f[i])->level == level;
	return n;
}

void findings_free(struct findings *l)
{
	arena_free(l->arena);
	free(l->f);
	*l = (struct findings)FINDINGS_INIT;
}

void finding_fingerprint(const struct findings *l, const struct finding *f, char ret[17])
{
	const char *const parts[] = { finding_fact(l, f)->id, f->repository, f->file, f->subject };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	char hex[65];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *s = parts[i] ? parts[i] : "";

		(void)buf_printf(&b, "%zu:%s\n", strlen(s), s);
	}
	digest_sha256_hex(buf_text(&b), b.len, hex);
	memcpy(ret, hex, 16);
	ret[16] = '\0';
}

static void shown(struct buf *b, const char *s)
{
	text_visible(b, s, strlen(s));
}

static void place(const struct findings *l, struct buf *b, const struct finding *f)
{
	if (f->repository) {
		shown(b, f->repository);
		(void)buf_char(b, ':');
	}
	if (f->file)
		shown(b, f->file);
	else if (l->base)
		shown(b, f->subject);
	if (f->line)
		(void)buf_printf(b, ":%u", f->line);
	if (f->line && f->col)
		(void)buf_printf(b, ":%u", f->col);
	(void)buf_str(b, ": ");
}

static void one_text(const struct findings *l, const struct finding *f, struct buf *b, bool colour)
{
	const struct finding_fact *fact = finding_fact(l, f);

	place(l, b, f);
	term_paint(b, colour, fact->level == LEVEL_ERROR ? TERM_RED : TERM_YELLOW, fact->id);
	(void)buf_str(b, ": ");
	shown(b, f->text);
	if (f->who) {
		(void)buf_str(b, "; added by ");
		shown(b, f->who);
		(void)buf_printf(b, " on %.10s (%.12s)", f->when ? f->when : "?", f->commit ? f->commit : "?");
	}
	(void)buf_char(b, '\n');
	if (f->next) {
		(void)buf_str(b, "    ");
		shown(b, f->next);
		(void)buf_char(b, '\n');
	}
}

void findings_text(const struct findings *l, struct buf *b, bool colour)
{
	for (uint32_t i = 0; i < l->n; i++)
		one_text(l, &l->f[i], b, colour);
	if (l->more)
		(void)buf_printf(b, "and %u more findings: mend these first\n", l->more);
}
