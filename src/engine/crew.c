#include "engine/crew.h"
#include "base/clock.h"
#include "base/mem.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#define TICK_US UINT64_C(1000000)

struct crew;
struct member { struct crew *crew; uint32_t job; };

struct crew {
	const struct crew_job *jobs;
	struct member *members;
	uint32_t n, next, running, done, at_once;
	const struct crew_ears *ears;
	sd_event *loop;
};

static void tell(const struct crew *c)
{
	if (c->ears && c->ears->progress)
		c->ears->progress(c->done, c->running, c->n, c->ears->arg);
}

static void start(struct crew *c);

static void on_done(struct worker_result *r, void *arg)
{
	struct member *m = arg;
	struct crew *c = m->crew;

	c->jobs[m->job].done(r, c->jobs[m->job].arg);
	c->running--;
	c->done++;
	tell(c);
	start(c);
}

static void not_started(struct crew *c, uint32_t i, const struct err *e)
{
	struct worker_result r = { .code = e->code, .effect = EFFECT_NONE, .tries = json_array() };

	(void)snprintf(r.text, sizeof(r.text), "%s", e->text);
	c->jobs[i].done(&r, c->jobs[i].arg);
	json_decref(r.tries);
	c->done++;
}

static void start(struct crew *c)
{
	while (c->next < c->n && c->running < c->at_once) {
		uint32_t i = c->next++;
		const struct crew_job *j = &c->jobs[i];
		struct err e = ERR_INIT;
		struct worker *w;

		c->members[i] = (struct member){ c, i };
		c->running++;
		if (worker_start(c->loop, j->program, j->job, j->secrets, j->limit_ms, on_done, &c->members[i], &w,
				 &e) < 0) {
			c->running--;
			not_started(c, i, &e);
		} else if (j->line) {
			worker_listen(w, j->line, j->arg);
		}
	}
	if (c->done == c->n)
		sd_event_exit(c->loop, 0);
}

static int on_tick(sd_event_source *s, uint64_t at, void *arg)
{
	tell(arg);
	sd_event_source_set_time(s, at + TICK_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void crew_clear(struct crew *c)
{
	free(c->members);
	sd_event_unref(c->loop);
}

int crew_run(const struct crew_job *jobs, uint32_t n, uint32_t at_once, const struct crew_ears *ears, struct err *e)
{
	_cleanup_(crew_clear) struct crew c = { .jobs = jobs, .n = n, .at_once = at_once, .ears = ears };
	int r;

	if (n == 0)
		return 0;
	c.members = mem_zero(n, sizeof(*c.members));
	(void)signal(SIGPIPE, SIG_IGN);
	if (sd_event_new(&c.loop) < 0 || sd_event_add_time(c.loop, NULL, CLOCK_MONOTONIC,
			(uint64_t)clock_mono_us() + TICK_US, 0, on_tick, &c) < 0)
		return err_set(e, ERR_IO, "the event loop could not be set up");
	start(&c);
	r = sd_event_loop(c.loop);
	return r < 0 ? err_set(e, ERR_IO, "the event loop ended: %s", strerror(-r)) : 0;
}
