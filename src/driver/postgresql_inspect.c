#include "driver/postgresql.h"
#include <stdio.h>

bool postgresql_told(const PGresult *r, int i, int max, const char *what, struct driver_answer *a)
{
	if (i < PQntuples(r) && i == max)
		job_finding(a, "medium", "more was found", "only the first %d %s are told", max, what);
	return i < PQntuples(r) && i < max;
}

/* Each look is worth having without the others: one that is not allowed becomes a finding of its own. */
static int look(struct postgresql *s, const char *what, int r, struct driver_answer *a, const struct err *why)
{
	if (r == -ERR_NET)
		return r;
	if (r < 0)
		job_finding(a, "medium", "not looked at", "%s: %s", what, why->text);
	job_tried(s->job, what, r < 0 ? why->text : "looked");
	return 0;
}

static int inspect_with(struct postgresql *s, struct driver_answer *a, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && s->job->users[i]; i++)
		r = look(s, "role, sessions and rights", postgresql_look_at_role(s, s->job->users[i], a, e), a, e);
	if (r == 0)
		r = look(s, "other roles with the leaked value", postgresql_look_for_sharers(s, a, e), a, e);
	if (r == 0)
		r = look(s, "settings of the server", postgresql_look_at_server(s, a, e), a, e);
	if (r == 0)
		r = look(s, "columns of all databases", postgresql_look_into_databases(s, a, e), a, e);
	return r;
}

int postgresql_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	struct err own = ERR_INIT;
	int r;

	if (postgresql_check(job, e) < 0)
		return -ERR_CONFIG;
	r = postgresql_open(job, job->users[0], NULL, &s, e);
	if (r == 0)
		r = inspect_with(&s, ret, e ? e : &own);
	if (r < 0)
		return r;
	if (e)
		*e = own;
	ret->count = (uint32_t)json_array_size(ret->findings);
	(void) snprintf(ret->text, sizeof(ret->text), "%u findings about role '%s' on '%s'", ret->count, job->users[0],
			job->address);
	return 0;
}
