/* Which host is next: virtual time, so that each answer comes exactly when the test says. */
#include "register_help.h"
#include "model/contain_schedule.h"

#define HOSTS_MAX 1200u

struct far {                             /* what the test has a host do */
	int64_t block_ms, confirm_ms;
	enum sched_answer block, confirm, probe;
	enum sched_answer first;         /* to the first try of a block, unless it is DONE */
	uint32_t good_from;              /* the try from which on it answers DONE, 0: never */
	int64_t dead_man_ms;
};

struct event { int64_t at_ms; enum sched_what what; uint32_t host; enum sched_answer answer; };
struct world {
	struct contain_schedule *s;
	const struct far *far;
	uint32_t n;
	struct event *events; uint32_t n_events; size_t cap;
	int64_t now_ms;
	int64_t blocked_ms[HOSTS_MAX], settled_ms[HOSTS_MAX];
	enum contain_outcome outcome[HOSTS_MAX];
	bool blocked[HOSTS_MAX];
	uint32_t tries[HOSTS_MAX], probes, most, running;
	struct sched_limits l;
};

static void later(struct world *w, int64_t in_ms, enum sched_what what, uint32_t host, enum sched_answer answer)
{
	assert_true(GROW(w->events, w->n_events, w->cap, 1000000));
	w->events[w->n_events++] = (struct event){ w->now_ms + in_ms, what, host, answer };
}

static enum sched_answer answer_of(const struct far *f, enum sched_what what, uint32_t attempt)
{
	enum sched_answer a = what == SCHED_BLOCK ? f->block : f->confirm;

	if (what == SCHED_BLOCK && attempt == 1 && f->first != SCHED_DONE)
		return f->first;
	return f->good_from && attempt >= f->good_from ? SCHED_DONE : a;
}

static void obey(struct world *w, const struct sched_order *o)
{
	const struct far *f = &w->far[o->host];
	int64_t takes = o->what == SCHED_BLOCK ? f->block_ms : f->confirm_ms;

	if (o->what == SCHED_SETTLED) {
		assert_int_equal(w->settled_ms[o->host], -1);
		w->settled_ms[o->host] = w->now_ms;
		w->outcome[o->host] = o->outcome;
		w->blocked[o->host] = o->blocked;
	} else if (o->what == SCHED_PROBE) {
		w->probes++;
		for (uint32_t k = 0; k < o->n; k++)
			later(w, 400, SCHED_PROBE, o->hosts[k], w->far[o->hosts[k]].probe);
	} else {
		bool hangs = takes > o->limit_ms;

		w->running++;
		w->most = w->running > w->most ? w->running : w->most;
		w->tries[o->host] += o->what == SCHED_BLOCK;
		later(w, hangs ? o->limit_ms : takes, o->what, o->host,
		      hangs ? SCHED_UNKNOWN : answer_of(f, o->what, o->attempt));
	}
}

static bool next_event(struct world *w, int64_t until_ms)
{
	uint32_t at = UINT32_MAX;

	for (uint32_t k = 0; k < w->n_events; k++)
		if (at == UINT32_MAX || w->events[k].at_ms < w->events[at].at_ms)
			at = k;
	if (at == UINT32_MAX || (until_ms >= 0 && w->events[at].at_ms > until_ms))
		return false;

	struct event ev = w->events[at];

	w->events[at] = w->events[--w->n_events];
	w->now_ms = ev.at_ms;
	w->running -= ev.what != SCHED_PROBE;
	if (ev.what == SCHED_BLOCK && ev.answer == SCHED_DONE)
		w->blocked_ms[ev.host] = w->now_ms;
	assert_true(sched_ended(w->s, w->now_ms, ev.what, ev.host, ev.answer, w->far[ev.host].dead_man_ms));
	/* told twice is told once */
	assert_false(sched_ended(w->s, w->now_ms, ev.what, ev.host, ev.answer, 0));
	return true;
}

