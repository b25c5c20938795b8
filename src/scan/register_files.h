#pragma once
/*
 * The register's own files, to be given to register_load(): every .yaml file of a folder of this machine, or of a
 * folder in a commit. What lies below playbooks/ and rules/ is no part of the register's tables. All or nothing: a
 * register that was read in part is none.
 */
#include "base/strv.h"
#include "model/register.h"
#include "transport/git_repo.h"

struct register_files {
	struct buf *b;
	struct source *s;              /* names relative to the folder, in their order */
	size_t n, cap, cap_s;
	struct strv names;
};

int register_files_folder(const char *folder, struct register_files *ret, struct err *e);
/* folder: of the repository, "" for its top. */
int register_files_commit(const struct git_repo *r, const char *commit, const char *folder, struct register_files *ret,
			  struct err *e);
void register_files_free(struct register_files *f);
