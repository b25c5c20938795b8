#pragma once
/*
 * Any repository of this machine, for reading: a work tree, a bare one, our own clone (git.h), the quarantine of a
 * push.
 *
 * Nothing of it runs, whoever owns it and whatever its configuration, attributes and hooks say: objects are read
 * through an empty git folder of our own, which names the repository's object store and holds no configuration. Its
 * own configuration is looked at only by the programs that say where its objects are and what its names stand for. So
 * git's question of ownership (safe.directory) does not arise: it is about running things.
 *
 * Nothing is ever fetched: of a partial clone, what is not there is missing. SHA-1 and SHA-256 alike.
 */
#include "base/arena.h"
#include "base/strv.h"
#include "transport/git.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GIT_FILES_MAX 4000000u /* of one commit */

struct git_repo {
	char *path;            /* as it was named, for texts */
	char *work_tree;       /* absolute; NULL: it has none */
	struct git its, ours;  /* the repository's git folder: for names only; ours: for objects */
	struct strv env;       /* of programs that look at objects */
	size_t oid_len;        /* hexadecimal digits of an object's name: 40 or 64 */
	bool shallow, partial; /* it does not hold all of its history, or of its objects */
};

/* `path` is the top folder of a work tree, or a bare repository. limit_ms: for each git program, and for each silence
 * of one that reads long. */
int git_repo_open(const char *path, int64_t limit_ms, struct git_repo **ret, struct err *e);
/* The repository whose pre-receive hook we are in (from the environment that git gives its hooks), with the objects of
 * the push; -ERR_USAGE when we are in none. */
int git_repo_open_push(int64_t limit_ms, struct git_repo **ret, struct err *e);
struct git_repo *git_repo_free(struct git_repo *r);
void git_repo_freep(struct git_repo **r);

/* The commit that a name stands for: HEAD, main, v1.2~3, an object's name. -ERR_CONFIG when there is none, with a
 * sentence that tells a repository without any commit from a wrong name. */
int git_repo_commit(const struct git_repo *r, const char *name, char ret[65], struct err *e);

struct git_file {
	const char *path;      /* any bytes but NUL; folders are no entries of their own */
	uint32_t mode;         /* 0100644, 0100755, 0120000 (link), 0160000 (submodule) */
	char oid[65];
};
struct git_files {
	struct arena *arena;
	struct git_file *list; /* in the order of their paths' bytes */
	size_t n, cap;
	bool whole;            /* false: git stopped in the midst or named folders that it could not read */
	char why[200];         /* then: in git's words */
};

/* Each file of a commit as git lists it, in the order of their paths' bytes; it lives until fn returns, and what fn
 * returns ends it when it is not 0. *whole and `why` are written to when git could not list all of it. */
typedef int git_file_fn(const struct git_file *f, void *arg, struct err *e);
int git_repo_each_file(const struct git_repo *r, const char *commit, git_file_fn *fn, void *arg, bool *whole,
		       char why[200], struct err *e);
/* Everything in a commit. The caller frees ret in each case. */
int git_repo_files(const struct git_repo *r, const char *commit, struct git_files *ret, struct err *e);
void git_files_free(struct git_files *f);
