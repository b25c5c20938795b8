#include "base/mem.h"
#include "base/text.h"
#include "model/domains.h"
#include "model/half_format.h"
#include "model/issuer_client.h"
#include "model/plan_build.h"
#include <stdarg.h>
#include <string.h>

struct expansion {
	struct building *b;
	const struct playbook *pb;
	const struct playbook_step *ps;
	const struct secret_def *s;      /* NULL: the general playbook */
	uint32_t secret;
};

static struct step *add(struct expansion *x, const char *id)
{
	struct plan *p = x->b->p;
	uint32_t at = map_get(&p->ids, id);

	if (at != MAP_NONE)
		return &p->steps[at];
	if (!GROW(p->steps, p->n, p->cap, LIMIT_STEPS))
		return NULL;
	struct step *s = &p->steps[p->n];

	*s = (struct step){
		.id = arena_dup(p->arena, id), .name = x->ps->id, .why = x->ps->why, .text = x->ps->text,
		.what = x->ps->what, .person = x->ps->what == DO_PERSON, .side = x->ps->side,
		.limit_ms = x->ps->limit_ms, .secret = x->secret, .account = NOTHING, .consumer = NOTHING,
		.half = NOTHING, .host = NOTHING, .repository = NOTHING, .old_any = x->ps->old_any,
		.new_any = x->ps->new_any,
		.back = (x->ps->what == DO_COMMIT || x->ps->what == DO_PUBLISH) && building_pulls(x->b, x->secret),
	};
	map_put(&p->ids, s->id, p->n++);
	return s;
}

static int full(struct expansion *x)
{
	return err_set(x->b->e, ERR_LIMIT, "the plan would have more than %u steps; declare less at once", LIMIT_STEPS);
}

static const char *say(struct expansion *x, const char *fmt, ...) _printf_(2, 3);
static const char *say(struct expansion *x, const char *fmt, ...)
{
	va_list ap;
	char text[4096];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return arena_dup(x->b->p->arena, text);
}

static int expand_once(struct expansion *x)
{
	const char *id = x->s ? say(x, "%s:%s", x->ps->id, x->s->name) : x->ps->id;
	struct step *s = add(x, id);

	if (!s)
		return full(x);
	if (x->s && x->ps->what == DO_VALUES)
		s->title = say(x, "read %s, make its new value, seal both", x->s->name);
	else
		s->title = x->s ? say(x, "%s: by hand: %s", x->s->name, x->ps->text) : x->ps->text;
	return 0;
}

static int expand_commit(struct expansion *x)
{
	const struct firebreak_register *r = x->b->in->reg;

	for (uint32_t i = 0; i < x->s->n_places; i++) {
		const struct repository *repo = &r->repositories[x->s->places[i].repository];
		struct step *s = add(x, say(x, "%s:%s:%s", x->ps->id, x->s->name, repo->name));

		if (!s)
			return full(x);
		s->repository = x->s->places[i].repository;
		s->title = say(x, "write the new value of %s to %s and push", x->s->name, repo->name);
	}
	return 0;
}

