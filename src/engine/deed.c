#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "driver/driver.h"
#include "engine/run.h"
#include <string.h>

#define GRACE_MS 2000 /* from the end of a driver's time to the end of its process */

/* What may leave a service between two values: probed before it is done again.
 * Everything else may simply be done again. */
static bool is_native_change(enum step_do what)
{
	return what == DO_STAGE || what == DO_CHANGE || what == DO_RETIRE;
}

static void on_done(struct worker_result *w, void *arg)
{
	struct doing *d = arg;

	d->worker = NULL;
	deed_finish(d, w);
}

/* Each driver is a program of its own: ours beside the worker, one of the team in the folder of the drivers. */
static char *program_of(const struct doing *d)
{
	const struct engine *en = d->run->en;
	const struct step *s = &d->run->plan->steps[d->steps[0]];
	const char *driver = d->n > 1 || s->account == NOTHING
		? NULL : en->reg->secrets[s->secret].accounts[s->account].driver;

	if (!driver)
		return mem_dup(en->worker);
	return driver_facts_find(driver) ? mem_printf("%s-%s", en->worker, driver)
					 : mem_printf("%s/firebreak-driver-%s", en->drivers_folder, driver);
}

/* Starts the worker of the deed's phase. A job that cannot be made is a failed deed, told like any other. */
static void act(struct doing *d)
{
	struct run *r = d->run;
	_cleanup_(json_freep) json_t *job = NULL;
	_cleanup_(wire_secrets_free) struct wire_secrets secrets = { .n = 0 };
	_cleanup_(freep) char *program = program_of(d);
	int64_t left = (d->deadline_us - clock_mono_us()) / 1000;
	struct err e = ERR_INIT;
	int x;

	x = d->n > 1 ? job_of_batch(r, d->steps, d->n, &job, &secrets, &e)
		     : job_of_step(r, d->steps[0], d->phase, &job, &secrets, &e);
	if (left < 1000)
		left = 1000;
	if (x == 0) {
		/* The driver's own deadline comes first: "no answer, nothing changed" says
		 * more than a worker that was ended. */
		json_put_int(job, "limit_ms", left);
		x = worker_start(r->loop, program, job, &secrets, left + GRACE_MS, on_done, d, &d->worker, &e);
	}
	if (x < 0) {
		struct worker_result failed = { .code = e.code, .tries = json_array() };

		snprintf(failed.text, sizeof(failed.text), "%s", e.text);
		deed_finish(d, &failed);
		json_decref(failed.tries);
	}
}

void deed_act(struct doing *d)
{
	act(d);
}

struct intents {
	struct run *r;
	const uint32_t *steps;
	uint32_t n;
	const char *body;
};

static int append_intents(struct journal *j, void *arg, struct err *e)
{
	struct intents *in = arg;
	int x = 0;

	for (uint32_t i = 0; x == 0 && i < in->n; i++) {
		struct track *t = &in->r->track[in->steps[i]];

		x = journal_append(j, &(struct row){ .kind = ROW_INTENT, .incident = in->r->number,
				   .step = in->r->plan->steps[in->steps[i]].id, .attempt = t->attempt + 1,
				   .who = in->r->en->who, .body = in->body }, NULL, e);
	}
	return x;
}

/* The intent is on disk before anything moves. */
static int intend(struct run *r, const uint32_t *steps, uint32_t n, enum phase phase, struct err *e)
{
	char body[200];
	struct intents in = { r, steps, n, body };

	snprintf(body, sizeof(body), "{\"do\":\"%s\",\"first\":\"%s\"}", step_do_name(r->plan->steps[steps[0]].what),
		 phase == PHASE_PROBE ? "probe" : "act");
	return n == 1 ? append_intents(r->en->journal, &in, e) : journal_alone(r->en->journal, append_intents, &in, e);
}

int deed_start(struct run *r, const uint32_t *steps, uint32_t n, struct err *e)
{
	const struct step *first = &r->plan->steps[steps[0]];
	enum phase phase = r->track[steps[0]].must_probe && is_native_change(first->what) ? PHASE_PROBE : PHASE_ACT;
	int x = intend(r, steps, n, phase, e);
	struct doing *d;

	if (x < 0)
		return x;
	d = mem_zero(1, sizeof(*d));
	*d = (struct doing){ .run = r, .phase = phase, .n = n, .started_us = clock_mono_us(), .tries = json_array(),
			    .next = r->deeds };
	d->deadline_us = d->started_us + first->limit_ms * 1000;
	memcpy(d->steps, steps, n * sizeof(*steps));
	r->deeds = d;
	for (uint32_t i = 0; i < n; i++) {
		struct track *t = &r->track[steps[i]];

		t->running = true;
		t->attempt++;
		t->tries++;
		schedule_tell(r, PROGRESS_STARTED, steps[i], NULL, 0);
	}
	act(d);
	return 0;
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
		snprintf(f->value->why, sizeof(f->value->why), "the admin's '%s': %.200s",
			 r->en->reg->secrets[f->value->secret].name, w->text);
	}
	free(f);
	schedule(r);
}

void deed_fetch(struct run *r, struct value *v)
{
	_cleanup_(json_freep) json_t *job = NULL;
	struct fetch *f = mem_zero(1, sizeof(*f));
	struct worker *w;
	struct err e = ERR_INIT;
	int x = job_of_fetch(r, v->secret, &job, &e);

	*f = (struct fetch){ r, v };
	if (x == 0)
		x = worker_start(r->loop, r->en->worker, job, NULL, 60000, on_fetched, f, &w, &e);
	if (x < 0) {
		v->have = HAVE_FAILED;
		snprintf(v->why, sizeof(v->why), "%.290s", e.text);
		free(f);
		return;
	}
	v->have = HAVE_FETCHING;
	r->running++;
	repositories_mark(r, v->secret, NOTHING, true);
}

void deeds_kill(struct run *r)
{
	while (r->deeds) {
		struct doing *d = r->deeds;

		if (!d->worker)
			break;
		worker_kill(d->worker);
	}
}
