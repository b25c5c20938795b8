#include "base/buf.h"
#include "base/yaml_insert.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PATH(...) (const char *const[]) { __VA_ARGS__, NULL }
#define ROOT (const char *const[]) { NULL }

struct row {
	const char *name, *src;
	const char *const *path;
	const char *lines, *expected; /* expected NULL: refused, with `says` in the sentence */
	const char *says;
};

static void run(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &rows[i];
		_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 20);
		struct err e = ERR_INIT;
		int r = yaml_insert("f", row->src, strlen(row->src), row->path, row->lines, &out, &e);

		if (row->expected && r < 0)
			fail_msg("%s: refused: %s", row->name, e.text);
		if (row->expected && strcmp(buf_text(&out), row->expected) != 0)
			fail_msg("%s: got <<%s>> not <<%s>>", row->name, buf_text(&out), row->expected);
		if (row->expected)
			continue;
		if (r >= 0)
			fail_msg("%s: not refused: <<%s>>", row->name, buf_text(&out));
		assert_int_equal(out.len, 0);
		if (!strstr(e.text, row->says))
			fail_msg("%s: '%s' does not say '%s'", row->name, e.text, row->says);
	}
}

static void an_element_more_in_lines(void **state _unused_)
{
	const struct row rows[] = {
		{ "map", "a:\n  b: 1 # why\n\n# next\nc: 2\n", PATH("a"), "d: 3\n",
		  "a:\n  b: 1 # why\n  d: 3\n\n# next\nc: 2\n" },
		{ "more lines", "a:\n    b: {x: 1}\n", PATH("a"), "d:\n  e: 1\n", "a:\n    b: {x: 1}\n    d:\n      "
		 "e: 1\n" },
		{ "no newline at the end", "a:\n  b: 1", PATH("a"), "d: 3\n", "a:\n  b: 1\n  d: 3\n" },
		{ "list", "a:\n  - 1\n  - 2 # two\nb: 1\n", PATH("a"), "- 3\n", "a:\n  - 1\n  - 2 # two\n  - 3\nb: "
		 "1\n" },
		{ "list at the margin", "a:\n- x: 1\n  y: 2\nb: 1\n", PATH("a"), "- 3\n", "a:\n- x: 1\n  y: 2\n- "
		 "3\nb: 1\n" },
		{ "deep", "s:\n  t:\n    u:\n      - a\n  v:\n    w: 1\n", PATH("s"), "x: 1\n",
		  "s:\n  t:\n    u:\n      - a\n  v:\n    w: 1\n  x: 1\n" },
		{ "behind a literal", "a:\n  b: |\n    text\n\nc: 1\n", PATH("a"), "d: 3\n",
		  "a:\n  b: |\n    text\n\n  d: 3\nc: 1\n" },
		{ "behind nothing", "a:\n  b:\nc: 1\n", PATH("a"), "d: 3\n", "a:\n  b:\n  d: 3\nc: 1\n" },
		{ "root", "# first\na: 1\n# last\n", ROOT, "b: 2\n", "# first\na: 1\nb: 2\n# last\n" },
		{ "empty file", "", ROOT, "b: 2\n", "b: 2\n" },
		{ "only a comment", "# nothing yet", ROOT, "b: 2\n", "# nothing yet\nb: 2\n" },
		{ "many lines in brackets", "a:\n  - {x: 1,\n     y: 2} # z\nb: 1\n", PATH("a"), "- 3\n",
		  "a:\n  - {x: 1,\n     y: 2} # z\n  - 3\nb: 1\n" },
		{ "umlaut", "a:\n  b: '\xc3\xa4' # \xc3\xb6\nc: 1\n", PATH("a"), "d: 1\n",
		  "a:\n  b: '\xc3\xa4' # \xc3\xb6\n  d: 1\nc: 1\n" },
	};

	run(rows, ARRAY_SIZE(rows));
}

static void an_element_more_in_brackets(void **state _unused_)
{
	const struct row rows[] = {
		{ "list", "a: [1, 2] # x\n", PATH("a"), "- {b: 3}\n", "a: [1, 2, {b: 3}] # x\n" },
		{ "empty list", "a: []\n", PATH("a"), "- 1\n", "a: [1]\n" },
		{ "two lines", "a: [{x: 1},\n    {y: 2}]\n", PATH("a"), "- 3\n", "a: [{x: 1},\n    {y: 2}, 3]\n" },
		{ "map", "s: {a: {b: 1}}\n", PATH("s", "a"), "c: 2\n", "s: {a: {b: 1, c: 2}}\n" },
		{ "plain last", "a: [1, two words ]\n", PATH("a"), "- 3\n", "a: [1, two words, 3 ]\n" },
	};

	run(rows, ARRAY_SIZE(rows));
}

static void what_cannot_be_is_refused(void **state _unused_)
{
	const struct row rows[] = {
		{ "absent", "a: 1\n", PATH("b"), "c: 1\n", NULL, "there is no 'b'" },
		{ "twice", "a: {}\na: {}\n", PATH("a"), "c: 1\n", NULL, "a second time" },
		{ "scalar", "a: 1\n", PATH("a"), "c: 1\n", NULL, "a list or a map" },
		{ "empty", "a:\nb: 1\n", PATH("a"), "c: 1\n", NULL, "a list or a map" },
		{ "anchor", "a: &x {b: 1}\nc: *x\n", PATH("a"), "d: 1\n", NULL, "by hand" },
		{ "alias", "a: &x {b: 1}\nc: *x\n", PATH("c"), "d: 1\n", NULL, "by hand" },
		{ "lines in brackets", "a: {b: 1}\n", PATH("a"), "c:\n  d: 1\n", NULL, "brackets" },
		{ "no element", "a:\n  b: 1\n", PATH("a"), "c: [1\n", NULL, "without changing more" },
		{ "two elements", "a:\n  b: 1\n", PATH("a"), "c: 1\nd: 2\n", NULL, "without changing more" },
		{ "not yaml", "a: [\n", PATH("a"), "- 1\n", NULL, "f:" },
	};

	run(rows, ARRAY_SIZE(rows));
}

static void a_word_is_read_back(void **state _unused_)
{
	static const char *const words[] = { "a", "a b", "it's", "true", "No", "12", "1.5", "~", "", "a: b", "#x", "*x",
					    "-",
		"- a", "[a", "{a", "a\nb", "a\tb", "\"q\"", "a\\b\nc\"", "\xc3\xa4", "\xc2\x85x", "\xe2\x80\xa8", "%x",
			"@x",
		"`x`", "key: 'v' # c", "\xef\xbb\xbfx", "\xf0\x9f\x94\xa5", "/path/x.y", "y", " a ", "null", "0x1f",
			"a\x7f" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new();
		_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
		struct yaml_node *root = NULL;
		struct err e = ERR_INIT;

		(void)buf_str(&b, "{k: ");
		yaml_word(&b, words[i]);
		(void)buf_str(&b, "}\n");
		if (yaml_parse(a, "f", b.data, b.len, &root, &e) < 0)
			fail_msg("<<%s>>: %s", buf_text(&b), e.text);
		const struct yaml_node *n = yaml_get(root, "k");
		assert_non_null(n);
		assert_string_equal(n->text, words[i]);
		if (n->style == YAML_PLAIN)
			assert_true(words[i][0] == 'a' || words[i][0] == '/');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_element_more_in_lines),
		cmocka_unit_test(an_element_more_in_brackets),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_word_is_read_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
