#pragma once
/*
 * What the journal says about hosts that were cut off in one incident, and let free again: part of the fold
 * (incident.h). Each deed on a host is an intent (row "containing") and an outcome ("contained"). Strings are borrowed
 * from the incident.
 */
#include "base/err.h"
#include "base/json.h"
#include "model/contain.h"

enum contain_action { CONTAIN_ON, CONTAIN_OFF, CONTAIN_ACTIONS };        /* "contain", "release" */
/* STARTED: an intent without an outcome: the host may be cut off, or not. PROVEN: "contained", or "released". */
enum contain_outcome { CONTAIN_STARTED, CONTAIN_PROVEN, CONTAIN_FAILED, CONTAIN_UNREACHABLE, CONTAIN_UNKNOWN,
		       CONTAIN_OUTCOMES };

struct contained {
	const char *host, *text, *who, *label;  /* label: of the rules, as they stand on the host */
	enum contain_action action;
	enum contain_level level;
	enum contain_outcome outcome;
	int64_t seq, started_us, ended_us;
	bool crowd;                             /* by somebody who is no responder */
	bool stands;                            /* by the last answer of the host: it is cut off and stays so */
	const json_t *tries, *result;           /* may be NULL */
};

struct incident_contain { struct contained *list; uint32_t n; size_t cap; };
#define LIMIT_CONTAINED 200000u                 /* rows of one incident */

extern const char *const contain_action_words[CONTAIN_ACTIONS];
/* "contained", "failed", ...; of a release "released". */
const char *contain_outcome_word(enum contain_action action, enum contain_outcome outcome);

struct incident;
struct row;
int incident_contain_take(struct incident *i, const struct row *row, const json_t *body, struct err *e);
void incident_contain_free(struct incident_contain *c);
/* The newest deed on the host; NULL: none. */
const struct contained *incident_contained(const struct incident *i, const char *host);
/* How a host stands, for people and for the plan. */
enum contain_stand {
	CONTAIN_NEVER,          /* nobody tried */
	CONTAIN_IS,             /* contained, and proven */
	CONTAIN_NOT,            /* tried, and it is not, or it is not known whether it is */
	CONTAIN_FREE,           /* it was, and was released with proof */
};
enum contain_stand incident_contain_stand(const struct incident *i, const char *host);
/* The newest deed of each host, one after the other; after NULL: the first. NULL: that was all. */
const struct contained *incident_contain_next(const struct incident *i, const struct contained *after);
