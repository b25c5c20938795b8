/* firebreak timeline, report and journal, as a person types them. */
#include "journal_help.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include <sys/stat.h>

#define SEALED "fbseal1:bm90LWZvci1hLXJlcG9ydA"

static const char *program;

struct said {
	struct proc_result r;
	int code;
	const char *out, *err;
};

static void said_free(struct said *s)
{
	proc_result_free(&s->r);
}

/* words: the command line behind the program's name, up to NULL; the journal's folder is added. */
static struct said run(const char *folder, const char *const *words)
{
	const char *argv[16] = { program };
	struct proc_job job = { .argv = argv, .limit_ms = 60000 };
	struct said s = { 0 };
	struct err e = ERR_INIT;
	size_t n = 1;

	for (; *words; words++)
		argv[n++] = *words;
	argv[n++] = "--state";
	argv[n] = folder;
	if (proc_run(&job, &s.r, &e) < 0)
		fail_msg("%s", e.text);
	s.code = s.r.status;
	s.out = buf_text(&s.r.out);
	s.err = buf_text(&s.r.err);
	return s;
}

#define RUN(name, folder, ...) \
	_cleanup_(said_free) struct said name = run((folder), (const char *const[]){ __VA_ARGS__, NULL })

static void expect(const struct said *s, int code, const char *text)
{
	if (s->code != code || (!strstr(s->out, text) && !strstr(s->err, text)))
		fail_msg("exit code %d, wanted %d; wanted '%s' in:\n%s\n%s", s->code, code, text, s->out, s->err);
}

static void add(struct journal *j, enum row_kind kind, const char *step, const char *body)
{
	struct row row = help_row(kind, 1, body);
	struct err e = ERR_INIT;

	row.step = step;
	row.attempt = step != NULL;
	if (journal_append(j, &row, NULL, &e) < 0)
		fail_msg("%s", e.text);
}

static int small_incident(void **state)
{
	help_folder(state);

	struct journal *j = help_open(*state, JOURNAL_WRITE);

	add(j, ROW_DECLARED, NULL, "{\"what\":[\"redis/password\"],\"because\":\"seen in \\u001b[31ma channel\"}");
	add(j, ROW_PLANNED, NULL, "{\"steps\":[{\"id\":\"values\",\"do\":\"values\",\"title\":\"make a new value\"}]}");
	add(j, ROW_INTENT, "values", "{}");
	add(j, ROW_OUTCOME, "values", "{\"outcome\":\"proven\",\"text\":\"sealed\",\"old\":\"" SEALED
	    "\",\"new\":\"" SEALED "\",\"old_tag\":\"0\",\"new_tag\":\"1\"}");
	journal_close(j);
	return 0;
}

static void timeline_tells_each_row(void **state)
{
	RUN(text, *state, "timeline", "1");
	RUN(json, *state, "timeline", "1", "--json");
	RUN(none, *state, "timeline", "7");
	RUN(wrong, *state, "timeline");

	expect(&text, 0, "alice (alice@laptop)  declared that something private has leaked: redis/password (seen in "
	       "\\x1b[31ma channel)\n");
	expect(&text, 0, "proven: make a new value: sealed\n");
	assert_null(strstr(text.out, SEALED));
	expect(&json, 0, "\"kind\": \"outcome\"");
	expect(&none, 2, "there is no incident 7");
	expect(&wrong, 2, "the number of an incident is expected");
}

static void report_shows_without_a_trace(void **state)
{
	RUN(text, *state, "report", "1");
	RUN(json, *state, "report", "1", "--json");

	expect(&text, 0, "# Incident 1: redis/password\n");
	expect(&text, 0, "firebreak journal verify --anchor 4:");
	expect(&json, 0, "\"title\": \"make a new value\"");
	assert_null(strstr(text.out, SEALED));
	assert_null(strstr(json.out, SEALED));
	assert_int_equal(help_number(*state, "SELECT count(*) FROM journal"), 4);
}

