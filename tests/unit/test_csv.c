/* The reader of recipients: what is taken, and where exactly what is wrong stands. */
#include "base/mem.h"
#include "notify/csv.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static void show(const char *text, struct buf *ret)
{
	struct err e = ERR_INIT;
	struct csv c;
	int r;

	csv_open(&c, "f", text, strlen(text));
	while ((r = csv_row(&c, &e)) > 0) {
		for (size_t k = 0; k < c.n; k++)
			buf_printf(ret, "%s%s@%u:%u", k ? "|" : "", c.field[k].s, c.field[k].line, c.field[k].col);
		buf_str(ret, ";");
	}
	if (r < 0)
		buf_str(ret, e.text);
	csv_close(&c);
}

static void rows(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "", "" }, { "\n\r\n", "" }, { "a", "a@1:1;" }, { "a\n", "a@1:1;" }, { "a,b\r\nc,d\r\n",
											"a@1:1|b@1:3;c@2:1|d@2:3;" },
		{ "\xef\xbb\xbf" "a,b\n", "a@1:1|b@1:3;" }, { "a,\n,b\n", "a@1:1|@1:3;@2:1|b@2:2;" },
		{ "\"a,b\",\"c\"\"d\"\n", "a,b@1:2|c\"d@1:8;" }, { "\"a\nb\",c\nd,e\n", "a\nb@1:2|c@2:4;d@3:1|e@3:3;" },
		{ "\"\"\n", "@1:2;" }, { "a\n\n\nb\n", "a@1:1;b@4:1;" }, { "\"a\r\nb\"", "a\r\nb@1:2;" },
		{ "a,b\nc\n", "a@1:1|b@1:3;f:2:1: 1 fields, 2 are expected as in the header" },
		{ "a\nb,c\n", "a@1:1;f:2:1: 2 fields, 1 are expected as in the header" },
		{ "a\nb\"c\n", "a@1:1;f:2:2: a quote inside of a field: the whole field in quotes is expected, and "
		  "each quote "
			       "in it twice" },
		{ "a\n\"b\"c\n", "a@1:1;f:2:4: a comma or the line's end is expected behind a quoted field" },
		{ "a\n\"b\nc\n", "a@1:1;f:2:1: this quote is never closed" },
		{ "a\n\xff\n", "a@1:1;f:2:1: this is no UTF-8" }, { "a\n\"b\"\rc\n", "a@1:1;f:2:4: a line ends in LF "
								    "or CRLF, "
									       "not in CR" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buf_free) struct buf got = BUF_INIT(4096);

		show(cases[i].text, &got);
		assert_string_equal(buf_text(&got), cases[i].want);
	}
	(void)state;
}

static void a_zero_byte_is_no_text(void **state)
{
	static const char text[] = "mail\na\0@b\n";
	struct err e = ERR_INIT;
	struct csv c;

	csv_open(&c, "f", text, sizeof(text) - 1);
	assert_int_equal(csv_row(&c, &e), 1);
	assert_int_equal(csv_row(&c, &e), -ERR_CONFIG);
	assert_string_equal(e.text, "f:2:1: this is no UTF-8");
	csv_close(&c);
	(void)state;
}

static void limits(void **state)
{
	char *wide = mem_zero(CSV_FIELDS_MAX + 2, 1), *longer = mem_zero(CSV_FIELD_BYTES + 2, 1);
	struct err e = ERR_INIT;
	struct csv c;

	memset(wide, ',', CSV_FIELDS_MAX);
	csv_open(&c, "f", wide, CSV_FIELDS_MAX);
	assert_int_equal(csv_row(&c, &e), -ERR_CONFIG);
	csv_close(&c);
	csv_open(&c, "f", wide, CSV_FIELDS_MAX - 1);
	assert_int_equal(csv_row(&c, &e), 1);
	csv_close(&c);
	memset(longer, 'x', CSV_FIELD_BYTES + 1);
	csv_open(&c, "f", longer, CSV_FIELD_BYTES + 1);
	assert_int_equal(csv_row(&c, &e), -ERR_CONFIG);
	csv_close(&c);
	csv_open(&c, "f", longer, CSV_FIELD_BYTES);
	assert_int_equal(csv_row(&c, &e), 1);
	csv_close(&c);
	free(wide);
	free(longer);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(a_zero_byte_is_no_text),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
