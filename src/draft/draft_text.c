#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_MAX 1500

struct draft_text *draft_file(struct draft *d, const char *name)
{
	if (!GROW(d->files, d->n_files, d->cap_files, LIMIT_FILES))
		return &d->files[d->n_files - 1];
	d->files[d->n_files] = (struct draft_text){ arena_dup(d->arena, name), BUF_INIT(DRAFT_FILE_MAX), 1 };
	return &d->files[d->n_files++];
}

void draft_put(struct draft_text *t, const char *fmt, ...)
{
	size_t before = t->text.len;
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		abort(); /* out of memory, as mem.h has it */
	va_end(ap);
	(void)buf_str(&t->text, s);
	free(s);
	for (size_t i = before; i < t->text.len; i++)
		t->line += t->text.data[i] == '\n';
}

static void comment(struct draft_text *t, unsigned indent, const char *mark, const char *text)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(NOTE_MAX * 8);

	text_visible(&b, text, strnlen(text, NOTE_MAX));
	draft_put(t, "%*s%s%s\n", (int)indent, "", mark, buf_text(&b));
}

void draft_note(struct draft_text *t, unsigned indent, const char *fmt, ...)
{
	char text[NOTE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	comment(t, indent, "# ", text);
}

void draft_ask(struct draft *d, struct draft_text *t, unsigned indent, const char *about, const char *question)
{
	if (GROW(d->questions, d->n_questions, d->cap_questions, DRAFT_QUESTIONS_MAX))
		d->questions[d->n_questions++] = (struct draft_question){ t->name, t->line, arena_dup(d->arena, about),
			arena_dup(d->arena, question) };
	comment(t, indent, DRAFT_MARK, question);
}
