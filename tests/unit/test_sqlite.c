#include "journal_help.h"
#include "base/json.h"
#include "base/mem.h"
#include <sqlite3.h>

struct seen {
	int64_t seq[64];
	unsigned n;
	int stop_at;
	struct journal *j;
};

static int note(const struct row *row, void *arg)
{
	struct seen *s = arg;

	s->seq[s->n++] = row->seq;
	return s->stop_at && row->seq == s->stop_at ? 77 : 0;
}

static int compare(const struct row *row, void *arg)
{
	const struct row *want = arg;

	assert_int_equal(row->kind, want->kind);
	assert_int_equal(row->incident, want->incident);
	assert_int_equal(row->attempt, want->attempt);
	assert_string_equal(row->step, want->step);
	assert_string_equal(row->who, want->who);
	assert_string_equal(row->body, want->body);
	return 5;
}

static void a_row_comes_back_as_it_went_in(void **state)
{
	struct err e = ERR_INIT;
	struct journal *j = help_open(*state, JOURNAL_WRITE);
	struct row row = { .seq = 99, .at_us = 5, .kind = ROW_INTENT, .incident = 7, .step = "s:1", .attempt = 3,
			   .who = "zoë (root@laptop)", .body = "{\"sealed\":\"fbseal1:…\",\"n\":[1,2]}" };
	int64_t seq = 0;

	assert_int_equal(journal_append(j, &row, &seq, &e), 0);
	assert_int_equal(seq, 1);
	assert_int_equal(journal_each(j, 0, 0, compare, &row, &e), 5);
	journal_close(j);
	assert_true(help_number(*state, "SELECT at_us FROM journal") > 1000000);
}

static void rows_come_in_order_by_incident_and_from_a_point_on(void **state)
{
	struct err e = ERR_INIT;

	help_fill(*state, 10);

	struct journal *j = help_open(*state, JOURNAL_READ);
	struct seen all = { 0 }, one = { 0 }, late = { 0 }, stopped = { .stop_at = 4 }, none = { 0 };

	assert_int_equal(journal_each(j, 0, 0, note, &all, &e), 0);
	assert_int_equal(all.n, 10);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(all.seq[i], i + 1);
	assert_int_equal(journal_each(j, 1, 0, note, &one, &e), 0);
	assert_int_equal(one.n, 5);
	assert_int_equal(one.seq[4], 9);
	assert_int_equal(journal_each(j, 2, 6, note, &late, &e), 0);
	assert_int_equal(late.n, 2);
	assert_int_equal(late.seq[0], 8);
	assert_int_equal(journal_each(j, 0, 0, note, &stopped, &e), 77);
	assert_int_equal(stopped.n, 4);
	assert_int_equal(journal_each(j, 9, 0, note, &none, &e), 0);
	assert_int_equal(none.n, 0);
	journal_close(j);
}

static void head_and_last_incident_follow_the_rows(void **state)
{
	struct err e = ERR_INIT;
	struct journal *j = help_open(*state, JOURNAL_WRITE);
	struct journal_head head = { .seq = 5 }, next;
	struct row row = help_row(ROW_DECLARED, 4, "{}");
	int64_t last = -1;

	assert_int_equal(journal_head(j, &head, &e), 0);
	assert_int_equal(head.seq, 0);
	assert_string_equal(head.mac, "");
	assert_int_equal(journal_last_incident(j, &last, &e), 0);
	assert_int_equal(last, 0);
	assert_int_equal(journal_append(j, &row, NULL, &e), 0);
	assert_int_equal(journal_head(j, &head, &e), 0);
	assert_int_equal(head.seq, 1);
	assert_int_equal(strlen(head.mac), 64);
	assert_int_equal(journal_append(j, &row, NULL, &e), 0);
	assert_int_equal(journal_head(j, &next, &e), 0);
	assert_string_not_equal(head.mac, next.mac);
	assert_int_equal(journal_last_incident(j, &last, &e), 0);
	assert_int_equal(last, 4);
	journal_close(j);
}

static int add_two(struct journal *j, void *arg, struct err *e)
{
	struct row row = help_row(ROW_CLAIMED, 1, "{\"secret\":\"redis/password\"}");
	int64_t *seq = arg;
	int r = journal_append(j, &row, &seq[0], e);

	return r < 0 ? r : journal_append(j, &row, &seq[1], e);
}

