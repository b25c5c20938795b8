#include "base/mem.h"
#include "model/plan_build.h"
#include <string.h>

/*
 * Waiting is by what two steps share: steps of different accounts, hosts or secrets do not wait for one another. A
 * configuration run belongs to all secrets that its host consumes.
 */
struct linker {
	struct building *b;
	uint32_t *of_secret, *of_host;  /* first step of a secret; first shared step of a host */
	uint32_t *next;                 /* the next one of the same secret or host */
	struct indices *secrets_of_host; /* rotated secrets that a host consumes */
	uint32_t *list;                 /* what the step in hand waits for */
	uint32_t n;
	size_t cap;
	uint32_t *seen;                 /* step -> index + 1 of the step in hand: no double entries */
};

static bool is_shared(const struct step *s)
{
	return s->what == DO_APPLY || s->what == DO_SETTLE;
}

static void add(struct linker *l, uint32_t index, uint32_t waits)
{
	if (index == waits || l->seen[index] == waits + 1)
		return;
	l->seen[index] = waits + 1;
	if (GROW(l->list, l->n, l->cap, LIMIT_STEPS))
		l->list[l->n++] = index;
}

static bool same(uint32_t a, uint32_t b)
{
	return a == NOTHING || b == NOTHING || a == b;
}

/* Accounts of one secret do not wait for each other, but a replica waits for its primary. */
static bool same_account(const struct linker *l, const struct step *s, const struct step *o)
{
	const struct account *accounts;

	if (s->account == NOTHING || o->account == NOTHING || s->account == o->account)
		return true;
	accounts = l->b->in->reg->secrets[s->secret].accounts;
	return accounts[s->account].role != accounts[o->account].role;
}

/* The server's own file may end the old value for all clients: `after` a run means that run on each of their hosts.
 * What serves a public half serves it to everybody. */
static bool same_host(const struct step *s, const struct step *o, bool behind)
{
	return same(s->host, o->host) || (is_shared(o) && o->side == SIDE_PUBLIC) ||
	       (!behind && is_shared(s) && is_shared(o) && s->side == SIDE_SERVER);
}

static void wait_for_chain(struct linker *l, uint32_t waits, uint32_t first, const char *name, bool behind)
{
	const struct step *steps = l->b->p->steps, *s = &steps[waits];

	for (uint32_t o = first; o != NOTHING; o = l->next[o])
		if (!strcmp(steps[o].name, name) && same_host(s, &steps[o], behind) &&
		    same_account(l, s, &steps[o]))
			add(l, o, waits);
}

void plan_each_host(const struct secret_def *s, void (*take)(uint32_t host, void *arg), void *arg)
{
	for (uint32_t c = 0; c < s->n_consumers; c++)
		for (uint32_t h = 0; h < s->consumers[c].hosts.n; h++)
			take(s->consumers[c].hosts.i[h], arg);
	for (uint32_t c = 0; c < s->n_public_halves; c++)
		for (uint32_t h = 0; h < s->public_halves[c].hosts.n; h++)
			take(s->public_halves[c].hosts.i[h], arg);
}

struct runs { struct linker *l; uint32_t waits; const char *name; bool behind; };

static void wait_for_run(uint32_t host, void *arg)
{
	const struct runs *r = arg;

	wait_for_chain(r->l, r->waits, r->l->of_host[host], r->name, r->behind);
}

/* The hosts of a secret whose shared runs matter to step `s`: its own host, or all of the secret's. */
static void wait_for_runs(struct linker *l, uint32_t waits, uint32_t secret, const char *name, bool behind)
{
	const struct step *s = &l->b->p->steps[waits];
	const struct secret_def *d = &l->b->in->reg->secrets[secret];

	if (s->host != NOTHING && (behind || !is_shared(s) || s->side != SIDE_SERVER)) {
		wait_for_chain(l, waits, l->of_host[s->host], name, behind);
		for (uint32_t i = 0; i < d->n_public_halves; i++)
			for (uint32_t h = 0; h < d->public_halves[i].hosts.n; h++)
				wait_for_chain(l, waits, l->of_host[d->public_halves[i].hosts.i[h]], name, behind);
		return;
	}
	plan_each_host(d, wait_for_run, &(struct runs){ l, waits, name, behind });
}

static void wait_for(struct linker *l, uint32_t waits, uint32_t secret, const struct playbook *pb, bool behind)
{
	const struct step *s = &l->b->p->steps[waits];

	for (uint32_t i = 0; i < pb->n_steps; i++) {
		const struct names *names = behind ? &pb->steps[i].behind : &pb->steps[i].after;

		if (strcmp(pb->steps[i].id, s->name) != 0)
			continue;
		for (uint32_t k = 0; k < names->n; k++) {
			wait_for_chain(l, waits, l->of_secret[secret == NOTHING ? l->b->in->reg->n_secrets : secret],
				       names->s[k], behind);
			if (secret != NOTHING)
				wait_for_runs(l, waits, secret, names->s[k], behind);
		}
	}
}

