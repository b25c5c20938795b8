#include "base/err.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void grows_from_the_outside_in(void **state _unused_)
{
	struct err e = ERR_INIT;

	assert_int_equal(err_set(&e, ERR_NET, "push: no route to '%s'", "db1"), -ERR_NET);
	e.effect = EFFECT_UNKNOWN;
	assert_int_equal(err_wrap(&e, "commit of '%s'", "redis/password"), -ERR_NET);
	assert_string_equal(e.text, "commit of 'redis/password': push: no route to 'db1'");
	assert_int_equal(e.effect, EFFECT_UNKNOWN);
}

static void the_own_text_may_be_an_argument(void **state _unused_)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_IO, "inner");
	err_set(&e, ERR_CONFIG, "outer (%s)", e.text);
	assert_string_equal(e.text, "outer (inner)");
	err_wrap(&e, "%s", e.text);
	assert_string_equal(e.text, "outer (inner): outer (inner)");
}

static void the_cause_is_kept_when_both_do_not_fit(void **state _unused_)
{
	struct err e = ERR_INIT;
	char cause[400], outside[300];

	memset(cause, 'c', sizeof(cause) - 1);
	cause[sizeof(cause) - 1] = '\0';
	memset(outside, 'o', sizeof(outside) - 1);
	outside[sizeof(outside) - 1] = '\0';
	err_set(&e, ERR_IO, "%s", cause);
	err_wrap(&e, "%s", outside);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_string_equal(e.text + sizeof(e.text) - 1 - strlen(cause), cause);
	assert_int_equal(e.text[0], 'o');
	for (int i = 0; i < 5; i++)
		err_wrap(&e, "%s", outside);
	assert_string_equal(e.text + sizeof(e.text) - 1 - strlen(cause), cause);
}

static void no_character_is_cut_in_half(void **state _unused_)
{
	struct err e = ERR_INIT;
	char text[700];

	for (size_t odd = 0; odd < 2; odd++) {
		text[0] = 'x';
		for (size_t i = odd; i + 3 < sizeof(text); i += 2)
			memcpy(text + i, "ä", 3);
		err_set(&e, ERR_IO, "%s", text);
		assert_true(strlen(e.text) >= sizeof(e.text) - 2);
		assert_string_equal(e.text + strlen(e.text) - 2, "ä");
	}
}

static void steers_no_terminal(void **state _unused_)
{
	struct err e = ERR_INIT;

	err_set(&e, ERR_REMOTE, "said '%s'", "a\033[2Jb\nc\x7f");
	assert_string_equal(e.text, "said 'a?[2Jb c?'");
}

static void errno_stands_behind(void **state _unused_)
{
	struct err e = ERR_INIT;

	errno = ENOENT;
	assert_int_equal(err_errno(&e, "read '%s'", "/x"), -ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(e.code, ERR_IO);
	assert_string_equal(e.text, "read '/x': No such file or directory");
}

static void nobody_need_listen(void **state _unused_)
{
	assert_int_equal(err_set(NULL, ERR_AUTH, "x"), -ERR_AUTH);
	assert_int_equal(err_errno(NULL, "x"), -ERR_IO);
	assert_true(err_wrap(NULL, "x") < 0);
}

static void a_wrapped_nothing_is_our_fault(void **state _unused_)
{
	struct err e = ERR_INIT;

	assert_int_equal(err_wrap(&e, "step"), -ERR_BUG);
	assert_string_equal(e.text, "step");
}

static void names_go_both_ways(void **state _unused_)
{
	enum effect effect = EFFECT_CHANGED;

	for (int c = ERR_NONE; c <= ERR_BUG; c++) {
		assert_non_null(err_code_name((enum err_code)c));
		assert_int_equal(err_code_parse(err_code_name((enum err_code)c)), c);
	}
	assert_int_equal(err_code_parse("unheard"), ERR_REMOTE);
	for (int i = EFFECT_NONE; i <= EFFECT_UNKNOWN; i++) {
		assert_int_equal(effect_parse(effect_name((enum effect)i), &effect), 0);
		assert_int_equal(effect, i);
	}
	assert_int_equal(effect_parse("perhaps", &effect), -ERR_CONFIG);
	assert_int_equal(effect, EFFECT_UNKNOWN);
	assert_string_equal(effect_name((enum effect)77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_from_the_outside_in),
		cmocka_unit_test(the_own_text_may_be_an_argument),
		cmocka_unit_test(the_cause_is_kept_when_both_do_not_fit),
		cmocka_unit_test(no_character_is_cut_in_half),
		cmocka_unit_test(steers_no_terminal),
		cmocka_unit_test(errno_stands_behind),
		cmocka_unit_test(nobody_need_listen),
		cmocka_unit_test(a_wrapped_nothing_is_our_fault),
		cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
