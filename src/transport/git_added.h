#pragma once
/*
 * Who put something into a repository, and when: out of the history of one commit, oldest first. What was taken out and
 * put in again was added by the one who put it in again; a new value for a key that was there is no addition. Merges
 * add nothing of their own. Names and times are the author's, as the commit has them.
 *
 * The patches that git prints hold values: they pass through wiped memory, a line at a time, and go nowhere.
 */
#include "base/arena.h"
#include "transport/git_repo.h"

#define GIT_ADDED_MAX 100000u

struct git_added {
	const char *file;              /* as the commit has it */
	const char *key;               /* of a line "key: ..." there; NULL: the file itself */
	char commit[65];               /* answer; "" when history does not tell */
	const char *who;               /* "Name <mail>", any bytes; NULL when not known */
	int64_t at_s;                  /* Unix seconds */
};

/* Answers each of asks[n]; one git program for each file of which keys are asked, and one for all files themselves.
 * Strings of answers live in the arena. A history that cannot be read to its end is an error, with the answers so
 * far. */
int git_repo_added(const struct git_repo *r, const char *commit, struct git_added *asks, size_t n, struct arena *a,
		   struct err *e);
