#pragma once
/*
 * The files of a commit, of a working tree as it lies, or of a plain folder, one after another in the order of their
 * paths' bytes. Links are told and never followed, .git is never entered. Whatever is not given out is a gap.
 */
#include "base/err.h"
#include "scan/gap.h"
#include "transport/git_repo.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_FILE_MAX ((size_t)32 << 20) /* bytes of one file, when nothing else is said */
#define TREE_DEPTH 200u                  /* of folders, in a working tree */
#define TREE_PATH_MAX 4096u
#define TREE_FILES_MAX 4000000u

struct tree_file {
	const char *path;          /* below the tree: any bytes but NUL, no slash at either end */
	bool link;                 /* a symbolic link: `bytes` is what it says, `outside`: it leads out of the tree */
	bool outside;
	uint32_t mode, uid, gid;   /* as stat tells; of a commit git's mode, and 0 */
	const char *oid;           /* of a commit; else NULL */
	const char *bytes;         /* until the callback returns; wiped afterwards; no NUL behind it */
	size_t len;
	uint64_t offset;           /* of these bytes in the file: not 0 in pieces only */
	bool more;                 /* pieces: more comes. The last one may be empty */
};
typedef int tree_fn(const struct tree_file *f, void *arg);    /* anything but 0 ends the reading and comes back */
typedef bool tree_want_fn(const char *path, void *arg);       /* false: not read, and no gap */

struct tree_at {
	const char *name;              /* the repository's, for gaps */
	const struct git_repo *repo;   /* NULL: `folder` */
	const char *commit;            /* whole name of a commit of repo; NULL: its working tree */
	const struct git_files *files; /* NULL: all of the commit; else these of it, or of any other */
	const char *folder;            /* any folder of this machine, or one file, whose path is then its own name */
	bool lies;                     /* folder is a working tree: that its .git is not read is no gap */
	size_t file_max;               /* 0: TREE_FILE_MAX */
	bool pieces;                   /* of a folder: larger files come in pieces of at most file_max bytes */
	size_t part, parts;            /* of a folder, for `parts` readers at once: each file is in one part, and what
					* is told of folders in the first. 0 parts: everything */
	tree_want_fn *want;            /* NULL: everything */
};

int tree_read(const struct tree_at *at, tree_fn *fn, void *arg, struct gaps *gaps, struct err *e);

/* --- for tree.c and tree_folder.c --- */
/* Does what a link says lead out of the tree, or into .git? */
bool tree_leads_outside(const char *path, const char *target, size_t len);
int tree_read_folder(const struct tree_at *at, const char *folder, tree_fn *fn, void *arg, struct gaps *gaps,
		     struct err *e);