static void play(struct world *w, const struct far *far, const struct sched_host *hosts, uint32_t n)
{
	struct sched_order o;

	w->far = far;
	w->n = n;
	if (!w->l.at_once)
		w->l = sched_usual;
	for (uint32_t k = 0; k < n; k++)
		w->settled_ms[k] = w->blocked_ms[k] = -1;
	w->s = sched_new(&w->l, hosts, n);
	for (uint32_t turns = 0;; turns++) {
		if (turns > 1000000)
			fail_msg("it never ends");
		sched_next(w->s, w->now_ms, &o);
		if (o.what == SCHED_OVER)
			break;
		if (o.what != SCHED_WAIT)
			obey(w, &o);
		else if (!next_event(w, o.wake_ms)) {
			if (o.wake_ms < 0)
				fail_msg("it waits for nothing at %lld ms", (long long)w->now_ms);
			assert_true(o.wake_ms > w->now_ms);
			w->now_ms = o.wake_ms;
		}
	}
	sched_free(w->s);
	free(w->events);
}

static struct world *world_new(void)
{
	return mem_zero(1, sizeof(struct world));
}

#define GOOD { .block_ms = 300, .confirm_ms = 300, .dead_man_ms = 300000 }
#define ALL { .confirm = true, .probe = true }

static void a_host_goes_its_whole_way(void **state _unused_)
{
	_cleanup_(freep) struct world *w = world_new();
	const struct far far[] = { GOOD };
	const struct sched_host hosts[] = { ALL };

	play(w, far, hosts, 1);
	assert_int_equal(w->outcome[0], CONTAIN_PROVEN);
	assert_int_equal(w->settled_ms[0], 1000);
	assert_true(w->blocked[0]);
}

static void what_came_of_it_is_said_as_it_was(void **state _unused_)
{
	static const struct { struct far far; struct sched_host host; enum contain_outcome want; uint32_t tries;
			      bool blocked; } rows[] = {
		{ { .block_ms = 9, .block = SCHED_FAILED }, ALL, CONTAIN_FAILED, 1, false },
		{ { .block_ms = 9, .block = SCHED_UNREACHABLE }, ALL, CONTAIN_UNREACHABLE, 3, false },
		{ { .block_ms = 9, .block = SCHED_UNKNOWN }, ALL, CONTAIN_UNKNOWN, 3, false },
		{ { .block_ms = 1 << 30 }, ALL, CONTAIN_UNKNOWN, 3, false },
		/* it was told, and is gone since: "nothing was changed there" would be a lie */
		{ { .block_ms = 9, .first = SCHED_UNKNOWN, .block = SCHED_UNREACHABLE }, ALL, CONTAIN_UNKNOWN, 3,
		  false },
		{ { .block_ms = 9, .block = SCHED_UNREACHABLE, .good_from = 3, .dead_man_ms = 60000 }, ALL,
		  CONTAIN_PROVEN, 3, true },
		{ { .block_ms = 9, .confirm_ms = 9, .confirm = SCHED_FAILED, .dead_man_ms = 60000 }, ALL,
		  CONTAIN_FAILED, 1, true },
		{ { .block_ms = 9, .confirm_ms = 9, .confirm = SCHED_UNREACHABLE, .dead_man_ms = 60000 }, ALL,
		  CONTAIN_FAILED, 1, true },
		/* it was asked to keep the block, and may have done it */
		{ { .block_ms = 9, .confirm_ms = 9, .confirm = SCHED_UNKNOWN, .dead_man_ms = 60000 }, ALL,
		  CONTAIN_UNKNOWN, 1, true },
		{ { .block_ms = 9, .confirm_ms = 1 << 30, .dead_man_ms = 60000 }, ALL, CONTAIN_UNKNOWN, 1, true },
		/* that the answer to a block was lost says nothing of its confirmation */
		{ { .block_ms = 9, .first = SCHED_UNKNOWN, .confirm_ms = 9, .confirm = SCHED_UNREACHABLE,
		    .dead_man_ms = 60000 }, ALL, CONTAIN_FAILED, 2, true },
		{ { .block_ms = 9, .confirm_ms = 9, .probe = SCHED_FAILED, .dead_man_ms = 60000 }, ALL,
		  CONTAIN_FAILED, 1, true },
		{ { .block_ms = 9, .confirm_ms = 9, .probe = SCHED_UNKNOWN, .dead_man_ms = 60000 }, ALL,
		  CONTAIN_UNKNOWN, 1, true },
		{ { .block_ms = 9, .probe = SCHED_UNREACHABLE }, { .probe = true }, CONTAIN_UNKNOWN, 1, true },
		{ { .block_ms = 9 }, { 0 }, CONTAIN_PROVEN, 1, true },
		/* the host says that no time is left: it undoes it itself */
		{ { .block_ms = 9, .confirm_ms = 9, .dead_man_ms = 0 }, ALL, CONTAIN_FAILED, 1, true },
		{ { .block_ms = 9, .confirm_ms = 9, .dead_man_ms = -5 }, ALL, CONTAIN_FAILED, 1, true },
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		_cleanup_(freep) struct world *w = world_new();

		play(w, &rows[k].far, &rows[k].host, 1);
		if (w->outcome[0] != rows[k].want || w->tries[0] != rows[k].tries || w->blocked[0] != rows[k].blocked)
			fail_msg("row %zu: %s after %u tries", k,
				 contain_outcome_word(CONTAIN_ON, w->outcome[0]), w->tries[0]);
	}
}

