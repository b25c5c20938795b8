#pragma once
/* What the chores on hosts share: the words of a job as an argv, and one program on the job's host. */
#include "base/proc.h"
#include "base/strv.h"
#include "transport/transport.h"
#include "worker/jobs.h"

/* The strings of an array, added to ret; -ERR_CONFIG when one is no string. An absent array is empty. */
int chore_words(const json_t *array, const char *what, struct strv *ret, struct err *e);
int64_t chore_left_ms(const struct job *job);
/* Runs argv with the secret (may be NULL) on standard input, until the job's deadline. */
int chore_run(const struct job *job, const struct way *w, const struct strv *argv, const struct secret *in,
	      struct proc_result *ret, struct err *e);
/* The same with a program, its input and its limits as the caller has them; the search path is ours. */
int chore_ask(const struct job *job, const struct way *w, const struct proc_job *like, struct proc_result *ret,
	      struct err *e);
void chore_changing(const struct job *job);
/* Who makes a commit, as git wants it; the caller frees. */
char *chore_author(const struct job *job);
/* The job's own deadline passed while the far side was at it: what it did is not known. */
int chore_too_late(const struct job *job, const struct way *w, const char *what, struct err *e);
