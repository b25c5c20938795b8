#pragma once
/* Does a file of a host hold a value? `name`: of the job's secret; one that did not come is not held. */
#include "transport/transport.h"
#include "worker/jobs.h"
#include <stdbool.h>

int look_holds(const struct job *job, const struct way *w, const char *file, const char *name, bool *ret,
	       struct err *e);
