#pragma once
/*
 * The public users data (a YAML file of which configuration management makes accounts), edited: a user becomes
 * `ensure: absent` without keys and is in no group any more; a key goes from everybody's list. Bytes are spliced, the
 * result is parsed again and compared with what was meant: other people, comments and layout stay as they are.
 *
 * Refused with file:line:col: a part that is named and not there, an alias where something has to go, another shape
 * than
 * people as a map of maps and lists of texts.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct users_edit {
	const char *const *people, *const *groups;     /* keys from the root, NULL-terminated; groups may be NULL */
	const char *keys, *ensure, *members;           /* "ssh_keys", "ensure", "members" */
	const char *const *users; size_t n_users;      /* who becomes absent */
	const char *const *fingerprints; size_t n_fingerprints;
};
struct users_edited {
	uint32_t users, keys, memberships;             /* what was changed */
	uint32_t unknown;                              /* users who do not stand there at all */
};

/* ret gets the whole new text, also when nothing had to change (all counts 0). */
int users_edit(const char *name, const char *text, size_t len, const struct users_edit *what, struct buf *ret,
	       struct users_edited *done, struct err *e);
