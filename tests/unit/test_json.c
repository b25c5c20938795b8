#include "base/json.h"
#include "base/err.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static int read_text(const char *text, json_t **ret, struct err *e)
{
	return json_read("answer", text, strlen(text), 10000, ret, e);
}

static void there_and_back(void **state _unused_)
{
	static const char text[] = "{\"b\":1,\"a\":\"ä\\n\",\"t\":true,\"f\":false,\"n\":null,\"l\":[1,\"x\"]}";
	_cleanup_(json_freep) json_t *j = NULL;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
	struct err e = ERR_INIT;

	assert_int_equal(read_text(text, &j, &e), 0);
	assert_string_equal(json_str(j, "a"), "ä\n");
	assert_null(json_str(j, "b"));
	assert_null(json_str(j, "absent"));
	assert_null(json_str(NULL, "a"));
	assert_int_equal(json_int(j, "b", 7), 1);
	assert_int_equal(json_int(j, "a", 7), 7);
	assert_true(json_is(j, "t"));
	assert_false(json_is(j, "f"));
	assert_false(json_is(j, "b"));
	assert_false(json_is(j, "absent"));
	json_line(&b, j);
	assert_string_equal(buf_text(&b), text);
	buf_clear(&b);
	json_pretty(&b, json_object_get(j, "l"));
	assert_string_equal(buf_text(&b), "[\n  1,\n  \"x\"\n]\n");
}

static void refuses(const char *text, int code, const char *begin)
{
	json_t *j = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(read_text(text, &j, &e), -code);
	assert_null(j);
	if (strncmp(e.text, begin, strlen(begin)))
		fail_msg("'%s' does not begin with '%s'", e.text, begin);
}

static void hostile_text_is_refused_with_its_place(void **state _unused_)
{
	refuses("", ERR_CONFIG, "answer:1:");
	refuses("{\n \"a\": 1,\n \"a\": 2}", ERR_CONFIG, "answer:3:");
	refuses("{\"a\":1} x", ERR_CONFIG, "answer:1:");
	refuses("{\"a\":\"\xff\"}", ERR_CONFIG, "answer:1:");
	refuses("{\"a\":\"\\u0000\"}", ERR_CONFIG, "answer:1:");
	refuses("{\"a\":", ERR_CONFIG, "answer:1:");
	refuses("{'a':1}", ERR_CONFIG, "answer:1:");
	refuses("{\"a\":99999999999999999999}", ERR_CONFIG, "answer:1:");
	refuses("{\"a\":NaN}", ERR_CONFIG, "answer:1:");
	refuses("true", ERR_CONFIG, "answer:1:");
}

static void the_text_itself_is_not_quoted(void **state _unused_)
{
	static const char *const bad[] = { "{\"password\": hunter2}", "{\"a\":1, \"a\":hunter2}", "[\"hunter2\nx\"]",
					   "{\"hunter2\":1,\"hunter2\":2}", "[1] hunter2" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *j = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(read_text(bad[i], &j, &e), -ERR_CONFIG);
		assert_null(strstr(e.text, "hunter2"));
	}
}

static void depth_has_a_limit(void **state _unused_)
{
	char text[200] = "";
	_cleanup_(json_freep) json_t *j = NULL;
	struct err e = ERR_INIT;

	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	assert_int_equal(read_text(text, &j, &e), 0);
	memset(text, '[', 65);
	refuses(text, ERR_LIMIT, "answer:1:65: nested");
	/* brackets in texts do not count, whatever stands escaped before them */
	json_freep(&j);
	memcpy(text, "[\"\\\"", 4);
	memset(text + 4, '[', 100);
	memcpy(text + 104, "\"]", 3);
	assert_int_equal(read_text(text, &j, &e), 0);
}

static void size_has_a_limit(void **state _unused_)
{
	json_t *j = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(json_read("answer", "[1]", 3, 2, &j, &e), -ERR_LIMIT);
	assert_null(j);
}

static void puts_what_can_be_shown(void **state _unused_)
{
	_cleanup_(json_freep) json_t *j = json_object();
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);

	json_put(j, "good", "ä");
	json_put(j, "bad", "a\xff");
	json_put(j, "absent", NULL);
	json_put_int(j, "n", INT64_MIN);
	json_line(&b, j);
	assert_string_equal(buf_text(&b), "{\"good\":\"ä\",\"bad\":\"a\\\\xff\",\"n\":-9223372036854775808}");
}

static void assert_quoted(const char *text)
{
	_cleanup_(json_freep) json_t *j = json_object(), *back = NULL;
	_cleanup_(buf_free) struct buf tree = BUF_INIT(1000), written = BUF_INIT(1000);

	json_put(j, "x", text);
	json_line(&tree, j);
	buf_str(&written, "{\"x\":");
	json_quote(&written, text);
	buf_char(&written, '}');
	assert_string_equal(buf_text(&written), buf_text(&tree));
	assert_int_equal(json_read("written", written.data, written.len, 1000, &back, NULL), 0);
	assert_true(json_equal(j, back));
}

/* All bytes, alone, in pairs with those that matter, and texts that are broken at each place. */
static void what_is_quoted_is_what_a_tree_would_write(void **state _unused_)
{
	static const char *const texts[] = {
		"", "plain", "a\"b\\c/d", "\"", "\\", "\\\"", "a\nb\tc\rd\be\ff", "\x01\x1f\x7f",
		"\xc3\xa4", "\xc3", "\xe2\x80\xae",
		"\xf0\x9f\x94\xa5 fire", "\xff\"\\\n", "a\xed\xa0\x80z", "\xc0\x80", "\xf4\x90\x80\x80", "\xe2\x80\xa8",
		"\",\"type\":\"result\",\"x\":\"", "a}\n{\"type\":\"result\"}",
	};
	static const char edges[] = "\"\\/\n\x01 a\xc3\xa4\xff";
	char made[4] = "";

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_quoted(texts[i]);
	for (unsigned c = 1; c < 256; c++) {
		made[0] = (char)c;
		made[1] = '\0';
		assert_quoted(made);
		for (size_t k = 0; k < sizeof(edges) - 1; k++) {
			made[1] = edges[k];
			assert_quoted(made);
			made[2] = (char)c;
			assert_quoted(made);
			made[2] = '\0';
		}
	}
}

static void a_full_buffer_says_so(void **state _unused_)
{
	_cleanup_(json_freep) json_t *j = json_pack("[s]", "a long text that does not fit");
	_cleanup_(buf_free) struct buf b = BUF_INIT(10);

	json_line(&b, j);
	assert_true(b.over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(hostile_text_is_refused_with_its_place),
		cmocka_unit_test(the_text_itself_is_not_quoted),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(size_has_a_limit),
		cmocka_unit_test(puts_what_can_be_shown),
		cmocka_unit_test(what_is_quoted_is_what_a_tree_would_write),
		cmocka_unit_test(a_full_buffer_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
