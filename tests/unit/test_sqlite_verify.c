#include "journal_help.h"
#include "base/fs.h"
#include "base/mem.h"
#include <fcntl.h>
#include <sys/stat.h>

#define ROWS 12

static void expect(const char *folder, const struct journal_head *anchor, int want, int64_t good, const char *text)
{
	struct err e = ERR_INIT;
	int64_t rows = -1;
	int r = help_verify(folder, anchor, &rows, &e);

	if (r != want || rows != good || (text && !strstr(e.text, text)))
		fail_msg("got %d after %lld rows: '%s'; wanted %d after %lld: '%s'", r, (long long)rows, e.text, want,
			 (long long)good, text);
}

static struct journal_head head_of(const char *folder)
{
	struct journal *j = help_open(folder, JOURNAL_READ);
	struct journal_head head;
	struct err e = ERR_INIT;

	assert_int_equal(journal_head(j, &head, &e), 0);
	journal_close(j);
	return head;
}

static void whole(void **state)
{
	help_fill(*state, ROWS);

	struct journal_head middle, head = head_of(*state);

	expect(*state, NULL, 0, ROWS, NULL);
	expect(*state, &head, 0, ROWS, NULL);
	help_fill(*state, 3);
	expect(*state, &head, 0, ROWS + 3, NULL);
	middle = (struct journal_head){ .seq = 0 };
	expect(*state, &middle, 0, ROWS + 3, NULL);
}

static void empty(void **state)
{
	struct journal_head anchor = { .seq = 1, .mac = "00" };

	help_fill(*state, 0);
	expect(*state, NULL, 0, 0, NULL);
	expect(*state, &anchor, -ERR_CONFLICT, 0, "rows 1 to 1 are missing");
}

/* Every column is under the hash, and what stands behind a NUL byte too. */
static void each_edited_column(void **state _unused_)
{
	static const char *const edits[] = {
		"at_us = at_us + 1", "clock_back_us = 1", "kind = 'intent'", "incident = 3", "step = 'other'",
		"step = NULL", "step = ''", "attempt = 9", "who = 'mallory'", "body = '{}'", "body = body || char(0) "
		"|| 'x'", "mac = zeroblob(32)", "mac = zeroblob(0)",
	};

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_(freep) char *sql = mem_printf("UPDATE journal SET %s WHERE seq = 6", edits[i]);
		char *folder = NULL;

		help_folder((void **)&folder);
		help_fill(folder, ROWS);
		help_edit(folder, sql);
		expect(folder, NULL, -ERR_CONFLICT, 5, "row 6 was edited");
		help_folder_gone((void **)&folder);
	}
}

/* No text and the empty text are two different things. */
static void empty_text_where_there_was_none(void **state)
{
	help_fill(*state, ROWS);
	help_edit(*state, "UPDATE journal SET step = '' WHERE seq = 7 AND step IS NULL");
	expect(*state, NULL, -ERR_CONFLICT, 6, "row 7 was edited");
}

static void deleted_row(void **state)
{
	help_fill(*state, ROWS);
	help_edit(*state, "DELETE FROM journal WHERE seq = 4");
	expect(*state, NULL, -ERR_CONFLICT, 3, "row 4 is missing: the next one is 5");
}

static void deleted_first_row(void **state)
{
	help_fill(*state, ROWS);
	help_edit(*state, "DELETE FROM journal WHERE seq = 1");
	expect(*state, NULL, -ERR_CONFLICT, 0, "row 1 is missing");
}

static void deleted_row_with_the_gap_closed(void **state)
{
	help_fill(*state, ROWS);
	help_edit(*state, "DELETE FROM journal WHERE seq = 4; UPDATE journal SET seq = seq - 1 WHERE seq > 4");
	expect(*state, NULL, -ERR_CONFLICT, 3, "row 4 was edited");
}

static void swapped_rows(void **state)
{
	help_fill(*state, ROWS);
	help_edit(*state, "UPDATE journal SET seq = 100 WHERE seq = 7; UPDATE journal SET seq = 7 WHERE seq = 8;"
			  "UPDATE journal SET seq = 8 WHERE seq = 100");
	expect(*state, NULL, -ERR_CONFLICT, 6, "row 7 was edited, or put where another one stood");
}

static void cut_tail_is_seen_with_an_anchor_only(void **state)
{
	help_fill(*state, ROWS);

	struct journal_head head = head_of(*state);

	help_edit(*state, "DELETE FROM journal WHERE seq > 9");
	expect(*state, NULL, 0, 9, NULL);
	expect(*state, &head, -ERR_CONFLICT, 9, "rows 10 to 12 are missing: the tail was cut");
}

