#pragma once
/*
 * A document as data: blocks in order, each with spans of text. The facts are put in once; Markdown, wikitext and HTML
 * are written from the same blocks, so that no two outputs can tell different things. A span knows whether its words
 * are ours or came from outside; each writer escapes what is not ours, and what is ours where its format needs it.
 *
 * Limits: DOC_SPANS_MAX spans and as many blocks; past it `over` is set and nothing more is added.
 */
#include "base/arena.h"
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

#define DOC_SPANS_MAX 2000000u

enum doc_kind { DOC_HEADING, DOC_PARAGRAPH, DOC_ITEM, DOC_TASK, DOC_TABLE, DOC_ROW, DOC_HAND };
enum doc_span_kind { SPAN_OURS, SPAN_TEXT, SPAN_STRONG, SPAN_CODE, SPAN_LINK, SPAN_CELL };
enum doc_for { FOR_ALL, FOR_INSIDE, FOR_PUBLIC };      /* which of the two texts has the block */

struct doc_span { enum doc_span_kind kind; const char *text; };        /* SPAN_CELL begins a cell and has no text */
struct doc_block {
	enum doc_kind kind;
	enum doc_for reader;
	unsigned level;                 /* of a heading from 1; of an item from 0 */
	unsigned hand;                  /* of DOC_HAND: enum hand_name */
	uint32_t first, n;              /* its spans */
};

struct doc {
	struct arena *arena;
	struct doc_block *blocks; uint32_t n_blocks; size_t cap_blocks;
	struct doc_span *spans; uint32_t n_spans; size_t cap_spans;
	enum doc_for reader;            /* of the blocks that are added from now on */
	bool over;
};

struct doc *doc_new(void);
struct doc *doc_free(struct doc *d);
void doc_freep(struct doc **d);

struct doc_block *doc_block(struct doc *d, enum doc_kind kind, unsigned level);
void doc_heading(struct doc *d, unsigned level, const char *ours);
void doc_item(struct doc *d, unsigned level, const char *name);        /* name in bold and a colon; NULL: none */
void doc_table(struct doc *d, const char *heads);                      /* "when|secret|account" */
void doc_cell(struct doc *d, const char *text);                        /* a cell; text from outside, may be NULL */
void doc_ours(struct doc *d, const char *s);
void doc_oursf(struct doc *d, const char *fmt, ...) _printf_(2, 3);
void doc_text(struct doc *d, const char *s);                           /* from outside; NULL adds nothing */
void doc_span(struct doc *d, enum doc_span_kind kind, const char *s);
/* Text from outside in which bare http(s) addresses become links. */
void doc_linked(struct doc *d, const char *s);

/* What a writer needs of a hand-written section in a draft; NULL: such blocks are left out (see hand.h). */
typedef void doc_hand_fn(struct buf *b, unsigned hand, void *arg);
void doc_markdown(const struct doc *d, doc_hand_fn *hand, void *arg, struct buf *b);
void doc_wikitext(const struct doc *d, struct buf *b);
void doc_html(const struct doc *d, const char *title, struct buf *b);  /* a whole page that loads nothing */
