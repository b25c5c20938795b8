#pragma once
/* What the plan of an incident has of one host, for what is found there to be held against. */
#include "engine/engine.h"
#include "model/clues.h"

struct investigate_plan {
	struct ref *members;
	size_t n, n_roots;
	const char **keys, **files;        /* what `of` points to; borrowed texts of the register */
	struct clue_plan of;               /* of the host that was asked for last */
};

int investigate_plan_begin(const struct engine *en, const struct incident *i, struct investigate_plan *ret,
			   struct err *e);
/* Which keys the plan ends, into which files of this host it feeds secrets, and whether the host is lost. */
void investigate_plan_host(const struct firebreak_register *r, struct investigate_plan *p, uint32_t host);
void investigate_plan_free(struct investigate_plan *p);
