#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/macro.h"
#include "report/outage.h"

#define MINUTE INT64_C(60000000)

static struct outage log_of(struct outage_entry *entries, uint32_t n)
{
	return (struct outage){ .log = entries, .n = n };
}

static void minutes_grow_as_the_extension_counts_them(void **state _unused_)
{
	struct outage_entry entries[] = {
		{ 0, SERVICE_DOWN },           { 10 * MINUTE, SERVICE_PARTIAL }, { 15 * MINUTE, SERVICE_UP },
		{ 35 * MINUTE, SERVICE_DOWN }, { 36 * MINUTE, SERVICE_UP },
	};
	struct outage o = log_of(entries, ARRAY_SIZE(entries));

	outage_minutes(&o);
	/* 10 from down; 20 that end with down, though it was up; 1 from down. */
	assert_int_equal(o.visible_minutes, 31);
	assert_int_equal(o.total_minutes, 16);
	assert_int_equal(o.down_us, 11 * MINUTE);
	assert_int_equal(o.not_up_us, 16 * MINUTE);
	assert_true(o.over);
}

static void minutes_are_rounded_and_the_end_may_be_open(void **state _unused_)
{
	struct outage_entry entries[] = { { 0, SERVICE_DOWN }, { 90 * MINUTE / 60, SERVICE_PARTIAL } };
	struct outage o = log_of(entries, 2), nothing = log_of(NULL, 0);

	outage_minutes(&o);
	assert_int_equal(o.visible_minutes, 2);
	assert_false(o.over);
	entries[1].at_us = 89 * MINUTE / 60;
	outage_minutes(&o);
	assert_int_equal(o.visible_minutes, 1);
	outage_minutes(&nothing);
	assert_int_equal(nothing.total_minutes, 0);
	assert_true(nothing.over);
}

static struct deed deed(int64_t from, int64_t to, enum outcome o)
{
	return (struct deed){ .started_us = from * MINUTE, .ended_us = to * MINUTE, .outcome = o };
}

static void expect(struct step_state *steps, uint32_t n, const struct outage_entry *want, uint32_t n_want)
{
	struct incident i = { .steps = steps, .n_steps = n };
	_cleanup_(outage_free) struct outage o;

	outage_of(&i, &o);
	assert_int_equal(o.n, n_want);
	for (uint32_t k = 0; k < n_want; k++) {
		assert_int_equal(o.log[k].at_us, want[k].at_us * MINUTE);
		assert_int_equal(o.log[k].state, want[k].state);
	}
}

static void down_while_a_step_interrupts_and_up_when_it_is_proven(void **state _unused_)
{
	struct deed deeds[] = { deed(1, 2, OUTCOME_PROVEN) };
	struct step_state steps[] = { { .what = "cut", .interrupts = "sessions end", .deeds = deeds, .n_deeds = 1 },
				      { .what = "prove", .deeds = deeds, .n_deeds = 1 } };
	const struct outage_entry want[] = { { 1, SERVICE_DOWN }, { 2, SERVICE_UP } };

	expect(steps, 2, want, 2);
	steps[0].interrupts = "";
	expect(steps, 2, want, 0);
}

static void partial_until_it_is_proven(void **state _unused_)
{
	struct deed deeds[] = { deed(1, 2, OUTCOME_UNKNOWN), deed(5, 6, OUTCOME_PROVEN) };
	struct step_state steps[] = { { .what = "cut", .interrupts = "x", .deeds = deeds, .n_deeds = 2 } };
	const struct outage_entry want[] = { { 1, SERVICE_DOWN }, { 2, SERVICE_PARTIAL }, { 5, SERVICE_DOWN },
					     { 6, SERVICE_UP } };

	expect(steps, 1, want, 4);
	steps[0].n_deeds = 1;
	expect(steps, 1, want, 2);
}

static void the_worst_of_two_counts(void **state _unused_)
{
	struct deed one[] = { deed(1, 4, OUTCOME_PROVEN) }, two[] = { deed(2, 3, OUTCOME_FAILED) };
	struct step_state steps[] = { { .what = "cut", .interrupts = "x", .deeds = one, .n_deeds = 1 },
				      { .what = "cut", .interrupts = "y", .deeds = two, .n_deeds = 1 } };
	const struct outage_entry want[] = { { 1, SERVICE_DOWN }, { 4, SERVICE_PARTIAL } };

	expect(steps, 2, want, 2);
}

