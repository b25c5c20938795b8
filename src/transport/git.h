#pragma once
/*
 * The private git through git's own plumbing, with its configuration neutralised (no system or global configuration, no
 * hooks, no file-system monitor, no ext:: transport, no prompts). A bare clone of our own below the state folder
 * (0700); a person's clone is never touched, nothing is checked out, so no filter or attribute of a hostile repository
 * runs. SHA-1 and SHA-256 repositories alike.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include <stdbool.h>
#include <stdint.h>

struct git {
	char *folder;               /* the bare clone */
	char *url, *branch;
	char *ssh_config;           /* file for ssh -F, or NULL */
	int64_t limit_ms;           /* for each git program */
};

/* Checks what the register says. Nothing is started, nothing is made. */
int git_open(const char *folder, const char *url, const char *branch, const char *ssh_config, int64_t limit_ms,
	     struct git **ret, struct err *e);
struct git *git_free(struct git *g);
void git_freep(struct git **g);
/* The branch as the remote has it now. The clone is made when it is missing, and made anew when it is damaged: it holds
 * nothing that the remote does not have. -ERR_NET with a sentence when the remote is away. */
int git_fetch(struct git *g, struct err *e);

/* Everything that has a name in the remote, into a folder that is used for nothing else: its HEAD is the branch. What
 * no name leads to stays in the remote. */
int git_fetch_all(struct git *g, struct err *e);

/* One file of a commit, as git_read finds it. */
struct git_text {
	const char *path;           /* borrowed */
	struct buf text;            /* wiped; at most GIT_FILE_MAX bytes */
	char mode[8];
	bool absent;                /* nothing of that name stands in the commit; r < 0 then as well */
	int r;                      /* 0, or -code of `why`: not there, no regular file (links, submodules), too long */
	struct err why;
};
#define GIT_FILE_MAX ((size_t)32 << 20)
#define GIT_OID 65              /* of an object's name in hexadecimal digits, with its NUL */

/* Several files of one commit in one go, by one git program. `head`: the commit; "" is the newest that was fetched,
 * and its name is written there. Fills text and mode of each file anew. What is wrong with a file stands in the file;
 * an error is one of the clone (-ERR_IO), which a fetch may mend. */
int git_read(const struct git *g, char head[GIT_OID], struct git_text *files, size_t n, struct err *e);
void git_text_clear(struct git_text *f);

/* Files of a commit that hold one of the words, as bytes, added to ret. */
int git_grep(const struct git *g, const char *commit, const char *const *words, size_t n, struct strv *ret,
	     struct err *e);

/* mode: as git_read gave it; of a file that is new: "100644". bytes NULL: the file is taken away. */
struct git_change { const char *file, *mode; const void *bytes; size_t len; };
/* A commit on top of `parent` with the given files replaced, pushed to the branch.
 * -ERR_CONFLICT: the remote is not at `parent` any more (nothing was changed there): fetch and try again. e->effect is
 * EFFECT_UNKNOWN when the push was sent and not answered. */
int git_commit_push(struct git *g, const char *parent, const struct git_change *changes, size_t n, const char *message,
		    const char *author, char ret_commit[GIT_OID], struct err *e);
