/* An entry of a YAML file that becomes a comment and comes back: to the byte, or a person does it. */
#include "keys/entry.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define MARK(entry) "#pulled by firebreak, " entry ": "

struct result { int r; struct buf text; struct err e; };

static void result_free(struct result *x)
{
	buf_free(&x->text);
}

static struct result run(int (*fn)(const char *, const char *, size_t, const char *, struct buf *, struct err *),
			 const char *text, const char *entry)
{
	struct result x = { .text = BUF_INIT(1 << 20), .e = ERR_INIT };

	x.r = fn("certs.yaml", text, strlen(text), entry, &x.text, &x.e);
	return x;
}

static void pulled_and_back(const char *text, const char *entry, const char *want)
{
	_cleanup_(result_free) struct result out = run(entry_pull, text, entry);

	if (out.r < 0)
		fail_msg("%s", out.e.text);
	assert_string_equal(buf_text(&out.text), want);
	_cleanup_(result_free) struct result again = run(entry_pull, want, entry);
	_cleanup_(result_free) struct result back = run(entry_restore, want, entry);

	if (again.r < 0 || back.r < 0)
		fail_msg("%s%s", again.e.text, back.e.text);
	assert_int_equal(again.text.len, 0);
	assert_string_equal(buf_text(&back.text), text);
	_cleanup_(result_free) struct result twice = run(entry_restore, text, entry);

	assert_int_equal(twice.r, 0);
	assert_int_equal(twice.text.len, 0);
}

static void an_entry_becomes_a_comment_and_comes_back_to_the_byte(void **state _unused_)
{
	pulled_and_back("a:\n  url: a.lab   # first\n  on: yes\n# of b\nb: {url: b.lab}\n", "a",
			MARK("a") "a:\n" MARK("a") "  url: a.lab   # first\n" MARK("a") "  on: yes\n# of b\n"
			"b: {url: b.lab}\n");
	pulled_and_back("certs:\n  a:\n    - x\n    - y\n\n  b: 1\n", "certs/a",
			"certs:\n" MARK("certs/a") "  a:\n" MARK("certs/a") "    - x\n" MARK("certs/a") "    - y\n\n"
			"  b: 1\n");
	pulled_and_back("certs:\n- a.lab\n- b.lab # the second\n- c.lab\n", "certs/b.lab",
			"certs:\n- a.lab\n" MARK("certs/b.lab") "- b.lab # the second\n- c.lab\n");
}

static void the_last_line_may_have_no_end(void **state _unused_)
{
	pulled_and_back("a: 1\nb: 2", "b", "a: 1\n" MARK("b") "b: 2");
	pulled_and_back("a: 1\r\nb: 2\r\n", "a", MARK("a") "a: 1\r\nb: 2\r\n");
}

static void a_key_with_slashes_is_found_as_it_is_spelt(void **state _unused_)
{
	pulled_and_back("a/b: 1\na: {c: 2}\n", "a/b", MARK("a/b") "a/b: 1\na: {c: 2}\n");
}

static void a_comment_of_somebody_else_is_none_of_ours(void **state _unused_)
{
	_cleanup_(result_free) struct result back = run(entry_restore, "#a: 1\nb: 2\n", "a");
	_cleanup_(result_free) struct result other = run(entry_restore, MARK("b") "b: 1\nc: 2\n", "a");

	assert_int_equal(back.r, -ERR_CONFLICT);
	assert_non_null(strstr(back.e.text, "no comment of ours"));
	assert_int_equal(other.r, -ERR_CONFLICT);
}

static void what_a_person_must_do_is_refused_and_changes_nothing(void **state _unused_)
{
	static const struct { const char *text, *entry, *says; int r; } cases[] = {
		{ "a: 1\n", "a", "is the only one there", -ERR_REFUSED },
		{ "certs: {a: 1, b: 2}\n", "certs/a", "no lines of its own", -ERR_REFUSED },
		{ "- {a: 1}\n- b\n", "a", "there is no entry 'a'", -ERR_CONFLICT },
		{ "a: &x 1\nb: *x\n", "a", "anchor", -ERR_REFUSED },
		{ "a/b: 1\na: {b: 2, c: 3}\n", "a/b", "two entries can be meant", -ERR_REFUSED },
		{ "a: 1\nb: 2\n", "c", "certs.yaml: there is no entry 'c'", -ERR_CONFLICT },
		{ "a: 1\nb: 2\n", "", "must be one line", -ERR_CONFIG },
		{ "a: 1\nb: 2\n", "a\nb", "must be one line", -ERR_CONFIG },
		{ "a: [1\n", "a", "certs.yaml:", -ERR_CONFIG },
		{ "x:\n  - - a\n    - b\n", "x/a", "there is no entry", -ERR_CONFLICT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(result_free) struct result x = run(entry_pull, cases[i].text, cases[i].entry);

		if (x.r != cases[i].r || !strstr(x.e.text, cases[i].says))
			fail_msg("case %zu: %d: %s", i, x.r, x.e.text);
		assert_int_equal(x.text.len, 0);
	}
}

/* The lines of a block that holds the mark's own words, or that a person edited since. */
static void a_comment_that_was_changed_is_not_put_back_blindly(void **state _unused_)
{
	static const char two[] = MARK("a") "a: 1\n" MARK("a") "b: 3\nb: 2\n";
	_cleanup_(result_free) struct result moved = run(entry_restore, two, "a");
	_cleanup_(result_free) struct result broken = run(entry_restore, MARK("a") "a: [1\nb: 2\n", "a");

	assert_int_equal(moved.r, -ERR_REFUSED);
	assert_int_equal(broken.r, -ERR_REFUSED);
	assert_non_null(strstr(broken.e.text, "by hand"));
	assert_int_equal(moved.text.len + broken.text.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_becomes_a_comment_and_comes_back_to_the_byte),
		cmocka_unit_test(the_last_line_may_have_no_end),
		cmocka_unit_test(a_key_with_slashes_is_found_as_it_is_spelt),
		cmocka_unit_test(a_comment_of_somebody_else_is_none_of_ours),
		cmocka_unit_test(what_a_person_must_do_is_refused_and_changes_nothing),
		cmocka_unit_test(a_comment_that_was_changed_is_not_put_back_blindly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