static void partial_from_the_change_until_the_last_consumer_has_the_new_value(void **state _unused_)
{
	struct deed change[] = { deed(1, 2, OUTCOME_PROVEN) };
	struct deed apply[] = { deed(2, 5, OUTCOME_FAILED), deed(6, 8, OUTCOME_PROVEN) };
	struct step_state steps[] = { { .what = "change", .interrupts = "x", .deeds = change, .n_deeds = 1 },
				      { .what = "apply", .deeds = apply, .n_deeds = 2 },
				      { .what = "restart", .deeds = apply, .n_deeds = 0, .person = true } };
	const struct outage_entry want[] = { { 1, SERVICE_DOWN }, { 2, SERVICE_PARTIAL }, { 8, SERVICE_UP } };

	expect(steps, 3, want, 3);
	/* Configuration that was brought before the change tells nothing about the one behind it. */
	steps[1].n_deeds = 1;
	expect(steps, 3, want, 2);
}

static void a_step_that_took_no_time_leaves_no_state_behind(void **state _unused_)
{
	struct deed deeds[] = { deed(1, 1, OUTCOME_PROVEN) };
	struct step_state steps[] = { { .what = "cut", .interrupts = "x", .deeds = deeds, .n_deeds = 1 } };
	struct incident i = { .steps = steps, .n_steps = 1 };
	_cleanup_(outage_free) struct outage o;

	outage_of(&i, &o);
	assert_true(o.over);
	assert_int_equal(o.total_minutes, 0);
}

/* Runs and restarts that go well meanwhile do not bring it back. */
static void what_is_out_of_deployment_is_down_until_its_new_value_is_in_force(void **state _unused_)
{
	struct deed pull[] = { deed(1, 2, OUTCOME_FAILED), deed(3, 4, OUTCOME_PROVEN) };
	struct deed restart[] = { deed(5, 6, OUTCOME_PROVEN) }, back[] = { deed(20, 30, OUTCOME_NONE) };
	struct step_state steps[] = {
		{ .what = "pull", .secret = "s/a", .deeds = pull, .n_deeds = 2, .outcome = OUTCOME_PROVEN },
		{ .what = "gone", .secret = "s/a", .deeds = restart, .n_deeds = 1, .outcome = OUTCOME_PROVEN },
		{ .what = "restart", .secret = "s/a", .interrupts = "x", .deeds = restart, .n_deeds = 1,
		  .outcome = OUTCOME_PROVEN },
		{ .what = "prove", .secret = "s/a", .deeds = back, .n_deeds = 1 },
	};
	const struct pulled one = { "s/a", "so", "alice", 0 }, *all[] = { &one };
	struct incident i = { .steps = steps, .n_steps = 4, .pulled = all, .n_pulled = 1 };
	_cleanup_(outage_free) struct outage down, up;

	outage_of(&i, &down);
	assert_int_equal(down.n, 1);
	assert_int_equal(down.log[0].at_us, 3 * MINUTE);
	assert_int_equal(down.log[0].state, SERVICE_DOWN);
	assert_false(down.over);
	back[0].outcome = steps[3].outcome = OUTCOME_PROVEN;
	outage_of(&i, &up);
	assert_int_equal(up.n, 2);
	assert_int_equal(up.log[1].at_us, 30 * MINUTE);
	assert_int_equal(up.down_us, 27 * MINUTE);
	assert_true(up.over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minutes_grow_as_the_extension_counts_them),
		cmocka_unit_test(minutes_are_rounded_and_the_end_may_be_open),
		cmocka_unit_test(down_while_a_step_interrupts_and_up_when_it_is_proven),
		cmocka_unit_test(partial_until_it_is_proven),
		cmocka_unit_test(the_worst_of_two_counts),
		cmocka_unit_test(partial_from_the_change_until_the_last_consumer_has_the_new_value),
		cmocka_unit_test(a_step_that_took_no_time_leaves_no_state_behind),
		cmocka_unit_test(what_is_out_of_deployment_is_down_until_its_new_value_is_in_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
