#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/err.h"
#include "base/macro.h"
#include "model/row.h"

static void every_kind_has_a_name_that_reads_back(void **state _unused_)
{
	for (unsigned i = 0; i < ROW_KINDS; i++) {
		enum row_kind kind = ROW_KINDS;

		assert_int_equal(row_kind_parse(row_kind_name((enum row_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
}

static void other_words_are_refused(void **state _unused_)
{
	enum row_kind kind = ROW_INTENT;

	assert_int_equal(row_kind_parse("Declared", &kind), -ERR_CONFIG);
	assert_int_equal(row_kind_parse("", &kind), -ERR_CONFIG);
	assert_int_equal(row_kind_parse("unknown", &kind), -ERR_CONFIG);
	assert_int_equal(kind, ROW_INTENT);
	assert_string_equal(row_kind_name(ROW_KINDS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_a_name_that_reads_back),
		cmocka_unit_test(other_words_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
