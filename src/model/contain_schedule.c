#include "model/contain_schedule.h"
#include "base/mem.h"

#define CROWD 4u                       /* times at_once: those that hang included */

const struct sched_limits sched_usual = {
	.at_once = 24, .tries = 3, .block_ms = 60000, .confirm_ms = 30000, .probe_ms = 60000, .patience_ms = 8000,
	.pause_ms = 1000, .margin_ms = 2000, .gather_ms = 5000, .yield_ms = 3000,
};

enum state { TO_BLOCK, BLOCKING, TO_CONFIRM, CONFIRMING, TO_PROBE, PROBING, DECIDED, TOLD };

struct item {
	enum state state;
	int64_t due_ms, began_ms, deadline_ms, half_ms;
	uint32_t tries, probes;
	enum contain_outcome outcome;
	bool blocked, confirmed;
	bool unsure;                   /* the answer to one of the tries of this stage was lost */
};

struct contain_schedule {
	struct sched_limits l;
	struct sched_host *hosts;
	struct item *items;
	uint32_t n, told;
	uint32_t *batch;
	bool *probing;                 /* of each group */
	uint32_t *looked, look;        /* of each group: the look that saw it last */
};

struct contain_schedule *sched_new(const struct sched_limits *l, const struct sched_host *hosts, uint32_t n)
{
	struct contain_schedule *s = mem_zero(1, sizeof(*s));

	s->l = *l;
	s->n = n;
	s->items = mem_zero(n + 1, sizeof(*s->items));
	s->batch = mem_zero(n + 1, sizeof(*s->batch));
	s->probing = mem_zero(n + 1, sizeof(*s->probing));
	s->looked = mem_zero(n + 1, sizeof(*s->looked));
	s->hosts = mem_zero(n + 1, sizeof(*s->hosts));
	for (uint32_t k = 0; k < n; k++)
		s->hosts[k] = hosts[k];
	return s;
}

struct contain_schedule *sched_free(struct contain_schedule *s)
{
	if (!s)
		return NULL;
	free(s->items);
	free(s->batch);
	free(s->probing);
	free(s->looked);
	free(s->hosts);
	free(s);
	return NULL;
}

void sched_freep(struct contain_schedule **s)
{
	*s = sched_free(*s);
}

static bool is_running(const struct item *i)
{
	return i->state == BLOCKING || i->state == CONFIRMING;
}

static bool is_slow(const struct contain_schedule *s, const struct item *i, int64_t now_ms)
{
	return now_ms - i->began_ms >= s->l.patience_ms;
}

static void decide(struct item *i, enum contain_outcome outcome)
{
	i->state = DECIDED;
	i->outcome = outcome;
}

/* A host whose answer was lost may have kept it. */
static void decide_unconfirmed(struct item *i)
{
	decide(i, i->unsure ? CONTAIN_UNKNOWN : CONTAIN_FAILED);
}

static int64_t pause_of(const struct contain_schedule *s, uint32_t tries)
{
	int64_t pause = s->l.pause_ms;

	while (--tries > 0 && pause < SCHED_PAUSE_MAX_MS)
		pause *= 2;
	return pause < SCHED_PAUSE_MAX_MS ? pause : SCHED_PAUSE_MAX_MS;
}

static bool is_too_late(const struct contain_schedule *s, const struct item *i, int64_t at_ms)
{
	return at_ms + s->l.margin_ms >= i->deadline_ms;
}

static bool has_slot(const struct contain_schedule *s, int64_t now_ms)
{
	uint32_t running = 0, quick = 0;

	for (uint32_t k = 0; k < s->n; k++)
		if (is_running(&s->items[k])) {
			running++;
			quick += !is_slow(s, &s->items[k], now_ms);
		}
	return quick < s->l.at_once && running < CROWD * s->l.at_once;
}

/* Some block has run for so short a time that a confirmation would only take its share of the machine. */
static bool is_blocking(const struct contain_schedule *s, int64_t now_ms)
{
	for (uint32_t k = 0; k < s->n; k++)
		if (s->items[k].state == BLOCKING && now_ms - s->items[k].began_ms < s->l.yield_ms)
			return true;
	return false;
}

static bool begin(struct contain_schedule *s, uint32_t host, enum sched_what what, int64_t now_ms,
		  struct sched_order *ret)
{
	struct item *i = &s->items[host];
	int64_t left = i->deadline_ms - now_ms, limit = what == SCHED_BLOCK ? s->l.block_ms : s->l.confirm_ms;

