/* Who is told: the team, contacts, the escalation, logs. */
#include "base/mem.h"
#include "model/alert.h"
#include <string.h>

#define PARTIES_MAX 10000u
#define MINUTE_US (INT64_C(60) * 1000000)

struct gathering { struct alert_state *s; struct map names, people, mails; };

static void gathering_end(struct gathering *g)
{
	map_free(&g->names);
	map_free(&g->people);
	map_free(&g->mails);
}

static struct alert_party *party(struct gathering *g, enum party_kind kind, const char *name)
{
	struct alert_state *s = g->s;
	uint32_t at = map_get(&g->names, name);

	if (at != MAP_NONE)
		return &s->parties[at];
	if (!GROW(s->parties, s->n, s->cap, PARTIES_MAX))
		return NULL;
	map_put(&g->names, name, s->n);
	s->parties[s->n] = (struct alert_party){ .kind = kind, .name = name, .shown = name, .person = NOTHING,
						 .channel = NOTHING, .from_us = s->incident->declared_us };
	return &s->parties[s->n++];
}

static void add(struct alert_party *p, bool fresh, const char *system, uint32_t step, int64_t from_us)
{
	if (!p)
		return;
	if (fresh) {
		p->step = step;
		p->from_us = from_us;
	}
	if (!system || (p->n_systems && p->systems[p->n_systems - 1] == system))
		return;
	if (GROW(p->systems, p->n_systems, p->cap_systems, LIMIT_SYSTEMS))
		p->systems[p->n_systems++] = system;
}

static void person(struct gathering *g, uint32_t at, const char *system, uint32_t step, int64_t from_us)
{
	const struct person *d = &g->s->reg->people[at];
	uint32_t before = g->s->n;
	struct alert_party *p = party(g, PARTY_PERSON, d->name);

	if (p && g->s->n > before) {
		p->person = at;
		p->shown = d->full;
	}
	add(p, g->s->n > before, system, step, from_us);
}

/* A person, everybody of a role, or a mail address; an address that is somebody's is that person. */
static bool word(struct gathering *g, const char *w, const char *system, uint32_t step, int64_t from_us)
{
	const struct firebreak_register *r = g->s->reg;
	uint32_t at = map_get(&g->people, w), before = g->s->n;
	bool any = false;

	if (at == MAP_NONE)
		at = map_get(&g->mails, w);
	if (at != MAP_NONE) {
		person(g, at, system, step, from_us);
		return true;
	}
	if (strchr(w, '@')) {
		struct alert_party *p = party(g, PARTY_ADDRESS, w);

		add(p, g->s->n > before, system, step, from_us);
		return true;
	}
	for (uint32_t k = 0; k < r->n_people; k++)
		for (uint32_t n = 0; n < r->people[k].roles.n; n++)
			if (!strcmp(r->people[k].roles.s[n], w)) {
				person(g, k, system, step, from_us);
				any = true;
			}
	return any;
}

static void contacts(struct gathering *g)
{
	struct alert_state *s = g->s;
	const struct incident *i = s->incident;

	s->without = arena_zero(s->arena, (i->n_members + 1) * sizeof(*s->without));
	for (uint32_t m = 0; m < i->n_members; m++) {
		const struct affected *a = &i->members[m];
		uint32_t at = a->kind && a->name && !strcmp(a->kind, "system") ? map_get(&s->reg->system_names, a->name)
									     : MAP_NONE;
		bool any = false;

		if (at == MAP_NONE)
			continue;
		const struct system *d = &s->reg->systems[at];

		for (uint32_t k = 0; k < d->contacts.n; k++)
			any = word(g, d->contacts.s[k], d->name, 0, i->declared_us) || any;
		if (!any)
			s->without[s->n_without++] = d->name;
	}
}

/* Steps that were reached before anybody had acknowledged; the next one with its time. */
static void escalation(struct gathering *g)
{
	const struct organisation *o = &g->s->reg->organisation;
	int64_t at = g->s->incident->declared_us;

	for (uint32_t k = 0; k < o->n_escalation; k++) {
		at += o->escalation[k].after_min * MINUTE_US;
		if (g->s->first_ack && g->s->first_ack->at_us <= at)
			return;
		for (uint32_t n = 0; n < o->escalation[k].to.n; n++)
			(void)word(g, o->escalation[k].to.s[n], NULL, k + 1, at);
	}
}

static void findings(struct gathering *g)
{
	struct alert_state *s = g->s;
	struct alert_party *p = s->incident->looks.n ? party(g, PARTY_FINDINGS, arena_printf(s->arena, "findings:%s",
							     s->reg->organisation.team)) : NULL;

	if (!p)
		return;
	p->shown = "the team, of what was found";
	p->from_us = s->incident->looks.last_us;
}

static void crowd(struct gathering *g)
{
	struct alert_state *s = g->s;
	int64_t last_us = alert_crowd_last(s->incident);
	struct alert_party *p = last_us ? party(g, PARTY_CROWD, arena_printf(s->arena, "crowd:%s",
						s->reg->organisation.team)) : NULL;

	if (!p)
		return;
	p->shown = "the team, of crowd control";
	p->from_us = last_us;
}

void alert_parties(struct alert_state *s)
{
	const struct firebreak_register *r = s->reg;
	_cleanup_(gathering_end) struct gathering g = { .s = s };

	for (uint32_t k = 0; k < r->n_people; k++) {
		map_put(&g.people, r->people[k].name, k);
		if (r->people[k].mail)
			map_put(&g.mails, r->people[k].mail, k);
	}
	struct alert_party *team = party(&g, PARTY_TEAM, r->organisation.team);

	if (team)
		team->shown = "the team";
	contacts(&g);
	escalation(&g);
	for (uint32_t k = 0; k < r->organisation.log.n; k++) {
		struct alert_party *p = party(&g, PARTY_LOG, r->channels[r->organisation.log.i[k]].name);

		if (p)
			p->shown = r->channels[r->organisation.log.i[k]].to;
	}
	findings(&g);
	crowd(&g);
}
