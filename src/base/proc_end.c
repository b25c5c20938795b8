#include "base/fs.h"
#include "base/proc_start.h"
#include <errno.h>
#include <sys/wait.h>

/* The leader is not reaped before: its number is still ours, so the group is. */
int proc_child_end(struct proc_child *c, bool kill_it)
{
	siginfo_t info = { 0 };

	closep(&c->in);
	closep(&c->out);
	closep(&c->err);
	if (c->pid > 0 && kill_it)
		kill(-c->pid, SIGKILL);
	while (c->pid > 0 && waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	closep(&c->pidfd);
	c->pid = 0;
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static void pipe_signal(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
}

void proc_quiet_begin(struct proc_quiet *q)
{
	sigset_t set, pending;

	pipe_signal(&set);
	sigpending(&pending);
	q->pending = sigismember(&pending, SIGPIPE) == 1;
	sigprocmask(SIG_BLOCK, &set, &q->before);
}

void proc_quiet_end(struct proc_quiet *q)
{
	struct timespec at_once = { 0 };
	sigset_t set;

	pipe_signal(&set);
	if (!q->pending)
		while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR)
			;
	sigprocmask(SIG_SETMASK, &q->before, NULL);
}
