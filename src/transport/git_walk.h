#pragma once
/*
 * What a repository's names lead to: commits, the blobs of their files, tags; not trees. One walk through all commits,
 * beside whoever reads the objects; what it comes to is kept in a file without a name below the temporary folder, so
 * that memory does not grow with the repository.
 *
 * git's quick walk (`git log`) ends at a commit or folder that is missing. Then git's slow one is made from the
 * beginning, which tells what is missing and goes on.
 */
#include "transport/git_objects.h"

#define GIT_WALK_MISSING_MAX 1000000u

struct git_walk {
	int fd;
	size_t len;            /* bytes of a name */
	uint64_t n;            /* names; the same one may stand there more than once */
};
#define GIT_WALK_INIT { .fd = -1 }

/* Of `told` missing (each once), whole and why are filled. The caller frees both in each case. */
int git_walk_run(const struct git_repo *r, struct git_walk *ret, struct git_history *told, struct err *e);
/* marks[i]: the walk came to the i-th of these. */
int git_walk_mark(const struct git_walk *w, const struct git_oids *sorted, bool *marks, struct err *e);
void git_walk_free(struct git_walk *w);
