#pragma once
/*
 * What an entry of the register could say of a place: a name, a kind and a system by what its neighbours are, and the
 * consumers that the public manifests feed. Guesses: a person takes them or not.
 */
#include "base/strv.h"
#include "check/check.h"

struct proposal {
	const char *secret, *kind, *system;    /* system NULL: nothing tells */
	struct strv consumers;                 /* entry_consumer() */
	uint32_t unsure;                       /* ways that only a person can follow */
	struct arena *arena;
};

/* c: begun; its feed may be NULL. key NULL: the whole file. */
void propose(struct check *c, uint32_t repository, const char *file, const char *key, struct proposal *ret);
void proposal_free(struct proposal *p);
