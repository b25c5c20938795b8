#pragma once
/* The two texts of a report: for the inside, whole; and for everybody, redacted by rule. Each in three formats. */
#include "report/hand.h"
#include "report/redact.h"
#include "report/report.h"

enum report_format { FORMAT_WIKITEXT, FORMAT_MARKDOWN, FORMAT_HTML, REPORT_FORMATS };
extern const char *const report_formats[REPORT_FORMATS + 1];   /* "wikitext", ...; NULL behind the last */

/* What the reader gets: blocks that are for others are left out, hand-written sections are set in, and with a redactor
 * each text from outside goes through it. */
struct doc *report_finished(const struct doc *d, const struct hands *h, const struct redactor *r);
/* One of the texts. r NULL: for the inside. -ERR_LIMIT: it is too long. */
int report_text(const struct report *r, const struct hands *h, const struct redactor *redactor,
		enum report_format format, struct buf *ret, struct err *e);
/* The draft with its marks; h may be NULL (nothing was written yet). */
void report_draft(const struct report *r, const struct hands *h, struct buf *b);
