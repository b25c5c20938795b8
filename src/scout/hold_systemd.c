/* The host's systemd is asked to do something. What comes of it is looked at where it matters. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "scout/hold.h"
#include <unistd.h>

#define WORDS 8

static char *program(const struct scout_out *o)
{
	static const char *const places[] = { "/usr/bin/systemctl", "/bin/systemctl" };

	for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
		char *path = scout_path(o, places[k]);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

bool hold_has_systemd(const struct scout_out *o)
{
	_cleanup_(freep) char *running = scout_path(o, "/run/systemd/system");

	return fs_exists(running);
}

int hold_systemd(const struct scout_out *o, const char *const *words, int64_t limit_ms, struct err *e)
{
	_cleanup_(freep) char *systemctl = program(o);
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	const char *argv[WORDS] = { systemctl };
	char line[200];
	int r;

	if (!systemctl)
		return err_set(e, ERR_REMOTE, "systemd runs there, and there is no systemctl to ask it with");
	for (size_t k = 0; words[k] && k + 2 < ARRAY_SIZE(argv); k++)
		argv[k + 1] = words[k];
	r = proc_run(&(struct proc_job){ .argv = argv, .limit_ms = limit_ms }, &res, e);
	if (r < 0)
		return r;
	if (res.timed_out)
		return err_set(e, ERR_REMOTE, "its systemd does not answer 'systemctl %s'", words[0]);
	return res.status == 0 ? 0
	     : err_set(e, ERR_REMOTE, "systemctl %s: %s", words[0], proc_last_line(&res, line));
}
