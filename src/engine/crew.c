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
struct member { struct crew *crew; struct crew_job job; };

struct crew {
	const struct crew_source *source;
	uint32_t running, done;
	bool over;
	const struct crew_ears *ears;
	sd_event *loop;
	sd_event_source *wake;
};

static void tell(const struct crew *c)
{
	if (c->ears && c->ears->progress)
		c->ears->progress(c->done, c->running, c->source->total, c->ears->arg);
}

static void start(struct crew *c);

static void on_done(struct worker_result *r, void *arg)
{
	struct member *m = arg;
	struct crew *c = m->crew;

	m->job.done(r, m->job.arg);
	free(m);
	c->running--;
	c->done++;
	tell(c);
	start(c);
}

static void not_started(struct crew *c, const struct crew_job *j, const struct err *e)
{
	struct worker_result r = { .code = e->code, .effect = EFFECT_NONE, .tries = json_array() };

	(void)snprintf(r.text, sizeof(r.text), "%s", e->text);
	j->done(&r, j->arg);
	json_decref(r.tries);
	c->done++;
}

static void begin(struct crew *c, const struct crew_job *job)
{
	struct member *m = mem_zero(1, sizeof(*m));
	struct err e = ERR_INIT;
	struct worker *w;

	*m = (struct member){ c, *job };
	if (worker_start(c->loop, job->program, job->job, job->secrets, job->limit_ms, on_done, m, &w, &e) < 0) {
		free(m);
		not_started(c, job, &e);
		return;
	}
	c->running++;
	if (job->line)
		worker_listen(w, job->line, job->arg);
}

static int on_wake(sd_event_source *s _unused_, uint64_t at _unused_, void *arg)
{
	start(arg);
	return 0;
}

static void wake_at(struct crew *c, int64_t at_ms)
{
	c->wake = sd_event_source_disable_unref(c->wake);
	if (at_ms > 0)
		(void)sd_event_add_time(c->loop, &c->wake, CLOCK_MONOTONIC, (uint64_t)at_ms * 1000, 1000, on_wake, c);
}

static void start(struct crew *c)
{
	while (!c->over) {
		struct crew_job job = { 0 };
		int64_t at_ms = 0;
		enum crew_next next = c->source->next(&job, &at_ms, c->source->arg);

		if (next == CREW_JOB) {
			begin(c, &job);
			continue;
		}
		c->over = next == CREW_OVER;
		wake_at(c, at_ms);
		break;
	}
	if (c->over && !c->running)
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
	sd_event_source_disable_unref(c->wake);
	sd_event_unref(c->loop);
}

int crew_run_source(const struct crew_source *source, const struct crew_ears *ears, struct err *e)
{
	_cleanup_(crew_clear) struct crew c = { .source = source, .ears = ears };
	int r;

	(void)signal(SIGPIPE, SIG_IGN);
	if (sd_event_new(&c.loop) < 0 || sd_event_add_time(c.loop, NULL, CLOCK_MONOTONIC,
			(uint64_t)clock_mono_us() + TICK_US, 0, on_tick, &c) < 0)
		return err_set(e, ERR_IO, "the event loop could not be set up");
	start(&c);
	r = sd_event_loop(c.loop);
	return r < 0 ? err_set(e, ERR_IO, "the event loop ended: %s", strerror(-r)) : 0;
}

struct list { const struct crew_job *jobs; uint32_t n, next, running, at_once; struct listed *all; };
struct listed { struct list *list; uint32_t job; };

static void listed_done(struct worker_result *r, void *arg)
{
	const struct listed *l = arg;
	const struct crew_job *j = &l->list->jobs[l->job];

	l->list->running--;
	j->done(r, j->arg);
}

static void listed_line(enum wire_type type, const json_t *line, void *arg)
{
	const struct listed *l = arg;
	const struct crew_job *j = &l->list->jobs[l->job];

	j->line(type, line, j->arg);
}

static enum crew_next next_of_list(struct crew_job *ret, int64_t *ret_wake_ms _unused_, void *arg)
{
	struct list *l = arg;

	if (l->next == l->n)
		return CREW_OVER;
	if (l->running == l->at_once)
		return CREW_WAIT;
	l->all[l->next] = (struct listed){ l, l->next };
	*ret = l->jobs[l->next];
	ret->done = listed_done;
	ret->line = ret->line ? listed_line : NULL;
	ret->arg = &l->all[l->next++];
	l->running++;
	return CREW_JOB;
}

int crew_run(const struct crew_job *jobs, uint32_t n, uint32_t at_once, const struct crew_ears *ears, struct err *e)
{
	_cleanup_(freep) struct listed *all = mem_zero(n + 1, sizeof(*all));
	struct list l = { .jobs = jobs, .n = n, .at_once = at_once, .all = all };

	if (n == 0)
		return 0;
	return crew_run_source(&(struct crew_source){ .next = next_of_list, .total = n, .arg = &l }, ears, e);
}
