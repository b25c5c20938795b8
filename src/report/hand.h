#pragma once
/*
 * The sections of a report that a person writes. In a draft each stands between two marks, one line each:
 *
 *	<!-- firebreak:begin cause -->
 *	human: it was pasted into a public channel
 *	<!-- firebreak:end cause -->
 *
 * What stands between them is a person's and survives each regeneration, byte by byte; all else is the journal's. It is
 * plain text: an empty line begins a paragraph, "- " an item, http(s) addresses become links; nothing else means
 * anything. The first line of a draft says of which incident it is and as of which row of the journal.
 */
#include "base/err.h"
#include "base/json.h"
#include "report/doc.h"
#include "store/journal.h"

enum hand_name {
	HAND_SUMMARY, HAND_SERVICES, HAND_OUTAGE, HAND_CAUSE, HAND_AGGRAVATION, HAND_KNOWN, HAND_PREVENTABLE,
	HAND_SIMILAR, HAND_PREVENTION, HAND_DESIGN, HAND_WEAKNESSES, HAND_STRENGTHS, HAND_TASKS, HAND_REVIEWED, HANDS,
};

struct hand_def { const char *name, *title, *hint; };
extern const struct hand_def hand_defs[HANDS];

#define HAND_MAX (256u << 10)          /* bytes of one section */
#define TO_WRITE "**[TO WRITE]**"
#define DRAFT_MAX ((size_t)64 << 20)

struct hands {
	char *text[HANDS];             /* as they stand between the marks, with their last newline; NULL: new */
	int64_t incident, row;         /* row: the newest one that the draft knows */
	char head[65];                 /* that row's hash */
	bool crlf;                     /* an editor ended the lines its own way */
};

/* name: of the file, for texts. -ERR_CONFIG: it is no draft, or a mark is damaged, missing or stands twice; e says
 * where and what to do. Nothing is guessed: a mark that is not whole never costs somebody's words. */
int hands_read(const char *name, const char *text, size_t len, struct hands *ret, struct err *e);
void hands_free(struct hands *h);
bool hand_is_written(const struct hands *h, unsigned hand);
/* A draft's first line, and one section with its marks. */
void hands_put_head(struct buf *b, int64_t incident, const struct journal_head *head);
void hands_put(struct buf *b, unsigned hand, void *hands);      /* a doc_hand_fn; hands may be NULL */
/* The section as blocks: its title, then what was written. */
void hands_document(struct doc *d, const struct hands *h, unsigned hand);
/* The hashes of the sections that are written, by name: the caller's object. */
json_t *hands_digests(const struct hands *h);
/* The word that IncidentReporting keeps as the cause: human, technical or upstream; NULL: none of them was written. */
const char *hands_cause(const struct hands *h);
