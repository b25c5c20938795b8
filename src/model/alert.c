#include "model/alert.h"
#include "base/mem.h"
#include <string.h>

#define MINUTE_US (INT64_C(60) * 1000000)

static const char *why_off(const struct firebreak_register *r, const struct incident *i)
{
	const struct organisation *o = &r->organisation;
	bool any = o->channels.n || o->log.n;

	for (uint32_t k = 0; !any && k < r->n_people; k++)
		any = r->people[k].channels.n > 0;
	if (i->drill)
		return "it is a drill: nothing has leaked";
	if (i->mode && !strcmp(i->mode, "planned"))
		return "it is planned: nothing has leaked";
	return any ? NULL : "the register names no channels ('channels' of 'organisation')";
}

void alert_state_of(const struct firebreak_register *r, const struct incident *i, int64_t now_us,
		    struct alert_state *ret)
{
	_cleanup_(alert_reach_free) struct alert_reach reach = { 0 };
	int64_t minutes = r->organisation.repeat_min ? r->organisation.repeat_min : ALERT_REPEAT_MIN;

	*ret = (struct alert_state){
		.arena = arena_new(), .reg = r, .incident = i, .off = why_off(r, i), .now_us = now_us,
		.repeat_us = minutes * MINUTE_US, .first_ack = incident_acknowledged(i, NULL),
	};
	alert_parties(ret);
	if (ret->off)
		return;
	alert_reach_incident(&reach, r, i);
	alert_settle(ret, &reach);
}

void alert_state_free(struct alert_state *s)
{
	for (uint32_t k = 0; k < s->n; k++)
		free(s->parties[k].systems);
	free(s->parties);
	arena_free(s->arena);
}

const struct alert_party *alert_party(const struct alert_state *s, const char *name)
{
	for (uint32_t k = 0; k < s->n; k++)
		if (!strcmp(s->parties[k].name, name))
			return &s->parties[k];
	return NULL;
}

bool alert_is_open(const struct alert_party *p)
{
	return p->stand == STAND_DUE || p->stand == STAND_WAITS || p->stand == STAND_SENDING ||
	       p->stand == STAND_UNREACHED || p->stand == STAND_ENDED;
}

bool alert_is_news(const struct alert_party *p)
{
	return p->kind == PARTY_FINDINGS || p->kind == PARTY_CROWD;
}
