#include "model/plan_expand.h"

static bool on_side(const struct expansion *x, const struct consumer *c)
{
	return !x->ps->has_side || c->side == x->ps->side;
}

/* A run on a host that also has the service's own file would restart the service: it belongs to the other side. */
static bool has_server_file(const struct expansion *x, uint32_t host)
{
	for (uint32_t c = 0; c < x->s->n_consumers; c++)
		for (uint32_t h = 0; h < x->s->consumers[c].hosts.n; h++)
			if (x->s->consumers[c].side == SIDE_SERVER && x->s->consumers[c].hosts.i[h] == host)
				return true;
	return false;
}

static int configuration_step(struct expansion *x, uint32_t host)
{
	const struct host *h = &x->b->in->reg->hosts[host];
	struct step *s;

	if (h->configuration.apply == APPLY_NONE)
		return 0;
	if (x->ps->what == DO_APPLY && x->ps->has_side && x->ps->side == SIDE_CLIENT && has_server_file(x, host))
		return 0;
	s = expand_add(x, expand_say(x, "%s@%s", x->ps->id, h->name));
	if (!s)
		return expand_full(x);
	s->host = host;
	s->secret = NOTHING;
	if (!s->limit_ms)
		s->limit_ms = h->configuration.limit_s * 1000;
	s->title = x->ps->what == DO_APPLY ? expand_say(x, "apply the configuration on %s", h->name)
					   : expand_say(x, "apply again on %s: nothing may change", h->name);
	return 0;
}

static int consumer_step(struct expansion *x, uint32_t consumer, uint32_t host)
{
	const struct consumer *c = &x->s->consumers[consumer];
	const char *h = x->b->in->reg->hosts[host].name;
	bool restart = x->ps->what == DO_RESTART;
	struct step *s;

	if (restart ? c->restart != RESTART_BY_US : !c->file)
		return 0;
	s = restart ? expand_add(x, expand_say(x, "%s:%s@%s", x->ps->id, c->service ? c->service : c->file, h))
		    : expand_add(x, expand_say(x, "%s:%s:%s@%s", x->ps->id, x->s->name, c->file, h));
	if (!s)
		return expand_full(x);
	s->host = host;
	s->consumer = consumer;
	s->secret = x->secret;
	s->title = restart
		? expand_say(x, "restart %s on %s", c->service ? c->service : c->file, h)
		: x->ps->what == DO_GONE
		? expand_say(x, "%s on %s is gone, and no copy beside it", c->file, h)
		: expand_say(x, "%s on %s holds the new value of %s and not the old", c->file, h, x->s->name);
	if (restart)
		s->interrupts = expand_say(x, "%s on %s restarts", c->service ? c->service : c->file, h);
	return 0;
}

static int residue_step(struct expansion *x, uint32_t host)
{
	const char *name = x->b->in->reg->hosts[host].name;
	struct step *s = expand_add(x, expand_say(x, "%s:%s@%s", x->ps->id, x->s->name, name));

	if (!s)
		return expand_full(x);
	s->host = host;
	s->title = expand_say(x, "find where the old value of %s still stands on %s", x->s->name, name);
	return 0;
}

static int expand_served(struct expansion *x)
{
	int r = 0;

	for (uint32_t i = 0; i < x->s->n_public_halves; i++)
		for (uint32_t h = 0; r == 0 && h < x->s->public_halves[i].hosts.n; h++)
			r = configuration_step(x, x->s->public_halves[i].hosts.i[h]);
	return r;
}

/* A host that is lost may have what it was never fed: files that it fetched, what was left there. */
static int residue_of_lost(struct expansion *x)
{
	const struct plan_input *in = x->b->in;
	int r = 0;

	for (size_t k = 0; r == 0 && k < in->n_roots; k++)
		if (in->members[k].kind == REF_HOST)
			r = residue_step(x, in->members[k].index);
	return r;
}

int expand_consumers(struct expansion *x)
{
	int r = 0;

	if (x->ps->has_side && x->ps->side == SIDE_PUBLIC)
		return expand_served(x);
	for (uint32_t c = 0; c < x->s->n_consumers; c++) {
		if (!on_side(x, &x->s->consumers[c]))
			continue;
		for (uint32_t h = 0; r == 0 && h < x->s->consumers[c].hosts.n; h++) {
			uint32_t host = x->s->consumers[c].hosts.i[h];

			if (x->ps->what == DO_APPLY || x->ps->what == DO_SETTLE)
				r = configuration_step(x, host);
			else if (x->ps->what == DO_RESIDUE)
				r = residue_step(x, host);
			else
				r = consumer_step(x, c, host);
		}
	}
	return r == 0 && x->ps->what == DO_RESIDUE ? residue_of_lost(x) : r;
}
