/*
 * The four states that a cut-short `change` can have left: the parent is ended between the intent of the change and its
 * worker, the service is set from outside to old, new, both or neither, and `respond` has to find out by asking it.
 */
#include "trial.h"
#include "base/mem.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define JOIN(a, b) a##b
#define NAMED(prefix, name) JOIN(prefix, name)
#define SERVICE_UNDER_TEST NAMED(service_, CRASH_DRIVER)

static struct trial trial;
static unsigned intent_of_change;

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

static int begin(void **state _unused_)
{
	if (trial_begin(&trial, &SERVICE_UNDER_TEST) < 0 || trial_declare(&trial) < 0)
		return -1;
	trial_control(&trial, "none", 0);
	if (trial_respond(&trial) != 3)
		return -1;
	intent_of_change = trial_find(&trial, "parent", "after journal intent change:");
	return 0;
}

static int end(void **state _unused_)
{
	trial_end(&trial);
	return 0;
}

/* The values are made and in the git; the change is intended and nothing more. */
static void cut_short(char new[TRIAL_VALUE])
{
	assert_int_equal(trial_declare(&trial), 0);
	trial_control(&trial, "parent", intent_of_change);
	responds(128 + SIGKILL);
	trial_control(&trial, "none", 0);
	assert_int_equal(trial_value(&trial, new), 0);
	assert_string_not_equal(new, trial.old);
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	assert_false(trial.service.kind->login(&trial.service, trial.service.user, new));
}

static void set(const char *first, const char *second)
{
	assert_int_equal(trial.service.kind->set(&trial.service, first, second), 0);
}

static void exported(const char *words, bool expected)
{
	assert_int_equal(trial_sh(&trial, "bin/firebreak journal export %lld --state=state | grep -c -F '%s' || true",
				  (long long)trial.incident, words), 0);
	if ((strcmp(trial.said, "0\n") != 0) != expected)
		fail_msg("'%s' %s in the journal", words, expected ? "does not stand" : "stands");
}

static void test_old_goes_forward(void **state _unused_)
{
	char new[TRIAL_VALUE];

	cut_short(new);
	responds(3);
	must_check();
	exported("\"first\":\"probe\"", true);
	exported("\"first\":\"act\"", true);
}

/* Done once more, which changes nothing in force: what was not kept for the service's next start is kept now. */
static void test_new_is_done(void **state _unused_)
{
	char new[TRIAL_VALUE];

	cut_short(new);
	set(new, NULL);
	responds(3);
	must_check();
	exported("\"first\":\"probe\"", true);
}

static void test_both_is_not_finished(void **state _unused_)
{
	char new[TRIAL_VALUE];

	cut_short(new);
	if (trial.service.kind->set(&trial.service, new, trial.old) < 0) {
		/* The service holds one password only: there is no such state. */
		assert_string_equal(trial.service.kind->driver, "postgresql");
		responds(3);
		return;
	}
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	responds(3);
	must_check();
}

static void test_neither_goes_to_a_person(void **state _unused_)
{
	char new[TRIAL_VALUE], strange[33];

	cut_short(new);
	service_password(strange);
	set(strange, NULL);
	responds(1);
	assert_true(trial_says(&trial, "break-glass account"));
	assert_true(trial_says(&trial, "firebreak recover"));
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, strange));
	assert_null(trial_journal(&trial));
	/* Asked once more, it says the same and still changes nothing. */
	responds(1);
	assert_true(trial_says(&trial, "break-glass account"));
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, strange));
	/* The person has set what `recover` showed. */
	set(new, NULL);
	responds(3);
	must_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_goes_forward),
		cmocka_unit_test(test_new_is_done),
		cmocka_unit_test(test_both_is_not_finished),
		cmocka_unit_test(test_neither_goes_to_a_person),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
