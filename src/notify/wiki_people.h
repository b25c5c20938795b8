#pragma once
/* Whose addresses a wiki of the register has: asked of its database by firebreak-worker-people. */
#include "engine/engine.h"

struct wiki_people { int64_t accounts, confirmed, unconfirmed, without; };

/* data: of the register, one with a `database`. each NULL: only counted; else it gets every confirmed address (any
 * bytes, borrowed), and a negative return of it stops and comes back. */
/* groups: only who is in one of them now; NULL or empty: everybody. */
int notify_wiki_people(const struct engine *en, uint32_t data, const struct names *groups,
		       int (*each)(const char *address, size_t len, void *arg), void *arg, struct wiki_people *ret,
		       struct err *e);
