#include "report/doc.h"
#include "report/escape.h"

/* Words of ours hold signs that mean something to a wiki, too: all are escaped alike. */
static void span(const struct doc_span *s, struct buf *b)
{
	switch (s->kind) {
	case SPAN_OURS:
	case SPAN_TEXT:
		escape_wikitext(b, s->text);
		break;
	case SPAN_STRONG:
		buf_str(b, "'''");
		escape_wikitext(b, s->text);
		buf_str(b, "'''");
		break;
	case SPAN_CODE:
		buf_str(b, "<code>");
		escape_wikitext(b, s->text);
		buf_str(b, "</code>");
		break;
	case SPAN_LINK:
		buf_char(b, '[');
		escape_wikitext_link(b, s->text);
		buf_char(b, ' ');
		escape_wikitext(b, s->text);
		buf_char(b, ']');
		break;
	case SPAN_CELL:
		break;
	}
}

static void row(const struct doc *d, const struct doc_block *k, struct buf *b)
{
	bool any = false;

	for (uint32_t s = 0; s < k->n; s++) {
		const struct doc_span *one = &d->spans[k->first + s];

		if (one->kind == SPAN_CELL) {
			buf_printf(b, "%s%c ", any ? "\n" : "", k->kind == DOC_TABLE ? '!' : '|');
			any = true;
			continue;
		}
		span(one, b);
	}
	buf_char(b, '\n');
}

static void begin(const struct doc_block *k, struct buf *b)
{
	if (k->kind == DOC_HEADING)
		for (unsigned l = 0; l < k->level; l++)
			buf_char(b, '=');
	for (unsigned l = 0; k->kind == DOC_ITEM && l <= k->level; l++)
		buf_char(b, '*');
	if (k->kind == DOC_TASK)
		buf_str(b, "* &#9744;");
	if (k->kind != DOC_PARAGRAPH)
		buf_char(b, ' ');
}

static void block(const struct doc *d, const struct doc_block *k, struct buf *b)
{
	begin(k, b);
	for (uint32_t s = 0; s < k->n; s++)
		span(&d->spans[k->first + s], b);
	if (k->kind == DOC_HEADING) {
		buf_char(b, ' ');
		for (unsigned l = 0; l < k->level; l++)
			buf_char(b, '=');
	}
	buf_str(b, k->kind == DOC_PARAGRAPH ? "\n\n" : "\n");
}

void doc_wikitext(const struct doc *d, struct buf *b)
{
	bool in_table = false;

	for (uint32_t n = 0; n < d->n_blocks; n++) {
		const struct doc_block *k = &d->blocks[n];

		if (k->kind == DOC_HAND)
			continue;
		if (in_table && k->kind != DOC_ROW) {
			buf_str(b, "|}\n");
			in_table = false;
		}
		if (k->kind == DOC_TABLE || k->kind == DOC_ROW) {
			buf_str(b, in_table ? "|-\n" : "{| class=\"wikitable\"\n");
			in_table = true;
			row(d, k, b);
		} else {
			block(d, k, b);
		}
	}
	if (in_table)
		buf_str(b, "|}\n");
	/* A wiki cuts what is empty at the end off: what is written must be what is read back. */
	while (b->len && b->data[b->len - 1] == '\n')
		b->data[--b->len] = '\0';
}
