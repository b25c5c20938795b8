#include "base/mem.h"
#include "model/evict.h"
#include "model/plan_build.h"
#include <string.h>

/* The page: "if it can be tied to a certain and definitive SSH account - remove said account from all servers". */
#define WHY "remove said account from all servers and check the rest for safety (Servers)"
#define WHY_KEY "if a key was compromised - ensure it is gone and force a regeneration (Servers)"
#define WHY_LOST "revoke its certificate in the event that a server is compromised (Servers)"
#define LIMIT_MS INT64_C(600000) /* ten minutes */

static struct step *add(struct building *b, const char *id, const char *why)
{
	struct plan *p = b->p;

	if (map_get(&p->ids, id) != MAP_NONE)
		return &p->steps[map_get(&p->ids, id)];
	if (!GROW(p->steps, p->n, p->cap, LIMIT_STEPS)) {
		err_set(b->e, ERR_LIMIT, "the plan would have more than %u steps; declare less at once", LIMIT_STEPS);
		return NULL;
	}
	p->steps[p->n] = (struct step){
		.id = id, .name = "evict", .why = why, .what = DO_PERSON, .person = true, .limit_ms = LIMIT_MS,
		.secret = NOTHING, .account = NOTHING, .consumer = NOTHING, .host = NOTHING, .repository = NOTHING,
	};
	map_put(&p->ids, id, p->n);
	return &p->steps[p->n++];
}

static const char *who_of(struct building *b, const struct evict_list *list)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(400);

	for (uint32_t i = 0; i < list->n_users && !text.over; i++)
		buf_printf(&text, "%s%s", text.len ? ", " : "", b->in->reg->users[list->users[i]].name);
	for (uint32_t i = 0; i < list->n_keys && !text.over; i++)
		buf_printf(&text, "%s%s", text.len ? ", " : "", b->in->reg->ssh_keys[list->keys[i]].name);
	return arena_printf(b->p->arena, "%s%s", buf_text(&text), text.over ? " and more" : "");
}

static int evict_everywhere(struct building *b, const struct evict_list *list)
{
	const struct firebreak_register *r = b->in->reg;
	const struct users_data *d = &r->users_data;
	const char *who = who_of(b, list);
	struct step *s;

	if (d->repository != NOTHING) {
		s = add(b, arena_printf(b->p->arena, "evict-data:%s", r->repositories[d->repository].name), WHY);
		if (!s)
			return -ERR_LIMIT;
		s->repository = d->repository;
		s->title = arena_printf(b->p->arena, "take %s out of %s in %s, and push", who, d->file,
					r->repositories[d->repository].name);
		s->text = "`firebreak evict` does it";
	}
	for (uint32_t h = 0; h < r->n_hosts; h++) {
		s = add(b, arena_printf(b->p->arena, "evict@%s", r->hosts[h].name), WHY);
		if (!s)
			return -ERR_LIMIT;
		s->host = h;
		s->title = arena_printf(b->p->arena, "%s can no longer log in on %s, and nothing of theirs runs", who,
					r->hosts[h].name);
		s->text = "`firebreak evict` does it and proves it";
		s->interrupts = arena_printf(b->p->arena, "what %s has running on %s", who, r->hosts[h].name);
	}
	return 0;
}

/* Where the new public half goes, in words. */
static const char *destination(struct building *b, const char *account)
{
	const struct users_data *d = &b->in->reg->users_data;
	_cleanup_(buf_free) struct buf keys = BUF_INIT(400);

	if (d->repository == NOTHING)
		return arena_printf(b->p->arena, "the public users data");
	for (uint32_t i = 0; i < d->people.n && !keys.over; i++)
		buf_printf(&keys, "%s: ", d->people.s[i]);
	return arena_printf(b->p->arena, "%s of %s (%s%s: %s)", d->file, b->in->reg->repositories[d->repository].name,
			    buf_text(&keys), account, d->keys);
}

static int new_key(struct building *b, const char *about, const char *text)
{
	struct step *s = add(b, arena_printf(b->p->arena, "new-key:%s", about), WHY_KEY);

	if (!s)
		return -ERR_LIMIT;
	s->text = text;
	s->title = arena_printf(b->p->arena, "by hand: %s", text);
	return 0;
}

/* One who was declared may be an intruder, or somebody who left: then no key is made. */
static int new_key_of_user(struct building *b, const struct user_def *u)
{
	const char *to = destination(b, u->account);

	return new_key(b, u->name, arena_printf(b->p->arena, "if %s is to log in again: they make a new key "
		       "(`ssh-keygen -t ed25519`) on a machine that nobody else was on, remove the old private half "
		       "wherever it lies, and its public half goes into %s and into the register (users: %s: keys) "
		       "when their account is given back; else say that it never is", u->account, to, u->account));
}

