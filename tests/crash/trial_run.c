#include "trial.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/strv.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define LIMIT_MS 120000

static void keep(struct trial *t, const struct proc_result *res)
{
	snprintf(t->said, sizeof(t->said), "%s%s", buf_text(&res->out), buf_text(&res->err));
}

int trial_program(struct trial *t, const char *const *argv)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct proc_job job = { .argv = argv, .cwd = t->folder, .limit_ms = LIMIT_MS, .output_max = (size_t)16 << 20 };
	struct err e = ERR_INIT;

	t->said[0] = '\0';
	if (proc_run(&job, &res, &e) < 0) {
		snprintf(t->said, sizeof(t->said), "%s", e.text);
		return -1;
	}
	keep(t, &res);
	return res.timed_out ? -1 : res.status;
}

static void words_of(const struct trial *t, const char *const *words, struct strv *ret)
{
	for (const char *const *w = t->before; w && *w; w++)
		strv_add(ret, *w);
	strv_addf(ret, "%s/bin/firebreak", t->folder);
	for (; *words; words++)
		strv_add(ret, *words);
	strv_addf(ret, "--register=%s/register", t->folder);
	strv_addf(ret, "--state=%s/state", t->folder);
}

int trial_run(struct trial *t, const char *const *words)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;

	words_of(t, words, &argv);
	return trial_program(t, (const char *const *)argv.s);
}

int trial_respond_with(struct trial *t, const char *const *words)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;

	strv_add(&argv, "respond");
	strv_addf(&argv, "%lld", (long long)t->incident);
	strv_addf(&argv, "--key=%s/key", t->folder);
	for (; words && *words; words++)
		strv_add(&argv, *words);
	return trial_run(t, (const char *const *)argv.s);
}

int trial_respond(struct trial *t)
{
	return TRIAL_RESPOND(t, "--at-once=1");
}

/* In the group of the test, so that a test that is ended takes it along. */
pid_t trial_respond_beside(struct trial *t)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(freep) char *number = mem_printf("%lld", (long long)t->incident);
	_cleanup_(freep) char *key = mem_printf("--key=%s/key", t->folder);
	_cleanup_(freep) char *path = fs_join(t->folder, "beside");
	const char *const words[] = { "respond", number, key, "--at-once=1", NULL };
	pid_t pid;

	words_of(t, words, &argv);
	pid = fork();
	if (pid != 0)
		return pid;
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), in = open("/dev/null", O_RDONLY);

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	execv(argv.s[0], argv.s);
	_exit(127);
}

int trial_wait(struct trial *t, pid_t pid)
{
	int64_t until = clock_mono_us() + INT64_C(1000) * LIMIT_MS;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_us() > until)
			kill(pid, SIGKILL);
		clock_sleep_ms(10);
	}
	trial_text(t, "beside", t->said, sizeof(t->said));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool trial_says(struct trial *t, const char *words)
{
	if (strstr(t->said, words))
		return true;
	fprintf(stderr, "# '%s' was expected in:\n%s\n", words, t->said);
	return false;
}

int trial_sh(struct trial *t, const char *fmt, ...)
{
	char *line = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) < 0)
		abort();
	va_end(ap);
	r = trial_program(t, (const char *const[]){ "sh", "-ec", line, NULL });
	free(line);
	return r;
}
