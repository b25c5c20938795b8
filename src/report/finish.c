#include "report/finish.h"
#include "base/mem.h"

#define SPAN_TEXT_MAX ((size_t)16 << 20)

const char *const report_formats[REPORT_FORMATS + 1] = {
	[FORMAT_WIKITEXT] = "wikitext", [FORMAT_MARKDOWN] = "markdown", [FORMAT_HTML] = "html",
};

/* A link that was redacted leads nowhere: it becomes text. */
static void copy_span(struct doc *to, const struct doc_span *s, const struct redactor *r)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SPAN_TEXT_MAX);

	if (!r || !s->text || (s->kind != SPAN_TEXT && s->kind != SPAN_LINK)) {
		doc_span(to, s->kind, s->text);
		return;
	}
	redact(r, s->text, &b);
	to->over |= b.over;
	doc_span(to, strcmp(buf_text(&b), s->text) == 0 ? s->kind : SPAN_TEXT, buf_text(&b));
}

static void copy_block(struct doc *to, const struct doc *from, const struct doc_block *k, const struct redactor *r)
{
	(void)doc_block(to, k->kind, k->level);
	for (uint32_t s = 0; s < k->n; s++)
		copy_span(to, &from->spans[k->first + s], r);
}

struct doc *report_finished(const struct doc *d, const struct hands *h, const struct redactor *r)
{
	enum doc_for other = r ? FOR_INSIDE : FOR_PUBLIC;
	struct doc *to = doc_new();

	to->over = d->over;
	for (uint32_t n = 0; n < d->n_blocks; n++) {
		const struct doc_block *k = &d->blocks[n];
		_cleanup_(doc_freep) struct doc *hand = NULL;

		if (k->reader == other)
			continue;
		if (k->kind != DOC_HAND) {
			copy_block(to, d, k, r);
			continue;
		}
		hand = doc_new();
		hands_document(hand, h, k->hand);
		for (uint32_t m = 0; m < hand->n_blocks; m++)
			copy_block(to, hand, &hand->blocks[m], r);
	}
	return to;
}

static void write_html(const struct report *r, const struct doc *d, struct buf *b)
{
	_cleanup_(freep) char *title = mem_printf("Incident %lld", (long long)r->incident->number);

	doc_html(d, title, b);
}

int report_text(const struct report *r, const struct hands *h, const struct redactor *redactor,
		enum report_format format, struct buf *ret, struct err *e)
{
	_cleanup_(doc_freep) struct doc *all = report_document(r), *d = report_finished(all, h, redactor);

	if (format == FORMAT_HTML)
		write_html(r, d, ret);
	else if (format == FORMAT_WIKITEXT)
		doc_wikitext(d, ret);
	else
		doc_markdown(d, NULL, NULL, ret);
	return d->over || ret->over ? err_set(e, ERR_LIMIT, "the report is longer than %zu MiB", ret->max >> 20) : 0;
}

/* The draft is for the inside: what only the public text has is in none of its blocks. */
void report_draft(const struct report *r, const struct hands *h, struct buf *b)
{
	_cleanup_(doc_freep) struct doc *all = report_document(r), *d = doc_new();

	for (uint32_t n = 0; n < all->n_blocks; n++) {
		const struct doc_block *k = &all->blocks[n];

		if (k->reader == FOR_PUBLIC)
			continue;
		copy_block(d, all, k, NULL);
		d->blocks[d->n_blocks - 1].hand = k->hand;
	}
	hands_put_head(b, r->incident->number, &r->head);
	buf_str(b, "Draft, written by firebreak from its journal. It is not approved. Write between the marks, where "
		   TO_WRITE " stands; what stands elsewhere comes from the journal, and is written anew.\n\n");
	/* hands_put only reads. */
	doc_markdown(d, hands_put, (void *)(uintptr_t)h, b);
}
