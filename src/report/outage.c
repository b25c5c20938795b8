#include "report/outage.h"
#include "base/mem.h"

#define LOG_MAX 1000000u

struct event {
	int64_t at_us;
	uint32_t step;           /* behind n_steps: the same step as a consumer's; behind those: what was pulled */
	enum service_state state;
};

struct events {
	struct event *e;
	uint32_t n;
	size_t cap;
};

static void add_event(struct events *v, int64_t at_us, uint32_t step, enum service_state state)
{
	if (GROW(v->e, v->n, v->cap, LOG_MAX))
		v->e[v->n++] = (struct event){ at_us, step, state };
}

/* By time; of one moment what goes down first, so that a step that took no time leaves no false up behind. */
static int compare(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	if (x->state != y->state)
		return x->state > y->state ? -1 : 1;
	return x->step < y->step ? -1 : x->step > y->step;
}

static bool has_text(const char *s)
{
	return s && *s;
}

static void add_interruptions(const struct step_state *step, uint32_t number, struct events *v)
{
	for (uint32_t d = 0; has_text(step->interrupts) && d < step->n_deeds; d++) {
		const struct deed *deed = &step->deeds[d];

		add_event(v, deed->started_us, number, SERVICE_DOWN);
		if (deed->ended_us)
			add_event(v, deed->ended_us, number,
				  deed->outcome == OUTCOME_PROVEN ? SERVICE_UP : SERVICE_PARTIAL);
	}
}

static int64_t first_change(const struct incident *i)
{
	int64_t first = 0;

	for (uint32_t s = 0; s < i->n_steps; s++)
		for (uint32_t d = 0; strcmp(i->steps[s].what, "change") == 0 && d < i->steps[s].n_deeds; d++) {
			int64_t at = i->steps[s].deeds[d].started_us;

			if (!first || at < first)
				first = at;
		}
	return first;
}

static int64_t proven_behind(const struct step_state *s, int64_t since)
{
	for (uint32_t d = 0; d < s->n_deeds; d++)
		if (s->deeds[d].outcome == OUTCOME_PROVEN && s->deeds[d].ended_us >= since)
			return s->deeds[d].ended_us;
	return 0;
}

/* A consumer that still has the old configuration is refused by the changed server. */
static void add_consumers(const struct incident *i, struct events *v)
{
	static const char *const brings_it_back[] = { "apply", "restart" };
	int64_t since = first_change(i);

	for (uint32_t s = 0; since && s < i->n_steps; s++)
		for (size_t k = 0; k < ARRAY_SIZE(brings_it_back); k++) {
			int64_t until = proven_behind(&i->steps[s], since);

			if (strcmp(i->steps[s].what, brings_it_back[k]) != 0 || i->steps[s].person)
				continue;
			add_event(v, since, i->n_steps + s, SERVICE_PARTIAL);
			if (until)
				add_event(v, until, i->n_steps + s, SERVICE_UP);
		}
}

/* What was taken out of deployment is away for everybody, whatever runs and restarts meanwhile. */
static void add_pulled(const struct incident *i, struct events *v)
{
	for (uint32_t k = 0; k < i->n_pulled; k++) {
		const char *secret = i->pulled[k]->secret;
		int64_t since = incident_pull_began_us(i, secret), back = 0;
		enum pull_state state = incident_pull_state(i, secret, &back);

		if (!since)
			continue;
		add_event(v, since, 2 * i->n_steps + k, SERVICE_DOWN);
		if (state == PULL_BACK)
			add_event(v, back, 2 * i->n_steps + k, SERVICE_UP);
	}
}

static void collect(const struct incident *i, struct events *v)
{
	for (uint32_t s = 0; s < i->n_steps; s++)
		add_interruptions(&i->steps[s], s, v);
	add_consumers(i, v);
	add_pulled(i, v);
	if (v->n)
		qsort(v->e, v->n, sizeof(*v->e), compare);
}

static void enter(struct outage *o, int64_t at_us, enum service_state state)
{
	if (o->n && o->log[o->n - 1].at_us == at_us)
		o->n--;
	if (o->n && o->log[o->n - 1].state == state)
		return;
	if (GROW(o->log, o->n, o->cap, LOG_MAX))
		o->log[o->n++] = (struct outage_entry){ at_us, state };
}

void outage_of(const struct incident *i, struct outage *ret)
{
	uint32_t n = 2 * i->n_steps + i->n_pulled, in_state[SERVICE_DOWN + 1] = { [SERVICE_UP] = n };
	_cleanup_(freep) enum service_state *of_step = mem_zero((size_t)n + 1, sizeof(*of_step));
	enum service_state now = SERVICE_UP;
	struct events v = { 0 };

	*ret = (struct outage){ 0 };
	collect(i, &v);
	for (uint32_t k = 0; k < v.n; k++) {
		const struct event *e = &v.e[k];
		enum service_state worst;

		in_state[of_step[e->step]]--;
		in_state[e->state]++;
		of_step[e->step] = e->state;
		worst = in_state[SERVICE_DOWN] ? SERVICE_DOWN : in_state[SERVICE_PARTIAL] ? SERVICE_PARTIAL :
			SERVICE_UP;
		if (worst != now)
			enter(ret, e->at_us, worst);
		now = worst;
	}
	free(v.e);
	outage_minutes(ret);
}

static int64_t minutes(int64_t us)
{
	return (us + 30000000) / 60000000;
}

void outage_minutes(struct outage *o)
{
	int64_t visible_us = 0, total_us = 0;

	o->down_us = o->not_up_us = 0;
	for (uint32_t k = 1; k < o->n; k++) {
		int64_t interval = o->log[k].at_us - o->log[k - 1].at_us;
		enum service_state before = o->log[k - 1].state;

		if (o->log[k].state == SERVICE_DOWN || before == SERVICE_DOWN)
			visible_us += interval;
		if (before != SERVICE_UP)
			total_us += interval;
		if (before == SERVICE_DOWN)
			o->down_us += interval;
	}
	o->not_up_us = total_us;
	o->visible_minutes = minutes(visible_us);
	o->total_minutes = minutes(total_us);
	o->over = !o->n || o->log[o->n - 1].state == SERVICE_UP;
}

void outage_free(struct outage *o)
{
	free(o->log);
	*o = (struct outage){ 0 };
}

const char *service_state_name(enum service_state s)
{
	static const char *const names[] = { "up", "partial", "down" };

	return names[s];
}