	i->state = what == SCHED_BLOCK ? BLOCKING : CONFIRMING;
	i->began_ms = now_ms;
	i->tries++;
	*ret = (struct sched_order){ .what = what, .host = host, .attempt = i->tries,
				     .limit_ms = what == SCHED_CONFIRM && left < limit ? left : limit };
	return true;
}

static bool next_visit(struct contain_schedule *s, int64_t now_ms, struct sched_order *ret)
{
	uint32_t block = UINT32_MAX, confirm = UINT32_MAX;

	if (!has_slot(s, now_ms))
		return false;
	for (uint32_t k = 0; k < s->n; k++) {
		const struct item *i = &s->items[k];

		if (i->due_ms > now_ms)
			continue;
		if (i->state == TO_CONFIRM && i->half_ms <= now_ms)
			return begin(s, k, SCHED_CONFIRM, now_ms, ret);
		if (i->state == TO_BLOCK && (block == UINT32_MAX || i->tries < s->items[block].tries))
			block = k;
		if (i->state == TO_CONFIRM && (confirm == UINT32_MAX || i->deadline_ms < s->items[confirm].deadline_ms))
			confirm = k;
	}
	if (block != UINT32_MAX)
		return begin(s, block, SCHED_BLOCK, now_ms, ret);
	return confirm != UINT32_MAX && !is_blocking(s, now_ms) && begin(s, confirm, SCHED_CONFIRM, now_ms, ret);
}

/* Does this host keep a probe of its group waiting? Not one that hangs, and not one that was tried before. */
static bool is_awaited(const struct contain_schedule *s, const struct item *i, int64_t now_ms)
{
	return (i->state == TO_BLOCK && i->tries == 0) || i->state == TO_CONFIRM ||
	       (is_running(i) && !is_slow(s, i, now_ms));
}

static bool next_probe(struct contain_schedule *s, int64_t now_ms, struct sched_order *ret)
{
	s->look++;
	for (uint32_t first = 0; first < s->n; first++) {
		uint32_t group = s->hosts[first].group, n = 0;
		int64_t since_ms = now_ms;
		bool awaited = false;

		if (s->items[first].state != TO_PROBE || s->items[first].due_ms > now_ms || s->probing[group] ||
		    s->looked[group] == s->look)
			continue;
		s->looked[group] = s->look;
		for (uint32_t k = 0; k < s->n; k++) {
			if (s->hosts[k].group != group || !s->hosts[k].probe)
				continue;
			awaited |= is_awaited(s, &s->items[k], now_ms);
			if (s->items[k].state != TO_PROBE || s->items[k].due_ms > now_ms)
				continue;
			s->batch[n++] = k;
			since_ms = s->items[k].began_ms < since_ms ? s->items[k].began_ms : since_ms;
		}
		if (awaited && now_ms - since_ms < s->l.gather_ms)
			continue;
		for (uint32_t k = 0; k < n; k++) {
			s->items[s->batch[k]].state = PROBING;
			s->items[s->batch[k]].probes++;
		}
		s->probing[group] = true;
		*ret = (struct sched_order){ .what = SCHED_PROBE, .host = first, .hosts = s->batch, .n = n,
					     .attempt = s->items[first].probes, .limit_ms = s->l.probe_ms };
		return true;
	}
	return false;
}

static bool next_settled(struct contain_schedule *s, int64_t now_ms, struct sched_order *ret)
{
	for (uint32_t k = 0; k < s->n; k++) {
		struct item *i = &s->items[k];

		if (i->state == TO_CONFIRM && is_too_late(s, i, now_ms))
			decide_unconfirmed(i);
		if (i->state != DECIDED)
			continue;
		i->state = TOLD;
		s->told++;
		*ret = (struct sched_order){ .what = SCHED_SETTLED, .host = k, .attempt = i->tries,
					     .outcome = i->outcome, .blocked = i->blocked,
					     .confirmed = i->confirmed };
		return true;
	}
	return false;
}

static void earlier(int64_t *wake_ms, int64_t at_ms, int64_t now_ms)
{
	if (at_ms > now_ms && (*wake_ms < 0 || at_ms < *wake_ms))
		*wake_ms = at_ms;
}

