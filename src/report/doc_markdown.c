#include "report/doc.h"
#include "report/escape.h"

static void span(const struct doc_span *s, struct buf *b)
{
	switch (s->kind) {
	case SPAN_OURS:
		buf_str(b, s->text);
		break;
	case SPAN_TEXT:
		escape_markdown(b, s->text);
		break;
	case SPAN_STRONG:
		buf_printf(b, "**%s**", s->text);
		break;
	case SPAN_CODE:
		buf_printf(b, "`%s`", s->text);
		break;
	case SPAN_LINK:
		buf_printf(b, "<%s>", s->text);
		break;
	case SPAN_CELL:
		break;
	}
}

static uint32_t row(const struct doc *d, const struct doc_block *k, struct buf *b)
{
	uint32_t cells = 0;

	for (uint32_t s = 0; s < k->n; s++) {
		const struct doc_span *one = &d->spans[k->first + s];

		if (one->kind == SPAN_CELL) {
			buf_str(b, cells++ ? " | " : "| ");
			continue;
		}
		span(one, b);
	}
	buf_str(b, " |\n");
	return cells;
}

static void table_head(const struct doc *d, const struct doc_block *k, struct buf *b)
{
	uint32_t cells = row(d, k, b);

	buf_char(b, '|');
	for (uint32_t c = 0; c < cells; c++)
		buf_str(b, "---|");
	buf_char(b, '\n');
}

static bool is_list(enum doc_kind k)
{
	return k == DOC_ITEM || k == DOC_TASK || k == DOC_HAND;
}

/* An empty line stands where one kind of thing ends and another begins. */
static bool is_apart(const struct doc_block *before, const struct doc_block *k)
{
	if (k->kind == DOC_ROW)
		return false;
	return k->kind == DOC_HEADING || k->kind == DOC_PARAGRAPH || k->kind == DOC_TABLE ||
	       !is_list(before->kind);
}

static void begin(const struct doc_block *k, struct buf *b)
{
	for (unsigned l = 0; k->kind == DOC_HEADING && l < k->level; l++)
		buf_char(b, '#');
	if (k->kind == DOC_HEADING)
		buf_char(b, ' ');
	for (unsigned l = 0; k->kind == DOC_ITEM && l < k->level; l++)
		buf_str(b, "  ");
	if (k->kind == DOC_ITEM)
		buf_str(b, "- ");
	if (k->kind == DOC_TASK)
		buf_str(b, "- [ ] ");
}

void doc_markdown(const struct doc *d, doc_hand_fn *hand, void *arg, struct buf *b)
{
	const struct doc_block *before = NULL;

	for (uint32_t n = 0; n < d->n_blocks; n++) {
		const struct doc_block *k = &d->blocks[n];

		if (k->kind == DOC_HAND && !hand)
			continue;
		if (before && is_apart(before, k))
			buf_char(b, '\n');
		before = k;
		if (k->kind == DOC_HAND) {
			hand(b, k->hand, arg);
		} else if (k->kind == DOC_TABLE) {
			table_head(d, k, b);
		} else if (k->kind == DOC_ROW) {
			(void)row(d, k, b);
		} else {
			begin(k, b);
			for (uint32_t s = 0; s < k->n; s++)
				span(&d->spans[k->first + s], b);
			buf_char(b, '\n');
		}
	}
}
