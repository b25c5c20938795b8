#pragma once
/*
 * Who may approve a report, and the row that says it was done. A signature is not enough: the role comes from the
 * register, and nobody approves what they have a hand in, as far as the journal knows.
 */
#include "engine/engine.h"

/* person: of the register; who: as the journal names whom approves; before: what was done from this row on does not
 * count (0: all counts). -ERR_REFUSED, one sentence for each reason: not the role, no key, an author. */
struct approver { const char *person, *who; int64_t before; };
int engine_may_approve(const struct firebreak_register *reg, const struct incident *i, const struct approver *a,
		       struct err *e);

struct approving { const char *person, *sha256, *statement, *signature; };     /* sha256: of the draft */
/* -ERR_CONFLICT when the draft that was kept last is another one by now. */
int engine_approve(const struct engine *en, int64_t incident, const struct approving *a, struct err *e);
