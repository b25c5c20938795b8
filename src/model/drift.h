#pragma once
/*
 * Drift: what differs on a host between two baselines, each difference with a sentence. A pure function of the two.
 * Unknown is not clean: a section that either of them does not have as a whole gives a difference of its own, and what
 * could be compared of it is compared nevertheless.
 *
 * Some sections need no day before: what the host itself says must be so (a file of Puppet's that is not as the
 * catalogue says). Their items are differences by standing there (`wrong`).
 */
#include "model/baseline.h"

enum drift_kind {
	DRIFT_NEW,             /* stands there, and did not */
	DRIFT_GONE,            /* stood there, and does not */
	DRIFT_CHANGED,
	DRIFT_WRONG,           /* not as the host's own lists say; known without a baseline */
	DRIFT_UNKNOWN,         /* could not be compared */
};

struct drift {
	enum drift_kind kind;
	const char *section, *key;       /* key "" for DRIFT_UNKNOWN */
	const char *was, *is;            /* NULL where there was or is none; DRIFT_UNKNOWN: is says why */
	const char *text;                /* one sentence */
};

struct drifts {
	struct arena *arena;
	struct drift *d;
	uint32_t n, unknown;             /* unknown: how many of them are DRIFT_UNKNOWN */
	size_t cap;
};

struct drift_section {
	const char *name;                /* as the scout's command "baseline" calls it */
	const char *thing;               /* "a setuid or setgid file", in "... that the baseline does not have" */
	bool wrong;                      /* its items are differences by standing there */
	bool calm;                       /* differs on calm days, too (an upgrade, a module): told as such */
	bool versions;                   /* an item begins with a version, up to a comma: what is behind it differs
					  * with it only */
};
extern const struct drift_section drift_sections[];      /* NULL name at the end */
const struct drift_section *drift_section(const char *name);     /* NULL: none */

/* before NULL: there is none; then everything but DRIFT_WRONG is one DRIFT_UNKNOWN. Both are settled. The difference of
 * a host with itself is nothing. */
void drift_of(const struct baseline *before, const struct baseline *now, struct drifts *ret);
void drifts_free(struct drifts *d);
const char *drift_kind_name(enum drift_kind k);          /* "new", "gone", "changed", "wrong", "unknown" */
/* Nothing differs, and everything could be compared. */
bool drift_is_clean(const struct drifts *d);
