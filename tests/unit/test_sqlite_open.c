#include "journal_help.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void expect(const char *folder, enum journal_mode mode, int want, const char *text)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;
	int r = journal_open(folder, mode, &j, &e);

	journal_close(j);
	if (r != want || !strstr(e.text, text))
		fail_msg("got %d '%s', wanted %d '%s'", r, e.text, want, text);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void everything_made_is_ours_alone(void **state)
{
	static const char *const names[] = { SQLITE_FILE, SQLITE_FILE "-wal", SQLITE_FILE "-shm", SQLITE_KEY_FILE };
	_cleanup_(freep) char *folder = help_path(*state, "a/b/state");
	mode_t mask = umask(0);
	struct journal *j = help_open(folder, JOURNAL_WRITE);
	struct row row = help_row(ROW_DECLARED, 1, "{}");
	struct err e = ERR_INIT;

	umask(mask);
	assert_int_equal(journal_append(j, &row, NULL, &e), 0);
	assert_int_equal(mode_of(folder), 0700);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(freep) char *path = help_path(folder, names[i]);

		assert_int_equal(mode_of(path), 0600);
	}
	journal_close(j);

	_cleanup_(freep) char *half = help_path(folder, SQLITE_FILE ".making");

	assert_false(fs_exists(half));
}

static int64_t setting(struct journal *j, const char *name)
{
	_cleanup_(freep) char *sql = mem_printf("PRAGMA %s", name);
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(j->db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);

	int64_t n = sqlite3_column_int64(st, 0);

	sqlite3_finalize(st);
	return n;
}

static void settings_are_what_the_promise_needs(void **state)
{
	struct journal *j = help_open(*state, JOURNAL_WRITE);

	assert_int_equal(setting(j, "synchronous"), 2);
	assert_int_equal(setting(j, "secure_delete"), 1);
	assert_int_equal(setting(j, "trusted_schema"), 0);
	assert_int_equal(setting(j, "busy_timeout"), 10000);
	journal_close(j);
	assert_int_equal(help_number(*state, "SELECT 1 FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
	assert_int_equal(help_number(*state, "SELECT strict FROM pragma_table_list WHERE name = 'journal'"), 1);
	assert_int_equal(help_number(*state, "PRAGMA application_id"), SQLITE_APPLICATION_ID);
}

static void there_is_none_yet(void **state)
{
	_cleanup_(freep) char *folder = help_path(*state, "nothing");

	expect(folder, JOURNAL_READ, -ERR_USAGE, "there is none yet: the first 'firebreak declare' makes it");
	expect(*state, JOURNAL_READ, -ERR_USAGE, "there is none yet");
	assert_int_equal(access(folder, F_OK), -1);
}

static void a_folder_where_the_file_should_be(void **state)
{
	_cleanup_(freep) char *path = help_path(*state, SQLITE_FILE);

	assert_int_equal(mkdir(path, 0700), 0);
	expect(*state, JOURNAL_READ, -ERR_CONFIG, "is a folder, expected a regular file");
	expect(*state, JOURNAL_WRITE, -ERR_CONFIG, "is a folder, expected a regular file");
}

static void a_file_where_the_folder_should_be(void **state)
{
	_cleanup_(freep) char *path = help_path(*state, "state");

	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	expect(path, JOURNAL_WRITE, -ERR_CONFIG, "is no folder: name another one");
	expect(path, JOURNAL_READ, -ERR_CONFIG, "is no folder: name another one");
}

static void a_link_is_not_followed(void **state)
{
	_cleanup_(freep) char *path = help_path(*state, SQLITE_FILE);

	assert_int_equal(symlink("/etc/passwd", path), 0);
	expect(*state, JOURNAL_WRITE, -ERR_CONFIG, "is a link, expected a regular file");
}

static void a_folder_that_others_may_write(void **state)
{
	help_fill(*state, 1);
	assert_int_equal(chmod(*state, 0770), 0);
	expect(*state, JOURNAL_WRITE, -ERR_REFUSED, "may be written by others (mode 0770): chmod 0700 it");
	expect(*state, JOURNAL_READ, -ERR_REFUSED, "may be written by others");
}

static void a_file_that_others_may_read_is_taken_from_them(void **state)
{
	_cleanup_(freep) char *path = help_path(*state, SQLITE_FILE);

	help_fill(*state, 1);
	assert_int_equal(chmod(path, 0644), 0);
	journal_close(help_open(*state, JOURNAL_WRITE));
	assert_int_equal(mode_of(path), 0600);
}

static void another_programs_file(void **state)
{
	help_fill(*state, 1);
	help_sql(*state, "PRAGMA application_id = 17");
	expect(*state, JOURNAL_WRITE, -ERR_CONFIG, "another program's SQLite file (application id 0x11, expected "
	       "0x4642524b)");
	expect(*state, JOURNAL_READ, -ERR_CONFIG, "another program's SQLite file");
}

static void a_newer_format(void **state)
{
	help_fill(*state, 1);
	help_sql(*state, "PRAGMA user_version = 2");
	expect(*state, JOURNAL_READ, -ERR_CONFIG, "its format is version 2, this program knows version 1: use the "
	       "firebreak that wrote it");
}

static void no_sqlite_file_at_all(void **state)
{
	_cleanup_(freep) char *path = help_path(*state, SQLITE_FILE);
	struct err e = ERR_INIT;

	help_fill(*state, 1);
	assert_int_equal(fs_write_atomic(path, "these are not the bytes that you look for", 40, 0600, &e), 0);
	expect(*state, JOURNAL_WRITE, -ERR_CONFIG, "it is no journal, or its first page is damaged");
	expect(*state, JOURNAL_READ, -ERR_CONFIG, "it is no journal, or its first page is damaged");
}

static void an_empty_file_is_not_taken_for_a_journal(void **state)
{
	_cleanup_(freep) char *path = help_path(*state, SQLITE_FILE);

	help_fill(*state, 1);
	assert_int_equal(truncate(path, 0), 0);
	expect(*state, JOURNAL_WRITE, -ERR_CONFIG, "another program's SQLite file");
}

static void a_missing_trigger(void **state)
{
	help_fill(*state, 1);
	help_sql(*state, "DROP TRIGGER journal_no_delete");
	expect(*state, JOURNAL_WRITE, -ERR_CONFIG, "its tables are not as firebreak made them (look at "
	       "'journal_no_delete')");
	expect(*state, JOURNAL_READ, -ERR_CONFIG, "its tables are not as firebreak made them");
}

static void a_table_too_many(void **state)
{
	help_fill(*state, 1);
	help_sql(*state, "CREATE TABLE zz(a)");
	expect(*state, JOURNAL_READ, -ERR_CONFIG, "its tables are not as firebreak made them");
}

static void a_half_made_journal_is_made_anew(void **state)
{
	_cleanup_(freep) char *half = help_path(*state, SQLITE_FILE ".making");
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(half, "half", 4, 0600, &e), 0);
	help_fill(*state, 2);
	assert_int_equal(help_verify(*state, NULL, NULL, &e), 0);
	assert_false(fs_exists(half));
}

/* Runs `work` as a user for whom modes count; root walks past them. */
static void as_nobody(char *folder, void (*work)(char *folder))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		const struct passwd *nobody = getpwnam("nobody");

		if (geteuid() == 0 && (!nobody || setregid(nobody->pw_gid, nobody->pw_gid) < 0 ||
				       setreuid(nobody->pw_uid, nobody->pw_uid) < 0))
			_exit(3);
		work(folder);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void give_to_nobody(const char *folder)
{
	static const char *const names[] = { "", SQLITE_FILE, SQLITE_KEY_FILE };
	const struct passwd *nobody = getpwnam("nobody");

	for (size_t i = 0; geteuid() == 0 && i < ARRAY_SIZE(names); i++) {
		_cleanup_(freep) char *path = help_path(folder, names[i]);

		assert_int_equal(chown(path, nobody->pw_uid, nobody->pw_gid), 0);
	}
}

static void ends_with(const char *folder, enum journal_mode mode, int want, const char *text, int code)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;
	int r = journal_open(folder, mode, &j, &e);

	if (r == 0 && want == 0)
		r = journal_verify(j, NULL, NULL, &e);
	journal_close(j);
	if (r == want && strstr(e.text, text))
		return;
	fprintf(stderr, "got %d '%s', wanted %d '%s'\n", r, e.text, want, text);
	_exit(code);
}

