#pragma once
/*
 * What the journal says about the report of one incident: who wrote of it, what was approved, what was published. Part
 * of the fold (incident.h). Strings are borrowed from the incident.
 */
#include "base/json.h"
#include <stdbool.h>
#include <stdint.h>

#define LIMIT_AUTHORS 10000u
#define LIMIT_PUBLISHED 10000u

struct author { const char *who, *did; int64_t seq; };         /* each who once, with the first that they did */

struct approval { const char *who, *person, *sha256, *statement, *signature; int64_t seq, at_us; };

/* Something that was put where people outside read it, or taken back from there. */
struct published {
	const char *what;              /* "report", "site-notice", "withdrawal", "status" */
	const char *where, *page;      /* a wiki or channel of the register, as it was called then */
	const char *sha256, *before;   /* of what was to stand there; what stood there (site notice), NULL: nothing */
	const char *url, *text, *effect;       /* of the outcome */
	const char *id;                /* of this intent: its outcome names it */
	bool ended, done;              /* an outcome is there; and it is good */
	int64_t seq, at_us;
};

struct incident_report {
	struct author *authors; uint32_t n_authors; size_t cap_authors;
	struct published *published; uint32_t n_published; size_t cap_published;
	const json_t *sections;        /* of the newest draft: hashes of the hand-written ones, by name; or NULL */
	const char *draft_who; int64_t draft_seq;
	struct approval approval;      /* sha256 NULL: there is none that counts */
	const char *dropped_who; int64_t dropped_seq;   /* an approval that a later draft ended; 0: none */
};

struct incident;
struct row;
struct err;
int incident_report_take(struct incident *i, const struct row *row, const json_t *body, struct err *e);
void incident_report_free(struct incident_report *r);
/* The newest one of this kind at this place, whatever came of it; NULL: none. where NULL: anywhere. */
const struct published *incident_published(const struct incident *i, const char *what, const char *where);
/* The page of the report that stands on the wiki; NULL: none is published. */
const struct published *incident_report_published(const struct incident *i);
