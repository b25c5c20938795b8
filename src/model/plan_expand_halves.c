#include "model/half_format.h"
#include "model/issuer_client.h"
#include "model/plan_expand.h"
#include <string.h>

static bool is_of_formats(const struct playbook_step *ps, const struct public_half *h)
{
	for (uint32_t i = 0; i < ps->formats.n; i++)
		if (h->format && !strcmp(h->format, ps->formats.s[i]))
			return true;
	return ps->formats.n == 0;
}

/* What is done to a public half, and to which. One without a format is a person's, whatever is done. */
static const struct half_deed { bool needs_withdraw, needs_issuer; const char *title; } half_deeds[STEP_DOS] = {
	[DO_PUBLISH] = { false, false, "write the public half of the new" },
	[DO_WITHDRAW] = { true, false, "withdraw the public half of the old" },
	[DO_ISSUE] = { false, true, "get the public half of the new" },
	[DO_REVOKE] = { false, true, "have its issuer revoke the public half of the old" },
	[DO_HOLD] = { false, true, "hold back what renews the public half of" },
	[DO_RESUME] = { false, true, "let go on what renews the public half of" },
	[DO_KEEP] = { false, true, "keep in the journal the public half of the old" },
	[DO_PULL] = { false, true, "take out of deployment the public half of the old" },
};

/* Nothing waits for a robot that only a person can hold back: a new key is worth more. The person is told at once. */
static const char *robot_text(struct expansion *x, const struct public_half *h)
{
	const struct firebreak_register *r = x->b->in->reg;
	const struct issuer *i = &r->issuers[h->issuer];
	const char *host = i->host == NOTHING ? "the responder's machine" : r->hosts[i->host].name;
	long long incident = (long long)x->b->in->incident;

	if (x->ps->what == DO_RESUME)
		return expand_say(x, "what renews %s on %s by itself is held back. When what it keeps has the new "
				  "key (firebreak recover %lld shows it) or is gone, let it go on", h->what, host,
				  incident);
	return expand_say(x, "on %s, now: %s, so that nothing renews %s by itself, and leave it so until what the "
			  "robot keeps has the new key (firebreak recover %lld shows it) or is gone. It is not touched "
			  "by this incident, and one that uses keys again gets a certificate for the leaked one", host,
			  issuer_client_find(i->client)->robot, h->what, incident);
}

static bool is_robots(const struct playbook_step *ps)
{
	return ps->what == DO_HOLD || ps->what == DO_RESUME;
}

/* Has this issuer a robot that this step is about? */
static bool has_robot(const struct expansion *x, const struct public_half *h)
{
	const struct issuer *i = h->issuer == NOTHING ? NULL : &x->b->in->reg->issuers[h->issuer];

	return i && (i->hold.n || (x->ps->what == DO_HOLD && issuer_client_find(i->client)->robot));
}

static void to_person(struct expansion *x, struct step *s, const struct public_half *h)
{
	const struct issuer *i = &x->b->in->reg->issuers[h->issuer];

	if (x->ps->what == DO_HOLD ? i->hold.n : i->resume.n)
		return;
	s->person = true;
	s->text = robot_text(x, h);
	s->title = expand_say(x, "%s: by hand: %s", x->s->name, s->text);
	if (x->ps->what == DO_HOLD)
		s->name = "hold-by-hand";
}

/* A revocation that does not say why warns nobody who fears for the key: who cannot say it is not asked, and that
 * stands in the plan. Nothing waits for the person. */
static void revoke_by_hand(struct expansion *x, struct step *s, const struct public_half *h)
{
	const struct issuer_client *c = issuer_client_find(x->b->in->reg->issuers[h->issuer].client);

	if (c->says_reason)
		return;
	s->person = true;
	s->name = "revoke-by-hand";
	s->text = expand_say(x, "%s cannot say why it revokes, so it is not asked to: when the new key is served, "
			     "have each certificate of the old key (%s) revoked with reason keyCompromise, which its "
			     "own key may sign (RFC 8555 7.6): certbot revoke --cert-path CERTIFICATE --key-path KEY "
			     "--reason keycompromise --server DIRECTORY (firebreak recover %lld '%s' --old shows the "
			     "key)", c->title, h->what, (long long)x->b->in->incident, x->s->name);
	s->title = expand_say(x, "%s: by hand: %s", x->s->name, s->text);
}

/* What only points to a public half has nothing to withdraw. */
int expand_halves(struct expansion *x)
{
	const struct firebreak_register *r = x->b->in->reg;
	const struct half_deed *d = &half_deeds[x->ps->what];

	for (uint32_t i = 0; i < x->s->n_public_halves; i++) {
		const struct public_half *h = &x->s->public_halves[i];
		const struct half_format *f = half_format_find(h->format);
		const char *repo = r->repositories[h->repository].name;

		if (!is_of_formats(x->ps, h) || (f && d->needs_withdraw && !f->can_withdraw) ||
		    (f && d->needs_issuer && !f->is_issued) || (is_robots(x->ps) && !has_robot(x, h)))
			continue;
		const char *id = expand_say(x, "%s:%s:%s:%s%s%s", x->ps->id, x->s->name, repo, h->file, f ? ":" : "",
					    f ? f->name : "");
		struct step *s = expand_add(x, id);

		if (!s)
			return expand_full(x);
		s->half = i;
		s->repository = h->repository;
		s->title = expand_say(x, "%s %s: %s, %s in %s", d->title, x->s->name, h->what, h->file, repo);
		s->person = !f;
		if (!f)
			s->text = expand_say(x, "by hand: %s %s: %s, %s in %s", d->title, x->s->name, h->what, h->file,
					     repo);
		else if (is_robots(x->ps))
			to_person(x, s, h);
		else if (x->ps->what == DO_REVOKE)
			revoke_by_hand(x, s, h);
	}
	return 0;
}