static void a_second_path_is_asked_until_the_dead_man_acts_and_not_after(void **state _unused_)
{
	_cleanup_(freep) struct world *w = world_new();
	const struct far far[] = { { .block_ms = 10, .confirm_ms = 20, .confirm = SCHED_UNREACHABLE,
				     .dead_man_ms = 30000 } };
	const struct sched_host hosts[] = { ALL };

	play(w, far, hosts, 1);
	assert_int_equal(w->outcome[0], CONTAIN_FAILED);
	assert_true(w->settled_ms[0] >= 30010 - sched_usual.margin_ms - 1 && w->settled_ms[0] <= 30010);
}

static void hosts_that_hang_hold_nobody_back(void **state _unused_)
{
	_cleanup_(freep) struct world *w = world_new();
	struct far far[80];
	struct sched_host hosts[80];

	/* more of them than there are slots, and first in line */
	for (uint32_t k = 0; k < 80; k++) {
		far[k] = k < 40 ? (struct far){ .block_ms = 1 << 30 } : (struct far)GOOD;
		hosts[k] = (struct sched_host)ALL;
	}
	play(w, far, hosts, 80);
	for (uint32_t k = 0; k < 80; k++)
		assert_int_equal(w->outcome[k], k < 40 ? CONTAIN_UNKNOWN : CONTAIN_PROVEN);
	for (uint32_t k = 40; k < 80; k++)
		if (w->settled_ms[k] > 2 * sched_usual.patience_ms + sched_usual.gather_ms + 5000)
			fail_msg("host %u was held back until %lld ms", k, (long long)w->settled_ms[k]);
	assert_true(w->most <= 4 * sched_usual.at_once);
}

static void all_are_blocked_before_any_is_confirmed_and_probed_in_one_job(void **state _unused_)
{
	_cleanup_(freep) struct world *w = world_new();
	struct far far[50];
	struct sched_host hosts[50];
	int64_t last = 0;

	for (uint32_t k = 0; k < 50; k++) {
		far[k] = (struct far)GOOD;
		hosts[k] = (struct sched_host)ALL;
	}
	play(w, far, hosts, 50);
	for (uint32_t k = 0; k < 50; k++)
		last = w->blocked_ms[k] > last ? w->blocked_ms[k] : last;
	assert_int_equal(last, 900);             /* 24 at once, three times 300 ms */
	assert_int_equal(w->probes, 1);
	assert_true(w->most == sched_usual.at_once);
}

