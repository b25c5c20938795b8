#include "base/mem.h"
#include "engine/engine.h"

struct folding {
	struct incident *i;
	struct err *e;
};

static int fold(const struct row *row, void *arg)
{
	struct folding *f = arg;

	return incident_add(f->i, row, f->e);
}

int engine_incident(struct journal *j, int64_t number, struct incident **ret, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = incident_new(number);
	struct folding f = { i, e };
	int r = journal_each(j, number, 0, fold, &f, e);

	if (r < 0)
		return r;
	if (!i->declared_us)
		return err_set(e, ERR_USAGE, "there is no incident %lld; `firebreak status` lists what there is",
			       (long long)number);
	*ret = TAKE(i);
	return 0;
}

int engine_decide(const struct engine *en, const struct incident *i, enum row_kind kind, const char *step,
		  const char *because, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);
	const struct step_state *s = incident_step(i, step);

	if (!s)
		return err_set(e, ERR_USAGE, "incident %lld has no step '%s'; `firebreak plan %lld` lists them",
			       (long long)i->number, step, (long long)i->number);
	if (kind == ROW_ANSWERED && !s->person)
		return err_set(e, ERR_REFUSED, "'%s' is done and proven by us, nobody can answer for it; "
			       "--skip '%s' --because '...' leaves it out", step, step);
	json_put(body, "because", because);
	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = kind, .incident = i->number, .step = step,
			      .who = en->who, .body = buf_text(&text) }, NULL, e);
}

int engine_close(const struct engine *en, const struct incident *i, const char *because, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	if (i->closed_us)
		return err_set(e, ERR_REFUSED, "incident %lld is closed already", (long long)i->number);
	if (!i->n_steps)
		return err_set(e, ERR_REFUSED, "incident %lld: nothing was done yet; `firebreak respond %lld` does it",
			       (long long)i->number, (long long)i->number);
	for (uint32_t k = 0; k < i->n_steps; k++)
		if (!outcome_is_settled(i->steps[k].outcome))
			return err_set(e, ERR_REFUSED, "incident %lld is not finished: '%s' is %s; prove it, answer it "
				       "or skip it first", (long long)i->number, i->steps[k].id,
				       outcome_name(i->steps[k].outcome));
	json_put(body, "because", because);
	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = ROW_CLOSED, .incident = i->number, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}
