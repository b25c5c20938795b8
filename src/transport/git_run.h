#pragma once
/* One git program with everything that could make it do more than it is told switched off. Inside transport/ only. */
#include "base/proc.h"
#include "base/strv.h"
#include "transport/git.h"
#include <stdbool.h>
#include <stddef.h>

#define GIT_FILE_MAX ((size_t)32 << 20)

struct git_call {
	const char *const *args;      /* behind "git <options>", NULL-terminated */
	const char *const *env;       /* additions, or NULL */
	const void *input;
	size_t input_len, output_max;
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
int git_oid(const struct proc_result *r, char ret[65], struct err *e);
/* Refuses what git could take for an option, or what leaves the tree. */
int git_check_file(const char *file, struct err *e);

struct git_entry { char mode[8], oid[65]; };
/* The regular file of a commit; -ERR_CONFIG when there is none. */
int git_entry(const struct git *g, const char *commit, const char *file, struct git_entry *ret, struct err *e);
