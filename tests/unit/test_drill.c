/* How long the intruder of a drill is waited for. */
#include "engine/drill.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Eight at a time, and each of them may take its 22 seconds. */
static void every_account_may_be_out_of_reach(void **state _unused_)
{
	assert_true(drill_round_ms(1) >= 22000);
	assert_int_equal(drill_round_ms(8), drill_round_ms(1));
	assert_true(drill_round_ms(9) >= 2 * 22000);
	assert_true(drill_round_ms(16) >= 2 * 22000);
	assert_true(drill_round_ms(90) >= 12 * 22000);
}

static void nobody_waits_for_ever(void **state _unused_)
{
	assert_int_equal(drill_round_ms(0), 0);
	assert_true(drill_round_ms(1000) <= INT64_C(3600000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_account_may_be_out_of_reach),
		cmocka_unit_test(nobody_waits_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
