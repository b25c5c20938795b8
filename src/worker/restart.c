#include "worker/chore.h"
#include "worker/safe_line.h"
#include "worker/way.h"

/* {"host", "command": [argv]} or {"host", "service": NAME}: what Puppet does not restart, or not reliably. */
int job_restart(struct job *job, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	const char *service = json_str(job->body, "service");
	struct way w;
	char line[200];

	int r = way_of_job(job, "host", &w, e);
	if (r < 0 || (r = chore_words(json_object_get(job->body, "command"), "command", &argv, e)) < 0)
		return r;
	if (argv.n == 0) {
		if (!service || !*service || *service == '-')
			return err_set(e, ERR_CONFIG, "job: restart needs \"command\" or \"service\"");
		strv_add(&argv, "systemctl");
		strv_add(&argv, "restart");
		strv_add(&argv, service);
	}
	chore_changing(job);
	r = chore_run(job, &w, &argv, NULL, &res, e);
	way_end(&w);
	if (r < 0)
		return err_wrap(e, "restart of '%s' on '%s'", service ? service : argv.s[0], w.host);
	if (res.timed_out)
		return chore_too_late(job, &w, "restart", e);
	json_put_int(job->result, "exit", res.status);
	if (res.status != 0) {
		(void)err_set(e, ERR_REMOTE, "restart of '%s' on '%s' failed with exit code %d: %s",
			      service ? service : argv.s[0], w.host, res.status, safe_line(job, &res, line));
		if (e)
			e->effect = EFFECT_UNKNOWN;
		return -ERR_REMOTE;
	}
	(void)snprintf(job->text, sizeof(job->text), "restarted '%s' on '%s'", service ? service : argv.s[0], w.host);
	return 0;
}
