#pragma once
/*
 * All that follows from law and page for one incident at one moment: what status, report and notices show. Pure: the
 * moment comes in.
 */
#include "model/deadline.h"
#include "model/ladder.h"

struct law_state {
	const struct law *law;               /* borrowed, with all below */
	const struct incident *incident;
	int64_t now_us;
	struct scope scope;
	struct severity severity;
	struct deadline *deadlines;          /* law->n_authorities */
	struct rung_answer *rungs;           /* law->n_rungs */
	const char *objection;               /* see ladder_objection; or NULL */
};

void law_state_of(const struct incident *i, const struct law *l, int64_t now_us, struct law_state *ret);
void law_state_free(struct law_state *s);
bool law_state_is_settled(const struct law_state *s);       /* every authority is */
/* A person decided not to tell this authority although the severity is not low: Art. 33(1) excepts only what is
 * unlikely to result in a risk. It stays a person's decision, and is said beside it. */
bool law_state_is_bold(const struct law_state *s, const struct deadline *d);
/* The one that needs a person first; never NULL. */
const struct deadline *law_state_first(const struct law_state *s);

/* One line on an input of the severity: "ease of identification: maximum, from the data itself, directly (alice: ...)".
 * Texts of people are as they came. */
void severity_input_words(const struct law_state *s, enum severity_in in, struct buf *b);
/* "1.75 to 4.50, counts as very-high: ..." */
void severity_words(const struct severity *s, struct buf *b);
/* "about 1200 people, at least 40 records; 2 data sets; on 1 wiki" */
void scope_words(const struct scope *s, struct buf *b);
/* "about 1200 people, at least 40 records" */
void scope_wiki_words(const struct scope_wiki *w, struct buf *b);
