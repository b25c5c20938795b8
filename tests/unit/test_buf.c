#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void a_fresh_one_is_an_empty_text(void **state _unused_)
{
	struct buf b = BUF_INIT(10);

	assert_string_equal(buf_text(&b), "");
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_non_null(b.data);
	buf_free(&b);
}

static void grows_and_ends_with_nul(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100000);

	for (int i = 0; i < 10000; i++) {
		assert_int_equal(buf_char(&b, 'a'), 0);
		assert_int_equal(b.data[b.len], 0);
	}
	assert_int_equal(buf_printf(&b, "%s-%d", "x", 42), 0);
	assert_int_equal(b.len, 10004);
	assert_string_equal(b.data + 10000, "x-42");
}

static void exactly_the_limit_fits(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(5);

	assert_int_equal(buf_str(&b, "12345"), 0);
	assert_false(b.over);
	assert_int_equal(buf_char(&b, '6'), -ERR_LIMIT);
	assert_true(b.over);
	assert_string_equal(buf_text(&b), "12345");
}

static void nothing_comes_after_too_much(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(5);

	buf_str(&b, "123");
	assert_int_equal(buf_printf(&b, "%s", "456789"), -ERR_LIMIT);
	assert_string_equal(buf_text(&b), "12345");
	buf_clear(&b);
	assert_false(b.over);
	assert_int_equal(buf_str(&b, "123456"), -ERR_LIMIT);
	assert_int_equal(buf_str(&b, ""), -ERR_LIMIT);
	assert_string_equal(buf_text(&b), "12345");
}

static void a_limit_of_nothing_holds(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(0);

	assert_int_equal(buf_str(&b, "x"), -ERR_LIMIT);
	assert_string_equal(buf_text(&b), "");
	assert_non_null(b.data);
}

static void taking_leaves_an_empty_one(void **state _unused_)
{
	struct buf b = BUF_INIT(10);
	_cleanup_(freep) char *none = buf_take(&b), *some = NULL;

	assert_string_equal(none, "");
	buf_str(&b, "abc");
	some = buf_take(&b);
	assert_string_equal(some, "abc");
	assert_int_equal(b.len, 0);
	assert_null(b.data);
	assert_int_equal(buf_str(&b, "0123456789"), 0);
	buf_free(&b);
}

static void wiped_when_cleared(void **state _unused_)
{
	static const char zeros[64];
	struct buf b = BUF_WIPED(100);

	buf_str(&b, "private");
	assert_true(b.cap >= 64);
	buf_clear(&b);
	assert_memory_equal(b.data, zeros, 64);
	buf_free(&b);
	assert_null(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_one_is_an_empty_text),
		cmocka_unit_test(grows_and_ends_with_nul),
		cmocka_unit_test(exactly_the_limit_fits),
		cmocka_unit_test(nothing_comes_after_too_much),
		cmocka_unit_test(a_limit_of_nothing_holds),
		cmocka_unit_test(taking_leaves_an_empty_one),
		cmocka_unit_test(wiped_when_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
