#pragma once
/*
 * Where the addresses of a mailing come from: a file of CSV, or the user table of a MediaWiki (notify/wiki_people.h).
 * Addresses that are the same are taken once.
 */
#include "base/arena.h"
#include "base/box.h"
#include "base/digest.h"
#include "base/map.h"
#include "base/strv.h"
#include "store/ledger.h"

#define SOURCE_PROBLEMS 20u

struct source_sum {
	uint64_t rows, added, again;     /* again: stands twice, or is in the ledger already */
	uint64_t without, unfit;         /* no address; no address that can stand in an envelope */
};

struct source_to {                       /* ledger NULL: only looked through */
	struct ledger *ledger;
	struct map *seen;                /* without a ledger: tags of what was taken, which live in `arena` */
	struct arena *arena;
	const struct digest_key *key;    /* of the tags */
	struct box *seal;
	const char *context;
	/* NULL, or called for each address of a file that can be written to, however often it stands there. */
	int (*tell)(const char *address, size_t len, void *arg);
	void *arg;
};

/* Takes one address; for sources whose mistakes nobody can mend (a wiki's table), what is unfit is counted. */
int source_take(const struct source_to *to, const char *address, size_t len, struct source_sum *sum, struct err *e);
/* All of a file. column NULL: the one called mail, email, e-mail or address. -ERR_CONFIG with each mistake in
 * `problems` as file:line:column (the first SOURCE_PROBLEMS), and nothing is to be kept then. */
int source_csv(const struct source_to *to, const char *file, const char *column, struct strv *problems,
	       struct source_sum *sum, struct err *e);
