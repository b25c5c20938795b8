#pragma once
/* Where the hooks of a repository lie, and whether the one that we put there would run. */
#include "transport/git_repo.h"

/* The repository's own folder for hooks; it need not be there. Refused with a sentence when the configuration of the
 * repository, of this user or of this machine lets git run those of another folder (core.hooksPath). The caller frees
 * *ret. */
int git_hooks_folder(const struct git_repo *r, char **ret, struct err *e);
/* Lets `git push -o WORDS` through to the hooks. The file of the configuration keeps its owner. */
int git_hooks_take_options(const struct git_repo *r, struct err *e);
bool git_hooks_have_options(const struct git_repo *r);
