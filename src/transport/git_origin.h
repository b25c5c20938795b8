#pragma once
/* Where a repository says that it comes from, out of its own configuration: files that it includes are not read, and
 * nothing of it is followed. */
#include "base/arena.h"
#include "transport/git_repo.h"

/* The url of its remote "origin", without what could be a credential in it; NULL when it has none. */
const char *git_repo_origin(const struct git_repo *r, struct arena *a);
/* The branch that HEAD is on; NULL when it is on none. */
const char *git_repo_branch(const struct git_repo *r, struct arena *a);
