/* One block comes in the place of another, or is not taken: what stands then, and who watches over it. */
#include "hold_help.h"
#include "base/clock.h"
#include <stdlib.h>

#define ONE "[\"192.0.2.7\"]"
#define OTHER "[\"192.0.2.7\",\"192.0.2.9\"]"
#define LONG_MS 60000
#define SHORT_MS 700

static void contained_for(struct stage *h, const char *responders, int64_t dead_man_ms)
{
	_cleanup_(json_freep) json_t *j = NULL;

	assert_int_equal(setenv("SSH_CONNECTION", SOMEBODY, 1), 0);
	j = ask_for(h, "contain", responders, dead_man_ms);
	if (!json_is(j, "ok"))
		fail_msg("contain: %s", json_str(j, "text"));
}

static void confirmed(struct stage *h)
{
	wants(h, "contain", 3, NULL, NULL);
	another_connection();
	wants(h, "confirm", 3, NULL, NULL);
}

static void are_rules(const struct stage *h, const char *name, const char *want)
{
	_cleanup_(freep) char *is = text_of(h, name);

	assert_string_equal(is, want);
}

static void rules_that_replace_confirmed_ones_fall_back_to_them(void **state)
{
	struct stage *h = *state;
	_cleanup_(freep) char *first = NULL;

	confirmed(h);
	first = text_of(h, "/rules");
	contained_for(h, ONE, SHORT_MS);
	assert_true(state_is(h, HOLD_WAITING));
	wait_for(h, HOLD_CONFIRMED);
	are_rules(h, "/rules", first);
	are_rules(h, HOLD_ETC "/rules.nft", first);
}

/* The second path failed, the responders were corrected within the dead-man's time, and it failed again. */
static void so_do_rules_that_replace_those_before_they_were_confirmed(void **state)
{
	struct stage *h = *state;
	_cleanup_(freep) char *first = NULL;

	confirmed(h);
	first = text_of(h, "/rules");
	contained_for(h, ONE, LONG_MS);
	contained_for(h, OTHER, LONG_MS);
	contained_for(h, ONE, SHORT_MS);
	assert_true(state_is(h, HOLD_WAITING));
	wait_for(h, HOLD_CONFIRMED);
	are_rules(h, "/rules", first);
	are_rules(h, HOLD_ETC "/rules.nft", first);
	/* and they are known for what they are */
	another_connection();
	wants(h, "confirm", 3, NULL, NULL);
}

static void and_those_that_somebody_took_away_in_between(void **state)
{
	struct stage *h = *state;
	_cleanup_(freep) char *first = NULL;

	confirmed(h);
	first = text_of(h, "/rules");
	contained_for(h, ONE, LONG_MS);
	unput(h, "/rules");
	contained_for(h, ONE, SHORT_MS);
	wait_for(h, HOLD_CONFIRMED);
	are_rules(h, "/rules", first);
}

static void rules_that_are_refused_leave_nothing(void **state)
{
	struct stage *h = *state;

	put(h, "/broken", "", 0644);
	wants(h, "contain", 3, "remote", "its nft refused the rules: syntax error");
	assert_true(state_is(h, HOLD_UNDONE));
	assert_false(is_there(h, "/rules"));
}

static void refused_ones_leave_what_waits_its_dead_man(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *j = NULL;
	_cleanup_(freep) char *first = NULL;

	contained_for(h, BOTH, 2500);
	first = text_of(h, "/rules");
	put(h, "/broken", "", 0644);
	j = ask_for(h, "contain", ONE, LONG_MS);
	assert_string_equal(json_str(j, "effect"), "none");
	assert_true(state_is(h, HOLD_WAITING));
	are_rules(h, "/rules", first);
	unput(h, "/broken");
	wait_for(h, HOLD_UNDONE);
	assert_false(is_there(h, "/rules"));
}

