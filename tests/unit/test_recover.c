/* Recovery asks the service: the whole table of what follows from which answer. */
#include "engine/run.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void an_emergency_change_goes_forward_from_every_state(void **state _unused_)
{
	assert_int_equal(recover_next(DO_CHANGE, "old"), NEXT_ACT);
	assert_int_equal(recover_next(DO_CHANGE, "new"), NEXT_ACT);
	assert_int_equal(recover_next(DO_CHANGE, "both"), NEXT_ACT);
}

static void neither_goes_to_a_person_whatever_the_step(void **state _unused_)
{
	assert_int_equal(recover_next(DO_CHANGE, "neither"), NEXT_PERSON);
	assert_int_equal(recover_next(DO_STAGE, "neither"), NEXT_PERSON);
	assert_int_equal(recover_next(DO_RETIRE, "neither"), NEXT_PERSON);
}

static void both_is_what_a_stage_wants_and_no_end_of_a_retirement(void **state _unused_)
{
	assert_int_equal(recover_next(DO_STAGE, "old"), NEXT_ACT);
	assert_int_equal(recover_next(DO_STAGE, "both"), NEXT_DONE);
	assert_int_equal(recover_next(DO_RETIRE, "both"), NEXT_ACT);
	assert_int_equal(recover_next(DO_RETIRE, "new"), NEXT_DONE);
}

static void no_answer_is_no_state(void **state _unused_)
{
	assert_int_equal(recover_next(DO_CHANGE, NULL), NEXT_NOT_REACHED);
	assert_int_equal(recover_next(DO_CHANGE, "unreachable"), NEXT_NOT_REACHED);
	assert_int_equal(recover_next(DO_CHANGE, "yes"), NEXT_NOT_REACHED);
}

static void an_outcome_is_never_better_than_what_the_worker_said(void **state _unused_)
{
	struct worker_result ok = { .ok = true }, killed = { .timed_out = true, .effect = EFFECT_UNKNOWN,
							     .code = ERR_NET };
	struct worker_result away = { .code = ERR_NET }, refused = { .code = ERR_REMOTE };
	struct worker_result refused_after = { .code = ERR_REMOTE, .effect = EFFECT_UNKNOWN };

	assert_int_equal(outcome_of(&ok, DO_CHANGE), OUTCOME_PROVEN);
	assert_int_equal(outcome_of(&killed, DO_CHANGE), OUTCOME_UNKNOWN);
	assert_int_equal(outcome_of(&away, DO_CHANGE), OUTCOME_UNREACHABLE);
	assert_int_equal(outcome_of(&refused, DO_CHANGE), OUTCOME_FAILED);
	assert_int_equal(outcome_of(&refused_after, DO_CHANGE), OUTCOME_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_emergency_change_goes_forward_from_every_state),
		cmocka_unit_test(neither_goes_to_a_person_whatever_the_step),
		cmocka_unit_test(both_is_what_a_stage_wants_and_no_end_of_a_retirement),
		cmocka_unit_test(no_answer_is_no_state),
		cmocka_unit_test(an_outcome_is_never_better_than_what_the_worker_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
