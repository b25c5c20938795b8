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

/* One of the sentences that a full disk has: the journal's own, a file's, git's. */
static void says_full(void)
{
	if (!strstr(trial.said, "the disk is full: make room") && !strstr(trial.said, "No space left on device"))
		fail_msg("no sentence about the disk: %s", trial.said);
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
		if (code != 3)
			says_full();
		if (left_kb[i] == 0) {
			assert_int_equal(code, 1);
			assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
			assert_int_equal(TRIAL(&trial, "declare", "thing/admin", "--because=other"), 1);
			says_full();
		}
		shell("rm state/filler");
		const char *wrong = trial_journal(&trial);

		if (wrong)
			fail_msg("%u kB left: %s", left_kb[i], wrong);
		finishes();
	}
}

/* By modes, in the shell; NULL: the file system, as the kernel does it after an error of the disk. Not by a
 * program: who is not root has the right in this process only. */
static void make(const char *line, unsigned long flags)
{
	if (line)
		shell(line);
	else
		assert_int_equal(mount("none", state_folder, NULL, MS_REMOUNT | flags, "size=12m,mode=0700"), 0);
}

/* What has not begun: nothing was changed, what is known can still be read, and the next respond does all of it. */
static void read_only(const char *close, const char *open, const char *words)
{
	static const char *const as_nobody[] = { "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
						 NULL };
	bool root = geteuid() == 0;
	char said[2000], number[24];

	assert_int_equal(trial_declare(&trial), 0);
	snprintf(number, sizeof(number), "%lld", (long long)trial.incident);
	if (root) {
		shell("chown -R nobody:nogroup .");
		trial.before = as_nobody;
	}
	make(close, MS_RDONLY);
	int code = trial_respond(&trial);

	snprintf(said, sizeof(said), "%.1999s", trial.said);
	int read = TRIAL(&trial, "status", number);
	bool shown = trial_says(&trial, "declared, nothing done yet");

	make(open, 0);
	if (root) {
		shell("chown -R 0:0 .");
		trial.before = NULL;
	}
	assert_int_equal(code, 1);
	if (!strstr(said, words))
		fail_msg("no sentence about it: %s", said);
	assert_int_equal(read, 0);
	assert_true(shown);
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	assert_null(trial_journal(&trial));
	finishes();
}

static void test_read_only_journal_folder(void **state _unused_)
{
	read_only("chmod -R a-w state", "chmod -R u+w state", "look at the owner and mode of the folder");
}

static void test_read_only_journal_file(void **state _unused_)
{
	read_only("chmod a-w state/journal.db", "chmod u+w state/journal.db*",
		  "look at the owner and mode of the folder");
}

static void test_read_only_file_system(void **state _unused_)
{
	read_only(NULL, NULL, "how the file system is mounted");
}

/* The journal's file as it lies on the disk, and a copy of it: closing the last connection of a writer puts its log
 * into the file. */
static void save(void)
{
	assert_int_equal(TRIAL(&trial, "declare", "thing/admin", "--because=other"), 0);
	shell("cp -a state saved");
}

/* Nothing is begun on a journal that cannot be trusted; with the copy back in its place everything goes on. */
static void damaged(const char *line, const char *words)
{
	cut_short_at("change", "after journal intent");
	save();
	shell(line);
	responds(5);
	if (!trial_says(&trial, words) || !trial_says(&trial, "copy the whole folder"))
		fail();
	assert_int_equal(TRIAL(&trial, "journal", "verify"), 1);
	assert_true(trial_says(&trial, words));
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	shell("cp -a --remove-destination saved/. state/\nrm -r saved");
	assert_null(trial_journal(&trial));
	finishes();
}

static void test_corrupt_journal_page(void **state _unused_)
{
	damaged("dd if=/dev/urandom of=state/journal.db bs=4096 seek=1 count=8 conv=notrunc 2>/dev/null", "damaged");
}

/* A bit of the disk that SQLite does not notice: the page is whole and the row is another one. */
static void test_corrupt_journal_row(void **state _unused_)
{
	damaged("sed -i 's/\"outcome\":\"proven\"/\"outcome\":\"failed\"/' state/journal.db", "was edited");
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

/* It can be read, and takes nothing. */
static void test_git_remote_takes_no_push(void **state _unused_)
{
	assert_int_equal(trial_declare(&trial), 0);
	shell("printf '#!/bin/sh\\necho closed for the night >&2\\nexit 1\\n' >remote.git/hooks/pre-receive\n"
	      "chmod +x remote.git/hooks/pre-receive");
	responds(1);
	assert_true(trial_says(&trial, "closed for the night"));
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	shell("rm remote.git/hooks/pre-receive");
	assert_null(trial_journal(&trial));
	finishes();
}

/* The service has the new value and its consumer cannot be given it: that is said, and done when the git is back. */
static void test_git_remote_away_behind_the_change(void **state _unused_)
{
	char new[TRIAL_VALUE];

	cut_short_at("apply", "before journal intent");
	assert_int_equal(trial_value(&trial, new), 0);
	shell("mv remote.git away.git");
	responds(4);
	assert_true(trial_says(&trial, "configuration of 'box': the run failed"));
	assert_true(trial.service.kind->login(&trial.service, trial.service.user, new));
	assert_false(trial.service.kind->login(&trial.service, trial.service.user, trial.old));
	shell("mv away.git remote.git");
	assert_null(trial_journal(&trial));
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
	assert_true(trial_says(&trial, "the clock of this machine stood 7"));
	shell("rm bin/clock");
	const char *wrong = trial_check(&trial);

	if (wrong)
		fail_msg("%s; said: %s", wrong, trial.said);
	shell("bin/firebreak journal export --state=state | jq -es '(map(.at_us) | . == sort) and "
	      "(map(select((.clock_back_us // 0) > 7000000000)) | length > 10)'");
	/* The clock is right again: nothing is said, and nothing noted. */
	finishes();
	if (strstr(trial.said, "the clock of this machine"))
		fail_msg("%s", trial.said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_read_only_journal_folder),
		cmocka_unit_test(test_read_only_journal_file),
		cmocka_unit_test(test_read_only_file_system),
		cmocka_unit_test(test_corrupt_journal_page),
		cmocka_unit_test(test_corrupt_journal_row),
		cmocka_unit_test(test_git_remote_away),
		cmocka_unit_test(test_git_remote_away_in_the_middle),
		cmocka_unit_test(test_git_remote_takes_no_push),
		cmocka_unit_test(test_git_remote_away_behind_the_change),
		cmocka_unit_test(test_worker_missing),
		cmocka_unit_test(test_clock_steps_back),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
