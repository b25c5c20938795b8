#pragma once
/*
 * A drill: the planned path of `respond`, with an intruder beside it. The intruder is a process of its own that has the
 * old value and goes on trying it, by the probe of each account's driver, while the path runs: when it was let in last
 * and since when it is refused is what the drill measures. It tries once in `every_ms` while it is let in, and four
 * times a minute at most once it is refused: no lock-out of a service may come of it. It writes nothing anywhere.
 */
#include "engine/engine.h"

struct drill_options {
	const struct respond_options *respond;
	int64_t every_ms;                /* 200 to 60,000 */
	void (*ready)(uint32_t accounts, void *arg);     /* the intruder is let in or refused everywhere; it begins */
	void *arg;
};

/* The longest that one try at each of so many accounts takes, when none of them answers. The intruder is waited for
 * that long: what it had to tell would be lost, and with it the drill. */
int64_t drill_round_ms(uint32_t accounts);
/* -ERR_USAGE: of one of these names there is nothing that an intruder could try. Before the drill is declared. */
int engine_drill_check(const struct engine *en, const char *const *names, size_t n, struct err *e);
/* What the intruder met, by account: the body of the row `drilled`. *ret_row is the caller's; NULL when the drill did
 * not come so far. Ends the incident when each of its steps is settled and the intruder is refused everywhere. */
int engine_drill(const struct engine *en, int64_t number, const struct drill_options *o, struct respond_result *ret,
		 json_t **ret_row, struct err *e);
