#pragma once
/* The first half of proc_run: environment, look-up, pipes, fork, exec. */
#include "base/err.h"
#include "base/proc.h"
#include <sys/types.h>

struct proc_child {
	pid_t pid;        /* leader of its own session and group; 0: not running */
	int pidfd;
	int in, out, err; /* our non-blocking ends; in is -1 when all of standard input is written or there is none */
};

#define PROC_CHILD_INIT { .pidfd = -1, .in = -1, .out = -1, .err = -1 }

/* Returns after exec succeeded. SIGPIPE is blocked by the caller. */
int proc_start(const struct proc_job *job, struct proc_child *ret, struct err *e);
