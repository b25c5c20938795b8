#include "base/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define NOW (INT64_C(1795472343) * 1000000) /* 2026-11-23T22:19:03Z */

static void formats(int64_t us, const char *expected)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);

	clock_format(&b, us);
	assert_string_equal(buf_text(&b), expected);
}

static void shows_rfc3339(void **state _unused_)
{
	formats(0, "1970-01-01T00:00:00Z");
	formats(-1, "1969-12-31T23:59:59Z");
	formats(NOW + 999999, "2026-11-23T22:19:03Z");
	formats(INT64_C(951782400) * 1000000, "2000-02-29T00:00:00Z");
}

static void reads(const char *s, int64_t expected)
{
	struct err e = ERR_INIT;
	int64_t at = -1;

	assert_int_equal(clock_parse(s, NOW, &at, &e), 0);
	if (at != expected)
		fail_msg("'%s' gave %lld, expected %lld", s, (long long)at, (long long)expected);
}

static void reads_what_people_write(void **state _unused_)
{
	reads("now", NOW);
	reads("-90m", NOW - INT64_C(5400) * 1000000);
	reads("-3h", NOW - INT64_C(10800) * 1000000);
	reads("-2d", NOW - INT64_C(172800) * 1000000);
	reads("2026-11-23T22:19:03Z", NOW);
	reads("2026-11-23t22:19:03z", NOW);
	reads("2026-11-23 22:19:03Z", NOW);
	reads("2026-11-23T22:19:03.25Z", NOW + 250000);
	reads("2026-11-23T22:19:03.0000009Z", NOW);
	reads("2026-11-23T23:19:03+01:00", NOW);
	reads("2026-11-23T16:49:03-05:30", NOW);
	reads("2026-11-23T22:19Z", NOW - 3000000);
	reads("2000-02-29T00:00:00Z", INT64_C(951782400) * 1000000);
	reads("2026-11-24T22:19:03Z", NOW + INT64_C(86400) * 1000000);
	reads("2016-12-31T23:59:60Z", INT64_C(1483228800) * 1000000);
}

static void refuses_everything_else(void **state _unused_)
{
	static const char *const bad[] = {
		"", " ", "yesterday", "3h", "-3", "-h", "-3w", "--3h", "-3.5h", "-99999999d", "-9999999d",
		"-9999999999h", "+3h", "Now",
		"2026-11-23", "2026-11-23T22:19:03", "2026-11-23T22:19:03 Z", "2026-13-01T00:00Z", "2026-00-01T00:00Z",
		"2025-02-29T00:00Z", "2026-11-31T00:00Z", "2026-11-23T24:00Z", "2026-11-23T22:60Z",
		"2026-11-23T22:19:61Z", "2026-11-23T22:19:03.Z", "2026-11-23T22:19:03+0100",
		"2026-11-23T22:19:03+01:60",
		"2026-11-23T22:19:03+24:00", "2026-11-23T22:19:03Zx", "26-11-23T22:19Z", "2026-1-23T22:19Z",
		"0000-01-01T00:00Z", "2026-11-24T22:19:04Z", "9999-12-31T23:59Z",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = ERR_INIT;
		int64_t at = 5;

		if (clock_parse(bad[i], NOW, &at, &e) != -ERR_USAGE)
			fail_msg("'%s' was accepted", bad[i]);
		assert_true(at == 5);
		assert_non_null(strstr(e.text, "-90m"));
	}
}

static void time_passes(void **state _unused_)
{
	int64_t mono = clock_mono_us(), now = clock_now_us();

	clock_sleep_ms(20);
	assert_true(clock_mono_us() - mono >= 20000);
	assert_true(clock_mono_us() - mono < 5000000);
	assert_true(now > INT64_C(1600000000) * 1000000);
	clock_sleep_ms(-5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_rfc3339),
		cmocka_unit_test(reads_what_people_write),
		cmocka_unit_test(refuses_everything_else),
		cmocka_unit_test(time_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
