#pragma once
/*
 * The clock of the law: until when an authority has to be told, and how far that is. Pure; all times are UTC, so that
 * no summer time and no calendar comes in.
 *
 * The hours run without a break from the moment the regime names (aware, as a rule): that is the strictest reading.
 * Regulation 1182/71 does not count the hour of the event, which would end up to an hour later: `counted_us` shows it,
 * and nothing is ever alarmed by it.
 */
#include "base/buf.h"
#include "model/incident.h"
#include "model/law.h"

enum deadline_state {
	DEADLINE_NONE,            /* nobody has to be told: `why` says by whose word */
	DEADLINE_RUNS,
	DEADLINE_OVER,            /* not told, and too late */
	DEADLINE_TOLD,            /* in time; with `phased` the rest is still to follow */
	DEADLINE_TOLD_LATE,
	DEADLINE_STATES,
};
enum loud { LOUD_NOT, LOUD_1, LOUD_2, LOUD_3, LOUD_OVER };      /* the regime's three percentages, and past the end */

struct deadline {
	const struct authority *authority;
	enum deadline_state state;
	enum loud loud;                     /* LOUD_NOT unless it runs or is over */
	int64_t from_us, deadline_us, counted_us;
	int64_t left_us;                    /* until the deadline, from now or from when it was told; may be negative */
	int64_t percent;                    /* gone, of the hours; above 100 when over */
	bool phased;
	const struct told *told;            /* the first notice that counts, or NULL */
	const char *late;                   /* the reason for being late, or NULL */
	const char *why, *who;              /* of DEADLINE_NONE; who: NULL for a rule */
};

/* The arithmetic alone. told_us 0: not told. */
void deadline_count(const struct regime *r, int64_t from_us, int64_t now_us, int64_t told_us, struct deadline *ret);
void deadline_of(const struct incident *i, const struct authority *a, int64_t now_us, struct deadline *ret);
const char *deadline_state_name(enum deadline_state s);              /* "runs" */
/* "31 h left of 72 to tell ico; 56 % gone" */
void deadline_words(const struct deadline *d, struct buf *b);
void deadline_short(const struct deadline *d, struct buf *b);        /* for a column: "31 h left" */
bool deadline_is_settled(const struct deadline *d);     /* told as a whole, late only with a reason; or no need */
bool deadline_needs_reason(const struct deadline *d);                /* late, and nobody has said why */