static void refused_ones_leave_what_is_confirmed(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *j = NULL;

	confirmed(h);
	put(h, "/broken", "", 0644);
	assert_int_equal(setenv("SSH_CONNECTION", SOMEBODY, 1), 0);
	j = ask_for(h, "contain", ONE, SHORT_MS);
	assert_string_equal(json_str(j, "effect"), "none");
	assert_true(state_is(h, HOLD_CONFIRMED) && is_there(h, "/rules"));
	unput(h, "/broken");
	clock_sleep_ms(2 * SHORT_MS);
	assert_true(state_is(h, HOLD_CONFIRMED) && is_there(h, "/rules"));
}

/* It has taken them, and goes on until somebody ends it. */
static void an_nft_that_does_not_end_has_made_a_block_nevertheless(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *j = NULL;

	put(h, "/behind", "exec sleep 60\n", 0644);
	j = ask_for(h, "contain", BOTH, SHORT_MS);
	assert_true(json_is(j, "ok"));
	assert_string_equal(json_str(json_object_get(j, "contain"), "state"), HOLD_WAITING);
	wait_for(h, HOLD_UNDONE);
	assert_false(is_there(h, "/rules"));
}

static void one_that_is_killed_before_it_takes_them_leaves_it_unknown(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *j = NULL;

	put(h, "/behind", "rm $r; kill -9 $$\n", 0644);
	j = ask_for(h, "contain", BOTH, SHORT_MS);
	assert_false(json_is(j, "ok"));
	assert_string_equal(json_str(j, "effect"), "unknown");
	wait_for(h, HOLD_UNDONE);
}

/* Which of the two stands is not known: the dead-man brings back what is. */
static void one_that_is_killed_over_a_change_does_too_and_the_dead_man_is_there(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *j = NULL;
	_cleanup_(freep) char *first = NULL, *then = NULL;

	confirmed(h);
	first = text_of(h, "/rules");
	put(h, "/behind", "kill -9 $$\n", 0644);
	assert_int_equal(setenv("SSH_CONNECTION", SOMEBODY, 1), 0);
	j = ask_for(h, "contain", ONE, SHORT_MS);
	assert_string_equal(json_str(j, "effect"), "unknown");
	then = text_of(h, "/rules");
	assert_string_not_equal(then, first);
	wait_for(h, HOLD_CONFIRMED);
	are_rules(h, "/rules", first);
}

/* By somebody who may close port 22 and no more. */
static void crowd_control_makes_no_isolation_less(void **state)
{
	struct stage *h = *state;
	_cleanup_(json_freep) json_t *waiting = NULL, *stands = NULL, *gone = NULL;
	_cleanup_(freep) char *first = NULL, *then = NULL;

	contained_for(h, BOTH, LONG_MS);
	first = text_of(h, "/rules");
	waiting = ask_crowd(h, "port22");
	assert_string_equal(json_str(waiting, "error"), "conflict");
	are_rules(h, "/rules", first);
	another_connection();
	wants(h, "confirm", 3, NULL, NULL);
	stands = ask_crowd(h, "port22");
	assert_true(json_is(stands, "ok") && state_is(h, HOLD_CONFIRMED));
	are_rules(h, "/rules", first);
	are_rules(h, HOLD_ETC "/rules.nft", first);
	/* of rules that somebody took away nothing is left */
	unput(h, "/rules");
	gone = ask_crowd(h, "port22");
	then = text_of(h, "/rules");
	assert_true(json_is(gone, "ok"));
	assert_non_null(strstr(then, "comment \"firebreak incident 3 port22\""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		CASE(rules_that_replace_confirmed_ones_fall_back_to_them),
		CASE(so_do_rules_that_replace_those_before_they_were_confirmed),
		CASE(and_those_that_somebody_took_away_in_between),
		CASE(crowd_control_makes_no_isolation_less),
		CASE(rules_that_are_refused_leave_nothing),
		CASE(refused_ones_leave_what_waits_its_dead_man),
		CASE(refused_ones_leave_what_is_confirmed),
		CASE(an_nft_that_does_not_end_has_made_a_block_nevertheless),
		CASE(one_that_is_killed_before_it_takes_them_leaves_it_unknown),
		CASE(one_that_is_killed_over_a_change_does_too_and_the_dead_man_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
