#pragma once
/* What differs on a host from the baseline that was kept of it, for fleet/investigate.c. */
#include "base/json.h"
#include "fleet/baseline.h"

struct drifting {                      /* of one host */
	struct baseline *before, *now; /* NULL: none was kept */
	int wrong;                     /* it said what no scout says */
	struct err e;
	char why[600];                 /* why the one that was kept cannot be used; "": it can */
};

void drifting_begin(const struct engine *en, const struct fleet_baseline_keys *keys, const char *host,
		    struct drifting *ret);
/* Takes a line of the command "baseline"; false: it is none. */
bool drifting_line(struct drifting *d, const struct fleet_baseline_keys *keys, const json_t *line);
/* What differs, {"section", "text"} each, the caller's; NULL: there is nothing to hold it against. What could not be
 * compared is added to unread, as lines of the scout. */
json_t *drifting_end(struct drifting *d, bool done, json_t *unread);
void drifting_free(struct drifting *d);
