#include "model/deadline.h"
#include <string.h>

#define MINUTE_US INT64_C(60000000)
#define HOUR_US (60 * MINUTE_US)

static const char *const states[DEADLINE_STATES] = {
	[DEADLINE_NONE] = "none", [DEADLINE_RUNS] = "runs", [DEADLINE_OVER] = "over", [DEADLINE_TOLD] = "told",
	[DEADLINE_TOLD_LATE] = "told-late",
};

const char *deadline_state_name(enum deadline_state s)
{
	return states[s];
}

/* Both are below 10^16, so a hundred times as much fits. */
static enum loud loudness(const struct regime *r, int64_t gone_us, int64_t total_us)
{
	int level = LOUD_NOT;

	if (gone_us > total_us)
		return LOUD_OVER;
	while (level < LOUD_LEVELS && gone_us * 100 >= r->loud[level] * total_us)
		level++;
	return (enum loud)level;
}

void deadline_count(const struct regime *r, int64_t from_us, int64_t now_us, int64_t told_us, struct deadline *ret)
{
	int64_t total = r->hours * HOUR_US, until = told_us ? told_us : now_us, gone = until - from_us;

	ret->from_us = from_us;
	ret->deadline_us = from_us + total;
	ret->counted_us = (from_us / HOUR_US + 1) * HOUR_US + total;
	ret->left_us = total - gone;
	ret->percent = gone <= 0 ? 0 : gone * 100 / total;
	if (told_us) {
		ret->state = gone > total ? DEADLINE_TOLD_LATE : DEADLINE_TOLD;
		ret->loud = LOUD_NOT;
		return;
	}
	ret->state = gone > total ? DEADLINE_OVER : DEADLINE_RUNS;
	ret->loud = loudness(r, gone, total);
}

static const struct decided *decision_about(const struct incident *i, const struct authority *a)
{
	const struct decided *d = incident_decided(i, a->name);

	return d ? d : incident_decided(i, "authority");
}

/* The first notice stops the clock; whether the matter is complete the newest one says. */
static void look_at_notices(const struct incident *i, struct deadline *d)
{
	for (uint32_t k = 0; k < i->law.n_told; k++) {
		const struct told *t = &i->law.told[k];

		if (strcmp(t->to, d->authority->name) != 0)
			continue;
		if (!d->told || t->at_us < d->told->at_us)
			d->told = t;
		d->phased = t->phased;
		if (t->late)
			d->late = t->late;
	}
	if (!d->late)
		d->late = i->law.words[WORDS_LATE].text;
}

static bool is_wanted(const struct incident *i, struct deadline *d)
{
	const struct decided *word = decision_about(i, d->authority);

	if (word) {
		d->why = word->because;
		d->who = word->who;
		return word->yes;
	}
	if (i->mode && !strcmp(i->mode, "planned"))
		d->why = "planned: a drill or a routine, nothing has leaked";
	else if (!i->law.n_data)
		d->why = "by the register no data of people is in reach";
	return !d->why;
}

void deadline_of(const struct incident *i, const struct authority *a, int64_t now_us, struct deadline *ret)
{
	struct deadline d = { .authority = a };
	int64_t from = a->regime->from == FROM_SUSPECTED && i->suspected_us ? i->suspected_us : i->aware_us;
	bool wanted;

	look_at_notices(i, &d);
	wanted = is_wanted(i, &d);
	deadline_count(a->regime, from, now_us, d.told ? d.told->at_us : 0, &d);
	if (!wanted && !d.told) {
		d.state = DEADLINE_NONE;
		d.loud = LOUD_NOT;
	}
	*ret = d;
}

/* Rounded down: never more is left than there is. */
static void span(struct buf *b, int64_t us)
{
	us = us < 0 ? -us : us;
	if (us >= 2 * HOUR_US)
		buf_printf(b, "%lld h", (long long)(us / HOUR_US));
	else
		buf_printf(b, "%lld min", (long long)(us / MINUTE_US));
}

void deadline_words(const struct deadline *d, struct buf *b)
{
	const char *name = d->authority->name;
	long long hours = (long long)d->authority->regime->hours, percent = (long long)d->percent;

	switch (d->state) {
	case DEADLINE_RUNS:
		span(b, d->left_us);
		buf_printf(b, " left of %lld to tell %s; %lld %% gone", hours, name, percent);
		break;
	case DEADLINE_OVER:
		buf_printf(b, "OVER: %s had to be told ", name);
		span(b, d->left_us);
		buf_printf(b, " ago, within %lld h; %lld %% gone", hours, percent);
		break;
	case DEADLINE_TOLD:
		buf_printf(b, "%s was told in time, ", name);
		span(b, d->left_us);
		buf_str(b, " before the end");
		break;
	case DEADLINE_TOLD_LATE:
		buf_printf(b, "%s was told ", name);
		span(b, d->left_us);
		buf_str(b, d->late ? " late, with a reason" : " LATE, and no reason is given");
		break;
	default:
		buf_printf(b, "%s need not be told", name);
	}
	if (d->told && d->phased)
		buf_str(b, "; in parts, and the rest is still to follow");
}

void deadline_short(const struct deadline *d, struct buf *b)
{
	static const char *const loud[] = {
		[LOUD_NOT] = "", [LOUD_1] = "! ", [LOUD_2] = "!! ", [LOUD_3] = "!!! ", [LOUD_OVER] = "!!! ",
	};

	buf_str(b, loud[d->loud]);
	if (d->state == DEADLINE_RUNS || d->state == DEADLINE_OVER) {
		buf_str(b, d->state == DEADLINE_OVER ? "OVER by " : "");
		span(b, d->left_us);
		buf_str(b, d->state == DEADLINE_RUNS ? " left" : "");
	} else if (d->state == DEADLINE_NONE) {
		buf_str(b, "no need");
	} else {
		buf_str(b, deadline_needs_reason(d) ? "late, no reason" : d->phased ? "told in part" : "told");
	}
}

bool deadline_needs_reason(const struct deadline *d)
{
	return (d->state == DEADLINE_OVER || d->state == DEADLINE_TOLD_LATE) && !d->late;
}

bool deadline_is_settled(const struct deadline *d)
{
	return d->state == DEADLINE_NONE || (d->told && !d->phased && !deadline_needs_reason(d));
}
