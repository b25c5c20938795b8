#pragma once
/*
 * What an approver signs: a few lines that name the incident, the row of the journal that the report tells, the draft
 * and the SHA-256 of each of its finished texts, and the page that it is for. One byte more or less in any of them
 * gives another statement, and the signature does not fit it.
 */
#include "report/finish.h"

struct statement {
	struct buf text;                       /* of the statement */
	struct buf public_wikitext;            /* what would be published */
};

/* page, wiki: where to; NULL: nowhere. draft_sha256: of the file. */
int statement_of(const struct report *r, const struct hands *h, const struct redactor *redactor,
		 const char *draft_sha256, const char *wiki, const char *page, struct statement *ret, struct err *e);
void statement_free(struct statement *s);
/* The page's title: {number} and {date} of the pattern filled in. */
void statement_page(struct buf *b, const char *pattern, const struct incident *i);
