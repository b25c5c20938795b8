#include "scan/forms.h"
#include "base/mem.h"
#include "worker/safe_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static struct secret *secret(const char *bytes, size_t len)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	_cleanup_(freep) char *copy = mem_dupn(bytes, len);

	if (secret_take(copy, len, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static int begin(void **state _unused_)
{
	struct err e = ERR_INIT;

	return secret_init(&e);
}

#define VALUE "a'b\"c/d&e$f g\\h"

static void a_value_is_found_however_it_is_written(void **state _unused_)
{
	static const char *const texts[] = {
		"pass=" VALUE ";", "{\"p\":\"a'b\\\"c/d&e$f g\\\\h\"}", "{\"p\":\"a'b\\\"c\\/d&e$f g\\\\h\"}",
		"{\"p\":\"a'b\\\"c/d\\u0026e$f g\\\\h\"}", "$p = 'a\\'b\"c/d&e$f g\\\\h';", "p='a'\\''b\"c/d&e$f g\\h'",
		"p: 'a''b\"c/d&e$f g\\h'", "p=\"a'b\\\"c/d&e\\$f g\\\\h\"", "<p>a&#39;b&quot;c/d&amp;e$f g\\h</p>",
		"http://u:a%27b%22c%2Fd%26e%24f%20g%5Ch@db", "http://u:a%27b%22c%2fd%26e%24f%20g%5ch@db",
		"p=a%27b%22c%2Fd%26e%24f+g%5Ch",
	};
	_cleanup_(secret_freep) struct secret *s = secret(VALUE, strlen(VALUE));

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!forms_in(s, texts[i]))
			fail_msg("not found in %s", texts[i]);
	assert_false(forms_in(s, "a'b c/d"));
	assert_false(forms_in(s, ""));
	assert_false(forms_in(NULL, VALUE));
}

static int count_lines(const char *bytes, size_t len, void *arg)
{
	size_t *n = arg;

	for (size_t i = 0; i < len; i++) {
		*n += bytes[i] == '\n';
		/* An empty pattern would match every line of every file. */
		if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] == '\n'))
			return -1;
	}
	return 0;
}

static void a_plain_value_is_one_pattern_and_no_pattern_is_empty(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *plain = secret("Abc123", 6), *rich = secret(VALUE, strlen(VALUE));
	_cleanup_(secret_freep) struct secret *one = NULL, *many = NULL;
	struct err e = ERR_INIT;
	size_t n = 0;

	assert_int_equal(forms_lines(plain, &one, &e), 0);
	assert_int_equal(secret_with(one, count_lines, &n), 0);
	assert_int_equal(n, 1);
	n = 0;
	assert_int_equal(forms_lines(rich, &many, &e), 0);
	assert_int_equal(secret_with(many, count_lines, &n), 0);
	assert_true(n > 5);
}

#define HEAD "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"
#define TAIL "-----END PRIVATE KEY-----\n"
#define MIDDLE "q83vEjRWeJASNFZ4kBI0VniQEjRWeJASNFZ4kBI0VniQEjRWeJA1\n"

static void of_a_pem_key_a_line_is_looked_for_that_no_other_key_has(void **state _unused_)
{
	static const char key[] = HEAD MIDDLE "AAAA\n" TAIL, other[] = HEAD "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\n"
		"BBBB\n" TAIL;
	static const char dos[] = "-----BEGIN X-----\r\nq83vEjRWeJASNFZ4kBI0Vn\r\nAA\r\n-----END X-----\r\n";
	_cleanup_(secret_freep) struct secret *s = secret(key, strlen(key)), *d = secret(dos, strlen(dos));

	assert_true(forms_in(s, key));
	assert_true(forms_in(s, "  " MIDDLE));
	assert_false(forms_in(s, other));
	assert_true(forms_in(d, "q83vEjRWeJASNFZ4kBI0Vn\n"));
	assert_false(forms_in(d, "-----BEGIN X-----\r\n"));
}

static void a_binary_key_has_no_pattern(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *s = secret("a\0b\nc", 5), *patterns = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(forms_lines(s, &patterns, &e), 0);
	assert_null(patterns);
}

static void line(const char *out, const char *err, const char *expected)
{
	struct job job = { 0 };
	struct proc_result res = { .status = 1, .out = BUF_INIT(1 << 20), .err = BUF_INIT(1 << 20) };
	char shown[200];

	wire_secrets_add(&job.in, "old3", secret("s3cr3t\"x", 8));
	wire_secrets_add(&job.in, "new3", secret("n3w", 3));
	(void)buf_str(&res.out, out);
	(void)buf_str(&res.err, err);
	assert_string_equal(safe_line(&job, &res, shown), expected);
	proc_result_free(&res);
	wire_secrets_free(&job.in);
}

static void error_lines_are_shown_without_values(void **state _unused_)
{
	static const char *const hidden = "(its last line holds private data and is not shown)";
	_cleanup_(buf_free) struct buf wide = BUF_INIT(10000);

	line("", "Error: no such host\nNotice: done\n", "Error: no such host");
	line("Error: from stdout\n", "", "Error: from stdout");
	line("x\n", "one\ntwo\n", "two");
	line("", "", "it said nothing");
	line("", "Error: set s3cr3t\"x failed\n", hidden);
	line("", "Error: set s3cr3t\\\"x failed\n", hidden);
	line("", "Error: n3w\n", hidden);
	line("", "Error: \x1b[31mred\n", "Error: \\x1b[31mred");
	for (int i = 0; i < 5000; i++)
		(void)buf_char(&wide, 'x');
	line("", buf_text(&wide), hidden);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_found_however_it_is_written),
		cmocka_unit_test(a_plain_value_is_one_pattern_and_no_pattern_is_empty),
		cmocka_unit_test(of_a_pem_key_a_line_is_looked_for_that_no_other_key_has),
		cmocka_unit_test(a_binary_key_has_no_pattern),
		cmocka_unit_test(error_lines_are_shown_without_values),
	};
	return cmocka_run_group_tests(tests, begin, NULL);
}