static void a_confirmation_waits_for_blocks_that_run_and_not_for_one_that_hangs(void **state _unused_)
{
	static const struct { int64_t other_ms, settled_ms; } rows[] = { { 900, 1200 }, { 1 << 30, 3300 } };
	const struct sched_host hosts[] = { { .confirm = true }, { .confirm = true } };

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		_cleanup_(freep) struct world *w = world_new();
		const struct far far[] = { GOOD, { .block_ms = rows[k].other_ms, .confirm_ms = 300,
						   .dead_man_ms = 300000 } };

		play(w, far, hosts, 2);
		assert_int_equal(w->outcome[0], CONTAIN_PROVEN);
		assert_int_equal(w->settled_ms[0], rows[k].settled_ms);
	}
}

static void a_dead_man_whose_time_runs_out_comes_before_new_blocks(void **state _unused_)
{
	_cleanup_(freep) struct world *w = world_new();
	struct far far[400];
	struct sched_host hosts[400];

	w->l = sched_usual;
	w->l.at_once = 4;
	for (uint32_t k = 0; k < 400; k++) {
		far[k] = (struct far){ .block_ms = 300, .confirm_ms = 300, .dead_man_ms = 20000 };
		hosts[k] = (struct sched_host)ALL;
	}
	play(w, far, hosts, 400);
	for (uint32_t k = 0; k < 400; k++)
		if (w->outcome[k] != CONTAIN_PROVEN)
			fail_msg("host %u: %s", k, contain_outcome_word(CONTAIN_ON, w->outcome[k]));
}

static void another_probe_host_does_not_wait_for_the_first(void **state _unused_)
{
	_cleanup_(freep) struct world *w = world_new();
	struct far far[] = { GOOD, { .block_ms = 300, .confirm_ms = 1 << 30, .dead_man_ms = 60000 } };
	const struct sched_host hosts[] = { ALL, { .confirm = true, .probe = true, .group = 1 } };

	play(w, far, hosts, 2);
	assert_int_equal(w->settled_ms[0], 1000);
	assert_int_equal(w->outcome[1], CONTAIN_UNKNOWN);
}

