#pragma once
/* What mail to people needs of the engine: to whom its ledger is sealed, and the rows that say what was done. */
#include "engine/engine.h"
#include "model/law.h"

/* The keys of the register's people, at most SEAL_RECIPIENTS; key (may be NULL) has to be among them, for it must open
 * after a crash what is sealed now. */
int engine_responders(const struct firebreak_register *reg, const struct seal_key *key,
		      struct seal_public ret[SEAL_RECIPIENTS], size_t *ret_n, struct err *e);
char *engine_ledger_context(int64_t incident);           /* of the seal of a ledger's key; the caller frees */

/* docs/formats/journal.md, `mailed`. */
int engine_mailed(const struct engine *en, const struct incident *i, const json_t *body, struct err *e);