static void cut_tail_that_grew_again_is_seen_with_an_anchor(void **state)
{
	help_fill(*state, ROWS);

	struct journal_head head = head_of(*state);

	help_edit(*state, "DELETE FROM journal WHERE seq > 9");
	help_fill(*state, 8);
	expect(*state, NULL, 0, 17, NULL);
	expect(*state, &head, -ERR_CONFLICT, 11, "row 12 is not the one that the anchor names");
}

static void rewritten_with_another_key(void **state)
{
	help_fill(*state, ROWS);

	struct journal_head head = head_of(*state);
	char *elsewhere = NULL;

	help_folder((void **)&elsewhere);
	help_fill(elsewhere, ROWS);

	_cleanup_(freep) char *from = help_path(elsewhere, SQLITE_FILE), *to = help_path(*state, SQLITE_FILE);
	_cleanup_(freep) char *key_from = help_path(elsewhere, SQLITE_KEY_FILE);
	_cleanup_(freep) char *key_to = help_path(*state, SQLITE_KEY_FILE);

	assert_int_equal(rename(from, to), 0);
	expect(*state, NULL, -ERR_CONFLICT, 0, "row 1 was edited, or the journal was written with another key");
	assert_int_equal(rename(key_from, key_to), 0);
	expect(*state, NULL, 0, ROWS, NULL);
	expect(*state, &head, -ERR_CONFLICT, ROWS - 1, "row 12 is not the one that the anchor names");
	help_folder_gone((void **)&elsewhere);
}

static void missing_key(void **state)
{
	_cleanup_(freep) char *key = help_path(*state, SQLITE_KEY_FILE);
	struct journal *j = NULL;
	struct err e = ERR_INIT;
	int64_t last;

	help_fill(*state, ROWS);
	assert_int_equal(unlink(key), 0);
	assert_int_equal(journal_open(*state, JOURNAL_WRITE, &j, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "is missing: bring it back"));
	assert_int_equal(access(key, F_OK), -1);

	/* Reading goes on without it. */
	j = help_open(*state, JOURNAL_READ);
	assert_int_equal(journal_last_incident(j, &last, &e), 0);
	assert_int_equal(journal_verify(j, NULL, NULL, &e), -ERR_CONFIG);
	journal_close(j);
}

/* Each page in turn is damaged at its front, its middle and its end: verification never says "whole" where a row has
 * changed, and never crashes. */
static void flipped_bytes(void **state)
{
	static const off_t at[] = { 0, 3, 5, 8, 9, 40, 1000, 2048, 4000, 4090 };
	_cleanup_(freep) char *path = help_path(*state, SQLITE_FILE);
	unsigned seen = 0, tried = 0;
	struct stat st;

	help_fill(*state, 80);
	assert_int_equal(stat(path, &st), 0);
	for (off_t page = 0; page < st.st_size; page += 4096)
		for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
			struct journal *j = NULL;
			struct err e = ERR_INIT;
			uint8_t was, is;
			int fd = open(path, O_RDWR | O_CLOEXEC);

			assert_int_equal(pread(fd, &was, 1, page + at[i]), 1);
			is = was ^ 0x5a;
			assert_int_equal(pwrite(fd, &is, 1, page + at[i]), 1);

			int r = journal_open(*state, JOURNAL_READ, &j, &e);

			if (r == 0)
				r = journal_verify(j, NULL, NULL, &e);
			journal_close(j);
			if (r < 0) {
				assert_true(r == -ERR_CONFIG || r == -ERR_CONFLICT);
				assert_string_not_equal(e.text, "");
				seen++;
			}
			tried++;
			assert_int_equal(pwrite(fd, &was, 1, page + at[i]), 1);
			close(fd);
		}
	print_message("# %u of %u flipped bytes were seen, the others are in free space\n", seen, tried);
	assert_true(seen * 2 > tried);
	expect(*state, NULL, 0, 80, NULL);
}

static void zeroed_page_is_a_damaged_journal(void **state)
{
	static const char zeros[4096];
	_cleanup_(freep) char *path = help_path(*state, SQLITE_FILE);
	struct err e = ERR_INIT;
	int64_t page;

	help_fill(*state, 400);
	page = help_number(*state, "SELECT rootpage FROM sqlite_schema WHERE name = 'journal'");

	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), (page - 1) * 4096), sizeof(zeros));
	close(fd);
	assert_int_equal(help_verify(*state, NULL, NULL, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "it is damaged: copy the whole folder away"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_folder, help_folder_gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole),
		TEST(empty),
		cmocka_unit_test(each_edited_column),
		TEST(empty_text_where_there_was_none),
		TEST(deleted_row),
		TEST(deleted_first_row),
		TEST(deleted_row_with_the_gap_closed),
		TEST(swapped_rows),
		TEST(cut_tail_is_seen_with_an_anchor_only),
		TEST(cut_tail_that_grew_again_is_seen_with_an_anchor),
		TEST(rewritten_with_another_key),
		TEST(missing_key),
		TEST(flipped_bytes),
		TEST(zeroed_page_is_a_damaged_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
