#include "journal_help.h"
#include "base/fs.h"
#include "base/mem.h"
#include <sqlite3.h>

int help_folder(void **state)
{
	char *folder = mem_dup("/tmp/firebreak-journal-XXXXXX");

	assert_non_null(mkdtemp(folder));
	*state = folder;
	return 0;
}

int help_folder_gone(void **state)
{
	struct err e = ERR_INIT;
	int r = fs_remove_tree(*state, &e);

	free(*state);
	return r;
}

char *help_path(const char *folder, const char *name)
{
	return fs_join(folder, name);
}

struct journal *help_open(const char *folder, enum journal_mode mode)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;

	if (journal_open(folder, mode, &j, &e) < 0)
		fail_msg("open: %s", e.text);
	return j;
}

struct row help_row(enum row_kind kind, int64_t incident, const char *body)
{
	return (struct row){ .kind = kind, .incident = incident, .who = "alice (alice@laptop)", .body = body };
}

void help_fill(const char *folder, unsigned n)
{
	struct journal *j = help_open(folder, JOURNAL_WRITE);
	struct err e = ERR_INIT;

	for (unsigned i = 0; i < n; i++) {
		_cleanup_(freep) char *body = mem_printf("{\"text\":\"row of the test, number %05u\"}", i + 1);
		struct row row = help_row(ROW_OUTCOME, 1 + i % 2, body);

		row.step = i % 3 ? "redis-password.change" : NULL;
		row.attempt = i % 3;
		if (journal_append(j, &row, NULL, &e) < 0)
			fail_msg("append: %s", e.text);
	}
	journal_close(j);
}

static sqlite3 *raw(const char *folder)
{
	_cleanup_(freep) char *path = help_path(folder, SQLITE_FILE);
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	return db;
}

static void run(sqlite3 *db, const char *sql)
{
	char *text = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
		fail_msg("sql: %s: %s", sql, text);
}

void help_sql(const char *folder, const char *sql)
{
	sqlite3 *db = raw(folder);

	run(db, sql);
	sqlite3_close(db);
}

static const char *trigger(sqlite3 *db, const char *name, char ret[500])
{
	sqlite3_stmt *st;
	char *sql = sqlite3_mprintf("SELECT sql FROM sqlite_schema WHERE name = %Q", name);

	sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	snprintf(ret, 500, "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_free(sql);
	return ret;
}

void help_edit(const char *folder, const char *sql)
{
	static const char *const names[] = { "journal_no_update", "journal_no_delete", "journal_in_order" };
	sqlite3 *db = raw(folder);
	char kept[ARRAY_SIZE(names)][500];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *drop = sqlite3_mprintf("DROP TRIGGER %s", names[i]);

		trigger(db, names[i], kept[i]);
		run(db, drop);
		sqlite3_free(drop);
	}
	run(db, sql);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		run(db, kept[i]);
	sqlite3_close(db);
}

int64_t help_number(const char *folder, const char *sql)
{
	sqlite3 *db = raw(folder);
	sqlite3_stmt *st;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

int help_verify(const char *folder, const struct journal_head *anchor, int64_t *ret_rows, struct err *e)
{
	struct journal *j = help_open(folder, JOURNAL_READ);
	int r = journal_verify(j, anchor, ret_rows, e);

	journal_close(j);
	return r;
}
