/* What a bad night adds: each is one clear sentence, nothing is lost, and a later `respond` finishes. */
#include "trial.h"
#include "base/mem.h"
#include "small_disk.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static struct trial trial;
static char state_folder[200];

static void responds(int code)
{
	int got = trial_respond(&trial);

	if (got != code)
		fail_msg("respond ended with %d, not %d: %s", got, code, trial.said);
}

static void shell(const char *line)
{
	if (trial_sh(&trial, "%s", line) != 0)
		fail_msg("'%s': %s", line, trial.said);
}

static void finishes(void)
{
	responds(3);
	const char *wrong = trial_check(&trial);

	if (wrong)
		fail_msg("%s; said: %s", wrong, trial.said);
}

static int begin(void **state _unused_)
{
	if (trial_begin(&trial, &service_redis, BY_COMMAND) < 0)
		return -1;
	snprintf(state_folder, sizeof(state_folder), "%s/state", trial.folder);
	if (small_disk_make(state_folder, "size=12m,mode=0700") < 0 || trial_declare(&trial) < 0)
		return -1;
	trial_control(&trial, NULL, NULL, 0);
	return trial_respond(&trial) == 3 ? 0 : -1;
}

static int end(void **state _unused_)
{
	umount(state_folder);
	trial_end(&trial);
	return 0;
}

/* Ends the parent at a point that is named by its beginning; `points` are of the newest run without a kill. */
static void cut_short_at(const char *step, const char *beginning)
{
	assert_int_equal(trial_declare(&trial), 0);
	trial_control(&trial, NULL, NULL, 0);
	responds(3);
	struct trial_point at = trial_find(&trial, "parent", step, beginning);

	assert_int_equal(trial_declare(&trial), 0);
	trial_control(&trial, "parent", &at, 1);
	responds(128 + SIGKILL);
	trial_control(&trial, NULL, NULL, 0);
}

static void test_full_disk(void **state _unused_)
{
	static const unsigned left_kb[] = { 0, 8, 40, 80, 160, 320 };

	for (size_t i = 0; i < sizeof(left_kb) / sizeof(left_kb[0]); i++) {
		assert_int_equal(trial_declare(&trial), 0);
		trial_control(&trial, NULL, NULL, 0);
		assert_int_equal(trial_sh(&trial, "dd if=/dev/zero of=state/filler bs=1k 2>/dev/null || true\n"
					  "truncate -s -%uK state/filler", left_kb[i]), 0);
		int code = trial_respond(&trial);

		if (code != 1 && code != 3 && code != 4)
			fail_msg("respond ended with %d on a full disk: %s", code, trial.said);
		if (left_kb[i] == 0) {
			assert_int_equal(code, 1);
			assert_true(trial_says(&trial, "the disk is full: make room"));
		}
		shell("rm state/filler");
		const char *wrong = trial_journal(&trial);

		if (wrong)
			fail_msg("%u kB left: %s", left_kb[i], wrong);
		finishes();
	}
}

static void test_read_only_journal_folder(void **state _unused_)
{
	static const char *const as_nobody[] = { "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
						 NULL };
	bool root = geteuid() == 0;

	assert_int_equal(trial_declare(&trial), 0);
	if (root) {
		shell("chown -R nobody:nogroup .");
		trial.before = as_nobody;
	}
	shell("chmod -R a-w state");
	int code = trial_respond(&trial);
	char said[2000];

	snprintf(said, sizeof(said), "%.1999s", trial.said);
	shell("chmod -R u+w state");
	if (root) {
		shell("chown -R 0:0 .");
		trial.before = NULL;
	}
	assert_int_equal(code, 1);
	if (!strstr(said, "look at the owner and mode of the folder"))
		fail_msg("no sentence about the folder: %s", said);
	assert_null(trial_journal(&trial));
	finishes();
}

static void test_corrupt_journal_page(void **state _unused_)
{
	cut_short_at("change", "after journal intent");
	/* Closing the last connection of a writer puts the log into the file. */
	assert_int_equal(TRIAL(&trial, "declare", "thing/admin", "--because=other"), 0);
	shell("cp -a state saved\ndd if=/dev/urandom of=state/journal.db bs=4096 seek=1 count=8 conv=notrunc "
	      "2>/dev/null");
	responds(5);
	assert_true(trial_says(&trial, "damaged"));
	assert_int_equal(TRIAL(&trial, "journal", "verify"), 1);
	shell("cp -a --remove-destination saved/. state/\nrm -r saved");
	assert_null(trial_journal(&trial));
	finishes();
}

static void test_git_remote_away(void **state _unused_)
{
	assert_int_equal(trial_declare(&trial), 0);
	shell("mv remote.git away.git");
	responds(4);
	assert_true(trial_says(&trial, "could not be fetched"));
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	shell("mv away.git remote.git");
	assert_null(trial_journal(&trial));
	finishes();
}

static void test_git_remote_away_in_the_middle(void **state _unused_)
{
	cut_short_at("commit", "before journal intent");
	shell("mv remote.git away.git");
	responds(4);
	assert_true(trial_says(&trial, "could not be fetched"));
	/* Nothing is changed on the service before the new value is in the git. */
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	shell("mv away.git remote.git");
	finishes();
}

static void test_worker_missing(void **state _unused_)
{
	assert_int_equal(trial_declare(&trial), 0);
	shell("mv bin/firebreak-worker bin/gone");
	responds(5);
	assert_true(trial_says(&trial, "the worker is not where it belongs"));
	shell("mv bin/gone bin/firebreak-worker\nchmod 0600 bin/firebreak-worker");
	responds(1);
	assert_true(trial_says(&trial, "the worker ended without a result"));
	shell("chmod 0700 bin/firebreak-worker\nmv bin/firebreak-worker-redis bin/gone");
	responds(5);
	assert_true(trial_says(&trial, "the worker of driver 'redis' is not where it belongs"));
	shell("mv bin/gone bin/firebreak-worker-redis");
	finishes();
}

/* Each row that was written while the clock stood behind says so, and none is older than the one before it. */
static void test_clock_steps_back(void **state _unused_)
{
	cut_short_at("change", "after journal intent");
	shell("echo 7200 > bin/clock");
	trial_control(&trial, NULL, NULL, 0);
	responds(3);
	shell("rm bin/clock");
	const char *wrong = trial_check(&trial);

	if (wrong)
		fail_msg("%s; said: %s", wrong, trial.said);
	assert_int_equal(trial_sh(&trial, "bin/firebreak journal export %lld --state=state | grep -q clock_back_us",
				  (long long)trial.incident), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_read_only_journal_folder),
		cmocka_unit_test(test_corrupt_journal_page),
		cmocka_unit_test(test_git_remote_away),
		cmocka_unit_test(test_git_remote_away_in_the_middle),
		cmocka_unit_test(test_worker_missing),
		cmocka_unit_test(test_clock_steps_back),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
