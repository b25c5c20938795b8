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
