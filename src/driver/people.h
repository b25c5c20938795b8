#pragma once
/*
 * Whose addresses a MediaWiki has: two questions to the user table of its MariaDB. Read only; the shape of the
 * questions is ours, the register names database and prefix of the tables. For firebreak-worker-people.
 *
 * Who is in none of `groups` does not count; NULL or empty: everybody does. The table user_groups is asked then, too.
 *
 * An address counts when its owner has confirmed it (user_email_authenticated): to another one nobody knows who reads.
 */
#include "driver/driver.h"

struct mariadb_people { int64_t accounts, confirmed, unconfirmed, without; };

struct mariadb_wiki { const char *database, *prefix; const json_t *groups; };     /* groups: array of names, or NULL */

/* The job's admin logs in. */
int mariadb_people_count(const struct driver_job *job, const struct mariadb_wiki *w, struct mariadb_people *ret,
			 struct err *e);
/* Each confirmed address, as it stands there (any bytes), out of one snapshot. */
int mariadb_people_list(const struct driver_job *job, const struct mariadb_wiki *w,
			int (*each)(const char *address, size_t len, void *arg), void *arg, struct err *e);
