#pragma once
/*
 * Whose data was reached, how many, and which rungs of the page's ladder follow from it. Pure. A number that nobody
 * knows counts as many: the page says to assume the worst ("assume that all users are European").
 */
#include "model/incident.h"
#include "model/law.h"

struct scope {
	int64_t people, records;            /* sums; the same person may be in several data sets */
	bool people_known, records_known;   /* false: at least so many */
	const struct said *people_said, *records_said;     /* a person's counts in place of the register's, or NULL */
	uint32_t n_data, n_unlisted;        /* unlisted: of an older row, which says nothing of them */
	uint32_t n_wikis;
	bool everywhere;                    /* a data set that belongs to no single wiki */
	bool address;                       /* of some of them an address is known */
};

/* One wiki, or those data sets that belong to no single one (wiki NULL). Sums as in scope. */
struct scope_wiki { const char *wiki; int64_t people, records; bool people_known, records_known; };

void scope_of(const struct incident *i, struct scope *ret);
/* In the order in which they first appear; ret has room for as many as there are data sets. */
uint32_t scope_wikis(const struct incident *i, struct scope_wiki *ret);

enum rung_state { RUNG_NO, RUNG_YES, RUNG_OPEN };      /* OPEN: a person has to decide */
struct rung_answer {
	const struct rung *rung;
	enum rung_state state, by_rule;     /* by_rule: without the person's word */
	const struct decided *decided;      /* NULL: the rule's */
	const struct told *told;            /* the first notice of it, or NULL */
	const char *why;                    /* what the rule went by */
};

/* ret has room for l->n_rungs. */
void ladder_of(const struct incident *i, const struct law *l, const struct scope *s, struct rung_answer *ret);
const char *rung_state_name(enum rung_state s);         /* "yes" */

/* What the law has against it: people have to be told of a high risk (Art. 34), in words of their own (mail) when an
 * address is known. NULL: nothing. A decision with a reason settles it. */
const char *ladder_objection(const struct law *l, const struct scope *s, const struct severity *sev,
			     const struct rung_answer *a);
/* The severity of this incident, from what the register and people said. */
void severity_of_incident(const struct incident *i, const struct law *l, const struct scope *s, struct severity *ret);
