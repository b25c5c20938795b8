#include "base/json.h"
#include "base/mem.h"
#include "engine/run.h"
#include <string.h>

#define FETCH_MS 60000

bool step_is_git(const struct step *s)
{
	return s->what == DO_VALUES || s->what == DO_COMMIT || s->what == DO_WITHDRAW || s->what == DO_PUBLISH ||
	       s->what == DO_ISSUE || s->what == DO_HOLD || s->what == DO_RESUME ||
	       s->what == DO_KEEP || s->what == DO_PULL;
}

bool step_is_issuers(const struct step *s)
{
	return s->what == DO_ISSUE || s->what == DO_REVOKE || s->what == DO_HOLD || s->what == DO_RESUME ||
	       s->what == DO_KEEP;
}

void repositories_mark(struct run *r, uint32_t secret, uint32_t repository, bool busy)
{
	const struct secret_def *def = &r->en->reg->secrets[secret];

	if (repository != NOTHING)
		r->repository_busy[repository] = busy;
	for (uint32_t i = 0; repository == NOTHING && i < def->n_places; i++)
		r->repository_busy[def->places[i].repository] = busy;
}

bool repositories_free(const struct run *r, uint32_t secret, uint32_t repository)
{
	const struct secret_def *def = &r->en->reg->secrets[secret];

	if (repository != NOTHING)
		return !r->repository_busy[repository];
	for (uint32_t i = 0; i < def->n_places; i++)
		if (r->repository_busy[def->places[i].repository])
			return false;
	return true;
}

uint32_t repository_of(const struct run *r, const struct step *s)
{
	const struct secret_def *def = &r->en->reg->secrets[s->secret];
	uint32_t first = def->n_places ? def->places[0].repository : NOTHING;

	if (s->repository != NOTHING)
		return s->repository;
	for (uint32_t i = 1; i < def->n_places; i++)
		if (def->places[i].repository != first)
			return NOTHING;
	return first;
}

/* Only what the worker said at its end is a commit that was there; behind a failure nobody knows what is. */
static void head_take(struct run *r, uint32_t repository, const json_t *heads)
{
	const char *head = json_str(heads, r->en->reg->repositories[repository].name);
	bool is_one = head && strlen(head) < COMMIT_HEX;

	(void)snprintf(r->heads[repository], COMMIT_HEX, "%s", is_one ? head : "");
}

void heads_take(struct run *r, const struct doing *d, const struct worker_result *w)
{
	const json_t *heads = w->ok ? json_object_get(w->result, "heads") : NULL;

	for (uint32_t i = 0; i < d->n; i++) {
		const struct step *s = &r->plan->steps[d->steps[i]];
		const struct secret_def *def = &r->en->reg->secrets[s->secret];

		if (s->repository != NOTHING)
			head_take(r, s->repository, heads);
		for (uint32_t k = 0; s->repository == NOTHING && k < def->n_places; k++)
			head_take(r, def->places[k].repository, heads);
	}
}

static bool lies_in(const struct run *r, uint32_t secret, uint32_t repository)
{
	const struct secret_def *def = &r->en->reg->secrets[secret];

	for (uint32_t i = 0; i < def->n_places; i++)
		if (def->places[i].repository != repository)
			return false;
	return def->n_places > 0;
}

static bool is_read_by(const struct doing *d, uint32_t secret)
{
	for (uint32_t i = 0; i < d->n; i++)
		if (d->run->plan->steps[d->steps[i]].secret == secret)
			return true;
	return false;
}

/* One fetch and one look at the git serve the values of both. */
void admins_join(struct doing *d)
{
	struct run *r = d->run;
	uint32_t repository = repository_of(r, &r->plan->steps[d->steps[0]]), admin;

	for (uint32_t i = 0; repository != NOTHING && i < r->plan->n && d->n_admins < BATCH_MAX; i++) {
		if (!step_needs_admin(r, i, &admin) || !is_read_by(d, r->plan->steps[i].secret) ||
		    is_read_by(d, admin) || value_of(r, admin)->have != HAVE_NOT || !lies_in(r, admin, repository))
			continue;
		value_of(r, admin)->have = HAVE_FETCHING;
		d->admins[d->n_admins++] = admin;
	}
}

/* One that did not come is fetched by itself when a step needs it, and the reason is told there. */
void admins_take(struct doing *d, const struct worker_result *w)
{
	for (uint32_t i = 0; i < d->n_admins; i++) {
		struct value *v = value_of(d->run, d->admins[i]);
		const json_t *mine = secret_result(w->result, d->n + i, d->run->en->reg->secrets[v->secret].name);
		char name[32];

		snprintf(name, sizeof(name), "old%u", d->n + i);
		bool came = w->ok && mine && json_is(mine, "ok");
		const struct secret *old = came ? wire_secrets_get(&w->out, name) : NULL;

		v->old = old ? secret_copy(old) : NULL;
		v->have = old ? HAVE_IT : HAVE_NOT;
	}
}

struct fetch {
	struct run *run;
	struct value *value;
};

static void on_fetched(struct worker_result *w, void *arg)
{
	struct fetch *f = arg;
	struct run *r = f->run;
	const struct secret *old = wire_secrets_get(&w->out, "old0");

	r->running--;
	repositories_mark(r, f->value->secret, NOTHING, false);
	if (w->ok && old) {
		f->value->old = secret_copy(old);
		f->value->have = HAVE_IT;
	} else {
		f->value->have = HAVE_FAILED;
		f->value->code = w->ok ? ERR_REMOTE : w->code;
		snprintf(f->value->why, sizeof(f->value->why), "the admin's '%s': %.200s",
			 r->en->reg->secrets[f->value->secret].name, w->text);
	}
	free(f);
	schedule(r);
}

static void fetch(struct run *r, struct value *v)
{
	_cleanup_(json_freep) json_t *job = NULL;
	struct fetch *f = mem_zero(1, sizeof(*f));
	struct worker *w;
	struct err e = ERR_INIT;
	int x = job_of_fetch(r, v->secret, &job, &e);

	*f = (struct fetch){ r, v };
	if (x == 0)
		x = worker_start(r->loop, r->en->worker, job, NULL, FETCH_MS, on_fetched, f, &w, &e);
	if (x < 0) {
		v->have = HAVE_FAILED;
		v->code = e.code;
		snprintf(v->why, sizeof(v->why), "%.290s", e.text);
		free(f);
		return;
	}
	v->have = HAVE_FETCHING;
	r->running++;
	repositories_mark(r, v->secret, NOTHING, true);
}

bool admin_ready(struct run *r, uint32_t step)
{
	struct value *v;
	uint32_t admin;

	if (!step_needs_admin(r, step, &admin))
		return true;
	v = value_of(r, admin);
	if (v->have == HAVE_NOT && repositories_free(r, admin, NOTHING))
		fetch(r, v);
	return v->have == HAVE_IT || v->have == HAVE_FAILED;
}
