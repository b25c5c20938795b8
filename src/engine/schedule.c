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

		if (step_is_git(s))
			repositories_mark(r, s->secret, s->repository, false);
	}
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
	if (step_is_git(s))
		return repositories_free(r, s->secret, s->repository);
	if (is_apply(s) && r->applying >= APPLY_AT_ONCE)
		return false;
	return admin_ready(r, i);
}

/* What else can go into the same commit or the same reading. */
static uint32_t gather(struct turn *t, uint32_t first, uint32_t *steps)
{
	struct run *r = t->r;
	const struct step *s = &r->plan->steps[first];
	uint32_t n = 0, repository = step_is_git(s) ? repository_of(r, s) : NOTHING;

	steps[n++] = first;
	if (!step_is_git(s) || step_is_issuers(s) || repository == NOTHING || r->o->at_once == 1)
		return n;
	for (uint32_t i = first + 1; i < r->plan->n && n < BATCH_MAX; i++) {
		const struct step *o = &r->plan->steps[i];

		if (o->what == s->what && repository_of(r, o) == repository && is_ready(t, i))
			steps[n++] = i;
	}
	return n;
}

static void start(struct turn *t, uint32_t i)
{
	struct run *r = t->r;
	uint32_t steps[BATCH_MAX], n = gather(t, i, steps);

	r->running++;
	r->applying += is_apply(&r->plan->steps[i]);
	for (uint32_t k = 0; k < n; k++) {
		const struct step *s = &r->plan->steps[steps[k]];

		t->standing[steps[k]] = S_RUNNING;
		if (step_is_git(s))
			repositories_mark(r, s->secret, s->repository, true);
	}
	deed_start(r, steps, n);
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
		if (is_ready(t, i))
			start(t, i);
}

/* The one that was made first. */
static struct doing *fresh_deed(const struct run *r)
{
	struct doing *found = NULL;

	for (struct doing *d = r->deeds; d; d = d->next)
		if (d->fresh)
			found = d;
	return found;
}

static void begin_fresh(struct run *r)
{
	struct err e = ERR_INIT;
	int x = rows_write(r, &e);
	struct doing *d;

	if (x < 0)
		run_broken(r, &e);
	while ((d = fresh_deed(r))) {
		d->fresh = false;
		if (x == 0)
			deed_act(d);
		else
			deed_drop(d);
	}
}

void schedule(struct run *r)
{
	_cleanup_(freep) uint8_t *standing = NULL;
	struct turn t = { .r = r, .now_us = clock_mono_us() };

	/* A deed that fails at its start ends inside of the turn: that goes on, and not a second one within it. */
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
		begin_fresh(r);
	} while (r->turn_again);
	r->in_turn = false;
	if (r->running)
		return;
	if (t.soonest_us && !r->stopping)
		wait_for_pause(r, t.soonest_us);
	else
		sd_event_exit(r->loop, 0);
}
