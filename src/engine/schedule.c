#include "base/clock.h"
#include "base/mem.h"
#include "engine/run.h"
#include <string.h>

/* What a step may do now; worked out anew at each turn. */
enum standing { S_UNSEEN, S_LOOKING, S_SETTLED, S_OVER, S_BLOCKED, S_RUNNING, S_WAITING };

struct turn {
	struct run *r;
	uint8_t *standing;
	int64_t now_us, soonest_us;     /* soonest: end of the nearest pause; 0: none */
};

void repositories_mark(struct run *r, uint32_t secret, uint32_t repository, bool busy)
{
	const struct secret_def *def = &r->en->reg->secrets[secret];

	for (uint32_t i = 0; i < def->n_places; i++)
		if (repository == NOTHING || def->places[i].repository == repository)
			r->repository_busy[def->places[i].repository] = busy;
}

static bool repositories_free(const struct run *r, uint32_t secret, uint32_t repository)
{
	const struct secret_def *def = &r->en->reg->secrets[secret];

	for (uint32_t i = 0; i < def->n_places; i++)
		if ((repository == NOTHING || def->places[i].repository == repository) &&
		    r->repository_busy[def->places[i].repository])
			return false;
	return true;
}

static bool is_git(const struct step *s)
{
	return s->what == DO_VALUES || s->what == DO_COMMIT;
}

static bool is_apply(const struct step *s)
{
	return s->what == DO_APPLY || s->what == DO_SETTLE;
}

void deed_leaves(struct run *r, const struct doing *d)
{
	r->running--;
	if (is_apply(&r->plan->steps[d->steps[0]]))
		r->applying--;
	for (uint32_t i = 0; i < d->n; i++) {
		const struct step *s = &r->plan->steps[d->steps[i]];

		if (is_git(s))
			repositories_mark(r, s->secret, s->repository, false);
	}
}

void schedule_tell(struct run *r, enum progress_kind kind, uint32_t step, const char *text, int64_t took_us)
{
	struct progress p = { .kind = kind, .step = &r->plan->steps[step], .outcome = r->track[step].outcome,
			      .text = text, .running = r->running, .took_us = took_us };

	if (!r->o->tell)
		return;
	for (uint32_t i = 0; i < r->plan->n; i++) {
		p.total += !r->plan->steps[i].person;
		p.done += !r->plan->steps[i].person && outcome_is_settled(r->track[i].outcome);
	}
	r->o->tell(&p, r->o->arg);
}

static enum standing standing_of(struct turn *t, uint32_t i);

/* A step that something must have succeeded for is blocked when that can no longer happen in this run; one that only
 * waits for something's end is not. People's steps hold back both. */
static enum standing from_others(struct turn *t, const struct step *s)
{
	enum standing worst = S_OVER;

	for (uint32_t k = 0; k < s->n_after + s->n_behind; k++) {
		bool must = k < s->n_after;
		uint32_t o = must ? s->after[k] : s->behind[k - s->n_after];
		enum standing st = standing_of(t, o);

		if (st == S_SETTLED || st == S_LOOKING)
			continue;
		if (t->r->plan->steps[o].person || (must && (st == S_OVER || st == S_BLOCKED)))
			return S_BLOCKED;
		if (st == S_RUNNING || st == S_WAITING)
			worst = S_WAITING;
	}
	return worst;
}

static enum standing standing_of(struct turn *t, uint32_t i)
{
	struct run *r = t->r;
	enum standing st;

	if (t->standing[i] != S_UNSEEN)
		return (enum standing)t->standing[i];
	t->standing[i] = S_LOOKING;
	if (outcome_is_settled(r->track[i].outcome))
		st = S_SETTLED;
	else if (r->track[i].running)
		st = S_RUNNING;
	else if (r->track[i].ended || !r->track[i].wanted || r->plan->steps[i].person)
		st = S_OVER;
	else
		st = from_others(t, &r->plan->steps[i]) == S_BLOCKED ? S_BLOCKED : S_WAITING;
	t->standing[i] = (uint8_t)st;
	return st;
}

static bool others_are_through(struct turn *t, const struct step *s)
{
	return from_others(t, s) == S_OVER;
}

