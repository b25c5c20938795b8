#include "base/strv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void ends_with_null_at_every_length(void **state _unused_)
{
	_cleanup_(strv_free) struct strv v = STRV_INIT;

	for (size_t i = 0; i < 100; i++) {
		strv_addf(&v, "%zu", i);
		assert_int_equal(v.n, i + 1);
		assert_null(v.s[v.n]);
	}
	assert_string_equal(v.s[99], "99");
	strv_add(&v, NULL);
	assert_int_equal(v.n, 100);
}

static void finds_and_sorts(void **state _unused_)
{
	_cleanup_(strv_free) struct strv v = STRV_INIT;

	strv_sort(&v);
	assert_false(strv_has(&v, "a"));
	strv_add(&v, "b");
	strv_add(&v, "a");
	strv_add(&v, "B");
	strv_sort(&v);
	assert_string_equal(v.s[0], "B");
	assert_string_equal(v.s[1], "a");
	assert_string_equal(v.s[2], "b");
	assert_true(strv_has(&v, "a"));
	assert_false(strv_has(&v, "ab"));
	strv_free(&v);
	assert_int_equal(v.n, 0);
	strv_add(&v, "again");
	assert_string_equal(v.s[0], "again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_with_null_at_every_length),
		cmocka_unit_test(finds_and_sorts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
