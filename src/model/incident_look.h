#pragma once
/* What the journal says was found on hosts in one incident: part of the fold (incident.h). */
#include "base/err.h"
#include "base/json.h"
#include <stdint.h>

struct incident_looks {
	const json_t **list; uint32_t n; size_t cap;     /* bodies of the newest row "investigated" of each host */
	int64_t last_us;                                 /* of the newest row; 0: none */
};

struct incident;
struct row;
/* The row investigated; e as in incident_add. */
int incident_look_take(struct incident *i, const struct row *row, const json_t *body, struct err *e);
void incident_looks_free(struct incident_looks *l);
