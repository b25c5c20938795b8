#pragma once
/*
 * What a push brings: every commit that no branch or tag of the repository leads to yet, and every file that those
 * commits put in, as it stood in each of them. A file that a later commit takes out again is there all the same: its
 * bytes stay in the history. Of a merge only what none of its parents has is its own.
 */
#include "transport/git_objects.h"

#define PUSHED_COMMITS_MAX 100000u
#define PUSHED_FILES_MAX 500000u     /* files of all commits together */
#define PUSHED_BASES_MAX 100u

struct git_pushed_commit {
	char oid[65];
	bool rotation;                 /* its message has Firebreak's own trailer */
};

struct git_pushed {
	struct git_files files;        /* each path with each content once, the oldest commit first */
	uint32_t *commit;              /* of each file: the oldest that has it so */
	size_t cap_commit;
	struct git_pushed_commit *commits;
	size_t n_commits, cap_commits;
	struct git_oids bases;         /* what the new commits were built upon: the repository has these already */
};

/* Everything that `tips` lead to and the repository's own names do not. Over a limit: -ERR_LIMIT, with a sentence. The
 * caller frees ret in each case. */
int git_pushed_read(const struct git_repo *r, const struct git_oids *tips, struct git_pushed *ret, struct err *e);
void git_pushed_free(struct git_pushed *p);
