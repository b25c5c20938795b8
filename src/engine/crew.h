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

/* Returns when all are done. Ctrl-C ends this process and with it each worker. */
int crew_run(const struct crew_job *jobs, uint32_t n, uint32_t at_once, const struct crew_ears *ears, struct err *e);
