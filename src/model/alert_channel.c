#include "base/mem.h"
#include "model/alert.h"
#include <string.h>

static void reach_new(struct alert_reach *ret, const struct firebreak_register *r)
{
	const uint32_t n[] = { [REF_SECRET] = r->n_secrets, [REF_HOST] = r->n_hosts, [REF_SYSTEM] = r->n_systems,
			       [REF_DATA] = r->n_data, [REF_USER] = r->n_users, [REF_SSH_KEY] = r->n_ssh_keys };

	for (int k = 0; k < REF_KINDS; k++)
		ret->at[k] = mem_zero(n[k] + 1, sizeof(*ret->at[k]));
}

void alert_reach_free(struct alert_reach *a)
{
	for (int k = 0; k < REF_KINDS; k++)
		free(a->at[k]);
}

/* What the register no longer has reaches nothing that it has. */
void alert_reach_incident(struct alert_reach *ret, const struct firebreak_register *r, const struct incident *i)
{
	const struct map *const names[] = { [REF_SECRET] = &r->secret_names, [REF_HOST] = &r->host_names,
					    [REF_SYSTEM] = &r->system_names, [REF_DATA] = &r->data_names,
					    [REF_USER] = &r->user_names, [REF_SSH_KEY] = &r->ssh_key_names };

	reach_new(ret, r);
	for (uint32_t m = 0; m < i->n_members; m++) {
		const struct affected *a = &i->members[m];

		for (int k = 0; a->kind && a->name && k < REF_KINDS; k++) {
			uint32_t at = strcmp(a->kind, ref_kind_name((enum ref_kind)k)) ? MAP_NONE
											 : map_get(names[k], a->name);

			if (at != MAP_NONE && !ret->at[k][at])
				ret->at[k][at] = m + 1;
		}
	}
}

void alert_reach_blast(struct alert_reach *ret, const struct firebreak_register *r, const struct blast *b)
{
	reach_new(ret, r);
	for (uint32_t m = 0; m < b->n; m++)
		ret->at[b->m[m].ref.kind][b->m[m].ref.index] = m + 1;
}

static bool hits(const struct alert_reach *a, struct ref ref, struct ref *ret)
{
	if (!a->at[ref.kind][ref.index])
		return false;
	*ret = ref;
	return true;
}

bool alert_is_untrusted(const struct firebreak_register *r, const struct alert_reach *a, uint32_t channel,
			struct ref *ret)
{
	const struct channel *c = &r->channels[channel];

	if (c->secret != NOTHING && hits(a, (struct ref){ REF_SECRET, c->secret }, ret))
		return true;
	for (uint32_t k = 0; k < c->depends.n; k++) {
		struct ref ref = c->depends.r[k];

		if (hits(a, ref, ret))
			return true;
		for (uint32_t h = 0; ref.kind == REF_SYSTEM && h < r->systems[ref.index].hosts.n; h++)
			if (hits(a, (struct ref){ REF_HOST, r->systems[ref.index].hosts.i[h] }, ret))
				return true;
	}
	return false;
}

const char *alert_to(const struct alert_state *s, const struct alert_party *p, uint32_t channel)
{
	const struct channel *c = &s->reg->channels[channel];
	const struct person *person = p->kind == PARTY_PERSON ? &s->reg->people[p->person] : NULL;

	if (c->way == CHANNEL_MAIL)
		return person ? person->mail : p->kind == PARTY_ADDRESS ? p->name : c->to;
	if (p->kind == PARTY_ADDRESS)
		return NULL;
	if (c->way == CHANNEL_IRC)
		return person && person->irc ? person->irc : c->to;
	return c->way == CHANNEL_LOG_LINE ? c->server : c->to;
}

static const struct indices *order_of(const struct alert_state *s, const struct alert_party *p)
{
	const struct person *person = p->kind == PARTY_PERSON ? &s->reg->people[p->person] : NULL;

	return p->kind == PARTY_LOG ? &s->reg->organisation.log
	     : person && person->channels.n ? &person->channels : &s->reg->organisation.channels;
}

/* When a channel that failed may be tried again; 0: it did not fail since the party was told last. */
static int64_t rests_until(const struct alert_state *s, const struct alert_party *p, const char *channel,
			   const char **ret_text)
{
	const struct incident_alerts *a = &s->incident->alerts;
	int64_t rest = ALERT_REST_US, longest = s->repeat_us > rest ? s->repeat_us : rest, at = 0;
	bool any = false;

	for (uint32_t k = a->n; k-- > 0;) {
		const struct alerted *one = &a->list[k];

		if (strcmp(one->party, p->name) != 0)
			continue;
		if (one->outcome != ALERT_FAILED)
			break;
		if (strcmp(one->channel, channel) != 0)
			continue;
		if (!any) {
			at = one->ended_us;
			*ret_text = one->text;
		} else if (rest < longest) {
			rest *= 2;
		}
		any = true;
	}
	return any ? at + (rest < longest ? rest : longest) : 0;
}