static int add_and_change_mind(struct journal *j, void *arg, struct err *e)
{
	int r = add_two(j, arg, e);

	return r < 0 ? r : err_set(e, ERR_CONFLICT, "incident 3 is at it");
}

static int alone_in_alone(struct journal *j, void *arg, struct err *e)
{
	return journal_alone(j, add_two, arg, e);
}

static void alone_is_all_or_nothing(void **state)
{
	struct err e = ERR_INIT;
	struct journal *j = help_open(*state, JOURNAL_WRITE);
	struct seen s = { 0 };
	int64_t seq[2] = { 0, 0 };

	assert_int_equal(journal_alone(j, add_two, seq, &e), 0);
	assert_int_equal(seq[0], 1);
	assert_int_equal(seq[1], 2);
	assert_int_equal(journal_alone(j, add_and_change_mind, seq, &e), -ERR_CONFLICT);
	assert_string_equal(e.text, "incident 3 is at it");
	assert_int_equal(journal_alone(j, alone_in_alone, seq, &e), -ERR_BUG);
	assert_int_equal(journal_each(j, 0, 0, note, &s, &e), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(journal_verify(j, NULL, NULL, &e), 0);
	journal_close(j);
}

static int look_and_write(const struct row *row, void *arg)
{
	struct seen *s = arg, inner = { 0 };
	struct err e = ERR_INIT;
	struct row more = help_row(ROW_SKIPPED, 2, "{}");

	assert_int_equal(journal_each(s->j, 0, 0, note, &inner, &e), 0);
	assert_int_equal(journal_append(s->j, &more, NULL, &e), 0);
	return note(row, arg);
}

static void a_callback_may_read_and_write_without_reading_its_own_rows(void **state)
{
	struct err e = ERR_INIT;

	help_fill(*state, 4);

	struct seen s = { .j = help_open(*state, JOURNAL_WRITE) };

	assert_int_equal(journal_each(s.j, 0, 0, look_and_write, &s, &e), 0);
	assert_int_equal(s.n, 4);
	assert_int_equal(journal_verify(s.j, NULL, NULL, &e), 0);
	journal_close(s.j);
	assert_int_equal(help_number(*state, "SELECT count(*) FROM journal"), 8);
}

static void what_cannot_be_read_back_is_refused(void **state)
{
	static const char *const bodies[] = { "", "[1]", "{", "{\"a\":1}}", "{\"a\":\"\xff\"}", "{\"a\":1,\"a\":2}" };
	struct err e = ERR_INIT;
	struct journal *j = help_open(*state, JOURNAL_WRITE);
	struct row row;

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		row = help_row(ROW_OUTCOME, 1, bodies[i]);
		assert_int_equal(journal_append(j, &row, NULL, &e), -ERR_BUG);
	}
	row = help_row(ROW_OUTCOME, 1, "{}");
	row.who = "\xc3(";
	assert_int_equal(journal_append(j, &row, NULL, &e), -ERR_BUG);
	row = help_row(ROW_KINDS, 1, "{}");
	assert_int_equal(journal_append(j, &row, NULL, &e), -ERR_BUG);
	row = help_row(ROW_OUTCOME, -1, "{}");
	assert_int_equal(journal_append(j, &row, NULL, &e), -ERR_BUG);
	journal_close(j);
	assert_int_equal(help_number(*state, "SELECT count(*) FROM journal"), 0);

	j = help_open(*state, JOURNAL_READ);
	row = help_row(ROW_OUTCOME, 1, "{}");
	assert_int_equal(journal_append(j, &row, NULL, &e), -ERR_BUG);
	journal_close(j);
}

static char *body_of(size_t len)
{
	char *body = mem_zero(len + 1, 1);

	memset(body, 'x', len);
	memcpy(body, "{\"t\":\"", 6);
	memcpy(body + len - 2, "\"}", 2);
	return body;
}

