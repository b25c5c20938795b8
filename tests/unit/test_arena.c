#include "base/arena.h"
#include "base/macro.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void pieces_are_aligned_zeroed_and_apart(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	static const char zeros[3000];
	char *last = NULL;

	for (size_t i = 0; i < 3000; i++) {
		char *p = arena_zero(a, i);

		assert_int_equal((uintptr_t)p % 16, 0);
		assert_memory_equal(p, zeros, i);
		memset(p, 0xff, i);
		assert_ptr_not_equal(p, last);
		last = p;
	}
	assert_true(arena_bytes(a) >= 3000 * 2999 / 2);
	assert_true(arena_bytes(a) < 3000 * 2999);
}

static void large_ones_do_not_waste_the_chunk(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	char *small = arena_dup(a, "small"), *large, *next;
	size_t before = arena_bytes(a);

	large = arena_zero(a, 5 << 20);
	large[(5 << 20) - 1] = 1;
	assert_true(arena_bytes(a) - before < (5 << 20) + 4096);
	next = arena_dup(a, "next");
	assert_true(arena_bytes(a) - before < (5 << 20) + 4096);
	assert_string_equal(small, "small");
	assert_string_equal(next, "next");
}

static void a_large_one_may_come_first(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	char *large = arena_zero(a, 1 << 20);

	memset(large, 1, 1 << 20);
	for (int i = 0; i < 5; i++) {
		arena_zero(a, 100000);
		arena_zero(a, 1 << 20);
	}
	assert_string_equal(arena_dup(a, "x"), "x");
}

static void texts(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();

	assert_memory_equal(arena_dupn(a, "a\0b", 3), "a\0b", 4);
	assert_string_equal(arena_printf(a, "%s:%u", "x", 7u), "x:7");
	assert_null(arena_dup(a, NULL));
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_zeroed_and_apart),
		cmocka_unit_test(large_ones_do_not_waste_the_chunk),
		cmocka_unit_test(a_large_one_may_come_first),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
