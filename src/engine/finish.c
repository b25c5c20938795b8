#include "base/clock.h"
#include "base/mem.h"
#include "engine/run.h"
#include <string.h>

#define TRIES_KEPT 200
#define AGAIN_FIRST_MS 250
#define AGAIN_MAX_MS 8000
#define AFTER_UNKNOWN_US 300000

enum outcome outcome_of(const struct worker_result *w, enum step_do what)
{
	if (w->ok)
		return OUTCOME_PROVEN;
	if (w->effect == EFFECT_UNKNOWN)
		return OUTCOME_UNKNOWN;
	if (w->code == ERR_NET || w->timed_out)
		return OUTCOME_UNREACHABLE;
	return what == DO_PROVE && w->code == ERR_IO ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
}

/* How one step of a deed ended: what goes into its outcome row. */
struct ending {
	struct doing *d;
	uint32_t step;
	enum outcome outcome;
	const char *effect, *text;
	json_t *body;                   /* extra keys (sealed values), or NULL */
	const json_t *result;
};

static json_t *kept_tries(const json_t *tries)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(tries) && i < TRIES_KEPT; i++)
		json_array_append(list, json_array_get(tries, i));
	return list;
}

static json_t *result_json(const json_t *result)
{
	static const char *const ours[] = { "type", "ok", "error", "effect", "text" };
	json_t *copy = result ? json_deep_copy(result) : json_object();

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		json_object_del(copy, ours[i]);
	return copy;
}

static char *body_of(const struct ending *x, int64_t took_us)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_put(body, "outcome", outcome_name(x->outcome));
	json_put(body, "effect", x->effect);
	json_put(body, "text", x->text);
	json_put_int(body, "took_us", took_us);
	if (x->body)
		json_object_update(body, x->body);
	json_object_set_new(body, "tries", kept_tries(x->d->tries));
	json_object_set_new(body, "result", result_json(x->result));
	json_line(&text, body);
	return buf_take(&text);
}

/* Unknown and unreachable are tried again in this run, a little later each time; the rest is
 * for a person to see first. */
static void track_ending(const struct ending *x)
{
	struct track *t = &x->d->run->track[x->step];

	t->outcome = x->outcome;
	t->must_probe = x->outcome == OUTCOME_UNKNOWN;
	t->ended = true;
	if ((x->outcome == OUTCOME_UNKNOWN || x->outcome == OUTCOME_UNREACHABLE) && t->tries < TRIES_MAX) {
		t->ended = false;
		t->not_before_us = clock_mono_us() + (int64_t)t->tries * t->tries * AFTER_UNKNOWN_US;
	}
}

static bool has_stored(const json_t *result)
{
	const json_t *list = json_object_get(result, "findings");

	for (size_t k = 0; k < json_array_size(list); k++)
		if (json_str(json_array_get(list, k), "stored"))
			return true;
	return false;
}

static void end(struct doing *d, struct ending *x, uint32_t n)
{
	struct run *r = d->run;
	int64_t took_us = clock_mono_us() - d->started_us;

	for (uint32_t i = 0; i < n; i++) {
		track_ending(&x[i]);
		issued_take(r, x[i].step, x[i].result);
		r->found = r->found || has_stored(x[i].result);
		rows_outcome(r, x[i].step, body_of(&x[i], took_us), x[i].text, took_us);
		json_decref(x[i].body);
	}
	deed_drop(d);
	schedule(r);
}

static void end_one(struct doing *d, enum outcome o, const char *effect, const char *text, const json_t *result)
{
	struct ending x = { .d = d, .step = d->steps[0], .outcome = o, .effect = effect, .text = text,
			    .result = result };

	end(d, &x, 1);
}

const json_t *secret_result(const json_t *result, uint32_t at, const char *name)
{
	const json_t *s = json_array_get(json_object_get(result, "secrets"), at);
	const char *about = json_str(s, "name");

	return about && !strcmp(about, name) ? s : NULL;
}

