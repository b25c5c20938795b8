#pragma once
/* `firebreak register add`: writes the entry that a place lacks, by asking at the terminal or by options. */
#include "cli/cli.h"

struct register_add {
	const char *place, *key;               /* "REPOSITORY:FILE"; key NULL: the whole file */
	const char *secret, *kind, *system, *unused, *note;
	const char *class, *why;               /* --not-secret CLASS --why TEXT */
	struct strv consumers;                 /* "HOSTS:FILE[:SERVICE[:RESTART]]" */
	struct strv repositories;              /* --repository NAME=PATH, for the manifests */
	bool dry_run;
};

int register_add(struct cli *c, const struct register_add *a, struct err *e);
