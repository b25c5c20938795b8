/*
 * Golden files: GOLDEN/NAME. Run with --write to make them anew, then read the difference.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/fs.h"
#include "base/mem.h"
#include "journal_help.h"
#include "report/finish.h"
#include "report_rows.h"

static bool write_them;

static void compare(const char *name, const struct buf *got)
{
	_cleanup_(freep) char *path = fs_join(GOLDEN, name);
	_cleanup_(buf_free) struct buf want = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;

	assert_false(got->over);
	if (write_them) {
		assert_int_equal(fs_write_atomic(path, got->data, got->len, 0644, &e), 0);
		return;
	}
	if (fs_read(path, &want, &e) < 0)
		fail_msg("%s", e.text);
	if (want.len == got->len && memcmp(want.data, got->data, got->len) == 0)
		return;

	size_t at = 0, line = 1;

	while (at < want.len && at < got->len && want.data[at] == got->data[at])
		line += want.data[at++] == '\n';
	fail_msg("%s differs in line %zu: wanted \"%.60s\", got \"%.60s\"", name, line, buf_text(&want) + at,
		 buf_text(got) + at);
}

static void compare_all(const char *name, struct report *r)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20), markdown = BUF_INIT(1 << 20), json = BUF_INIT(1 << 20);
	_cleanup_(freep) char *txt = mem_printf("%s.txt", name), *md = mem_printf("%s.md", name);
	_cleanup_(freep) char *js = mem_printf("%s.json", name);
	json_t *o = report_json(r, NULL);

	report_timeline(r, &text);
	compare(txt, &text);
	report_draft(r, NULL, &markdown);
	compare(md, &markdown);
	json_pretty(&json, o);
	json_decref(o);
	compare(js, &json);
	assert_null(strstr(buf_text(&text), "SEALED"));
	assert_null(strstr(buf_text(&markdown), "SEALED"));
	assert_null(strstr(buf_text(&json), "SEALED"));
	report_free(r);
}

static void proven(void **state _unused_)
{
	compare_all("proven", report_of_proven_incident());
}

static void hostile(void **state _unused_)
{
	compare_all("hostile", report_of_hostile_incident());
}

static void told(void **state _unused_)
{
	_cleanup_(report_rules_free) struct law *law = report_rules();
	struct report *r = report_of_told_incident();

	r->law = law;
	compare_all("told", r);
}

static void fresh(void **state _unused_)
{
	compare_all("fresh", report_of_fresh_incident());
}

static void the_same_rows_give_the_same_bytes(void **state _unused_)
{
	_cleanup_(buf_free) struct buf one = BUF_INIT(1 << 20), two = BUF_INIT(1 << 20);
	_cleanup_(report_freep) struct report *a = report_of_proven_incident(), *b = report_of_proven_incident();

	report_draft(a, NULL, &one);
	report_draft(b, NULL, &two);
	assert_string_equal(buf_text(&one), buf_text(&two));
}

/* Every line begins with a word of ours, every row of a table has as many edges as its head, and no raw HTML, link or
 * escape sequence of a terminal is left. */
static void expect_our_structure(struct report *r)
{
	static const char *const begins[] = { "# Incident 66: ", "# Incident 9: ", "## ", "### ", "- ", "  - ", "| ",
					     "|---", "Draft, ",
					      "Every answer, ", "No service was asked yet.", "There is no plan yet." };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	unsigned edges = 0;

	assert_int_equal(report_text(r, NULL, NULL, FORMAT_MARKDOWN, &b, &e), 0);
	for (char *line = b.data, *next; line && *line; line = next) {
		unsigned here = 0;
		bool known = line[0] == '\n';

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
			known |= strncmp(line, begins[i], strlen(begins[i])) == 0;
		known |= !*line;
		if (!known)
			fail_msg("a line begins with text from outside: %s", line);
		for (char *c = line; *c; c++)
			here += *c == '|' && (c == line || c[-1] != '\\');
		if (edges && here && here != edges)
			fail_msg("a row has %u edges, its head %u: %s", here, edges, line);
		edges = here;
		assert_null(strpbrk(line, "<>\x1b"));
		for (char *c = strstr(line, "]("); c; c = strstr(c + 1, "]("))
			assert_int_equal(c[-1], '\\');
	}
}

static void hostile_text_makes_no_structure(void **state _unused_)
{
	_cleanup_(report_freep) struct report *hostile_one = report_of_hostile_incident(),
	*r = report_of_told_incident();
	_cleanup_(report_rules_free) struct law *law = report_rules();

	expect_our_structure(hostile_one);
	r->law = law;
	expect_our_structure(r);
}

static void a_row_that_is_not_as_it_should_be_is_an_error(void **state _unused_)
{
	_cleanup_(report_freep) struct report *r = report_new(1);
	struct err e = ERR_INIT;
	struct row row = { .seq = 1, .kind = ROW_DECLARED, .incident = 1, .who = "x", .body = "{}" };

	assert_int_equal(report_add(r, &row, &e), -ERR_CONFIG);
	assert_int_equal(r->n_lines, 0);
	row.kind = ROW_OUTCOME;
	row.step = "none";
	assert_int_equal(report_add(r, &row, &e), -ERR_CONFIG);
}

static void loaded_from_a_journal(void **state)
{
	struct journal *j = help_open(*state, JOURNAL_WRITE);
	struct row row = help_row(ROW_DECLARED, 2, "{\"because\":\"x\",\"what\":[\"redis/password\"]}");
	struct report *r = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(journal_append(j, &row, NULL, &e), 0);
	row.incident = 1;
	assert_int_equal(journal_append(j, &row, NULL, &e), 0);
	assert_int_equal(report_load(j, 2, &r, &e), 0);
	assert_int_equal(r->n_lines, 1);
	assert_int_equal(r->head.seq, 2);
	r = report_free(r);
	assert_int_equal(report_load(j, 3, &r, &e), -ERR_USAGE);
	assert_string_equal(e.text, "there is no incident 3: 'firebreak status' lists them");
	assert_null(r);
	journal_close(j);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proven),
		cmocka_unit_test(hostile),
		cmocka_unit_test(told),
		cmocka_unit_test(fresh),
		cmocka_unit_test(the_same_rows_give_the_same_bytes),
		cmocka_unit_test(hostile_text_makes_no_structure),
		cmocka_unit_test(a_row_that_is_not_as_it_should_be_is_an_error),
		cmocka_unit_test_setup_teardown(loaded_from_a_journal, help_folder, help_folder_gone),
	};

	write_them = argc > 1 && strcmp(argv[1], "--write") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