static void a_body_at_the_limit_fits_and_one_byte_more_does_not(void **state)
{
	_cleanup_(freep) char *fits = body_of(ROW_BODY_MAX), *over = body_of(ROW_BODY_MAX + 1);
	_cleanup_(freep) char *who = body_of(SQLITE_TEXT_MAX + 1);
	struct err e = ERR_INIT;
	struct journal *j = help_open(*state, JOURNAL_WRITE);
	struct row row = help_row(ROW_OUTCOME, 1, fits);

	assert_int_equal(journal_append(j, &row, NULL, &e), 0);
	row.body = over;
	assert_int_equal(journal_append(j, &row, NULL, &e), -ERR_LIMIT);
	row = help_row(ROW_OUTCOME, 1, "{}");
	row.who = who;
	assert_int_equal(journal_append(j, &row, NULL, &e), -ERR_LIMIT);
	assert_int_equal(journal_verify(j, NULL, NULL, &e), 0);
	journal_close(j);
}

static void update_delete_and_replace_are_refused_by_the_file_itself(void **state)
{
	static const char *const sql[] = {
		"UPDATE journal SET body='{}' WHERE seq=1",
		"DELETE FROM journal WHERE seq=3",
		"INSERT OR REPLACE INTO journal VALUES (2,0,0,'intent',1,NULL,0,'x','{}',zeroblob(32))",
		"INSERT INTO journal VALUES (9,0,0,'intent',1,NULL,0,'x','{}',zeroblob(32))",
		"INSERT INTO journal VALUES (4,'noon',0,'intent',1,NULL,0,'x','{}',zeroblob(32))",
	};

	help_fill(*state, 3);

	struct journal *j = help_open(*state, JOURNAL_WRITE);

	for (size_t i = 0; i < ARRAY_SIZE(sql); i++)
		assert_int_equal(sqlite3_exec(j->db, sql[i], NULL, NULL, NULL) & 0xff, SQLITE_CONSTRAINT);
	journal_close(j);
	assert_int_equal(help_number(*state, "SELECT count(*) FROM journal"), 3);
}

static int one_line(const char *text, void *arg)
{
	struct seen *s = arg;
	struct err e = ERR_INIT;
	_cleanup_(json_freep) json_t *o = NULL;

	if (json_read("line", text, strlen(text), JSON_TEXT_MAX, &o, &e) < 0)
		fail_msg("%s", e.text);
	assert_null(strchr(text, '\n'));
	assert_int_equal(strlen(json_str(o, "mac")), 64);
	s->seq[s->n++] = json_int(o, "seq", 0);
	if (s->n == 1) {
		assert_string_equal(json_str(o, "kind"), "outcome");
		assert_string_equal(json_str(json_object_get(o, "body"), "text"), "row of the test, number 00001");
	}
	return 0;
}

static void the_export_is_one_json_line_a_row(void **state)
{
	struct err e = ERR_INIT;

	help_fill(*state, 5);

	struct journal *j = help_open(*state, JOURNAL_READ);
	struct seen all = { 0 }, two = { 0 };

	assert_int_equal(journal_export(j, 0, one_line, &all, &e), 0);
	assert_int_equal(all.n, 5);
	assert_int_equal(journal_export(j, 1, one_line, &two, &e), 0);
	assert_int_equal(two.n, 3);
	journal_close(j);
}

static int broken_line(const char *text, void *arg)
{
	struct seen *s = arg;

	s->n += strstr(text, "\"body_text\":\"{oops\"") != NULL;
	return 0;
}

static void an_edited_row_is_exported_as_it_stands_and_not_read_as_one_of_ours(void **state)
{
	struct err e = ERR_INIT;
	struct seen s = { 0 };

	help_fill(*state, 3);
	help_edit(*state, "UPDATE journal SET body='{oops', kind='strange' WHERE seq=2");

	struct journal *j = help_open(*state, JOURNAL_READ);

	assert_int_equal(journal_export(j, 0, broken_line, &s, &e), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(journal_each(j, 0, 0, note, &s, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "row 2 is of a kind that this program does not know"));
	journal_close(j);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_folder, help_folder_gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_row_comes_back_as_it_went_in),
		TEST(rows_come_in_order_by_incident_and_from_a_point_on),
		TEST(head_and_last_incident_follow_the_rows),
		TEST(alone_is_all_or_nothing),
		TEST(a_callback_may_read_and_write_without_reading_its_own_rows),
		TEST(what_cannot_be_read_back_is_refused),
		TEST(a_body_at_the_limit_fits_and_one_byte_more_does_not),
		TEST(update_delete_and_replace_are_refused_by_the_file_itself),
		TEST(the_export_is_one_json_line_a_row),
		TEST(an_edited_row_is_exported_as_it_stands_and_not_read_as_one_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
