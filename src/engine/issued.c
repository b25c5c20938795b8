/* Public halves that somebody outside makes: who is asked, and what came of it, for the steps that need it. */
#include "engine/run.h"
#include "base/mem.h"
#include <string.h>

static const struct public_half *half_of(const struct run *r, const struct step *s)
{
	return &r->en->reg->secrets[s->secret].public_halves[s->half];
}

/* The step that got this half. */
static uint32_t getter(const struct run *r, const struct step *s)
{
	for (uint32_t i = 0; i < r->plan->n; i++) {
		const struct step *o = &r->plan->steps[i];

		if (o->what == DO_ISSUE && o->secret == s->secret && o->half == s->half)
			return i;
	}
	return NOTHING;
}

static const json_t *of_journal(const struct run *r, const char *id)
{
	const struct step_state *s = incident_step(r->incident, id);

	for (uint32_t i = s ? s->n_deeds : 0; i-- > 0;)
		if (s->deeds[i].outcome == OUTCOME_PROVEN && s->deeds[i].result)
			return json_object_get(s->deeds[i].result, "issued");
	return NULL;
}

const json_t *issued_of(const struct run *r, const struct step *s)
{
	uint32_t at = s->half != NOTHING ? getter(r, s) : NOTHING;

	if (at == NOTHING)
		return NULL;
	return r->track[at].issued ? r->track[at].issued : of_journal(r, r->plan->steps[at].id);
}

void issued_take(struct run *r, uint32_t step, const json_t *result)
{
	json_t *issued = result ? json_object_get(result, "issued") : NULL;
	struct track *t = &r->track[step];

	if (!issued || t->outcome != OUTCOME_PROVEN)
		return;
	json_decref(t->issued);
	t->issued = json_incref(issued);
}

void issuer_of_step(const struct run *r, const struct step *s, json_t *job)
{
	const struct public_half *h = half_of(r, s);
	const struct issuer *i = &r->en->reg->issuers[h->issuer];
	const json_t *issued = issued_of(r, s);
	json_t *j = json_object();

	json_put(j, "client", i->client);
	json_object_set_new(j, "command", names_json(&i->command));
	json_object_set_new(j, "get", names_json(&i->get));
	json_object_set_new(j, "revoke", names_json(&i->revoke));
	json_object_set_new(j, "hold", names_json(&i->hold));
	json_object_set_new(j, "resume", names_json(&i->resume));
	json_object_set_new(j, "renews", names_json(&i->renews));
	json_put(j, "status", i->status);
	json_put(j, "crl", i->crl);
	json_put(j, "chain", i->chain);
	json_put(j, "ca", i->ca);
	json_object_set_new(j, "names", names_json(&h->names));
	json_object_set_new(job, "issuer", j);
	if (i->host != NOTHING)
		json_object_set_new(job, "host", host_json(r, i->host));
	if (issued)
		json_object_set_new(job, "issued", json_deep_copy(issued));
}
