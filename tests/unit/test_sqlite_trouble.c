#include "journal_help.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "small_disk.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Runs `work` in a child, because limits, mounts and signals stay with a process. */
static int in_child(char *folder, int (*work)(char *folder))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(work(folder));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("the child ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* Adds rows until one is refused; the journal must then hold exactly the acknowledged ones. */
static int fill_up(const char *folder, const char *text)
{
	_cleanup_(journal_closep) struct journal *j = NULL;
	char body[2000];
	struct err e = ERR_INIT;
	int64_t seq = 0, rows = 0;
	int r;

	if (journal_open(folder, JOURNAL_WRITE, &j, &e) < 0) {
		fprintf(stderr, "open: %s\n", e.text);
		return 10;
	}
	snprintf(body, sizeof(body), "{\"text\":\"%01900d\"}", 7);
	do {
		struct row row = help_row(ROW_OUTCOME, 1, body);

		r = journal_append(j, &row, &seq, &e);
	} while (r == 0 && seq < 5000);
	if (r != -ERR_IO || !strstr(e.text, text)) {
		fprintf(stderr, "append gave %d: %s\n", r, e.text);
		return 11;
	}
	e = (struct err)ERR_INIT;
	if (seq < 5 || journal_verify(j, NULL, &rows, &e) < 0 || rows != seq) {
		fprintf(stderr, "%lld rows were acknowledged, %lld are there: %s\n", (long long)seq, (long long)rows,
			e.text);
		return 12;
	}
	return 0;
}

static int on_small_disk(char *folder)
{
	if (small_disk_make(folder, "size=512k,mode=0700") < 0)
		return 9;

	int r = fill_up(folder, "the disk is full");

	if (r)
		return r;

	/* Room again: the same journal goes on. */
	struct err e = ERR_INIT;
	struct journal *j = NULL;
	struct row row = help_row(ROW_OUTCOME, 1, "{}");

	if (mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=4m,mode=0700") < 0)
		return 13;
	if (journal_open(folder, JOURNAL_WRITE, &j, &e) < 0 || journal_append(j, &row, NULL, &e) < 0 ||
	    journal_verify(j, NULL, NULL, &e) < 0) {
		fprintf(stderr, "with room again: %s\n", e.text);
		return 14;
	}
	journal_close(j);
	return 0;
}

static void full_disk_loses_nothing_and_says_so(void **state)
{
	assert_int_equal(in_child(*state, on_small_disk), 0);
}

static int below_file_limit(char *folder)
{
	struct rlimit limit = { 256 * 1024, 256 * 1024 };

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 9;
	return fill_up(folder, "the disk failed (disk I/O error");
}

static void file_size_limit_loses_nothing_and_says_so(void **state)
{
	assert_int_equal(in_child(*state, below_file_limit), 0);
}

static int append_ignoring(struct journal *j, void *arg, struct err *e _unused_)
{
	struct err mine = ERR_INIT;
	struct row row = help_row(ROW_CLAIMED, 1, arg);

	/* A caller that forgets to look must not have half of its rows committed. */
	while (journal_append(j, &row, NULL, &mine) == 0)
		;
	return 0;
}

static int alone_below_file_limit(char *folder)
{
	static char body[ROW_BODY_MAX / 2];
	struct journal *j = NULL;
	struct err e = ERR_INIT;
	int64_t rows = -1;
	int r;

	memset(body, 'x', sizeof(body) - 1);
	memcpy(body, "{\"t\":\"", 6);
	memcpy(body + sizeof(body) - 3, "\"}", 3);

	struct rlimit limit = { 8 << 20, 8 << 20 };

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || journal_open(folder, JOURNAL_WRITE, &j, &e) < 0)
		return 9;
	r = journal_alone(j, append_ignoring, body, &e);
	if (r != -ERR_IO) {
		fprintf(stderr, "alone gave %d: %s\n", r, e.text);
		return 10;
	}
	r = journal_verify(j, NULL, &rows, &e);
	journal_close(j);
	return r == 0 && rows == 0 ? 0 : 11;
}

static void a_failed_write_alone_takes_all_with_it(void **state)
{
	assert_int_equal(in_child(*state, alone_below_file_limit), 0);
}

static void another_program_holds_the_lock(void **state)
{
	struct err e = ERR_INIT;
	struct row row = help_row(ROW_OUTCOME, 1, "{}");

	help_fill(*state, 1);

	struct journal *holder = help_open(*state, JOURNAL_WRITE), *j = help_open(*state, JOURNAL_WRITE);

	assert_int_equal(sqlite3_exec(holder->db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_busy_timeout(j->db, 50);
	assert_int_equal(journal_append(j, &row, NULL, &e), -ERR_CONFLICT);
	assert_non_null(strstr(e.text, "take the lock: another program holds its lock: wait for it to end"));
	assert_int_equal(sqlite3_exec(holder->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(journal_append(j, &row, NULL, &e), 0);
	journal_close(holder);
	journal_close(j);
}

static int64_t false_now;

static int64_t false_clock(void)
{
	return false_now;
}

static int times(const struct row *row, void *arg)
{
	((int64_t *)arg)[row->seq] = row->at_us;
	return 0;
}

static void a_clock_that_steps_back_makes_no_row_older(void **state)
{
	static const int64_t clock[] = { 5000000, 9000000, 3000000, 8999999, 9000000, 9500000 };
	static const int64_t want[] = { 5000000, 9000000, 9000000, 9000000, 9000000, 9500000 };
	struct journal *j = help_open(*state, JOURNAL_WRITE);
	struct err e = ERR_INIT;
	struct row row = help_row(ROW_OUTCOME, 1, "{}");
	int64_t at[8] = { 0 };

	j->now_us = false_clock;
	for (size_t i = 0; i < ARRAY_SIZE(clock); i++) {
		false_now = clock[i];
		assert_int_equal(journal_append(j, &row, NULL, &e), 0);
	}
	assert_int_equal(journal_each(j, 0, 0, times, at, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(at[i + 1], want[i]);
	assert_int_equal(journal_verify(j, NULL, NULL, &e), 0);
	journal_close(j);
	assert_int_equal(help_number(*state, "SELECT clock_back_us FROM journal WHERE seq = 3"), 6000000);
	assert_int_equal(help_number(*state, "SELECT clock_back_us FROM journal WHERE seq = 4"), 1);
	assert_int_equal(help_number(*state, "SELECT count(*) FROM journal WHERE clock_back_us > 0"), 2);
}

#define WRITERS 4
#define EACH 100

static int write_some(char *folder)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;
	struct row row = help_row(ROW_OUTCOME, 1, "{\"text\":\"one of many\"}");

	if (journal_open(folder, JOURNAL_WRITE, &j, &e) < 0) {
		fprintf(stderr, "open: %s\n", e.text);
		return 1;
	}
	for (unsigned i = 0; i < EACH; i++)
		if (journal_append(j, &row, NULL, &e) < 0) {
			fprintf(stderr, "append: %s\n", e.text);
			return 2;
		}
	journal_close(j);
	return 0;
}

/* All start where there is no journal yet: making it is part of the race. */
static void processes_that_append_at_once(void **state)
{
	pid_t pid[WRITERS];
	struct err e = ERR_INIT;
	int64_t rows = 0;

	for (unsigned i = 0; i < WRITERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(write_some(*state));
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		int status;

		waitpid(pid[i], &status, 0);
		assert_int_equal(status, 0);
	}
	if (help_verify(*state, NULL, &rows, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(rows, WRITERS * EACH);
}

/* secure_delete: what was never committed leaves no trace. */
static int add_and_leave(struct journal *j, void *arg _unused_, struct err *e)
{
	struct row row = help_row(ROW_INTENT, 1, "{\"sealed\":\"fbseal1:never-committed\"}");
	int r = journal_append(j, &row, NULL, e);

	return r < 0 ? r : err_set(e, ERR_REFUSED, "no");
}

static void a_row_that_was_rolled_back_is_in_no_file(void **state)
{
	static const char *const names[] = { SQLITE_FILE, SQLITE_FILE "-wal" };
	struct err e = ERR_INIT;
	struct journal *j = help_open(*state, JOURNAL_WRITE);

	assert_int_equal(journal_alone(j, add_and_leave, NULL, &e), -ERR_REFUSED);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(freep) char *path = help_path(*state, names[i]);
		_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 24);

		if (i == 0)
			j = journal_close(j);
		if (fs_exists(path)) {
			assert_int_equal(fs_read(path, &b, &e), 0);
			assert_null(memmem(buf_text(&b), b.len, "never-committed", 15));
		}
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_folder, help_folder_gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(full_disk_loses_nothing_and_says_so),
		TEST(file_size_limit_loses_nothing_and_says_so),
		TEST(a_failed_write_alone_takes_all_with_it),
		TEST(another_program_holds_the_lock),
		TEST(a_clock_that_steps_back_makes_no_row_older),
		TEST(processes_that_append_at_once),
		TEST(a_row_that_was_rolled_back_is_in_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
