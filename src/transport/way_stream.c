#include "base/env.h"
#include "base/mem.h"
#include "transport/way_ssh.h"

int way_stream(const struct way *w, const struct proc_job *job, bool fresh, struct proc_stream **ret, struct err *e)
{
	if (w->local)
		return proc_stream_open(job, job->limit_ms, ret, e);

	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(buf_free) struct buf command = BUF_INIT(100000);
	const char *agent = env_get("SSH_AUTH_SOCK");
	_cleanup_(freep) char *setting = agent ? mem_printf("SSH_AUTH_SOCK=%s", agent) : NULL;
	struct proc_job over = *job;
	int r = way_command(job, &command, e);

	if (r < 0 || (r = way_options_alone(w, fresh, &argv, e)) < 0)
		return r;
	way_target(w, &argv);
	strv_add(&argv, buf_text(&command));
	over.argv = (const char *const *)argv.s;
	over.env = (const char *const[]){ setting, NULL };
	over.cwd = NULL;
	r = proc_stream_open(&over, job->limit_ms, ret, e);
	return r < 0 ? err_wrap(e, "ssh to '%s'", w->host) : 0;
}
