/* Ctrl-C, two responders, two incidents on one secret, one step alone, a step left out. */
#include "trial.h"
#include "base/clock.h"
#include "base/mem.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static struct trial trial;

static void responds(int code)
{
	int got = trial_respond(&trial);

	if (got != code)
		fail_msg("respond ended with %d, not %d: %s", got, code, trial.said);
}

static int begin(void **state _unused_)
{
	return trial_begin(&trial, &service_redis, BY_COMMAND);
}

static int end(void **state _unused_)
{
	trial_end(&trial);
	return 0;
}

static void must_check(void)
{
	const char *wrong = trial_check(&trial);

	if (wrong)
		fail_msg("%s; said: %s", wrong, trial.said);
}

static unsigned lines(void)
{
	unsigned n = 0;

	for (const char *p = trial.said; *p; p++)
		n += *p == '\n';
	return n;
}

static void pause_service(void)
{
	assert_int_equal(trial.service.kind->pause(&trial.service), 0);
}

static void resume_service(void)
{
	assert_int_equal(trial.service.kind->resume(&trial.service), 0);
}

/* Begins an incident and comes back when a worker waits for the service, which does not answer. */
static pid_t begun_and_waiting(void)
{
	int64_t until = clock_mono_us() + 60000000;
	struct trial_point waits;
	pid_t pid;

	assert_int_equal(trial_declare(&trial), 0);
	trial_control(&trial, NULL, NULL, 0);
	pause_service();
	pid = trial_respond_beside(&trial);
	while (!trial_was_at(&trial, "parent", "inspect", "before job", &waits) && clock_mono_us() < until)
		clock_sleep_ms(10);
	clock_sleep_ms(300);
	return pid;
}

static void test_ctrl_c_waits_for_what_runs(void **state _unused_)
{
	pid_t pid = begun_and_waiting();

	kill(pid, SIGINT);
	clock_sleep_ms(100);
	resume_service();
	assert_int_equal(trial_wait(&trial, pid), 130);
	assert_true(trial_says(&trial, "Nothing is lost"));
	assert_true(trial_says(&trial, "firebreak respond"));
	assert_null(trial_journal(&trial));
	responds(3);
	must_check();
}

static void test_ctrl_c_twice_ends_at_once(void **state _unused_)
{
	pid_t pid = begun_and_waiting();
	int64_t since = clock_mono_us();

	kill(pid, SIGINT);
	clock_sleep_ms(200);
	kill(pid, SIGINT);
	assert_int_equal(trial_wait(&trial, pid), 130);
	assert_true(clock_mono_us() - since < 5000000);
	resume_service();
	assert_null(trial_journal(&trial));
	responds(3);
	must_check();
}

static void test_second_responder_is_told(void **state _unused_)
{
	pid_t pid = begun_and_waiting();

	responds(6);
	assert_true(trial_says(&trial, "another responder is running incident"));
	assert_int_equal(lines(), 1);
	resume_service();
	assert_int_equal(trial_wait(&trial, pid), 3);
	must_check();
}

static void test_two_incidents_on_one_secret(void **state _unused_)
{
	int64_t first;

	assert_int_equal(trial_declare(&trial), 0);
	first = trial.incident;
	assert_int_equal(TRIAL_RESPOND(&trial, "--only=values"), 4);
	assert_int_equal(TRIAL(&trial, "declare", "thing/password", "--because=seen again"), 0);
	assert_true(trial_says(&trial, "Other open incidents touch the same secrets"));
	assert_true(trial_says(&trial, "(thing/password)"));
	trial.incident++;
	responds(6);
	assert_true(trial_says(&trial, "is working on 'thing/password'"));
	assert_int_equal(lines(), 1);
	trial.incident = first;
	responds(3);
	must_check();
	/* The first one let go of it. */
	assert_int_equal(trial_value(&trial, trial.old), 0);
	trial.incident++;
	responds(3);
	must_check();
}