static const char *why_untrusted(const struct alert_state *s, struct ref ref)
{
	return arena_printf(s->arena, "it depends on %s '%s', which the incident reaches", ref_kind_name(ref.kind),
			    register_name(s->reg, ref));
}

/* NULL: the channel can be used. *ret_again: when it can be tried again; 0: not in this incident. */
static const char *why_not(const struct alert_state *s, const struct alert_reach *reach, const struct alert_party *p,
			   uint32_t channel, bool *ret_untrusted, int64_t *ret_again)
{
	const struct channel *c = &s->reg->channels[channel];
	const char *text = NULL;
	struct ref ref;

	*ret_again = 0;
	*ret_untrusted = alert_is_untrusted(s->reg, reach, channel, &ref);
	if (*ret_untrusted)
		return why_untrusted(s, ref);
	if (c->way == CHANNEL_BY_HAND)
		return arena_printf(s->arena, "a person has to use it: %s", c->to);
	if (!alert_to(s, p, channel))
		return p->kind == PARTY_ADDRESS ? "it brings nothing to a mail address"
						: "the register has no mail address";
	*ret_again = rests_until(s, p, c->name, &text);
	return *ret_again > s->now_us ? arena_printf(s->arena, "it failed: %s", text ? text : "") : NULL;
}

static void choose(const struct alert_state *s, const struct alert_reach *reach, struct alert_party *p)
{
	const struct indices *order = order_of(s, p);
	int64_t first = 0;

	p->unused = arena_zero(s->arena, (order->n + 1) * sizeof(*p->unused));
	p->stand = STAND_UNREACHED;
	for (uint32_t k = 0; k < order->n; k++) {
		struct alert_unused *u = &p->unused[p->n_unused];
		int64_t again;

		if (p->kind == PARTY_LOG && strcmp(s->reg->channels[order->i[k]].name, p->name) != 0)
			continue;
		*u = (struct alert_unused){ .channel = order->i[k] };
		u->why = why_not(s, reach, p, order->i[k], &u->untrusted, &again);
		if (!u->why) {
			p->stand = STAND_DUE;
			p->channel = order->i[k];
			p->due_us = s->now_us;
			return;
		}
		p->n_unused++;
		if (again && (!first || again < first))
			first = again;
	}
	p->due_us = first;
	if (first)
		p->stand = STAND_WAITS;
}

/* The newest sending that may have reached the party. */
static const struct alerted *told(const struct incident *i, const char *party)
{
	for (uint32_t k = i->alerts.n; k-- > 0;)
		if (!strcmp(i->alerts.list[k].party, party) && i->alerts.list[k].outcome != ALERT_FAILED)
			return &i->alerts.list[k];
	return NULL;
}

static bool has_enough(const struct alert_state *s, const struct alert_party *p, const struct alerted *before)
{
	if (alert_is_news(p))
		return s->incident->closed_us || (before && before->started_us >= p->from_us);
	return s->incident->closed_us || (p->kind == PARTY_LOG && before) ||
	       (s->first_ack && (p->kind == PARTY_TEAM || p->step));
}

static void settle(const struct alert_state *s, const struct alert_reach *reach, struct alert_party *p)
{
	const struct alerted *before = told(s->incident, p->name);

	p->channel = NOTHING;
	p->last = incident_alerted(s->incident, p->name);
	p->ack = alert_is_news(p) ? NULL : incident_acknowledged(s->incident, p->name);
	p->call = before ? before->call + 1 : 1;
	p->due_us = before && !alert_is_news(p) ? before->started_us + s->repeat_us : p->from_us;
	p->stand = p->ack ? STAND_ACKNOWLEDGED
		 : p->last && p->last->outcome == ALERT_STARTED ? STAND_SENDING
		 : has_enough(s, p, before) ? STAND_ENOUGH
		 : p->call > ALERT_CALLS_MAX ? STAND_ENDED
		 : p->from_us > s->now_us ? STAND_LATER : STAND_WAITS;
	if (p->stand != STAND_LATER && p->stand != STAND_WAITS)
		p->due_us = 0;
	else if (p->stand == STAND_WAITS && p->due_us <= s->now_us)
		choose(s, reach, p);
}

void alert_settle(struct alert_state *s, const struct alert_reach *reach)
{
	for (uint32_t k = 0; k < s->n; k++)
		settle(s, reach, &s->parties[k]);
}

void alert_again(struct alert_state *s, struct alert_party *p)
{
	_cleanup_(alert_reach_free) struct alert_reach reach = { 0 };

	alert_reach_incident(&reach, s->reg, s->incident);
	p->n_unused = 0;
	choose(s, &reach, p);
}
