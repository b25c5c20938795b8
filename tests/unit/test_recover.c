/* Recovery asks the service: the whole table of what follows from which answer. */
#include "engine/run.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Also where the service accepts what the step wants: in force is not yet kept. */
static void it_goes_forward_from_every_state_that_is_ours(void **state _unused_)
{
	assert_int_equal(recover_next("old"), NEXT_ACT);
	assert_int_equal(recover_next("new"), NEXT_ACT);
	assert_int_equal(recover_next("both"), NEXT_ACT);
}

static void neither_goes_to_a_person(void **state _unused_)
{
	assert_int_equal(recover_next("neither"), NEXT_PERSON);
}

static void no_answer_is_no_state(void **state _unused_)
{
	assert_int_equal(recover_next(NULL), NEXT_NOT_REACHED);
	assert_int_equal(recover_next("unreachable"), NEXT_NOT_REACHED);
	assert_int_equal(recover_next("yes"), NEXT_NOT_REACHED);
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
		cmocka_unit_test(neither_goes_to_a_person),
		cmocka_unit_test(no_answer_is_no_state),
		cmocka_unit_test(an_outcome_is_never_better_than_what_the_worker_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
