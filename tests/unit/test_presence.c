#include "scan/presence.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/secret.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <string.h>

static const struct digest_key key = { .bytes = { 7, 1 } };

static bool add(struct presence *p, const char *value, size_t len, uint32_t id)
{
	char tag[DIGEST_TAG_HEX];

	digest_tag_bytes(&key, value, len, tag);
	return presence_add(p, presence_head(p, value), len, tag, id);
}

static int note(uint32_t id, size_t offset, void *arg)
{
	return buf_printf(arg, "%u@%zu ", id, offset);
}

static void finds(const struct presence *p, const char *text, size_t len, const char *expected)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	assert_int_equal(presence_find(p, text, len, note, &b), 0);
	assert_string_equal(buf_text(&b), expected);
}

static void values_are_found_wherever_they_stand_and_nothing_else_is(void **state _unused_)
{
	_cleanup_(presence_freep) struct presence *p = presence_new(&key);
	static const char text[] = "12345678 x=abcdefgh\0ijkl;abcdefgh;abcdefg 1234567";

	finds(p, text, sizeof(text) - 1, "");
	assert_true(add(p, "12345678", 8, 1));
	assert_true(add(p, "abcdefgh\0ijkl", 13, 2));
	assert_true(add(p, "abcdefgh;abcdefg", 16, 3));
	assert_true(add(p, "abcdefgh", 8, 4));
	assert_true(add(p, "abcdefghX", 9, 5));
	finds(p, text, sizeof(text) - 1, "1@0 4@11 2@11 4@25 3@25 ");
	finds(p, text, 8, "1@0 ");
	finds(p, text, 7, "");
	finds(p, text, 0, "");
	finds(p, text + 25, 15, "4@0 ");
	finds(p, text + 25, 16, "4@0 3@0 ");
}

static void equal_values_of_two_places_are_both_told(void **state _unused_)
{
	_cleanup_(presence_freep) struct presence *p = presence_new(&key);

	assert_true(add(p, "twin-value", 10, 1));
	assert_true(add(p, "twin-value", 10, 2));
	finds(p, "a twin-value", 12, "2@2 1@2 ");
}

static void the_tag_decides_not_the_head(void **state _unused_)
{
	_cleanup_(presence_freep) struct presence *p = presence_new(&key);
	char tag[DIGEST_TAG_HEX];

	digest_tag_bytes(&key, "abcdefgh-two", 12, tag);
	assert_true(presence_add(p, presence_head(p, "abcdefgh"), 12, tag, 1));
	finds(p, "abcdefgh-one abcdefgh-two", 25, "1@13 ");
}

static void many_values_are_each_found_once(void **state _unused_)
{
	_cleanup_(presence_freep) struct presence *p = presence_new(&key);
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20), expected = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
	char value[20];

	for (uint32_t i = 0; i < 5000; i++) {
		int len = snprintf(value, sizeof(value), "v%08u!", i * 7919u);

		assert_true(add(p, value, (size_t)len, i));
		if (i % 3)
			continue;
		buf_printf(&expected, "%u@%zu ", i, text.len);
		buf_printf(&text, "%s\n", value);
	}
	assert_int_equal(presence_find(p, buf_text(&text), text.len, note, &got), 0);
	assert_string_equal(buf_text(&got), buf_text(&expected));
}

static int stop(uint32_t id, size_t offset _unused_, void *arg _unused_)
{
	return id == 2 ? -9 : 0;
}

static void who_has_seen_enough_ends_it(void **state _unused_)
{
	_cleanup_(presence_freep) struct presence *p = presence_new(&key);

	assert_true(add(p, "value-one", 9, 1));
	assert_true(add(p, "value-two", 9, 2));
	assert_int_equal(presence_find(p, "value-one value-two", 19, stop, NULL), -9);
}

static void the_tag_of_bytes_is_the_tag_of_a_secret(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *s = NULL;
	char bytes[] = "some value", one[DIGEST_TAG_HEX], two[DIGEST_TAG_HEX];

	digest_tag_bytes(&key, bytes, 10, one);
	assert_int_equal(secret_take(bytes, 10, &s, NULL), 0);
	digest_tag(&key, s, two);
	assert_string_equal(one, two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found_wherever_they_stand_and_nothing_else_is),
		cmocka_unit_test(equal_values_of_two_places_are_both_told),
		cmocka_unit_test(the_tag_decides_not_the_head),
		cmocka_unit_test(many_values_are_each_found_once),
		cmocka_unit_test(who_has_seen_enough_ends_it),
		cmocka_unit_test(the_tag_of_bytes_is_the_tag_of_a_secret),
	};

	return secret_init(NULL) < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
