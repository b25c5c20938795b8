#include "base/map.h"
#include "base/strv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void an_empty_one_holds_nothing(void **state _unused_)
{
	struct map m = MAP_INIT;

	assert_int_equal(map_get(&m, "a"), MAP_NONE);
	map_free(&m);
}

static void the_first_value_stays(void **state _unused_)
{
	_cleanup_(map_free) struct map m = MAP_INIT;

	assert_true(map_put(&m, "a", 0));
	assert_false(map_put(&m, "a", 9));
	assert_true(map_put(&m, "", 3));
	assert_int_equal(map_get(&m, "a"), 0);
	assert_int_equal(map_get(&m, ""), 3);
	assert_int_equal(map_get(&m, "b"), MAP_NONE);
	assert_int_equal(m.n, 2);
}

static void a_part_of_a_text_is_a_key(void **state _unused_)
{
	_cleanup_(map_free) struct map m = MAP_INIT;

	map_put(&m, "redis", 5);
	assert_int_equal(map_getn(&m, "redis/password", 5), 5);
	assert_int_equal(map_getn(&m, "redis/password", 6), MAP_NONE);
	assert_int_equal(map_getn(&m, "redis/password", 4), MAP_NONE);
}

static void many_are_all_found(void **state _unused_)
{
	_cleanup_(strv_free) struct strv keys = STRV_INIT;
	_cleanup_(map_free) struct map m = MAP_INIT;

	for (size_t i = 0; i < 50000; i++) {
		strv_addf(&keys, "host-%zu", i);
		assert_true(map_put(&m, keys.s[i], (uint32_t)i));
	}
	assert_true(m.cap > m.n);
	for (size_t i = 0; i < keys.n; i++)
		assert_int_equal(map_get(&m, keys.s[i]), i);
	assert_int_equal(map_get(&m, "host-50000"), MAP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_holds_nothing),
		cmocka_unit_test(the_first_value_stays),
		cmocka_unit_test(a_part_of_a_text_is_a_key),
		cmocka_unit_test(many_are_all_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
