#include "base/macro.h"
#include "worker/jobs.h"
#include <string.h>

static const struct { const char *verb; job_fn *run; } chores[] = {
	{ "read-place", job_read_place }, { "write-place", job_write_place }, { "apply", job_apply },
	{ "withdraw", job_write_place }, { "publish", job_write_place },
	{ "pull", job_write_place }, { "gone", job_gone },
	{ "restart", job_restart }, { "look", job_look }, { "residue", job_residue },
	{ "evict-users", job_evict_users }, { "end-certificate", job_end_certificate },
	{ "clean-node", job_clean_node },
};

int job_run(struct job *job, const char *verb, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(chores); i++)
		if (!strcmp(verb, chores[i].verb))
			return chores[i].run(job, e);
	return err_set(e, ERR_CONFIG, "job: there is no chore '%s'; a driver's verb is for the program of that driver",
		       verb);
}
