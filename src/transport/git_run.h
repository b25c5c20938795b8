#pragma once
/* One git program with everything that could make it do more than it is told switched off. Inside transport/ only. */
#include "base/proc.h"
#include "base/strv.h"
#include "transport/git.h"
#include <stdbool.h>
#include <stddef.h>

/* The newest commit that was fetched; and a name under which a commit is made, which is gone when it is. */
#define GIT_HEAD_REF "refs/firebreak-head"
#define GIT_MAKING_REF "refs/firebreak-making"

struct git_call {
	const char *const *args;      /* behind "git <options>", NULL-terminated */
	const char *const *env;       /* additions, or NULL */
	const void *input;
	size_t input_len, output_max;
	bool remote;                  /* it speaks with g->url: the team's ConnectTimeout is asked for */
};

/* Runs it in g->folder. 0 whatever the exit code is; the caller frees ret in each case. */
int git_run(const struct git *g, const struct git_call *call, struct proc_result *ret, struct err *e);
/* The words and the environment that git_run starts git with, for who starts it in another way. */
void git_words(const struct git *g, const struct git_call *call, struct strv *argv, struct strv *env);
/* Like git_run, but anything else than exit code 0 is an error: -ERR_IO with git's own words behind `what`. */
int git_must(const struct git *g, const struct git_call *call, const char *what, struct proc_result *ret,
	     struct err *e);
/* The line of standard error that says why (not the advice behind it), made visible. */
const char *git_reason(const struct proc_result *r, char ret[200]);
/* Does standard error hold this sentence? */
bool git_said(const struct proc_result *r, const char *sentence);
/* 40 or 64 hexadecimal digits with a newline behind them. */
int git_oid(const struct proc_result *r, char ret[GIT_OID], struct err *e);
/* Refuses what git could take for an option, or what leaves the tree. */
int git_check_file(const char *file, struct err *e);

/* Several workers may use one clone at the same time; git's own locks would make one of them fail (git_fetch.c). */
int git_lock(const struct git *g, int *ret_fd, struct err *e);
/* A worker that was killed leaves git's locks and half a pack behind. Nobody is at these while we hold the lock. */
void git_sweep(const struct git *g);
/* The commit that is there now, on top of parent, in the branch of the remote (git_push.c). */
int git_push(struct git *g, const char *parent, const char *commit, struct err *e);
