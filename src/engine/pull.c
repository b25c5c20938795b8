/* A person decides that a secret goes out of deployment; the plan of the next run has the steps. */
#include "base/json.h"
#include "engine/engine.h"
#include <string.h>

static bool has_way(const struct playbook *pb)
{
	for (uint32_t k = 0; pb && k < pb->n_steps; k++)
		if (pb->steps[k].what == DO_PULL)
			return true;
	return false;
}

static bool is_committed(const struct incident *i, const char *secret)
{
	for (uint32_t k = 0; k < i->n_steps; k++)
		if (i->steps[k].secret && !strcmp(i->steps[k].secret, secret) &&
		    !strcmp(i->steps[k].what, step_do_name(DO_COMMIT)) && i->steps[k].outcome == OUTCOME_PROVEN)
			return true;
	return false;
}

static bool is_member(const struct incident *i, const char *secret)
{
	for (uint32_t k = 0; k < i->n_members; k++)
		if (!strcmp(i->members[k].kind, "secret") && !strcmp(i->members[k].name, secret))
			return true;
	return false;
}

bool engine_can_pull(const struct engine *en, const struct incident *i, const char *secret, struct err *e)
{
	uint32_t at = map_get(&en->reg->secret_names, secret);
	const char *kind = at == MAP_NONE ? NULL : en->reg->secrets[at].kind;

	if (!kind || !is_member(i, secret))
		(void)err_set(e, ERR_USAGE, "incident %lld replaces no secret '%.200s'", (long long)i->number, secret);
	else if (i->drill)
		(void)err_set(e, ERR_REFUSED, "incident %lld is a drill: nothing goes out of deployment in one",
			      (long long)i->number);
	else if (!has_way(playbooks_for(en->playbooks, kind)))
		(void)err_set(e, ERR_REFUSED, "the playbook of '%.200s' (kind '%s') has no way to take it out of "
			      "deployment", secret, kind);
	else if (is_committed(i, secret))
		(void)err_set(e, ERR_REFUSED, "the new value of '%.200s' is in the git already: go on with firebreak "
			      "respond %lld", secret, (long long)i->number);
	else
		return true;
	return false;
}

int engine_pull(const struct engine *en, const struct incident *i, const char *secret, const char *because,
		struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	if (!engine_can_pull(en, i, secret, e))
		return e ? -(int)e->code : -ERR_REFUSED;
	if (incident_pulled(i, secret))
		return 0;
	json_put(body, "secret", secret);
	json_put(body, "because", because);
	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = ROW_PULLED, .incident = i->number, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}
