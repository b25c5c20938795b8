#include "model/alert_check.h"
#include "base/mem.h"
#include "model/alert.h"
#include <string.h>

#define WARNINGS_MAX 200u

/* The incident that a declaration of this system alone would be. */
static struct incident *supposed(const struct firebreak_register *r, const struct blast *b)
{
	struct incident *i = incident_new(0);

	i->members = arena_zero(i->arena, (b->n + 1) * sizeof(*i->members));
	for (; i->n_members < b->n; i->n_members++)
		i->members[i->n_members] = (struct affected){
			.kind = ref_kind_name(b->m[i->n_members].ref.kind),
			.name = register_name(r, b->m[i->n_members].ref) };
	return i;
}

static void name_unreached(const struct alert_state *s, struct buf *b)
{
	for (uint32_t k = 0; k < s->n; k++) {
		const struct alert_party *p = &s->parties[k];
		const char *first = NULL;

		if (p->stand != STAND_UNREACHED || p->kind == PARTY_LOG)
			continue;
		for (uint32_t u = 0; !first && u < p->n_unused; u++)
			if (p->unused[u].untrusted)
				first = s->reg->channels[p->unused[u].channel].name;
		buf_printf(b, "%s%s (%s%s)", b->len ? ", " : "", p->name, first ? first : "no channel",
			   first ? " depends on it" : "");
	}
}

static int check_system(const struct firebreak_register *r, const struct graph *g, uint32_t system, struct strv *ret,
			struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(alert_state_free) struct alert_state s = { 0 };
	_cleanup_(blast_free) struct blast b = { 0 };
	_cleanup_(buf_free) struct buf names = BUF_INIT(4096);
	const struct system *d = &r->systems[system];
	int x = graph_blast(g, &(struct ref){ REF_SYSTEM, system }, 1, &b, e);

	if (x < 0)
		return x;
	i = supposed(r, &b);
	alert_state_of(r, i, 0, &s);
	if (s.off)
		return 0;
	name_unreached(&s, &names);
	if (names.len)
		strv_addf(ret, "%s:%u:%u: when system '%s' is what leaked, these cannot be told by us: %s; give them a "
			  "channel that does not run on it", d->at.file, d->at.line, d->at.col, d->name,
			  buf_text(&names));
	return 0;
}

static void check_team(const struct firebreak_register *r, struct strv *ret)
{
	const struct organisation *o = &r->organisation;

	if (!o->channels.n)
		return;
	for (uint32_t k = 0; k < o->channels.n; k++) {
		const struct channel *c = &r->channels[o->channels.i[k]];

		if (c->way == CHANNEL_MAIL && !strcmp(c->to, o->team))
			return;
	}
	strv_addf(ret, "no channel of 'organisation' brings mail to the team's address '%s', which is always to be "
		  "told", o->team);
}

int alert_check(const struct firebreak_register *r, struct strv *ret, struct err *e)
{
	_cleanup_(graph_freep) struct graph *g = NULL;
	int x = graph_build(r, &g, e);

	check_team(r, ret);
	for (uint32_t k = 0; x == 0 && k < r->n_systems && ret->n < WARNINGS_MAX; k++)
		x = check_system(r, g, k, ret, e);
	return x;
}