/* What is one key of a file has others beside it: only a person knows what a file without it means. */
static int expand_places(struct expansion *x)
{
	const struct firebreak_register *r = x->b->in->reg;

	for (uint32_t i = 0; i < x->s->n_places; i++) {
		const struct place *p = &x->s->places[i];
		const struct repository *repo = &r->repositories[p->repository];
		struct step *s = p->key ? add(x, say(x, "%s:%s:%s:%s:%s", x->ps->id, x->s->name, repo->name, p->file,
						     p->key))
					: add(x, say(x, "%s:%s:%s", x->ps->id, x->s->name, repo->name));

		if (!s)
			return full(x);
		s->repository = p->repository;
		s->title = say(x, "take the old value of %s out of %s and push", x->s->name, repo->name);
		if (!p->key)
			continue;
		s->person = true;
		s->text = say(x, "take the key %s out of %s in %s, and put it back with the new value when the rest "
			      "is back (firebreak recover shows it)", p->key, p->file, repo->name);
		s->title = say(x, "%s: by hand: %s", x->s->name, s->text);
	}
	return 0;
}

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
		return say(x, "what renews %s on %s by itself is held back. When what it keeps has the new key "
			   "(firebreak recover %lld shows it) or is gone, let it go on", h->what, host, incident);
	return say(x, "on %s, now: %s, so that nothing renews %s by itself, and leave it so until what the robot keeps "
		   "has the new key (firebreak recover %lld shows it) or is gone. It is not touched by this incident, "
		   "and one that uses keys again gets a certificate for the leaked one", host,
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
	s->title = say(x, "%s: by hand: %s", x->s->name, s->text);
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
	s->text = say(x, "%s cannot say why it revokes, so it is not asked to: when the new key is served, have each "
		      "certificate of the old key (%s) revoked with reason keyCompromise, which its own key may sign "
		      "(RFC 8555 7.6): certbot revoke --cert-path CERTIFICATE --key-path KEY --reason keycompromise "
		      "--server DIRECTORY (firebreak recover %lld '%s' --old shows the key)", c->title, h->what,
		      (long long)x->b->in->incident, x->s->name);
	s->title = say(x, "%s: by hand: %s", x->s->name, s->text);
}

/* What only points to a public half has nothing to withdraw. */
static int expand_halves(struct expansion *x)
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
		struct step *s = add(x, say(x, "%s:%s:%s:%s%s%s", x->ps->id, x->s->name, repo, h->file, f ? ":" : "",
					    f ? f->name : ""));

		if (!s)
			return full(x);
		s->half = i;
		s->repository = h->repository;
		s->title = say(x, "%s %s: %s, %s in %s", d->title, x->s->name, h->what, h->file, repo);
		s->person = !f;
		if (!f)
			s->text = say(x, "by hand: %s %s: %s, %s in %s", d->title, x->s->name, h->what, h->file, repo);
		else if (is_robots(x->ps))
			to_person(x, s, h);
		else if (x->ps->what == DO_REVOKE)
			revoke_by_hand(x, s, h);
	}
	return 0;
}

static int expand_pull(struct expansion *x)
{
	return x->ps->has_side ? expand_halves(x) : expand_places(x);
}

static const char *user_words(struct expansion *x, const struct account *a)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1024);

	for (uint32_t i = 0; i < a->users.n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", a->users.s[i]);
	return arena_dup(x->b->p->arena, buf_text(&b));
}

static const char *account_words(struct expansion *x, const struct account *a)
{
	const char *users = user_words(x, a);

	return say(x, "%s%s%s", users, *users ? " on " : "", a->address);
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

static struct step *native(struct expansion *x, uint32_t account, const char *from)
{
	const struct account *a = &x->s->accounts[account];
	const struct driver_view *d = building_driver(x->b, a->driver);
	const char *users = user_words(x, a);
	struct step *s = add(x, say(x, "%s:%s:%s%s%s%s%s", x->ps->id, x->s->name, a->address, *users ? "/" : "", users,
				    from ? "@" : "", from ? from : ""));

	if (!s)
		return NULL;
	s->account = account;
	s->title = say(x, "%s %s (%s)%s%s", verb_of(x->ps), x->s->name, account_words(x, a), from ? " from " : "",
		       from ? from : "");
	if (!d) {
		s->person = true;
		s->text = say(x, "there is no driver '%s': do it by hand", a->driver);
		return s;
	}
	if (x->ps->what == DO_CHANGE || x->ps->what == DO_CUT || x->ps->what == DO_RETIRE) {
		s->interrupts = d->interrupts;
		s->cannot = *d->cannot ? d->cannot : NULL;
	}
	return s;
}

static int expand_account(struct expansion *x)
{
	for (uint32_t i = 0; i < x->s->n_accounts; i++) {
		const struct account *a = &x->s->accounts[i];

		if (wanted(x->ps, a, building_driver(x->b, a->driver)) && !native(x, i, NULL))
			return full(x);
	}
	return 0;
}

static int prove_from(struct expansion *x, uint32_t account, uint32_t host)
{
	struct step *s = native(x, account, x->b->in->reg->hosts[host].name);

	if (!s)
		return full(x);
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

static int expand_prove(struct expansion *x)
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
			r = full(x);
	}
	return r;
}

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
	s = add(x, say(x, "%s@%s", x->ps->id, h->name));
	if (!s)
		return full(x);
	s->host = host;
	s->secret = NOTHING;
	if (!s->limit_ms)
		s->limit_ms = h->configuration.limit_s * 1000;
	s->title = x->ps->what == DO_APPLY ? say(x, "apply the configuration on %s", h->name)
					   : say(x, "apply again on %s: nothing may change", h->name);
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
	s = restart ? add(x, say(x, "%s:%s@%s", x->ps->id, c->service ? c->service : c->file, h))
		    : add(x, say(x, "%s:%s:%s@%s", x->ps->id, x->s->name, c->file, h));
	if (!s)
		return full(x);
	s->host = host;
	s->consumer = consumer;
	s->secret = x->secret;
	s->title = restart ? say(x, "restart %s on %s", c->service ? c->service : c->file, h)
			   : x->ps->what == DO_GONE ? say(x, "%s on %s is gone, and no copy beside it", c->file, h)
			   : say(x, "%s on %s holds the new value of %s and not the old", c->file, h, x->s->name);
	if (restart)
		s->interrupts = say(x, "%s on %s restarts", c->service ? c->service : c->file, h);
	return 0;
}

