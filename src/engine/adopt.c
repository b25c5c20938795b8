#include "base/mem.h"
#include "engine/run.h"

int plan_adopt(const struct engine *en, const struct incident *i, const struct plan *p, struct err *e)
{
	_cleanup_(json_freep) json_t *all = plan_json(p, en->reg), *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);
	json_t *fresh = json_array(), *s;
	size_t k;

	json_object_set_new(body, "steps", fresh);
	json_array_foreach(all, k, s)
		if (!incident_step(i, json_str(s, "id")))
			json_array_append(fresh, s);
	if (!json_array_size(fresh))
		return 0;
	json_line(&text, body);
	if (text.over)
		return err_set(e, ERR_LIMIT, "the plan is too large for one row of the journal; declare less at once");
	return journal_append(en->journal, &(struct row){ .kind = ROW_PLANNED, .incident = i->number, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}

static bool is_new(const struct incident *i, const struct plan *before, const struct step *s)
{
	const struct step_state *at = incident_step(i, s->id);

	return s->person && at && at->outcome == OUTCOME_NONE && map_get(&before->ids, s->id) == MAP_NONE;
}

int adopt_found(const struct engine *en, int64_t number, const struct plan *before, uint32_t *ret_n, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL, *with_steps = NULL;
	_cleanup_(plan_freep) struct plan *now = NULL;
	int r = engine_incident(en->journal, number, &i, e);

	if (r == 0)
		r = engine_plan(en, i, &now, e);
	if (r == 0)
		r = engine_adopt(en, number, now, &with_steps, e);
	if (r != 0)
		return r;
	*ret_n = 0;
	for (uint32_t k = 0; k < now->n; k++)
		*ret_n += is_new(with_steps, before, &now->steps[k]);
	return 0;
}

struct adopting {
	const struct engine *en;
	const struct plan *p;
	int64_t number;
	struct incident *ret;
};

static int adopt_alone(struct journal *j, void *arg, struct err *e)
{
	struct adopting *a = arg;
	_cleanup_(incident_freep) struct incident *before = NULL;
	int r = engine_incident(j, a->number, &before, e);

	if (r == 0)
		r = plan_adopt(a->en, before, a->p, e);
	return r == 0 ? engine_incident(j, a->number, &a->ret, e) : r;
}

int engine_adopt(const struct engine *en, int64_t number, const struct plan *p, struct incident **ret, struct err *e)
{
	struct adopting a = { en, p, number, NULL };
	int r = journal_alone(en->journal, adopt_alone, &a, e);

	if (r < 0) {
		incident_free(a.ret);
		return r;
	}
	*ret = a.ret;
	return 0;
}
