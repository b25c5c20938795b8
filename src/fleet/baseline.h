#pragma once
/*
 * Baselines of hosts, kept off them: baselines/HOST.baseline in the state folder, each with a MAC under a key of this
 * installation, and the MAC in the journal (docs/formats/baseline.md). For `firebreak baseline`, and for whoever looks
 * at a host and wants to know what differs.
 */
#include "base/digest.h"
#include "base/err.h"
#include "engine/engine.h"
#include "fleet/visit.h"
#include "model/drift.h"
#include <stdint.h>

struct fleet_baseline_keys { struct digest_key file, contents; };

/* Derived from the journal's key; wipe them (explicit_bzero). */
int fleet_baseline_keys(const struct engine *en, struct fleet_baseline_keys *ret, struct err *e);
/* Of the request's command "baseline". folders: where setuid files are looked for, NULL-terminated; NULL: everywhere.
 * The caller's. */
json_t *fleet_baseline_request(int64_t seconds, const char *const *folders);
/* Takes a line of the scout's command "baseline"; any other is left alone. Errors are of a host that says what no scout
 * says: what it said besides is worth nothing then. */
int fleet_baseline_line(struct baseline *b, const struct fleet_baseline_keys *keys, const json_t *line, struct err *e);

/* What was kept of a host: *ret NULL when nothing was. -ERR_CONFLICT: it was changed, or is not the newest that the
 * journal knows. */
int fleet_baseline_kept(const struct engine *en, const struct fleet_baseline_keys *keys, const char *host,
			struct baseline **ret, struct err *e);
/* In place of the one before. b is settled. */
int fleet_baseline_keep(const struct engine *en, const struct fleet_baseline_keys *keys, const struct baseline *b,
			struct err *e);

struct baseline_look {                     /* of one host; lent */
	const struct host *host;
	const struct visited *visited;
	const struct baseline *before;     /* NULL: none was kept */
	const struct baseline *now;        /* NULL: nothing that is worth anything came; text says why */
	const struct drifts *drifts;       /* NULL with now */
	char text[600];
};

struct baseline_looking {
	const char *warden, *scout;
	uint32_t at_once;
	int64_t seconds;                   /* of reading on each host */
	const char *const *folders;
	/* once for each host; what it returns below 0 ends the run when all have been told */
	int (*tell)(const struct baseline_look *l, const struct fleet_baseline_keys *keys, void *arg, struct err *e);
	void *arg;
};

/* Looks at hosts (indices of the register) and compares with what was kept. Keeps nothing. */
int fleet_baseline_look(const struct engine *en, const struct baseline_looking *how, const uint32_t *hosts, uint32_t n,
			struct err *e);
