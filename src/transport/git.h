#pragma once
/*
 * The private git through git's own plumbing, with its configuration neutralised (no system or global configuration, no
 * hooks, no file-system monitor, no ext:: transport, no prompts). A bare clone of our own below the state folder
 * (0700); a person's clone is never touched, nothing is checked out, so no filter or attribute of a hostile repository
 * runs.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>

struct git {
	char *folder;               /* the bare clone */
	char *url, *branch;
	char *ssh_config;           /* file for ssh -F, or NULL */
	int64_t limit_ms;           /* for each git program */
};

/* Makes or refreshes the clone. -ERR_NET with a sentence when the remote is away. */
int git_open(const char *folder, const char *url, const char *branch, const char *ssh_config, int64_t limit_ms,
	     struct git **ret, struct err *e);
int git_fetch(struct git *g, struct err *e);
struct git *git_free(struct git *g);
void git_freep(struct git **g);
int git_head(struct git *g, char ret[65], struct err *e);                 /* commit of the remote branch */
/* One file of a commit. -ERR_CONFIG when it is not there or no regular file (links, submodules). */
int git_read(struct git *g, const char *commit, const char *file, struct buf *ret, struct err *e);

struct git_change { const char *file; const void *bytes; size_t len; };
/* A commit on top of `parent` with the given files replaced (mode kept), pushed to the branch.
 * -ERR_CONFLICT: the remote moved (nothing was changed there): fetch and try again. e->effect is EFFECT_UNKNOWN when
 * the push was sent and not answered. */
int git_commit_push(struct git *g, const char *parent, const struct git_change *changes, size_t n, const char *message,
		    const char *author, char ret_commit[65], struct err *e);