static int new_key_for(struct building *b, const struct ssh_key *k)
{
	_cleanup_(buf_free) struct buf who = BUF_INIT(400);
	const struct firebreak_register *r = b->in->reg;

	for (uint32_t i = 0; i < k->users.n && !who.over; i++)
		buf_printf(&who, "%s%s", i ? ", " : "", r->users[k->users.i[i]].account);
	if (k->secret != NOTHING)
		return new_key(b, k->fingerprint, arena_printf(b->p->arena, "%s is made anew (`ssh-keygen -t "
			       "ed25519`): the private half goes where the old one lay, the public half to %s",
			       r->secrets[k->secret].name, who.len ?
			       destination(b, r->users[k->users.i[0]].account) : "who took the old one"));
	if (!who.len)
		return new_key(b, k->fingerprint, arena_printf(b->p->arena, "find out whose key %s is, for the "
			       "register does not say: it is removed wherever its private half lies, and whoever "
			       "worked with it makes a new one (`ssh-keygen -t ed25519`); or say that it was an "
			       "intruder's", k->fingerprint));
	return new_key(b, k->fingerprint, arena_printf(b->p->arena, "%s: make a new key in the place of %s "
		       "(`ssh-keygen -t ed25519`) on a machine that nobody else was on, remove the old private half "
		       "wherever it lies; the public half goes into %s and into the register (users: %s: keys)",
		       buf_text(&who), k->fingerprint, destination(b, r->users[k->users.i[0]].account),
		       r->users[k->users.i[0]].account));
}

static bool is_of_evicted(const struct evict_list *list, const struct ssh_key *k)
{
	for (uint32_t i = 0; i < k->users.n; i++)
		for (uint32_t u = 0; u < list->n_users; u++)
			if (k->users.i[i] == list->users[u])
				return true;
	return false;
}

/* What was taken away is made anew by who had it. A secret's own playbook does that where there is one. */
static int new_keys(struct building *b, const struct evict_list *list)
{
	const struct firebreak_register *reg = b->in->reg;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < list->n_users; i++)
		if (reg->users[list->users[i]].keys.n)
			r = new_key_of_user(b, &reg->users[list->users[i]]);
	for (uint32_t i = 0; r == 0 && i < list->n_keys; i++) {
		const struct ssh_key *k = &reg->ssh_keys[list->keys[i]];

		if (!is_of_evicted(list, k) && (k->secret == NOTHING || !b->of_secret[k->secret]))
			r = new_key_for(b, k);
	}
	return r;
}

/* What Puppet still has of it: resources that it exported, which other hosts collect; facts; reports. */
static int clean_node(struct building *b, const struct host *h, uint32_t host)
{
	const struct firebreak_register *r = b->in->reg;
	const char *name = evict_certname(h);
	struct step *s = add(b, arena_printf(b->p->arena, "node@%s", h->name), WHY_LOST);

	if (!s)
		return -ERR_LIMIT;
	s->host = host;
	if (evict_cleans_node(r, host)) {
		s->title = arena_printf(b->p->arena, "PuppetDB has %s as deactivated, and nothing of it is left in the "
					"caches of %s", h->name, r->hosts[r->puppet.server].name);
		s->text = "`firebreak evict` does it and proves it, once the certificate is revoked";
		return 0;
	}
	s->text = arena_printf(b->p->arena, "PuppetDB was asked on it: name another host that may ask it "
			       "(puppet: {database: HOST}), or, as root there: `puppet node deactivate %s`, and look "
			       "that `puppet node status %s` says since when it is; on the Puppet server: `puppet "
			       "node clean %s`", name, name, name);
	s->title = arena_printf(b->p->arena, "by hand: %s", s->text);
	return 0;
}

static int by_program(struct building *b, struct step *s, const struct host *h, uint32_t host)
{
	const struct firebreak_register *r = b->in->reg;

	s->title = arena_printf(b->p->arena, "the certificate of %s's Puppet agent is revoked on %s", h->name,
				r->hosts[r->puppet.server].name);
	s->text = "`firebreak evict` does it and proves it";
	return clean_node(b, h, host);
}

/* A host that is lost keeps a certificate with which it is served the catalogue and files of others. */
static int end_certificate(struct building *b, uint32_t host)
{
	const struct firebreak_register *r = b->in->reg;
	const struct host *h = &r->hosts[host];
	const char *name = evict_certname(h);
	struct step *s;

	if (h->configuration.apply != APPLY_AGENT)
		return 0;
	s = add(b, arena_printf(b->p->arena, "certificate@%s", h->name), WHY_LOST);
	if (!s)
		return -ERR_LIMIT;
	s->host = host;
	s->interrupts = arena_printf(b->p->arena, "configuration of %s by Puppet ends until it is built anew",
				     h->name);
	if (evict_ends_certificate(r, host))
		return by_program(b, s, h, host);
	if (r->puppet.server == host)
		s->text = "it is the Puppet server: its CA is lost with it. Make a new CA on a host that is built "
			  "anew, and a new certificate for each agent";
	else
		s->text = arena_printf(b->p->arena, "on the Puppet server, as root: `puppetserver ca clean "
				       "--certname %s`, then `puppet node deactivate %s` and `puppet node clean %s`; "
				       "look that `puppetserver ca list --certname %s` does not know it any more",
				       name, name, name, name);
	s->title = arena_printf(b->p->arena, "by hand: %s", s->text);
	return 0;
}

int plan_evict(struct building *b)
{
	_cleanup_(evict_list_free) struct evict_list list = { 0 };
	int r = 0;

	evict_list_of(b->in->reg, b->in->members, b->in->n_members, b->in->n_roots, &list);
	if (list.n_users + list.n_keys)
		r = evict_everywhere(b, &list);
	if (r == 0)
		r = new_keys(b, &list);
	for (size_t i = 0; r == 0 && i < b->in->n_roots; i++)
		if (b->in->members[i].kind == REF_HOST)
			r = end_certificate(b, b->in->members[i].index);
	return r;
}
