#pragma once
/*
 * Where objects stand in a history: under which paths, which commit brought each there, and whether it is still there.
 * One pass over all commits for all objects at once.
 *
 * A merge brings what it has as none of its parents has it. The same content at the same path may have been brought
 * more than once (put in, taken out, put in again): the first time is told.
 */
#include "base/arena.h"
#include "transport/git_repo.h"

#define GIT_SOUGHT_MAX 10000u
#define GIT_STOOD_MAX 50u              /* paths of one object; more are counted */
#define GIT_BRANCHES_LOOKED_AT 50u     /* the ones with the newest commits, for what HEAD does not have */

struct git_stood {
	struct git_stood *next;
	const char *path;              /* any bytes but NUL */
	char commit[65];               /* that brought it */
	const char *who;               /* its author, "Name <mail>", any bytes; */
	int64_t at_s;                  /* and when that was, Unix seconds */
	uint32_t age;                  /* an ancestor of a commit has a larger one than that, within one call */
	bool reached;                  /* the commit is one that a branch, tag or HEAD leads to */
	const char *now;               /* "HEAD", or a branch whose newest commit still has it there; NULL: none */
};

struct git_sought {
	char oid[65];                  /* the question: a blob, or a commit or tag that is looked for itself */
	struct git_stood *stood;       /* the answer, in no order; of a commit one without a path */
	uint32_t n, more;              /* told; beyond GIT_STOOD_MAX */
	bool reached;                  /* a branch, tag or HEAD leads to it */
	const char *name;              /* the tag or other name that stands for the object itself; or NULL */
};

/* Each object is asked once. Strings live in the arena. `lost`: objects that no name leads to are looked for in all
 * commits of the store, too. *ret_whole: false when not every commit could be walked; ret_why then has git's words. */
int git_places_find(const struct git_repo *r, struct git_sought *s, size_t n, bool lost, struct arena *a,
		    bool *ret_whole, char ret_why[200], struct err *e);
