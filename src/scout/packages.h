#pragma once
/* Between the files that know a host's packages: the commands "packages" and "posture". */
#include "base/arena.h"
#include "base/map.h"
#include "model/deb_read.h"
#include "scout/lines.h"

#define PACKAGES_MAX 100000u

struct package {
	const char *name, *architecture, *version, *key;        /* key: "name:architecture" */
	struct deb_text conffiles;                              /* of its stanza */
	const char *security;           /* the newest version that a security archive has; NULL: none newer */
	int64_t security_us;            /* when the archive's list that has it was made: it had it then, or before */
	bool was_changed;               /* dpkg's log has it within the window */
};

struct packages {
	struct arena *arena;
	struct buf status;              /* /var/lib/dpkg/status, as it was read */
	struct package *list; uint32_t n; size_t cap;
	struct map keys;                /* key -> index */
	int64_t lists_us;               /* when the oldest of the security archives' lists was made */
	int64_t asked_us;               /* when apt last fetched one; 0: never */
	uint32_t n_lists;               /* of security archives */
};

/* Installed packages. -ERR_IO: no dpkg there, or it cannot be read. */
int packages_read(struct scout_out *o, struct packages *ret, struct err *e);
void packages_free(struct packages *p);
/* The list of sums of its files, opened: -1, with errno, when there is none; *ret: its path, the caller's, in each
 * case. Everything that looks at it looks here: what "packages" holds files against is what "baseline" keeps the
 * digest of. */
int packages_sums(struct scout_out *o, const struct package *p, char **ret);
/* What dpkg's log says since from_us, each told; what it changed is marked in p. */
void packages_log(struct scout_out *o, struct packages *p, int64_t from_us);
/* What security archives have, from the lists that apt fetched last. What could not be read is told as unread. */
void packages_security(struct scout_out *o, struct packages *p);
/* Each file against dpkg's sums; only: names of packages, an array, or NULL for all. */
void packages_verify(struct scout_out *o, const struct packages *p, const json_t *only, int64_t from_us,
		     int64_t until_us);
void packages_say(struct scout_out *o, const char *kind, const struct package *p, json_t *more);
