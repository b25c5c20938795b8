#pragma once
/* Where a job's words go while it runs. The worker gives one that writes to the answer pipe; tests give a list. */
#include <stdint.h>

struct job_sink {
	void (*tried)(void *arg, const char *what, const char *answer);
	void (*changing)(void *arg);
	void *arg;
	int64_t deadline_us;           /* CLOCK_MONOTONIC */
};