static void test_only_does_one_step(void **state _unused_)
{
	char now[TRIAL_VALUE];

	assert_int_equal(trial_declare(&trial), 0);
	assert_int_equal(TRIAL_RESPOND(&trial, "--only=values"), 4);
	assert_int_equal(TRIAL_RESPOND(&trial, "--only=inspect"), 4);
	assert_int_equal(trial_value(&trial, now), 0);
	assert_string_equal(now, trial.old);
	assert_int_equal(TRIAL_RESPOND(&trial, "--only=no-such-step"), 2);
	assert_true(trial_says(&trial, "there is no step 'no-such-step'"));
	responds(3);
	must_check();
}

static void test_skip_needs_a_reason(void **state _unused_)
{
	assert_int_equal(trial_declare(&trial), 0);
	assert_int_equal(trial_sh(&trial, "rm -f host/restarted"), 0);
	assert_int_equal(TRIAL_RESPOND(&trial, "--skip=restart"), 2);
	assert_true(trial_says(&trial, "--skip needs a reason"));
	assert_int_equal(TRIAL_RESPOND(&trial, "--skip=restart", "--because=it is being rebuilt"), 3);
	must_check();
	assert_int_not_equal(trial_sh(&trial, "test -e host/restarted"), 0);
	assert_int_equal(trial_sh(&trial, "bin/firebreak journal export %lld --state=state | grep -F skipped | "
				  "grep -F -q 'it is being rebuilt'", (long long)trial.incident), 0);
}

static unsigned jobs(const char *verb)
{
	_cleanup_(freep) char *beginning = mem_printf("before job %s", verb);
	_cleanup_(trial_points_free) struct trial_points all = trial_points(&trial, "parent");
	unsigned n = 0;

	for (size_t i = 0; i < all.n; i++)
		n += !strcmp(all.p[i].name, beginning);
	return n;
}

/* The value and that of its admin come together, and the commit begins where they were read. */
static void test_one_reading_and_one_writing(void **state _unused_)
{
	assert_int_equal(trial_declare(&trial), 0);
	trial_control(&trial, NULL, NULL, 0);
	assert_int_equal(TRIAL_RESPOND(&trial, "--at-once=8"), 3);
	must_check();
	assert_int_equal(jobs("read-place"), 1);
	assert_int_equal(jobs("write-place on a head"), 1);
	assert_int_equal(jobs("write-place"), 0);
}

/* A consumer that only a person reaches: the old value works until that person has said that it has the new one. */
static void test_planned_waits_for_the_person_before_the_old_value_ends(void **state _unused_)
{
	char now[TRIAL_VALUE];

	trial.planned = true;
	assert_int_equal(trial_sh(&trial, "cp register/firebreak.yaml register.saved\n"
				  "sed -i 's/^    consumers:/    external: [{name: bot, how: by hand}]\\n&/' "
				  "register/firebreak.yaml"), 0);
	assert_int_equal(trial_declare(&trial), 0);
	responds(3);
	assert_true(trial_says(&trial, "Everything that we can do is proven"));
	assert_int_equal(trial_value(&trial, now), 0);
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, now));
	assert_null(trial_served(&trial));
	assert_int_equal(trial_sh(&trial, "bin/firebreak answer %lld outside:thing/password:bot --because=done "
				  "--register=register --state=state", (long long)trial.incident), 0);
	responds(3);
	must_check();
	assert_int_equal(trial_sh(&trial, "mv register.saved register/firebreak.yaml"), 0);
	trial.planned = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_reading_and_one_writing),
		cmocka_unit_test(test_ctrl_c_waits_for_what_runs),
		cmocka_unit_test(test_ctrl_c_twice_ends_at_once),
		cmocka_unit_test(test_second_responder_is_told),
		cmocka_unit_test(test_two_incidents_on_one_secret),
		cmocka_unit_test(test_only_does_one_step),
		cmocka_unit_test(test_skip_needs_a_reason),
		cmocka_unit_test(test_planned_waits_for_the_person_before_the_old_value_ends),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
