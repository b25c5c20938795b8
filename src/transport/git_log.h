#pragma once
/*
 * What a `git log --raw -c` says, as it says it: commits, and of each the entries that none of its parents has so. For
 * transport/git_*.c only.
 */
#include "base/proc_stream.h"
#include "transport/git_repo.h"

#define GIT_LOG_HEAD "%x01%H"          /* how --format must begin; more may follow behind another %x01 */

struct git_log {
	const char *format;            /* "--format=" GIT_LOG_HEAD ... */
	bool parents_last;             /* a commit comes before its parents, which git has to sort for */
	int (*ask)(struct proc_stream *git, void *arg, struct err *e);   /* names of objects, one a line */
	void (*commit)(const char *text, void *arg);   /* what the format says, behind the first mark */
	void (*entry)(const char *oid, size_t len, unsigned mode, void *arg);   /* mode 0: it is gone */
	void (*path)(const char *path, void *arg);                       /* of the entry before; may be NULL */
	void *arg;
};

/* *whole becomes false, and `why` git's words, when git could not walk to all of it; they are left alone otherwise. */
int git_log_run(const struct git_repo *r, const struct git_log *l, bool *whole, char why[200], struct err *e);
