#pragma once
/*
 * Who may approve a report, and the row that says it was done. A signature is not enough: the role comes from the
 * register, and nobody approves what they have a hand in, as far as the journal knows.
 */
#include "engine/engine.h"

/* person: of the register. -ERR_REFUSED, one sentence for each reason: not the role, no key, an author. */
int engine_may_approve(const struct engine *en, const struct incident *i, const char *person, struct err *e);

struct approving { const char *person, *sha256, *statement, *signature; };     /* sha256: of the draft */
/* -ERR_CONFLICT when the draft that was kept last is another one by now. */
int engine_approve(const struct engine *en, int64_t incident, const struct approving *a, struct err *e);