/* The values that a native step needs: its own, and its admin's out of the git. False: not yet. */
static bool values_ready(struct run *r, uint32_t step)
{
	struct value *v;
	uint32_t admin;

	if (!step_needs_admin(r, step, &admin))
		return true;
	v = value_of(r, admin);
	if (v->have == HAVE_NOT && repositories_free(r, admin, NOTHING))
		deed_fetch(r, v);
	return v->have == HAVE_IT || v->have == HAVE_FAILED;
}

static bool is_ready(struct turn *t, uint32_t i)
{
	struct run *r = t->r;
	const struct step *s = &r->plan->steps[i];

	if (standing_of(t, i) != S_WAITING || !others_are_through(t, s))
		return false;
	if (r->track[i].not_before_us > t->now_us) {
		if (!t->soonest_us || r->track[i].not_before_us < t->soonest_us)
			t->soonest_us = r->track[i].not_before_us;
		return false;
	}
	if (is_git(s))
		return repositories_free(r, s->secret, s->repository);
	if (is_apply(s) && r->applying >= APPLY_AT_ONCE)
		return false;
	return values_ready(r, i);
}

/* The one repository of a git step; NOTHING when its places lie in several. */
static uint32_t repository_of(const struct run *r, const struct step *s)
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

/* What else can go into the same commit or the same reading. */
static uint32_t gather(struct turn *t, uint32_t first, uint32_t *steps)
{
	struct run *r = t->r;
	const struct step *s = &r->plan->steps[first];
	uint32_t n = 0, repository = is_git(s) ? repository_of(r, s) : NOTHING;

	steps[n++] = first;
	if (!is_git(s) || repository == NOTHING || r->o->at_once == 1)
		return n;
	for (uint32_t i = first + 1; i < r->plan->n && n < BATCH_MAX; i++) {
		const struct step *o = &r->plan->steps[i];

		if (o->what == s->what && repository_of(r, o) == repository && is_ready(t, i))
			steps[n++] = i;
	}
	return n;
}

static bool start(struct turn *t, uint32_t i)
{
	struct run *r = t->r;
	uint32_t steps[BATCH_MAX], n = gather(t, i, steps);
	struct err e = ERR_INIT;

	r->running++;
	r->applying += is_apply(&r->plan->steps[i]);
	for (uint32_t k = 0; k < n; k++) {
		const struct step *s = &r->plan->steps[steps[k]];

		t->standing[steps[k]] = S_RUNNING;
		if (is_git(s))
			repositories_mark(r, s->secret, s->repository, true);
	}
	if (deed_start(r, steps, n, &e) < 0) {
		r->running--;
		run_broken(r, &e);
		return false;
	}
	return true;
}

static int on_pause_over(sd_event_source *s _unused_, uint64_t at _unused_, void *arg)
{
	struct run *r = arg;

	r->again = sd_event_source_disable_unref(r->again);
	schedule(r);
	return 0;
}

static void wait_for_pause(struct run *r, int64_t until_us)
{
	r->again = sd_event_source_disable_unref(r->again);
	if (sd_event_add_time(r->loop, &r->again, CLOCK_MONOTONIC, (uint64_t)until_us, 1000, on_pause_over, r) < 0)
		sd_event_exit(r->loop, 0);
}

static void take_turn(struct turn *t)
{
	struct run *r = t->r;

	for (uint32_t i = 0; i < r->plan->n && r->running < r->o->at_once && !r->stopping; i++)
		if (is_ready(t, i) && !start(t, i))
			return;
}

void schedule(struct run *r)
{
	_cleanup_(freep) uint8_t *standing = NULL;
	struct turn t = { .r = r, .now_us = clock_mono_us() };

	/* A deed that fails at its start ends inside start(): the turn in hand goes on, not a second one within it. */
	if (r->in_turn) {
		r->turn_again = true;
		return;
	}
	r->in_turn = true;
	do {
		r->turn_again = false;
		free(standing);
		t.standing = standing = mem_zero(r->plan->n + 1, 1);
		t.soonest_us = 0;
		take_turn(&t);
	} while (r->turn_again);
	r->in_turn = false;
	if (r->running)
		return;
	if (t.soonest_us && !r->stopping)
		wait_for_pause(r, t.soonest_us);
	else
		sd_event_exit(r->loop, 0);
}
