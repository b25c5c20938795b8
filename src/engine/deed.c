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
char *engine_driver_program(const struct engine *en, const char *driver)
{
	bool team = false;

	if (driver_facts_find(driver))
		return mem_printf("%s-%s", en->worker, driver);
	for (const char *const *name = en->drivers; name && *name; name++)
		team = team || !strcmp(*name, driver);
	return team ? mem_printf("%s/firebreak-driver-%s", en->drivers_folder, driver) : NULL;
}

static char *program_of(const struct doing *d)
{
	const struct engine *en = d->run->en;
	const struct step *s = &d->run->plan->steps[d->steps[0]];
	const char *driver = d->n > 1 || s->account == NOTHING
		? NULL : en->reg->secrets[s->secret].accounts[s->account].driver;

	if (step_is_issuers(s))
		return mem_printf("%s-issuer", en->worker);
	if (!driver)
		return mem_dup(en->worker);
	/* The plan asks a person about every other account. */
	return engine_driver_program(en, driver);
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

	x = step_is_git(&r->plan->steps[d->steps[0]]) ? job_of_batch(r, d, &job, &secrets, &e)
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

void deed_start(struct run *r, const uint32_t *steps, uint32_t n)
{
	const struct step *first = &r->plan->steps[steps[0]];
	struct doing *d = mem_zero(1, sizeof(*d));
	char body[200];

	*d = (struct doing){ .run = r, .n = n, .fresh = true, .started_us = clock_mono_us(), .tries = json_array(),
			    .next = r->deeds };
	d->phase = r->track[steps[0]].must_probe && is_native_change(first->what) ? PHASE_PROBE : PHASE_ACT;
	d->deadline_us = d->started_us + first->limit_ms * 1000;
	memcpy(d->steps, steps, n * sizeof(*steps));
	r->deeds = d;
	snprintf(body, sizeof(body), "{\"do\":\"%s\",\"first\":\"%s\"}", step_do_name(first->what),
		 d->phase == PHASE_PROBE ? "probe" : "act");
	for (uint32_t i = 0; i < n; i++) {
		struct track *t = &r->track[steps[i]];

		t->running = true;
		t->attempt++;
		t->tries++;
		rows_intent(r, steps[i], body);
	}
	if (first->what == DO_VALUES)
		admins_join(d);
}

void deed_drop(struct doing *d)
{
	struct doing **at = &d->run->deeds;

	while (*at && *at != d)
		at = &(*at)->next;
	if (*at)
		*at = d->next;
	for (uint32_t i = 0; i < d->n; i++)
		d->run->track[d->steps[i]].running = false;
	deed_leaves(d->run, d);
	sd_event_source_disable_unref(d->again);
	json_decref(d->tries);
	free(d);
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