/* One secret of a git batch. A worker that failed as a whole failed each of them. */
static void end_of_batch_step(struct doing *d, uint32_t i, struct worker_result *w, struct ending *x)
{
	struct run *r = d->run;
	const struct step *s = &r->plan->steps[d->steps[i]];
	const json_t *mine = secret_result(w->result, i, r->en->reg->secrets[s->secret].name);
	char name[32];
	struct err e = ERR_INIT;

	*x = (struct ending){ .d = d, .step = d->steps[i], .outcome = outcome_of(w, s->what),
			      .effect = effect_name(w->effect), .text = w->text, .result = mine };
	if (mine && !json_is(mine, "ok")) {
		x->outcome = OUTCOME_FAILED;
		x->text = json_str(mine, "text");
		return;
	}
	if (x->outcome == OUTCOME_PROVEN && mine && json_str(mine, "text"))
		x->text = json_str(mine, "text");
	if (x->outcome != OUTCOME_PROVEN || s->what != DO_VALUES)
		return;
	snprintf(name, sizeof(name), "old%u", i);
	const struct secret *old = wire_secrets_get(&w->out, name);

	snprintf(name, sizeof(name), "new%u", i);
	const struct secret *new = wire_secrets_get(&w->out, name);

	x->body = json_object();
	x->text = "old value read, new value made, both sealed";
	if (!old)
		err_set(&e, ERR_REMOTE, "the worker did not give the old value");
	if (!old || value_make(r, value_of(r, s->secret), old, new, x->body, &e) < 0) {
		x->outcome = OUTCOME_FAILED;
		json_put(x->body, "text", e.text);
	}
}

static void end_batch(struct doing *d, struct worker_result *w)
{
	struct ending *x = mem_zero(d->n, sizeof(*x));
	uint32_t n = d->n;

	heads_take(d->run, d, w);
	admins_take(d, w);
	for (uint32_t i = 0; i < n; i++)
		end_of_batch_step(d, i, w, &x[i]);
	end(d, x, n);
	free(x);
}

static int on_again(sd_event_source *s _unused_, uint64_t at _unused_, void *arg)
{
	struct doing *d = arg;

	d->again = sd_event_source_disable_unref(d->again);
	deed_act(d);
	return 0;
}

/* The pauses double: a proof waits for caches and throttles without tripping the service's own lock-out. */
static bool try_again(struct doing *d)
{
	int64_t now = clock_mono_us(), pause = AGAIN_FIRST_MS;

	for (size_t i = json_array_size(d->tries); i > 2 && pause < AGAIN_MAX_MS; i -= 2)
		pause *= 2;
	if (now + pause * 1000 >= d->deadline_us)
		return false;
	return sd_event_add_time(d->run->loop, &d->again, CLOCK_MONOTONIC, (uint64_t)(now + pause * 1000), 1000,
				 on_again, d) >= 0;
}

static void end_proof(struct doing *d, struct worker_result *w)
{
	const struct step *s = &d->run->plan->steps[d->steps[0]];
	const char *accepts = w->ok ? json_str(w->result, "accepts") : NULL;
	char text[700];

	if (accepts && (!strcmp(accepts, "new") || (s->new_any && !strcmp(accepts, "neither")) ||
			(s->old_any && !strcmp(accepts, "both")))) {
		end_one(d, OUTCOME_PROVEN, "none", w->text, w->result);
		return;
	}
	if ((accepts || w->code == ERR_NET) && !d->run->stopping && try_again(d))
		return;
	if (!accepts || !strcmp(accepts, "unreachable")) {
		end_one(d, outcome_of(w, DO_PROVE) == OUTCOME_PROVEN ? OUTCOME_UNREACHABLE : outcome_of(w, DO_PROVE),
			"none", w->text, w->result);
		return;
	}
	snprintf(text, sizeof(text), "not proven: the service accepts %s%s%s", accepts, *w->text ? ": " : "", w->text);
	end_one(d, OUTCOME_FAILED, "none", text, w->result);
}

static void end_probe(struct doing *d, struct worker_result *w)
{
	const char *accepts = w->ok ? json_str(w->result, "accepts") : NULL;
	enum next next = recover_next(d->run->plan->steps[d->steps[0]].what, accepts);
	char text[900];

	switch (next) {
	case NEXT_ACT:
	case NEXT_CHANGE:
		d->phase = next == NEXT_ACT ? PHASE_ACT : PHASE_CHANGE;
		deed_act(d);
		return;
	case NEXT_PERSON:
		snprintf(text, sizeof(text), "the service accepts neither the old nor the new value: somebody else "
			 "changed it. Log in with the break-glass account, set the new value (firebreak recover %lld "
			 "shows it), then run respond again", (long long)d->run->number);
		end_one(d, OUTCOME_FAILED, "unknown", text, w->result);
		return;
	default:
		end_one(d, OUTCOME_UNKNOWN, "unknown", w->text, w->result);
	}
}

void deed_finish(struct doing *d, struct worker_result *w)
{
	const struct step *s = &d->run->plan->steps[d->steps[0]];

	json_array_extend(d->tries, w->tries);
	if (step_is_git(s))
		end_batch(d, w);
	else if (d->phase == PHASE_PROBE)
		end_probe(d, w);
	else if (s->what == DO_PROVE)
		end_proof(d, w);
	else
		end_one(d, outcome_of(w, s->what), effect_name(w->effect), w->text, w->result);
}