static int64_t wake(const struct contain_schedule *s, int64_t now_ms)
{
	int64_t at = -1;

	for (uint32_t k = 0; k < s->n; k++) {
		const struct item *i = &s->items[k];

		if (i->state == TO_BLOCK || i->state == TO_CONFIRM || i->state == TO_PROBE)
			earlier(&at, i->due_ms, now_ms);
		if (i->state == TO_CONFIRM) {
			earlier(&at, i->half_ms, now_ms);
			earlier(&at, i->deadline_ms - s->l.margin_ms, now_ms);
		}
		if (i->state == TO_PROBE)
			earlier(&at, i->began_ms + s->l.gather_ms, now_ms);
		if (i->state == BLOCKING)
			earlier(&at, i->began_ms + s->l.yield_ms, now_ms);
		if (is_running(i))
			earlier(&at, i->began_ms + s->l.patience_ms, now_ms);
	}
	return at;
}

void sched_next(struct contain_schedule *s, int64_t now_ms, struct sched_order *ret)
{
	if (next_settled(s, now_ms, ret) || next_visit(s, now_ms, ret) || next_probe(s, now_ms, ret))
		return;
	*ret = s->told == s->n ? (struct sched_order){ .what = SCHED_OVER }
			       : (struct sched_order){ .what = SCHED_WAIT, .wake_ms = wake(s, now_ms) };
}

static void to_probe(const struct contain_schedule *s, uint32_t host, int64_t now_ms)
{
	struct item *i = &s->items[host];

	if (!s->hosts[host].probe) {
		decide(i, CONTAIN_PROVEN);
		return;
	}
	i->state = TO_PROBE;
	i->due_ms = i->began_ms = now_ms;
}

static void block_ended(const struct contain_schedule *s, uint32_t host, int64_t now_ms, enum sched_answer answer,
			int64_t left_ms)
{
	struct item *i = &s->items[host];

	i->unsure |= answer == SCHED_UNKNOWN;
	if (answer == SCHED_DONE) {
		i->blocked = true;
		if (!s->hosts[host].confirm) {
			to_probe(s, host, now_ms);
			return;
		}
		i->state = TO_CONFIRM;
		i->due_ms = now_ms;
		i->deadline_ms = now_ms + (left_ms > 0 ? left_ms : 0);
		i->half_ms = now_ms + (left_ms > 0 ? left_ms / 2 : 0);
		i->tries = 0;
		i->unsure = false;
	} else if (answer == SCHED_FAILED) {
		decide(i, CONTAIN_FAILED);
	} else if (i->tries >= s->l.tries) {
		decide(i, i->unsure ? CONTAIN_UNKNOWN : CONTAIN_UNREACHABLE);
	} else {
		i->state = TO_BLOCK;
		i->due_ms = now_ms + pause_of(s, i->tries);
	}
}

static void confirm_ended(const struct contain_schedule *s, uint32_t host, int64_t now_ms, enum sched_answer answer)
{
	struct item *i = &s->items[host];

	i->unsure |= answer == SCHED_UNKNOWN;
	if (answer == SCHED_DONE) {
		i->confirmed = true;
		to_probe(s, host, now_ms);
	} else if (answer == SCHED_FAILED) {
		decide(i, CONTAIN_FAILED);
	} else {
		/* a pause does not take the last chance */
		int64_t last = i->deadline_ms - s->l.margin_ms - 1, due = now_ms + pause_of(s, i->tries);

		i->state = TO_CONFIRM;
		i->due_ms = due < last ? due : last;
		if (i->due_ms <= now_ms)
			decide_unconfirmed(i);
	}
}

static void probe_ended(const struct contain_schedule *s, uint32_t host, int64_t now_ms, enum sched_answer answer)
{
	struct item *i = &s->items[host];

	s->probing[s->hosts[host].group] = false;
	if (answer == SCHED_DONE || answer == SCHED_FAILED) {
		decide(i, answer == SCHED_DONE ? CONTAIN_PROVEN : CONTAIN_FAILED);
	} else if (i->probes >= s->l.tries) {
		decide(i, CONTAIN_UNKNOWN);
	} else {
		i->state = TO_PROBE;
		i->began_ms = now_ms;
		i->due_ms = now_ms + pause_of(s, i->probes);
	}
}

bool sched_ended(struct contain_schedule *s, int64_t now_ms, enum sched_what what, uint32_t host,
		 enum sched_answer answer, int64_t left_ms)
{
	static const enum state running[] = { [SCHED_BLOCK] = BLOCKING, [SCHED_CONFIRM] = CONFIRMING,
					      [SCHED_PROBE] = PROBING };

	if (host >= s->n || what > SCHED_PROBE || s->items[host].state != running[what])
		return false;
	if (what == SCHED_BLOCK)
		block_ended(s, host, now_ms, answer, left_ms);
	else if (what == SCHED_CONFIRM)
		confirm_ended(s, host, now_ms, answer);
	else
		probe_ended(s, host, now_ms, answer);
	return true;
}
