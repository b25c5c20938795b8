#pragma once
/*
 * Text from outside inside Markdown, wikitext and HTML: what comes out reads as the same words in any renderer, and is
 * never a heading, a table's edge, a link, an image, a template, code or HTML. Control characters and newlines are made
 * visible first. NULL adds nothing.
 */
#include "base/buf.h"

void escape_markdown(struct buf *b, const char *s);
/* For the middle of a line. What a wiki would change by itself when a page is saved (signatures, Unicode that is not in
 * its normal form) is written as numbers, so that the page is read back as it was written. */
void escape_wikitext(struct buf *b, const char *s);
void escape_html(struct buf *b, const char *s);        /* also for attributes in double quotes */
/* An address that doc_linked found, behind "[": what a wiki would take for its own signs is percent-encoded. */
void escape_wikitext_link(struct buf *b, const char *url);
