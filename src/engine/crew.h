#pragma once
/* Several worker jobs under one loop, a bounded number of them at a time; for what is no step of a plan. */
#include "base/err.h"
#include "base/json.h"
#include "engine/worker.h"
#include <stdint.h>

struct crew_job {
	const char *program;
	json_t *job;                       /* borrowed */
	const struct wire_secrets *secrets;        /* may be NULL */
	int64_t limit_ms;
	worker_line *line;                 /* may be NULL: as worker_listen */
	worker_done *done;                 /* called once for each job, also for one that could not be started */
	void *arg;
};

struct crew_ears {
	void (*progress)(uint32_t done, uint32_t running, uint32_t total, void *arg);     /* each second and each end */
	void *arg;
};

/* Jobs that come one after the other, as others end. */
enum crew_next {
	CREW_JOB,                          /* *ret is to be started; what it borrows stays until its `done` */
	CREW_WAIT,                         /* ask again at the next end, or at *ret_wake_ms (monotonic) if > 0 */
	CREW_OVER,                         /* no more will come */
};
struct crew_source {
	enum crew_next (*next)(struct crew_job *ret, int64_t *ret_wake_ms, void *arg);
	uint32_t total;                    /* for the ears */
	void *arg;
};
/* Returns when the source is over and all that were started are done. */
int crew_run_source(const struct crew_source *source, const struct crew_ears *ears, struct err *e);
/* The same for a list of them, at_once side by side. Ctrl-C ends this process and with it each worker. */
int crew_run(const struct crew_job *jobs, uint32_t n, uint32_t at_once, const struct crew_ears *ears, struct err *e);
