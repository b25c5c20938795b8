#include "base/mem.h"
#include "model/incident.h"
#include "model/limits.h"
#include <string.h>

/* The newest of a host counts: a later look sees what the first could not read. */
int incident_look_take(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_looks *l = &i->looks;
	const char *host = json_str(body, "host");
	uint32_t k = 0;

	if (!host)
		return err_set(e, ERR_CONFIG, "journal row %lld (%s): \"host\" is missing", (long long)row->seq,
			       row_kind_name(row->kind));
	while (k < l->n && strcmp(json_str(l->list[k], "host"), host) != 0)
		k++;
	if (k == l->n) {
		if (!GROW(l->list, l->n, l->cap, LIMIT_HOSTS))
			return err_set(e, ERR_CONFIG, "journal row %lld (%s): too many hosts", (long long)row->seq,
				       row_kind_name(row->kind));
		l->n++;
	}
	l->list[k] = body;
	l->last_us = row->at_us;
	return 0;
}

void incident_looks_free(struct incident_looks *l)
{
	free(l->list);
	*l = (struct incident_looks){ 0 };
}
