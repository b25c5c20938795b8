#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void knows_utf8(void **state _unused_)
{
	static const char *const good[] = { "", "a", "ä€😀", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf", "\x7f\x01" };
	static const char *const bad[] = { "\x80", "\xc3", "a\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
					   "\xf0\x8f\xbf\xbf",
					   "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xe2\x82", "\xc3(" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(text_is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
	assert_false(text_is_utf8("a\0b", 3));
}

static void knows_names(void **state _unused_)
{
	char longest[130];

	assert_true(text_is_name("redis/password"));
	assert_true(text_is_name("0-a.b_c"));
	assert_false(text_is_name(""));
	assert_false(text_is_name("-a"));
	assert_false(text_is_name("/a"));
	assert_false(text_is_name("A"));
	assert_false(text_is_name("a b"));
	assert_false(text_is_name("aä"));
	memset(longest, 'a', sizeof(longest));
	longest[128] = '\0';
	assert_true(text_is_name(longest));
	longest[128] = 'a';
	longest[129] = '\0';
	assert_false(text_is_name(longest));
}

static void numbers_are_read_whole(void **state _unused_)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "0x1", "1.0", "1e3", "4294967296",
					   "18446744073709551617",
					   "-1", "one", "1\n" };
	uint32_t u = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(text_u32(bad[i], 0, UINT32_MAX, &u), -ERR_USAGE);
	assert_int_equal(u, 7);
	assert_int_equal(text_u32("4294967295", 0, UINT32_MAX, &u), 0);
	assert_int_equal(u, UINT32_MAX);
	assert_int_equal(text_u32("007", 1, 10, &u), 0);
	assert_int_equal(u, 7);
	assert_int_equal(text_u32("0", 1, 10, &u), -ERR_USAGE);
	assert_int_equal(text_u32("11", 1, 10, &u), -ERR_USAGE);
}

static void large_numbers_too(void **state _unused_)
{
	static const char *const bad[] = { "", "-", "--1", "9223372036854775808", "-9223372036854775809", "1-" };
	int64_t v = 5;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(text_i64(bad[i], &v), -ERR_USAGE);
	assert_true(v == 5);
	assert_int_equal(text_i64("9223372036854775807", &v), 0);
	assert_true(v == INT64_MAX);
	assert_int_equal(text_i64("-9223372036854775808", &v), 0);
	assert_true(v == INT64_MIN);
	assert_int_equal(text_i64("-0", &v), 0);
	assert_true(v == 0);
}

static void sees(const char *s, size_t len, const char *expected)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);

	text_visible(&b, s, len);
	assert_string_equal(buf_text(&b), expected);
}

static void nothing_hostile_stays_invisible(void **state _unused_)
{
	sees("plain ä", 8, "plain ä");
	sees("a\nb\tc\r", 6, "a\\nb\\x09c\\x0d");
	sees("\033[31m\x7f", 6, "\\x1b[31m\\x7f");
	sees("a\0b", 3, "a\\x00b");
	sees("\xc2\x9b" "2J", 4, "\\u{009B}2J");
	sees("\xe2\x80\xae" "exe", 6, "\\u{202E}exe");
	sees("\xe2\x80\x8b", 3, "\\u{200B}");
	sees("\xff\xc3", 2, "\\xff\\xc3");
	sees("\xe2\x82", 2, "\\xe2\\x82");
	sees("\xf3\xa0\x81\xa1", 4, "\\u{E0061}");
	sees("", 0, "");
}

static void visible_text_obeys_its_limit(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(5);

	text_visible(&b, "\033\033\033", 3);
	assert_true(b.over);
	assert_int_equal(b.len, 5);
}

static void the_nearest_word(void **state _unused_)
{
	static const char *const words[] = { "redis", "mariadb", "postgresql", "ab" };
	char endless[300];

	assert_string_equal(text_nearest("rediss", words, 4), "redis");
	assert_string_equal(text_nearest("erdis", words, 4), "redis");
	assert_string_equal(text_nearest("postgersqll", words, 4), "postgresql");
	assert_string_equal(text_nearest("ba", words, 4), "ab");
	assert_string_equal(text_nearest("redis", words, 4), "redis");
	assert_null(text_nearest("grafana", words, 4));
	assert_null(text_nearest("rxxis", words, 4));
	assert_null(text_nearest("", words, 4));
	assert_null(text_nearest("redis", words, 0));
	memset(endless, 'a', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_null(text_nearest(endless, words, 4));
}

static void patterns(void **state _unused_)
{
	char hostile[201], name[201];

	assert_true(text_matches("*", ""));
	assert_true(text_matches("db?.example.org", "db1.example.org"));
	assert_false(text_matches("db?.example.org", "db.example.org"));
	assert_true(text_matches("*.example.*", "a.b.example.org"));
	assert_true(text_matches("a*b*c", "a1b2b3c"));
	assert_false(text_matches("a*b*c", "a1b2b3"));
	assert_false(text_matches("", "a"));
	assert_false(text_matches("[ab]", "a"));
	for (size_t i = 0; i < 200; i++) {
		hostile[i] = i % 2 ? 'a' : '*';
		name[i] = 'a';
	}
	hostile[199] = 'b';
	hostile[200] = name[200] = '\0';
	assert_false(text_matches(hostile, name));
}

static void lasts(int64_t us, const char *expected)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);

	text_duration(&b, us);
	assert_string_equal(buf_text(&b), expected);
}

static void durations(void **state _unused_)
{
	lasts(0, "0.0 s");
	lasts(249999, "0.2 s");
	lasts(12900000, "12 s");
	lasts(INT64_C(200) * 1000000, "3 min 20 s");
	lasts(INT64_C(3840) * 1000000, "1 h 04 min");
	lasts(INT64_C(72) * 3600 * 1000000, "3 d 00 h");
	lasts(INT64_C(-5) * 1000000, "-5.0 s");
	lasts(INT64_MIN, "-106751991 d 04 h");
}

static void starts(void **state _unused_)
{
	assert_true(text_starts("abc", "ab"));
	assert_true(text_starts("abc", ""));
	assert_false(text_starts("a", "ab"));
}

static void loopback(void **state _unused_)
{
	static const char *const are[] = { "localhost", "localhost:25", "127.0.0.1", "127.1.2.3:8080/api.php", "::1",
					   "[::1]", "[::1]:25", "127.0.0.1/" };
	static const char *const are_not[] = { "", "[", "[]", "[::1", "::2", "[::2]:1", "127.example.org", "127.0.0",
					       "127.0.0.1.example.org", "localhost.example.org",
					       "127.0.0.1@example.org", "128.0.0.1", "[127.0.0.1]", "[localhost]" };

	for (size_t i = 0; i < sizeof(are) / sizeof(are[0]); i++)
		if (!text_is_loopback(are[i]))
			fail_msg("'%s' is", are[i]);
	for (size_t i = 0; i < sizeof(are_not) / sizeof(are_not[0]); i++)
		if (text_is_loopback(are_not[i]))
			fail_msg("'%s' is not", are_not[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(knows_names),
		cmocka_unit_test(numbers_are_read_whole),
		cmocka_unit_test(large_numbers_too),
		cmocka_unit_test(nothing_hostile_stays_invisible),
		cmocka_unit_test(visible_text_obeys_its_limit),
		cmocka_unit_test(the_nearest_word),
		cmocka_unit_test(patterns),
		cmocka_unit_test(durations),
		cmocka_unit_test(starts),
		cmocka_unit_test(loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
