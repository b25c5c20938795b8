#pragma once
/*
 * An incident as it is now: the fold of its journal rows. Pure; status, report, timeline, console and executor read
 * this and nothing else. Strings live in the incident's arena.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "model/incident_alert.h"
#include "model/incident_contain.h"
#include "model/incident_law.h"
#include "model/incident_look.h"
#include "model/incident_pull.h"
#include "model/incident_report.h"
#include "model/row.h"
#include <stdbool.h>
#include <stdint.h>

/* What came of a step. The four of docs/ARCHITECTURE.md, and what is not an outcome yet. UNKNOWN is never success. */
enum outcome {
	OUTCOME_NONE,           /* not tried */
	OUTCOME_STARTED,        /* an intent without an outcome: ask the service (probe) before anything else */
	OUTCOME_PROVEN,         /* done, and the far side confirmed it */
	OUTCOME_FAILED,
	OUTCOME_UNREACHABLE,
	OUTCOME_UNKNOWN,
	OUTCOME_SKIPPED,        /* a person's decision, with a reason */
	OUTCOME_ANSWERED,       /* done by a person's own word */
	OUTCOMES,
};

struct deed {                           /* one attempt */
	uint32_t attempt;
	int64_t started_us, ended_us;   /* ended 0: no outcome row */
	enum outcome outcome;
	const char *effect, *text, *who;
	const json_t *tries;            /* array of {"at_us","what","answer"}, or NULL */
	const json_t *result;           /* object with the verb's own keys, or NULL */
};

struct step_state {
	const char *id, *what, *title, *why, *secret, *account, *host, *interrupts, *cannot;
	bool person;                    /* only a person can do it */
	int64_t limit_ms;
	const json_t *after, *behind;   /* ids: must have succeeded; must have ended */
	enum outcome outcome;           /* of the newest deed, or the person's */
	const char *text;               /* of the outcome; the person's words when skipped or answered */
	struct deed *deeds;
	uint32_t n_deeds;
	const json_t **asked; uint32_t n_asked;  /* bodies of its "asked" rows, in their order: evict.h */
	const char *sealed_old, *sealed_new, *old_tag, *new_tag;   /* of a "values" step that is proven */
};

struct affected { const char *kind, *name, *path; int64_t depth; };    /* one member of the blast radius */

struct incident {
	struct arena *arena;
	bool drill;                     /* nothing leaked: the path is tried on a calm day */
	const json_t *drilled;          /* body of the newest "drilled" row, or NULL: drilled.h */
	int64_t number, declared_us, suspected_us, aware_us, closed_us;
	const char *because, *confidence, *mode, *who, *register_digest;
	const char **what; uint32_t n_what;
	struct affected *members; uint32_t n_members;
	struct step_state *steps; uint32_t n_steps; size_t cap_steps;
	struct map step_ids;            /* id -> index */
	const json_t **traced; uint32_t n_traced;       /* bodies of the newest "traced" row of each secret */
	const json_t **evidence; uint32_t n_evidence;   /* bodies of the "evidence" rows, in their order */
	const struct pulled **pulled; uint32_t n_pulled; /* secrets that a person takes out of deployment */
	const char **claimed; uint32_t n_claimed;       /* secrets this incident works on now */
	const char *responder;          /* who started `respond` last */
	int64_t responded_us, first_responded_us;
	int64_t reported_us;
	const char *report_sha256;
	struct incident_law law;        /* people, law and notices */
	struct incident_report report;
	struct incident_alerts alerts;  /* whom of ours it was told to, and who has it */
	struct incident_looks looks;    /* what hosts say of how somebody got in */
	struct incident_contain contain; /* hosts that were cut off */
	int64_t last_seq, last_us;
	json_t *bodies;                 /* keeps what the pointers above borrow */
};

struct incident *incident_new(int64_t number);
/* Takes one row of this incident, in order of seq. -ERR_CONFIG: the body is not what docs/formats/journal.md says. */
int incident_add(struct incident *i, const struct row *row, struct err *e);
struct incident *incident_free(struct incident *i);
void incident_freep(struct incident **i);

const struct step_state *incident_step(const struct incident *i, const char *id);     /* NULL when unknown */
bool outcome_is_success(enum outcome o);      /* proven, answered: what depends on it may go on */
bool outcome_is_settled(enum outcome o);      /* success, or skipped by a person */
const char *outcome_name(enum outcome o);     /* "proven" */
int outcome_parse(const char *name, enum outcome *ret);

enum incident_state { INCIDENT_DECLARED, INCIDENT_OPEN, INCIDENT_WAITS_FOR_PERSON, INCIDENT_NOT_KNOWN, INCIDENT_DONE,
		      INCIDENT_CLOSED };
enum incident_state incident_state(const struct incident *i);
const char *incident_state_words(enum incident_state s);
struct counts { uint32_t total, by[OUTCOMES], person_waiting; };
struct counts incident_counts(const struct incident *i);