static void in_read_only_folder(char *folder)
{
	chmod(folder, 0500);
	ends_with(folder, JOURNAL_READ, 0, "", 10);
	ends_with(folder, JOURNAL_WRITE, -ERR_IO, "mode of the folder and of each journal.db", 11);
	chmod(folder, 0700);
}

static void read_only_folder_can_be_read_and_says_why_it_is_not_written(void **state)
{
	help_fill(*state, 3);
	give_to_nobody(*state);
	as_nobody(*state, in_read_only_folder);
}

static void with_read_only_file(char *folder)
{
	_cleanup_(freep) char *path = help_path(folder, SQLITE_FILE);

	chmod(path, 0400);
	ends_with(folder, JOURNAL_WRITE, -ERR_IO, "it is read-only", 12);
	ends_with(folder, JOURNAL_READ, 0, "", 13);
	chmod(path, 0000);
	ends_with(folder, JOURNAL_WRITE, -ERR_IO, "look at the owner and mode", 14);
	chmod(path, 0600);
}

static void read_only_file_says_so(void **state)
{
	help_fill(*state, 3);
	give_to_nobody(*state);
	as_nobody(*state, with_read_only_file);
}

static void with_read_only_parent(char *folder)
{
	_cleanup_(freep) char *below = help_path(folder, "state");

	chmod(folder, 0500);
	ends_with(below, JOURNAL_WRITE, -ERR_IO, "state", 15);
	chmod(folder, 0700);
	mkdir(below, 0500);
	ends_with(below, JOURNAL_WRITE, -ERR_IO, "ermission denied", 16);
}

static void nothing_can_be_made_in_a_read_only_folder(void **state)
{
	help_fill(*state, 1);
	give_to_nobody(*state);
	as_nobody(*state, with_read_only_parent);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_folder, help_folder_gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_made_is_ours_alone),
		TEST(settings_are_what_the_promise_needs),
		TEST(there_is_none_yet),
		TEST(a_folder_where_the_file_should_be),
		TEST(a_file_where_the_folder_should_be),
		TEST(a_link_is_not_followed),
		TEST(a_folder_that_others_may_write),
		TEST(a_file_that_others_may_read_is_taken_from_them),
		TEST(another_programs_file),
		TEST(a_newer_format),
		TEST(no_sqlite_file_at_all),
		TEST(an_empty_file_is_not_taken_for_a_journal),
		TEST(a_missing_trigger),
		TEST(a_table_too_many),
		TEST(a_half_made_journal_is_made_anew),
		TEST(read_only_folder_can_be_read_and_says_why_it_is_not_written),
		TEST(read_only_file_says_so),
		TEST(nothing_can_be_made_in_a_read_only_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
