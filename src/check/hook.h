#pragma once
/*
 * The pre-receive hook of a repository: a small shell script that runs `firebreak hook pre-receive` with all that it
 * has to know in its own words, quoted. A hook of somebody else is never touched.
 *
 * Whoever pushes in an emergency may say why (git push -o firebreak-emergency=WHY): such a push goes through and is
 * written to a file in the git folder, one JSON line each, before it does.
 */
#include "base/json.h"
#include "base/strv.h"
#include "transport/git_repo.h"

#define HOOK_EMERGENCY "firebreak-emergency" /* the push option */

struct hook_words {
	const char *program;           /* this one, absolute */
	const char *repository;        /* in the register */
	const char *register_path;     /* absolute */
	const char *branch, *folder;   /* NULL: not said */
	bool strict;                   /* no way out by a push option */
};

enum hook_there { HOOK_NONE, HOOK_OURS, HOOK_FOREIGN };

struct hook_state {
	enum hook_there there;
	bool runs;                     /* it is executable */
	bool way_out;                  /* git hands push options on */
	char *file;                    /* of the hook */
	char *line;                    /* HOOK_OURS: the command that it runs */
	json_t *let_through;           /* a list, the oldest first */
};

/* *ret_changed: false when just that hook stood there. */
int hook_install(const char *path, const struct hook_words *w, bool *ret_changed, struct err *e);
int hook_remove(const char *path, bool *ret_changed, struct err *e);
int hook_look(const char *path, struct hook_state *ret, struct err *e);
void hook_state_free(struct hook_state *s);
/* One more push that was let through; on disk before it returns. */
int hook_let_through(const struct git_repo *r, const json_t *what, struct err *e);
