#include "cpu_time.h"
#include "puppet/regex.h"
#include "base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void patterns_match_as_ruby_does(void **state _unused_)
{
	static const struct { const char *pattern, *yes, *no; } table[] = {
		{ "^mw([89]|1[0-3])\\.example\\.org$", "mw8.example.org mw13.example.org mw10.example.org",
		  "mw1.example.org mw14.example.org xmw8.example.org mw8xexample.org mw8.example.orgx" },
		{ "^mem\\d+\\.", "mem1.x mem22.x", "mem.x memx.x 1mem1.x" },
		{ "\\Adb\\h+\\z", "db1 dba0", "dbg db" },
		{ "a|bc|d?e", "xax bc e de", "b c f" },
		{ "^(?:cp|mw)\\d{2,3}$", "cp12 mw123", "cp1 cp1234 xp12" },
		{ "^a{2}b{,2}c{1,}$", "aac aabbc aacc", "ac aabbbc aab" },
		{ "^[^0-9]+$", "abc", "a1" },
		{ "^[a\\d\\-]+$", "a1-", "b" },
		{ "^(?i)ABC$", "abc AbC", "abd" },
		{ "(?<n>x)y", "xy", "y" },
		{ "^a.*?b$", "ab axxb", "axx" },
		{ "^\\w+\\.\\S+$", "a.b", ".b" },
		{ "", "x", NULL },
		{ "a{x", "a{x", "ax" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct arena *a = arena_new();
		const char *why = NULL;
		struct regex *r = regex_compile(a, table[i].pattern, strlen(table[i].pattern), &why);
		const char *const texts[] = { table[i].yes, table[i].no };

		if (!r)
			fail_msg("%s: %s", table[i].pattern, why);
		for (size_t k = 0; k < 2; k++)
			for (const char *s = texts[k]; s && *s;) {
				size_t n = strcspn(s, " ");

				if (regex_matches(r, s, n) != (k == 0))
					fail_msg("%s: '%.*s'", table[i].pattern, (int)n, s);
				s += n + (s[n] == ' ');
			}
		arena_free(a);
	}
}

static void what_is_not_known_is_refused(void **state _unused_)
{
	static const char *const table[] = { "(?=x)", "(?<!x)", "(a)\\1", "\\bx", "\\p{Alpha}", "(", "a)", "[a", "*",
		"a++",
		"[[:alpha:]]", "a{9999}", "((a{100}){100}){100}", "(?m:x)" };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct arena *a = arena_new();
		const char *why = NULL;

		if (regex_compile(a, table[i], strlen(table[i]), &why))
			fail_msg("%s was taken", table[i]);
		assert_non_null(why);
		arena_free(a);
	}
}

static void list(const char *pattern, const char *expected)
{
	struct arena *a = arena_new();
	const char *why = NULL;
	struct regex *r = regex_compile(a, pattern, strlen(pattern), &why);
	_cleanup_(strv_free) struct strv v = STRV_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(65536);

	assert_non_null(r);
	if (regex_list(r, &v))
		for (size_t i = 0; i < v.n; i++)
			(void)buf_printf(&b, "%s%s", i ? " " : "", v.s[i]);
	else
		(void)buf_str(&b, "endless");
	assert_string_equal(buf_text(&b), expected);
	arena_free(a);
}

static void few_texts_are_listed(void **state _unused_)
{
	list("^db1[1-3]\\.example\\.org$", "db11.example.org db12.example.org db13.example.org");
	list("\\Amw([89]|1[01])\\z", "mw8 mw9 mw10 mw11");
	list("^ab?c{1,2}$", "ac abc acc abcc");
	list("^mem\\d+$", "endless");
	list("^cp1", "endless");
	list("cp1$", "endless");
	list("^a|b$", "endless");
	list("^\\w\\w\\w$", "endless");
	list("^x.$", "endless");
}

static void hostile_patterns_take_linear_time(void **state _unused_)
{
	struct arena *a = arena_new();
	const char *why = NULL, pattern[] = "^(a*)*(a|a)*(a|aa)+b$";
	struct regex *r = regex_compile(a, pattern, strlen(pattern), &why);
	char text[20000];
	int64_t start = cpu_us();

	assert_non_null(r);
	memset(text, 'a', sizeof(text));
	assert_false(regex_matches(r, text, sizeof(text)));
	assert_true(cpu_us() - start < 5000000);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_ruby_does),
		cmocka_unit_test(what_is_not_known_is_refused),
		cmocka_unit_test(few_texts_are_listed),
		cmocka_unit_test(hostile_patterns_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