static int residue_step(struct expansion *x, uint32_t host)
{
	struct step *s = add(x, say(x, "%s:%s@%s", x->ps->id, x->s->name, x->b->in->reg->hosts[host].name));

	if (!s)
		return full(x);
	s->host = host;
	s->title = say(x, "find where the old value of %s still stands on %s", x->s->name,
		       x->b->in->reg->hosts[host].name);
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

static int expand_consumers(struct expansion *x)
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

static int person_step(struct expansion *x, const char *about, const char *how)
{
	struct step *s = add(x, say(x, "%s:%s:%s", x->ps->id, x->s->name, about));

	if (!s)
		return full(x);
	s->text = say(x, "%s%s%s", x->ps->text, how ? ": " : "", how ? how : "");
	s->title = say(x, "%s: by hand: %s (%s)", x->s->name, x->ps->text, about);
	return 0;
}

/* Two secrets that open the same table have one step between them: what it keeps is reset once. */
static int stored_step(struct expansion *x, const struct stored_find *f)
{
	struct step *s = add(x, say(x, "%s:%s@%s", x->ps->id, stored_id(x->b->p->arena, f->table), f->address));

	if (!s)
		return full(x);
	s->title = s->text = say(x, "%s: %s", x->ps->text, stored_about(x->b, f));
	return 0;
}

/* What was declared stands at the front. */
static int expand_hosts(struct expansion *x)
{
	const struct plan_input *in = x->b->in;

	for (size_t k = 0; k < in->n_members; k++) {
		if (in->members[k].kind != REF_HOST || (k < in->n_roots) != (x->ps->each == EACH_HOST))
			continue;
		const char *host = in->reg->hosts[in->members[k].index].name;
		struct step *s = add(x, say(x, "%s:%s", x->ps->id, host));

		if (!s)
			return full(x);
		s->host = in->members[k].index;
		s->text = building_host_text(x->b, x->ps->text, host);
		s->title = say(x, "%s: by hand: %s", host, s->text);
	}
	return 0;
}

/* Only the ledger of mail says that they were told, where the register says who they are. */
static int expand_domains(struct expansion *x)
{
	_cleanup_(buf_free) struct buf command = BUF_INIT(LIMIT_TEXT);
	uint32_t at = 0, data;
	struct step *s;

	if (!domains_next(x->b->in->reg, x->s, &at, &data))
		return expand_once(x);
	s = add(x, say(x, "%s:%s", x->ps->id, x->s->name));
	if (!s)
		return full(x);
	buf_str(&command, "firebreak mail send ");
	if (x->b->in->incident)
		buf_printf(&command, "%lld", (long long)x->b->in->incident);
	else
		buf_char(&command, 'N');
	buf_str(&command, " --domains-of ");
	text_shell(&command, x->s->name);
	s->mailed = true;
	s->text = say(x, "%s: %s; it is done when the ledger of mail says so", x->ps->text, buf_text(&command));
	s->title = say(x, "%s: by mail: %s", x->s->name, s->text);
	return 0;
}

static int expand_person(struct expansion *x)
{
	int r = 0;

	if (x->ps->each == EACH_HOST || x->ps->each == EACH_REACHED_HOST)
		return expand_hosts(x);
	if (x->ps->each == EACH_ONCE || !x->s)
		return expand_once(x);
	if (x->ps->each == EACH_DOMAINS)
		return expand_domains(x);
	if (x->ps->each == EACH_ACCOUNT)
		for (uint32_t i = 0; r == 0 && i < x->s->n_accounts; i++)
			r = person_step(x, account_words(x, &x->s->accounts[i]), NULL);
	if (x->ps->each == EACH_EXTERNAL)
		for (uint32_t i = 0; r == 0 && i < x->s->n_externals; i++)
			r = person_step(x, x->s->externals[i].name, x->s->externals[i].how);
	if (x->ps->each == EACH_PUBLIC_HALF)
		for (uint32_t i = 0; r == 0 && i < x->s->n_public_halves; i++)
			r = person_step(x, x->s->public_halves[i].file, x->s->public_halves[i].what);
	if (x->ps->each == EACH_STORED)
		for (size_t i = 0; r == 0 && i < x->b->in->n_stored; i++)
			if (x->b->in->stored[i].secret == x->secret)
				r = stored_step(x, &x->b->in->stored[i]);
	return r;
}

static int (*const expanders[STEP_DOS])(struct expansion *x) = {
	[DO_VALUES] = expand_once, [DO_COMMIT] = expand_commit, [DO_INSPECT] = expand_account,
	[DO_STAGE] = expand_account, [DO_CHANGE] = expand_account, [DO_RETIRE] = expand_account,
	[DO_CUT] = expand_account, [DO_APPLY] = expand_consumers, [DO_DRAIN] = expand_account,
	[DO_RESTART] = expand_consumers, [DO_LOOK] = expand_consumers, [DO_SETTLE] = expand_consumers,
	[DO_PROVE] = expand_prove, [DO_RESIDUE] = expand_consumers, [DO_PERSON] = expand_person,
	[DO_PUBLISH] = expand_halves, [DO_WITHDRAW] = expand_halves, [DO_ISSUE] = expand_halves,
	[DO_KEEP] = expand_halves, [DO_PULL] = expand_pull, [DO_GONE] = expand_consumers,
	[DO_REVOKE] = expand_halves, [DO_HOLD] = expand_halves, [DO_RESUME] = expand_halves,
};

int plan_expand(struct building *b, uint32_t secret, bool stored)
{
	struct expansion x = { .b = b, .secret = secret };
	int r = 0;

	x.s = secret == NOTHING ? NULL : &b->in->reg->secrets[secret];
	x.pb = secret == NOTHING ? b->general : b->of_secret[secret];
	for (uint32_t i = 0; r == 0 && i < x.pb->n_steps; i++) {
		x.ps = &x.pb->steps[i];
		if (!(b->in->mode == MODE_EMERGENCY ? x.ps->emergency : x.ps->planned) ||
		    (x.ps->each == EACH_STORED) != stored ||
		    (x.ps->when == WHEN_PULLED && !building_pulls(b, secret)))
			continue;
		if (b->in->drill && x.ps->what == DO_PERSON &&
		    (x.ps->each == EACH_ONCE || x.ps->each == EACH_DOMAINS || stored))
			continue;
		if (!x.s && x.ps->what != DO_PERSON)
			return err_set(b->e, ERR_CONFIG, "%s:%u:%u: the playbook of every incident may only hold "
				       "person's steps", x.ps->at.file, x.ps->at.line, x.ps->at.col);
		r = expanders[x.ps->what](&x);
	}
	return r;
}
