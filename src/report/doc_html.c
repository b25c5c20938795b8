#include "report/doc.h"
#include "report/escape.h"

static void span(const struct doc_span *s, struct buf *b)
{
	static const char *const tags[] = { [SPAN_STRONG] = "b", [SPAN_CODE] = "code" };

	switch (s->kind) {
	case SPAN_OURS:
	case SPAN_TEXT:
		escape_html(b, s->text);
		break;
	case SPAN_STRONG:
	case SPAN_CODE:
		buf_printf(b, "<%s>", tags[s->kind]);
		escape_html(b, s->text);
		buf_printf(b, "</%s>", tags[s->kind]);
		break;
	case SPAN_LINK:
		buf_str(b, "<a rel=\"nofollow noopener noreferrer\" href=\"");
		escape_html(b, s->text);
		buf_str(b, "\">");
		escape_html(b, s->text);
		buf_str(b, "</a>");
		break;
	case SPAN_CELL:
		break;
	}
}

static void spans(const struct doc *d, const struct doc_block *k, struct buf *b)
{
	for (uint32_t s = 0; s < k->n; s++)
		span(&d->spans[k->first + s], b);
}

static void row(const struct doc *d, const struct doc_block *k, struct buf *b)
{
	const char *tag = k->kind == DOC_TABLE ? "th" : "td";
	bool any = false;

	buf_str(b, "<tr>");
	for (uint32_t s = 0; s < k->n; s++) {
		const struct doc_span *one = &d->spans[k->first + s];

		if (one->kind != SPAN_CELL) {
			span(one, b);
			continue;
		}
		if (any)
			buf_printf(b, "</%s>", tag);
		buf_printf(b, "<%s>", tag);
		any = true;
	}
	if (any)
		buf_printf(b, "</%s>", tag);
	buf_str(b, "</tr>\n");
}

/* Opens and closes lists until `depth` of them are open. A list within a list stands inside an item, which stays open
 * until the next item of its own list, or the end of that list. */
static void lists(struct buf *b, unsigned *open, unsigned depth)
{
	bool next = depth && *open >= depth;

	for (; *open > depth; (*open)--)
		buf_str(b, "</li>\n</ul>\n");
	if (next)
		buf_str(b, "</li>\n");
	for (bool more = false; *open < depth; (*open)++, more = true)
		buf_str(b, more ? "<li>\n<ul>\n" : *open ? "\n<ul>\n" : "<ul>\n");
}

static unsigned depth_of(const struct doc_block *k)
{
	return k->kind == DOC_ITEM ? k->level + 1 : k->kind == DOC_TASK;
}

static void block(const struct doc *d, const struct doc_block *k, struct buf *b)
{
	switch (k->kind) {
	case DOC_HEADING:
		buf_printf(b, "<h%u>", k->level);
		spans(d, k, b);
		buf_printf(b, "</h%u>\n", k->level);
		break;
	case DOC_PARAGRAPH:
		buf_str(b, "<p>");
		spans(d, k, b);
		buf_str(b, "</p>\n");
		break;
	case DOC_ITEM:
	case DOC_TASK:
		buf_str(b, k->kind == DOC_TASK ? "<li>&#9744; " : "<li>");
		spans(d, k, b);
		break;
	case DOC_TABLE:
	case DOC_ROW:
		row(d, k, b);
		break;
	case DOC_HAND:
		break;
	}
}

void doc_html(const struct doc *d, const char *title, struct buf *b)
{
	bool in_table = false;
	unsigned open = 0;

	buf_str(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">\n<title>");
	escape_html(b, title);
	buf_str(b, "</title>\n</head>\n<body>\n");
	for (uint32_t n = 0; n < d->n_blocks; n++) {
		const struct doc_block *k = &d->blocks[n];
		bool of_table = k->kind == DOC_TABLE || k->kind == DOC_ROW;

		if (k->kind == DOC_HAND)
			continue;
		if (in_table && !of_table)
			buf_str(b, "</table>\n");
		lists(b, &open, depth_of(k));
		if (of_table && !in_table)
			buf_str(b, "<table>\n");
		in_table = of_table;
		block(d, k, b);
	}
	if (in_table)
		buf_str(b, "</table>\n");
	lists(b, &open, 0);
	buf_str(b, "</body>\n</html>\n");
}
