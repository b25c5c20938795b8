#pragma once
/* One point after the other: what both matrices do at each. Tells TAP and counts. */
#include "trial.h"

/* missed: points that did not come; never: of these, the first of their name. */
struct attempts { unsigned n, failed, missed, never, responds; };

extern struct attempts attempts;

/* A new incident and a run without a kill. NULL, or what is wrong; the points of that run stay. */
const char *attempt_whole(struct trial *t);
/* A new incident, `respond` that is ended at the point, `respond` until the end, and a look at everything. True
 * when the point was reached; what is wrong is told and counted. */
bool attempt_point(struct trial *t, const char *mode, const char *role, const struct trial_point *at);
/* The first half: `respond` that is ended at one of the points (a worker: at each). Those that were not reached
 * are left in `at`, *n of them. NULL, or what is wrong; *ret_done: it came to its end all the same. */
const char *attempt_kill(struct trial *t, const char *role, struct trial_point *at, size_t *n, bool *ret_done);
/* The second half: until everything of ours is proven, and a look at it. */
const char *attempt_end(struct trial *t);

/* One line of TAP, and the last program's words when something is wrong. */
void attempt_tell(struct trial *t, const char *wrong, int64_t since_us, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A farm, all of its attempts, and what they have come to; the exit code of the test. */
int attempt_all(const struct service_kind *kind, enum trial_apply apply, void (*run)(struct trial *t));
