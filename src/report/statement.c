#include "report/statement.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include <string.h>

#define STATEMENT_MAX 4096u

static int add_text(const struct report *r, const struct hands *h, const struct redactor *redactor, int format,
		    struct statement *s, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(DRAFT_MAX);
	char sha256[65];
	int code = report_text(r, h, redactor, (enum report_format)format, &text, e);

	if (code < 0)
		return code;
	digest_sha256_hex(buf_text(&text), text.len, sha256);
	buf_printf(&s->text, "%s %s sha256 %s\n", redactor ? "public" : "full", report_formats[format], sha256);
	if (redactor && format == FORMAT_WIKITEXT)
		buf_add(&s->public_wikitext, buf_text(&text), text.len);
	return 0;
}

int statement_of(const struct report *r, const struct hands *h, const struct redactor *redactor,
		 const char *draft_sha256, const char *wiki, const char *page, struct statement *ret, struct err *e)
{
	_cleanup_(statement_free) struct statement s = { .text = BUF_INIT(STATEMENT_MAX),
							 .public_wikitext = BUF_INIT(DRAFT_MAX) };
	int code = 0;

	buf_printf(&s.text, "firebreak report approval 1\nincident %lld\njournal row %lld %s\ndraft sha256 %s\n",
		   (long long)r->incident->number, (long long)r->head.seq, r->head.mac, draft_sha256);
	for (int f = 0; code == 0 && f < REPORT_FORMATS; f++)
		code = add_text(r, h, NULL, f, &s, e);
	for (int f = 0; code == 0 && f < REPORT_FORMATS; f++)
		code = add_text(r, h, redactor, f, &s, e);
	if (code < 0)
		return code;
	if (wiki)
		buf_printf(&s.text, "wiki %s page %s\n", wiki, page);
	*ret = s;
	s = (struct statement){ 0 };
	return 0;
}

void statement_free(struct statement *s)
{
	buf_free(&s->text);
	buf_free(&s->public_wikitext);
}

void statement_page(struct buf *b, const char *pattern, const struct incident *i)
{
	_cleanup_(buf_free) struct buf date = BUF_INIT(64);

	clock_format(&date, i->declared_us);
	for (const char *c = pattern; *c; c++) {
		if (text_starts(c, "{number}")) {
			buf_printf(b, "%lld", (long long)i->number);
			c += strlen("{number}") - 1;
		} else if (text_starts(c, "{date}")) {
			buf_add(b, buf_text(&date), strlen("2026-01-31"));
			c += strlen("{date}") - 1;
		} else {
			buf_char(b, *c);
		}
	}
}