/* A fleet as it is on a bad night: of each kind of trouble as many as there are rows of it in a hundred. */
static void a_thousand_hosts_of_which_some_are_slow_lie_or_are_gone(void **state _unused_)
{
	static const struct { uint32_t percent; struct far far; enum contain_outcome want; bool blocked; } kinds[] = {
		{ 80, GOOD, CONTAIN_PROVEN, true },
		/* slow: within its patience, and one that answers at the second try only */
		{ 4, { .block_ms = 8000, .confirm_ms = 4000, .dead_man_ms = 300000 }, CONTAIN_PROVEN, true },
		{ 2, { .block_ms = 300, .block = SCHED_UNREACHABLE, .good_from = 2, .confirm_ms = 300,
		       .dead_man_ms = 300000 }, CONTAIN_PROVEN, true },
		/* gone: before it was told, and while it was */
		{ 3, { .block_ms = 9, .block = SCHED_UNREACHABLE }, CONTAIN_UNREACHABLE, false },
		{ 2, { .block_ms = 1 << 30 }, CONTAIN_UNKNOWN, false },
		{ 2, { .block_ms = 300, .confirm_ms = 1 << 30, .dead_man_ms = 60000 }, CONTAIN_UNKNOWN, true },
		/* lying: it says that it is cut off, and the probe gets in; or confirms what it has lifted already */
		{ 3, { .block_ms = 9, .confirm_ms = 9, .probe = SCHED_FAILED, .dead_man_ms = 300000 }, CONTAIN_FAILED,
		  true },
		{ 2, { .block_ms = 9, .confirm_ms = 9, .probe = SCHED_UNKNOWN, .dead_man_ms = 300000 }, CONTAIN_UNKNOWN,
		  true },
		{ 2, { .block_ms = 9, .confirm_ms = 9, .dead_man_ms = -1 }, CONTAIN_FAILED, true },
	};
	_cleanup_(freep) struct world *w = world_new();
	_cleanup_(freep) struct far *far = mem_zero(1000, sizeof(*far));
	_cleanup_(freep) struct sched_host *hosts = mem_zero(1000, sizeof(*hosts));
	_cleanup_(freep) uint32_t *kind = mem_zero(1000, sizeof(*kind));
	uint32_t n = 0;
	int64_t last_good = 0;

	for (uint32_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (uint32_t x = 0; x < kinds[k].percent; x++, n++)
			for (uint32_t hundred = 0; hundred < 10; hundred++)
				kind[hundred * 100 + n * 37 % 100] = k;
	assert_int_equal(n, 100);
	for (uint32_t k = 0; k < 1000; k++) {
		far[k] = kinds[kind[k]].far;
		hosts[k] = (struct sched_host)ALL;
	}
	play(w, far, hosts, 1000);
	for (uint32_t k = 0; k < 1000; k++) {
		if (w->outcome[k] != kinds[kind[k]].want || w->blocked[k] != kinds[kind[k]].blocked)
			fail_msg("host %u, of kind %u, is %s after %u tries", k, kind[k],
				 contain_outcome_word(CONTAIN_ON, w->outcome[k]), w->tries[k]);
		if (kind[k] == 0 && w->settled_ms[k] > last_good)
			last_good = w->settled_ms[k];
	}
	/* one that hangs may take a minute at each try: none of the good ones waits for that */
	if (last_good > sched_usual.block_ms)
		fail_msg("the last good host was settled after %lld ms", (long long)last_good);
	assert_true(w->most <= 4 * sched_usual.at_once);
}

static void answers_that_nobody_waits_for_change_nothing(void **state _unused_)
{
	const struct sched_host hosts[] = { ALL };
	_cleanup_(sched_freep) struct contain_schedule *s = sched_new(&sched_usual, hosts, 1);
	struct sched_order o;

	assert_false(sched_ended(s, 0, SCHED_BLOCK, 0, SCHED_DONE, 1000));
	assert_false(sched_ended(s, 0, SCHED_CONFIRM, 0, SCHED_DONE, 0));
	assert_false(sched_ended(s, 0, SCHED_PROBE, 0, SCHED_DONE, 0));
	assert_false(sched_ended(s, 0, SCHED_BLOCK, 1, SCHED_DONE, 0));
	sched_next(s, 0, &o);
	assert_int_equal(o.what, SCHED_BLOCK);
	assert_false(sched_ended(s, 0, SCHED_CONFIRM, 0, SCHED_DONE, 0));
	assert_false(sched_ended(s, 0, SCHED_SETTLED, 0, SCHED_DONE, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_goes_its_whole_way),
		cmocka_unit_test(what_came_of_it_is_said_as_it_was),
		cmocka_unit_test(a_second_path_is_asked_until_the_dead_man_acts_and_not_after),
		cmocka_unit_test(hosts_that_hang_hold_nobody_back),
		cmocka_unit_test(all_are_blocked_before_any_is_confirmed_and_probed_in_one_job),
		cmocka_unit_test(a_confirmation_waits_for_blocks_that_run_and_not_for_one_that_hangs),
		cmocka_unit_test(a_dead_man_whose_time_runs_out_comes_before_new_blocks),
		cmocka_unit_test(another_probe_host_does_not_wait_for_the_first),
		cmocka_unit_test(a_thousand_hosts_of_which_some_are_slow_lie_or_are_gone),
		cmocka_unit_test(answers_that_nobody_waits_for_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
