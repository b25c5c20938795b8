#include "base/text.h"
#include "model/plan_expand.h"

#define QUEUE_SPARE_MS 60000           /* to get there, and to ask for the last time */

static const char *user_words(struct expansion *x, const struct account *a)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1024);

	for (uint32_t i = 0; i < a->users.n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", a->users.s[i]);
	return arena_dup(x->b->p->arena, buf_text(&b));
}

const char *expand_account_words(struct expansion *x, const struct account *a)
{
	const char *users = user_words(x, a);

	return expand_say(x, "%s%s%s", users, *users ? " on " : "", a->address);
}

static const char *const verbs[STEP_DOS] = {
	[DO_INSPECT] = "look who uses", [DO_STAGE] = "let both values open", [DO_CHANGE] = "change",
	[DO_RETIRE] = "end the old value of", [DO_CUT] = "cut what the old value has open on",
	[DO_DRAIN] = "empty the queue before the restart of", [DO_PROVE] = "prove new accepted, old refused:",
};

static const char *verb_of(const struct playbook_step *ps)
{
	if (ps->new_any)
		return "prove old refused, the new one accepted or not:";
	return ps->old_any ? "prove new accepted, the old one still or not:" : verbs[ps->what];
}

static bool wanted(const struct playbook_step *ps, const struct account *a, const struct driver_view *d)
{
	if (ps->has_role && a->role != ps->role)
		return false;
	if (d && d->by_half && (ps->what == DO_CHANGE || ps->what == DO_STAGE || ps->what == DO_RETIRE ||
				ps->what == DO_CUT))
		return false;
	if ((ps->when == WHEN_CAN_STAGE || ps->when == WHEN_CANNOT_STAGE) &&
	    (d && d->can_stage) != (ps->when == WHEN_CAN_STAGE))
		return false;
	return ps->what != DO_DRAIN || (d && d->has_drain && a->options && json_object_get(a->options, "queue"));
}

/* The queue is the account's, and so is how long it may take. */
static int64_t limit_of(const struct playbook_step *ps, const struct account *a)
{
	const char *limit = ps->what == DO_DRAIN && a->options ? json_str(a->options, "queue_limit") : NULL;
	uint32_t seconds;

	return limit && text_u32(limit, 1, 86400, &seconds) == 0 ? (int64_t)seconds * 1000 + QUEUE_SPARE_MS
								  : ps->limit_ms;
}

static struct step *native(struct expansion *x, uint32_t account, const char *from)
{
	const struct account *a = &x->s->accounts[account];
	const struct driver_view *d = building_driver(x->b, a->driver);
	const char *users = user_words(x, a);
	const char *id = expand_say(x, "%s:%s:%s%s%s%s%s", x->ps->id, x->s->name, a->address, *users ? "/" : "",
				    users, from ? "@" : "", from ? from : "");
	struct step *s = expand_add(x, id);

	if (!s)
		return NULL;
	s->account = account;
	s->limit_ms = limit_of(x->ps, a);
	s->title = expand_say(x, "%s %s (%s)%s%s", verb_of(x->ps), x->s->name, expand_account_words(x, a),
			      from ? " from " : "", from ? from : "");
	if (!d) {
		s->person = true;
		s->text = expand_say(x, "there is no driver '%s': do it by hand", a->driver);
		return s;
	}
	if (x->ps->what == DO_CHANGE || x->ps->what == DO_CUT || x->ps->what == DO_RETIRE) {
		s->interrupts = d->interrupts;
		s->cannot = *d->cannot ? d->cannot : NULL;
	}
	return s;
}

int expand_account(struct expansion *x)
{
	for (uint32_t i = 0; i < x->s->n_accounts; i++) {
		const struct account *a = &x->s->accounts[i];

		if (wanted(x->ps, a, building_driver(x->b, a->driver)) && !native(x, i, NULL))
			return expand_full(x);
	}
	return 0;
}

static int prove_from(struct expansion *x, uint32_t account, uint32_t host)
{
	struct step *s = native(x, account, x->b->in->reg->hosts[host].name);

	if (!s)
		return expand_full(x);
	s->host = host;
	return 0;
}

static int prove_from_consumers(struct expansion *x, uint32_t account)
{
	int r = 0;

	for (uint32_t c = 0; r == 0 && c < x->s->n_consumers; c++)
		for (uint32_t h = 0; r == 0 && h < x->s->consumers[c].hosts.n; h++)
			r = prove_from(x, account, x->s->consumers[c].hosts.i[h]);
	return r;
}

int expand_prove(struct expansion *x)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < x->s->n_accounts; i++) {
		const struct account *a = &x->s->accounts[i];

		if (!wanted(x->ps, a, building_driver(x->b, a->driver)))
			continue;
		for (uint32_t h = 0; r == 0 && h < a->from.n; h++)
			r = prove_from(x, i, a->from.i[h]);
		if (r == 0 && !a->from.n && x->s->n_consumers && a->role == ROLE_ACCEPTS)
			r = prove_from_consumers(x, i);
		else if (r == 0 && !a->from.n && !native(x, i, NULL))
			r = expand_full(x);
	}
	return r;
}
