#pragma once
/*
 * Journal in, document out. A report is loaded once (the fold of an incident's rows, one line for each row, the head of
 * the journal) and then written as text, as a document (doc.h) or as JSON. The same rows give the same bytes: no clock,
 * no locale.
 *
 * Everything that came from outside is hostile here: control characters are made visible, and each format has its
 * escapes (escape.h). Sealed values are never touched; of a step's result only the keys that are named in the code are
 * written.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "model/incident.h"
#include "store/journal.h"

struct doc;
struct hands;
struct law;

/* One row in words for people. */
struct report_line {
	int64_t seq, at_us;
	enum row_kind kind;
	const char *who, *words;   /* as they came: not yet made visible or escaped */
	const char *in_public;     /* what a reader outside is told of it, before redaction; NULL: nothing */
};

struct report {
	struct arena *arena;
	struct incident *incident;
	struct report_line *lines;
	uint32_t n_lines;
	size_t cap_lines;
	struct journal_head head;  /* of the whole journal, when the report was loaded */
	const struct law *law;     /* the caller's, or NULL: then nothing is said about clock, severity and notices */
};

/* -ERR_USAGE: there is no such incident. */
int report_load(struct journal *j, int64_t incident, struct report **ret, struct err *e);
/* As it was at row `until`, whose hash the caller puts into the head; without it as in report_load. */
int report_load_until(struct journal *j, int64_t incident, int64_t until, struct report **ret, struct err *e);
/* For those who have the rows already. */
struct report *report_new(int64_t incident);
int report_add(struct report *r, const struct row *row, struct err *e);
struct report *report_free(struct report *r);
void report_freep(struct report **r);

/* Adds to b; when b->over is set afterwards the text did not fit. */
void report_timeline(const struct report *r, struct buf *b);   /* one line a row, UTC */
/* All that is known, for all readers; finish.h makes texts of it. The caller frees it. */
struct doc *report_document(const struct report *r);

/* The caller's objects. */
json_t *report_timeline_json(const struct report *r);
json_t *report_json(const struct report *r, const struct hands *h);    /* h: what a person wrote; NULL: nothing */
/* What the wiki's IncidentReporting extension keeps of an incident, by the names of its columns without the i_. */
json_t *report_fields_json(const struct report *r, const struct hands *h);