static void link_step(struct linker *l, uint32_t index, bool behind)
{
	const struct building *b = l->b;
	const struct step *s = &b->p->steps[index];

	if (is_shared(s)) {
		const struct indices *secrets = &l->secrets_of_host[s->host];

		for (uint32_t k = 0; k < secrets->n; k++)
			wait_for(l, index, secrets->i[k], b->of_secret[secrets->i[k]], behind);
	} else if (s->secret != NOTHING) {
		wait_for(l, index, s->secret, b->of_secret[s->secret], behind);
	} else if (b->general) {
		wait_for(l, index, NOTHING, b->general, behind);
	}
}

/* The admin's own secret is replaced first: what it opens is changed with the value that then works. */
static void wait_for_admin(struct linker *l, uint32_t index)
{
	const struct step *steps = l->b->p->steps, *s = &steps[index];
	const struct account *a;

	if (s->account == NOTHING || s->secret == NOTHING)
		return;
	a = &l->b->in->reg->secrets[s->secret].accounts[s->account];
	if (a->admin_secret == NOTHING || a->admin_secret == s->secret || !l->b->of_secret[a->admin_secret])
		return;
	for (uint32_t o = l->of_secret[a->admin_secret]; o != NOTHING; o = l->next[o])
		if (steps[o].what == DO_CHANGE || steps[o].what == DO_RETIRE)
			add(l, o, index);
}

/* What may be the responder's own path goes behind all that is not. */
static void wait_for_others(struct linker *l, uint32_t index)
{
	const struct building *b = l->b;
	const struct step *s = &b->p->steps[index];

	if (s->secret == NOTHING || !b->of_secret[s->secret]->last || s->what == DO_VALUES)
		return;
	for (uint32_t o = 0; o < b->p->n; o++) {
		const struct step *other = &b->p->steps[o];

		if (other->secret != NOTHING && !b->of_secret[other->secret]->last && !other->person)
			add(l, o, index);
	}
}

static void keep(struct linker *l, uint32_t **ret, uint32_t *ret_n)
{
	*ret = arena_zero(l->b->p->arena, (l->n + 1) * sizeof(**ret));
	for (uint32_t i = 0; i < l->n; i++)
		(*ret)[i] = l->list[i];
	*ret_n = l->n;
	l->n = 0;
}

static void index_steps(struct linker *l)
{
	const struct firebreak_register *r = l->b->in->reg;
	const struct plan *p = l->b->p;

	memset(l->of_secret, 0xff, (r->n_secrets + 1) * sizeof(*l->of_secret));
	memset(l->of_host, 0xff, (r->n_hosts + 1) * sizeof(*l->of_host));
	for (uint32_t i = p->n; i-- > 0;) {
		uint32_t *first = is_shared(&p->steps[i]) ? &l->of_host[p->steps[i].host]
				: &l->of_secret[p->steps[i].secret == NOTHING ? r->n_secrets : p->steps[i].secret];

		l->next[i] = *first;
		*first = i;
	}
}

struct consumed { struct linker *l; uint32_t secret; };

static void count(uint32_t host, void *arg)
{
	((struct consumed *)arg)->l->secrets_of_host[host].n++;
}

static void put(uint32_t host, void *arg)
{
	const struct consumed *c = arg;
	struct indices *of = &c->l->secrets_of_host[host];

	of->i[of->n++] = c->secret;
}

/* A secret that one host consumes twice is put twice: looking at it again adds nothing. */
static void each_consumed(struct linker *l, void (*take)(uint32_t host, void *arg))
{
	for (uint32_t k = 0; k < l->b->secrets.n; k++) {
		struct consumed c = { l, l->b->secrets.r[k].index };

		plan_each_host(&l->b->in->reg->secrets[c.secret], take, &c);
	}
}

static void index_hosts(struct linker *l)
{
	const struct firebreak_register *r = l->b->in->reg;

	each_consumed(l, count);
	for (uint32_t h = 0; h < r->n_hosts; h++) {
		struct indices *of = &l->secrets_of_host[h];

		of->i = arena_zero(l->b->p->arena, (of->n + 1) * sizeof(*of->i));
		of->n = 0;
	}
	each_consumed(l, put);
}

static void linker_free(struct linker *l)
{
	free(l->secrets_of_host);
	free(l->of_secret);
	free(l->of_host);
	free(l->next);
	free(l->seen);
	free(l->list);
}

int plan_link(struct building *b)
{
	const struct firebreak_register *r = b->in->reg;
	_cleanup_(linker_free) struct linker l = {
		.b = b,
		.of_secret = mem_zero(r->n_secrets + 1, sizeof(uint32_t)),
		.of_host = mem_zero(r->n_hosts + 1, sizeof(uint32_t)),
		.next = mem_zero(b->p->n + 1, sizeof(uint32_t)),
		.seen = mem_zero(b->p->n + 1, sizeof(uint32_t)),
		.secrets_of_host = mem_zero(r->n_hosts + 1, sizeof(struct indices)),
	};

	index_steps(&l);
	index_hosts(&l);
	for (uint32_t i = 0; i < b->p->n; i++) {
		struct step *s = &b->p->steps[i];

		link_step(&l, i, false);
		keep(&l, &s->after, &s->n_after);
		link_step(&l, i, true);
		wait_for_admin(&l, i);
		wait_for_others(&l, i);
		keep(&l, &s->behind, &s->n_behind);
	}
	return 0;
}
