/* Recovery asks the service: the whole table of what follows from which answer. */
#include "engine/run.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const enum step_do native[] = { DO_STAGE, DO_CHANGE, DO_RETIRE };

/* Also where the service accepts what the step wants: in force is not yet kept. */
static void it_goes_forward_from_every_state_that_is_ours(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(native); i++) {
		assert_int_equal(recover_next(native[i], "new"), NEXT_ACT);
		assert_int_equal(recover_next(native[i], "both"), NEXT_ACT);
	}
	assert_int_equal(recover_next(DO_STAGE, "old"), NEXT_ACT);
	assert_int_equal(recover_next(DO_CHANGE, "old"), NEXT_ACT);
}

static void a_staged_value_that_was_lost_is_set_when_the_old_one_should_end(void **state _unused_)
{
	assert_int_equal(recover_next(DO_RETIRE, "old"), NEXT_CHANGE);
}

static void neither_goes_to_a_person_whatever_the_step(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(native); i++)
		assert_int_equal(recover_next(native[i], "neither"), NEXT_PERSON);
}

static void no_answer_is_no_state(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(native); i++) {
		assert_int_equal(recover_next(native[i], NULL), NEXT_NOT_REACHED);
		assert_int_equal(recover_next(native[i], "unreachable"), NEXT_NOT_REACHED);
		assert_int_equal(recover_next(native[i], "yes"), NEXT_NOT_REACHED);
	}
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
		cmocka_unit_test(it_goes_forward_from_every_state_that_is_ours),
		cmocka_unit_test(a_staged_value_that_was_lost_is_set_when_the_old_one_should_end),
		cmocka_unit_test(neither_goes_to_a_person_whatever_the_step),
		cmocka_unit_test(no_answer_is_no_state),
		cmocka_unit_test(an_outcome_is_never_better_than_what_the_worker_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
