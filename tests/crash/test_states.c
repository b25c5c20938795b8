/*
 * The four states that a cut-short stage, change or retire can have left: the parent is ended between the intent of the
 * step and its worker, the service is set from outside to old, new, both or neither, and `respond` has to find out by
 * asking it, and go forward.
 */
#include "trial.h"
#include "base/macro.h"
#include "driver/driver.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define JOIN(a, b) a##b
#define NAMED(prefix, name) JOIN(prefix, name)
#define SERVICE_UNDER_TEST NAMED(service_, CRASH_DRIVER)

/* One kind of step, and where it is cut short. */
struct cut { const char *step; bool planned; struct trial_point intent; };

static struct trial trial;
static struct cut change = { .step = "change" }, stage = { .step = "stage", .planned = true },
		  retire = { .step = "retire", .planned = true };

static void must_check(void)
{
	const char *wrong = trial_check(&trial);

	if (wrong)
		fail_msg("%s; said: %s", wrong, trial.said);
}

static void responds(int code)
{
	int got = trial_respond(&trial);

	if (got != code)
		fail_msg("respond ended with %d, not %d: %s", got, code, trial.said);
}

static int whole_run(struct cut *first, struct cut *second)
{
	trial.planned = first->planned;
	if (trial_declare(&trial) < 0)
		return -1;
	trial_control(&trial, NULL, NULL, 0);
	if (trial_respond(&trial) != 3)
		return -1;
	first->intent = trial_find(&trial, "parent", first->step, "after journal intent");
	if (second)
		second->intent = trial_find(&trial, "parent", second->step, "after journal intent");
	return 0;
}

static bool can_stage(void)
{
	return driver_facts_find(SERVICE_UNDER_TEST.driver)->can_stage;
}

static int begin(void **state _unused_)
{
	if (trial_begin(&trial, &SERVICE_UNDER_TEST, BY_COMMAND) < 0 || whole_run(&change, NULL) < 0)
		return -1;
	return can_stage() ? whole_run(&stage, &retire) : 0;
}

static int end(void **state _unused_)
{
	trial_end(&trial);
	return 0;
}

static bool accepts(const char *value)
{
	return trial.service.kind->login(&trial.service, trial.service.user, value);
}

static void exported(const char *words, bool expected)
{
	assert_int_equal(trial_sh(&trial, "bin/firebreak journal export %lld --state=state | grep -c -F '%s' || true",
				  (long long)trial.incident, words), 0);
	if ((strcmp(trial.said, "0\n") != 0) != expected)
		fail_msg("'%s' %s in the journal", words, expected ? "does not stand" : "stands");
}

/* The values are made and sealed; the step is intended and nothing more of it. */
static void cut_short(const struct cut *c, char new[TRIAL_VALUE])
{
	trial.planned = c->planned;
	assert_int_equal(trial_declare(&trial), 0);
	trial_control(&trial, "parent", &c->intent, 1);
	responds(128 + SIGKILL);
	trial_control(&trial, NULL, NULL, 0);
	assert_int_equal(trial_sealed(&trial, "new", new), 0);
	assert_string_not_equal(new, trial.old);
	assert_true(accepts(trial.old));
	assert_int_equal(accepts(new), c == &retire);
	exported("\"first\":\"probe\"", false);
}

static void set(const char *first, const char *second)
{
	assert_int_equal(trial.service.kind->set(&trial.service, first, second), 0);
}

/* It asked first, and then everything came to its end. */
static void goes_forward(void)
{
	responds(3);
	must_check();
	exported("\"first\":\"probe\"", true);
}

/* Of a retire: the staged value was lost. Its consumers have it by now, so forward is a change. */
static void test_old_goes_forward(void **state)
{
	const struct cut *c = *state;
	char new[TRIAL_VALUE];

	cut_short(c, new);
	set(trial.old, NULL);
	goes_forward();
}

/* In force, and not kept for the service's next start: that is done, and nothing else. */
static void test_new_is_kept(void **state)
{
	char new[TRIAL_VALUE];

	cut_short(*state, new);
	set(new, NULL);
	goes_forward();
}

static void test_both_is_not_finished(void **state)
{
	const struct cut *c = *state;
	char new[TRIAL_VALUE];

	cut_short(c, new);
	if (!can_stage()) {
		/* The service holds one password only: there is no such state. */
		assert_int_equal(trial.service.kind->set(&trial.service, new, trial.old), -1);
		goes_forward();
		return;
	}
	set(new, trial.old);
	assert_true(accepts(trial.old) && accepts(new));
	goes_forward();
}

static void test_neither_goes_to_a_person(void **state)
{
	char new[TRIAL_VALUE], strange[33];

	cut_short(*state, new);
	service_password(strange);
	set(strange, NULL);
	/* Asked once more, it says the same and still changes nothing. */
	for (int i = 0; i < 2; i++) {
		responds(1);
		assert_true(trial_says(&trial, "break-glass account"));
		assert_true(trial_says(&trial, "firebreak recover"));
		assert_true(accepts(strange));
		assert_null(trial_journal(&trial));
	}
	/* What `recover` shows, the person sets. */
	set(new, NULL);
	goes_forward();
}

/*
 * A worker that is ended when both values are in force, and before the service has the new one for its next start. What
 * goes on behind the stage would lead the consumers to a value that a restart takes away.
 */
static void test_a_stage_is_kept_before_anything_goes_on(void **state _unused_)
{
	struct trial_point keeping;
	struct service next;
	char new[TRIAL_VALUE];

	assert_int_equal(whole_run(&stage, &retire), 0);
	keeping = trial_find(&trial, "worker", "stage", "before keeping");
	assert_int_equal(trial_declare(&trial), 0);
	trial_control(&trial, "worker", &keeping, 1);
	assert_int_equal(TRIAL_RESPOND(&trial, "--at-once=1", "--only=values", "--only=stage"), 4);
	assert_true(trial_reached(&trial, &keeping));
	trial_control(&trial, NULL, NULL, 0);
	assert_int_equal(trial_sealed(&trial, "new", new), 0);
	assert_true(accepts(trial.old) && accepts(new));
	assert_int_equal(trial.service.kind->next(&trial.service, &next), 0);
	assert_true(next.kind->login(&next, trial.service.user, trial.old));
	assert_true(next.kind->login(&next, trial.service.user, new));
	service_kill(&next);
	goes_forward();
}

#define STATES(cut) \
	{ "old of a " #cut, test_old_goes_forward, NULL, NULL, &cut }, \
	{ "new of a " #cut, test_new_is_kept, NULL, NULL, &cut }, \
	{ "both of a " #cut, test_both_is_not_finished, NULL, NULL, &cut }, \
	{ "neither of a " #cut, test_neither_goes_to_a_person, NULL, NULL, &cut }

/* What a service cannot be is no test of it: PostgreSQL has no stage, and only Redis keeps a value in a second step. */
int main(void)
{
	static const struct CMUnitTest emergency[] = { STATES(change) };
	static const struct CMUnitTest both_modes[] = { STATES(change), STATES(stage), STATES(retire) };
	static const struct CMUnitTest with_keeping[] = { STATES(change), STATES(stage), STATES(retire),
		cmocka_unit_test(test_a_stage_is_kept_before_anything_goes_on) };

	if (!can_stage())
		return cmocka_run_group_tests(emergency, begin, end);
	return SERVICE_UNDER_TEST.next ? cmocka_run_group_tests(with_keeping, begin, end)
				       : cmocka_run_group_tests(both_modes, begin, end);
}
