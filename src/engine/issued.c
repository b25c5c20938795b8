/* Public halves that somebody outside makes: who is asked, and what came of it, for the steps that need it. */
#include "engine/run.h"
#include "base/mem.h"
#include <string.h>

#define SHOWN_MAX 32u              /* public halves in one job; a driver tells none of more than 16 kB */

static const struct public_half *half_of(const struct run *r, const struct step *s)
{
	return &r->en->reg->secrets[s->secret].public_halves[s->half];
}

/* The step of this half that gave something: what got it, or what kept the one before it. */
static uint32_t giver(const struct run *r, const struct step *s, enum step_do what)
{
	for (uint32_t i = 0; i < r->plan->n; i++) {
		const struct step *o = &r->plan->steps[i];

		if (o->what == what && o->secret == s->secret && o->half == s->half)
			return i;
	}
	return NOTHING;
}

static const json_t *of_journal(const struct run *r, const char *id, const char *key)
{
	const struct step_state *s = incident_step(r->incident, id);

	for (uint32_t i = s ? s->n_deeds : 0; i-- > 0;)
		if (s->deeds[i].outcome == OUTCOME_PROVEN && s->deeds[i].result)
			return json_object_get(s->deeds[i].result, key);
	return NULL;
}

static const json_t *given_by(const struct run *r, uint32_t at)
{
	if (at == NOTHING)
		return NULL;
	return r->track[at].issued ? r->track[at].issued : of_journal(r, r->plan->steps[at].id, "issued");
}

/* One for each text, of several addresses that show the same. */
static bool has_text(const json_t *list, const json_t *text)
{
	for (size_t k = 0; k < json_array_size(list); k++)
		if (json_equal(json_array_get(list, k), text))
			return true;
	return false;
}

static void keep(json_t **to, json_t *what)
{
	if (!what)
		return;
	json_decref(*to);
	*to = json_incref(what);
}

const json_t *issued_of(const struct run *r, const struct step *s)
{
	const json_t *issued = s->half != NOTHING ? given_by(r, giver(r, s, DO_ISSUE)) : NULL;

	return issued || s->half == NOTHING ? issued : given_by(r, giver(r, s, DO_KEEP));
}

void issued_take(struct run *r, uint32_t step, const json_t *result)
{
	struct track *t = &r->track[step];

	if (!result || t->outcome != OUTCOME_PROVEN)
		return;
	keep(&t->issued, json_object_get(result, "issued"));
	keep(&t->shown, json_object_get(result, "shown"));
}

void issued_drop(struct track *t)
{
	json_decref(t->issued);
	json_decref(t->shown);
}

/* What the inspections of all accounts saw of this secret. */
static void put_shown(const struct run *r, uint32_t secret, json_t *job)
{
	json_t *all = json_array();
	uint32_t more = 0;

	for (uint32_t i = 0; i < r->plan->n; i++) {
		const struct step *s = &r->plan->steps[i];

		if (s->what != DO_INSPECT || s->secret != secret)
			continue;
		const json_t *one = r->track[i].shown ? r->track[i].shown : of_journal(r, s->id, "shown");

		for (size_t k = 0; k < json_array_size(one); k++) {
			json_t *half = json_array_get(one, k);

			if (has_text(all, half))
				continue;
			if (json_array_size(all) < SHOWN_MAX)
				json_array_append(all, half);
			else
				more++;
		}
	}
	json_object_set_new(job, "shown", all);
	json_put_int(job, "shown_more", more);
}

void issuer_of_step(const struct run *r, const struct step *s, json_t *job)
{
	const struct public_half *h = half_of(r, s);
	const struct issuer *i = &r->en->reg->issuers[h->issuer];
	const json_t *issued = issued_of(r, s);
	_cleanup_(freep) char *mirror = mem_printf("%s/mirrors/%s", r->en->state_folder,
						   r->en->reg->repositories[h->repository].name);
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
	json_object_set_new(j, "archive", names_json(&i->archive));
	json_object_set_new(j, "names", names_json(&h->names));
	json_object_set_new(job, "issuer", j);
	if (i->host != NOTHING)
		json_object_set_new(job, "host", host_json(r, i->host));
	if (issued)
		json_object_set_new(job, "issued", json_deep_copy(issued));
	if (s->what == DO_REVOKE)
		put_shown(r, s->secret, job);
	if (s->what == DO_ISSUE || s->what == DO_KEEP)
		json_put(job, "mirror", mirror);
}
