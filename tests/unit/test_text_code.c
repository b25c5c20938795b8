#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void base64_as_the_rfc_shows_it(void **state _unused_)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
						{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
						{ "foobar", "Zm9vYmFy" } };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_(buf_free) struct buf text = BUF_INIT(100), bytes = BUF_INIT(100);

		text_base64(&text, pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(buf_text(&text), pairs[i][1]);
		assert_int_equal(text_base64_decode(&bytes, pairs[i][1], strlen(pairs[i][1])), 0);
		assert_string_equal(buf_text(&bytes), pairs[i][0]);
	}
}

static void every_byte_comes_back(void **state _unused_)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(2000), bytes = BUF_INIT(2000), hex = BUF_INIT(2000),
				       again = BUF_INIT(2000);
	unsigned char all[256];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	text_base64(&text, all, sizeof(all));
	assert_int_equal(text_base64_decode(&bytes, text.data, text.len), 0);
	assert_int_equal(bytes.len, sizeof(all));
	assert_memory_equal(bytes.data, all, sizeof(all));
	text_hex(&hex, all, sizeof(all));
	assert_int_equal(text_hex_decode(&again, hex.data, hex.len), 0);
	assert_memory_equal(again.data, all, sizeof(all));
}

static void white_space_is_skipped(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);

	assert_int_equal(text_base64_decode(&b, " Zm9v\r\n\tYg = = \n", 16), 0);
	assert_string_equal(buf_text(&b), "foob");
}

static void everything_else_is_refused(void **state _unused_)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zm9=v", "Zm9v*",
					   "Zh==", "Zm9=", "Zm-_", "Zg==\x80", "Zm8=AAAA" };
	static const char *const bad_hex[] = { "0", "0g", "x0", " 00", "0x00", "00 11" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(100);

		assert_int_equal(text_base64_decode(&b, bad[i], strlen(bad[i])), -ERR_CONFIG);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_hex); i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(100);

		assert_int_equal(text_hex_decode(&b, bad_hex[i], strlen(bad_hex[i])), -ERR_CONFIG);
	}
}

static void a_full_buffer_is_refused(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(3);

	assert_int_equal(text_base64_decode(&b, "Zm9vYmFy", 8), -ERR_CONFIG);
}

static void words_reach_a_shell_unchanged(void **state _unused_)
{
	static const char *const cases[][2] = {
		{ "plain", "'plain'" }, { "", "''" }, { "a b", "'a b'" }, { "it's", "'it'\\''s'" },
		{ "$(id)`id`", "'$(id)`id`'" }, { "a\nb", "'a\nb'" }, { "''", "''\\'''\\'''" }, { "\\", "'\\'" },
		{ "!x", "'!x'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
		text_shell(&b, cases[i][0]);
		assert_string_equal(buf_text(&b), cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_as_the_rfc_shows_it),
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(white_space_is_skipped),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(a_full_buffer_is_refused),
		cmocka_unit_test(words_reach_a_shell_unchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
