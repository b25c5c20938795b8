#include "warden/warden.h"
#include "base/macro.h"
#include <string.h>

static const struct { const char *verb; job_fn *run; } verbs[] = {
	{ "visit", warden_visit },
	{ "logins", warden_logins },
};

int job_run(struct job *job, const char *verb, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verb, verbs[i].verb))
			return verbs[i].run(job, e);
	return err_set(e, ERR_CONFIG, "job: the warden has no verb '%.40s'", verb);
}