static void report_is_kept_with_its_hash_and_its_anchor_holds(void **state)
{
	_cleanup_(freep) char *path = help_path(*state, "report.md");
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	struct stat st;
	char sha256[65], anchor[128];

	RUN(kept, *state, "report", "1", "--output", path);
	expect(&kept, 0, "The draft lies in '");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fs_read(path, &text, &e), 0);
	digest_sha256_hex(text.data, text.len, sha256);
	RUN(rows, *state, "timeline", "1");
	expect(&rows, 0, sha256);
	assert_int_equal(sscanf(strstr(buf_text(&text), "--anchor ") + 9, "%100[0-9a-f:]", anchor), 1);

	RUN(whole, *state, "journal", "verify", "--anchor", anchor);
	expect(&whole, 0, "whole: 5 rows, head 5:");
	help_edit(*state, "DELETE FROM journal WHERE seq > 3");
	RUN(blind, *state, "journal", "verify");
	expect(&blind, 0, "A cut tail is seen only with --anchor");
	RUN(cut, *state, "journal", "verify", "--anchor", anchor);
	expect(&cut, 1, "rows 4 to 4 are missing: the tail was cut");
}

static void report_that_cannot_be_written_leaves_no_row(void **state)
{
	_cleanup_(freep) char *path = help_path(*state, "nothing/report.md");

	RUN(said, *state, "report", "1", "--output", path);
	assert_int_equal(said.code, 1);
	assert_int_equal(help_number(*state, "SELECT count(*) FROM journal"), 4);
}

static void an_edited_row_is_exit_code_1(void **state)
{
	help_edit(*state, "UPDATE journal SET who = 'mallory' WHERE seq = 2");

	RUN(text, *state, "journal", "verify");
	RUN(json, *state, "journal", "verify", "--json");

	expect(&text, 1, "row 2 was edited");
	expect(&json, 1, "\"whole\": false");
	expect(&json, 1, "\"rows\": 1");
}

static void a_wrong_anchor_or_word_is_exit_code_2(void **state)
{
	static const char *const anchors[] = { "", "4", "4:12", ":", "x:y", "-1:" };

	for (size_t i = 0; i < ARRAY_SIZE(anchors); i++) {
		RUN(said, *state, "journal", "verify", "--anchor", anchors[i]);
		expect(&said, 2, "expected the number of a row, a colon and 64 hex digits");
	}
	RUN(word, *state, "journal", "mend");
	expect(&word, 2, "one word is expected: verify or export");
	RUN(number, *state, "journal", "export", "one");
	expect(&number, 2, "is no incident number");
}

static void export_gives_every_row_sealed_as_it_is(void **state)
{
	unsigned lines = 0;

	RUN(all, *state, "journal", "export");
	RUN(none, *state, "journal", "export", "2");

	for (const char *c = all.out; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 4);
	expect(&all, 0, "\"old\":\"" SEALED "\"");
	assert_int_equal(none.code, 0);
	assert_string_equal(none.out, "");
}

static void without_a_journal_each_says_so(void **state)
{
	_cleanup_(freep) char *nowhere = help_path(*state, "nowhere");

	RUN(timeline, nowhere, "timeline", "1");
	RUN(report, nowhere, "report", "1");
	RUN(verify, nowhere, "journal", "verify");

	expect(&timeline, 2, "there is none yet: the first 'firebreak declare' makes it");
	expect(&report, 2, "there is none yet");
	expect(&verify, 1, "there is none yet");
	assert_false(fs_exists(nowhere));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, small_incident, help_folder_gone)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(timeline_tells_each_row),
		TEST(report_shows_without_a_trace),
		TEST(report_is_kept_with_its_hash_and_its_anchor_holds),
		TEST(report_that_cannot_be_written_leaves_no_row),
		TEST(an_edited_row_is_exit_code_1),
		TEST(a_wrong_anchor_or_word_is_exit_code_2),
		TEST(export_gives_every_row_sealed_as_it_is),
		TEST(without_a_journal_each_says_so),
	};

	if (argc < 2)
		return 2;
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
