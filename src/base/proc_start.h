#pragma once
/* What proc_run and proc_stream share: environment, look-up, pipes, fork, exec; the end of a child. */
#include "base/err.h"
#include "base/proc.h"
#include <signal.h>
#include <sys/types.h>

struct proc_child {
	pid_t pid;        /* leader of its own session and group; 0: not running */
	int pidfd;
	int in, out, err; /* our non-blocking ends; in is -1 when all of standard input is written or there is none */
};

#define PROC_CHILD_INIT { .pidfd = -1, .in = -1, .out = -1, .err = -1 }

/* Returns after exec succeeded. SIGPIPE is blocked by the caller. */
int proc_start(const struct proc_job *job, struct proc_child *ret, struct err *e);
/* Closes our ends, kills the group first when asked to, reaps. Exit code, or 128 + signal. */
int proc_child_end(struct proc_child *c, bool kill_it);

/* SIGPIPE is held back while we write to a child that may be gone, and thrown away afterwards. */
struct proc_quiet {
	sigset_t before;
	bool pending;
};

void proc_quiet_begin(struct proc_quiet *q);
void proc_quiet_end(struct proc_quiet *q);
