#pragma once
/*
 * Running a program: argv only (never a shell of ours), its own process group, an environment made from nothing
 * (PATH, HOME, LANG=C.UTF-8, and what the caller names), standard input from memory or from a secret, output with a
 * limit, a deadline after which the whole group is killed.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include <stdbool.h>
#include <stdint.h>

struct proc_job {
	const char *const *argv;     /* argv[0] is looked up in PATH */
	const char *const *env;      /* "NAME=value" additions, NULL-terminated; may be NULL */
	const char *cwd;             /* NULL: as we are */
	const void *input;           /* standard input; NULL: /dev/null */
	size_t input_len;
	const struct secret *secret; /* written to standard input before `input`, through the pipe only */
	int64_t limit_ms;            /* 0 is refused: every child has a deadline */
	size_t output_max;           /* per stream; more is -ERR_LIMIT and the child is killed; 0: 1 MiB */
	bool talk;                   /* standard input stays open: proc_stream.h */
	bool wipe;                   /* output may hold private data: buffers are wiped when freed */
};

struct proc_result {
	int status;                  /* exit code; 128 + signal when it was ended by one */
	bool timed_out;
	struct buf out, err;         /* standard output and standard error */
};

/* 0 when the program ran to its end (whatever its exit code) or was killed at the deadline (timed_out).
 * Errors: could not be started, output over the limit. The caller frees the result in each case. */
int proc_run(const struct proc_job *job, struct proc_result *ret, struct err *e);
void proc_result_free(struct proc_result *r);
/* The last non-empty line of standard error made visible, for error texts; "" when there is none. */
const char *proc_last_line(const struct proc_result *r, char ret[200]);
