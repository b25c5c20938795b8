/* What a run has come to: how many steps stand where, and whether a person is waited for. */
#include "base/mem.h"
#include "engine/run.h"

enum held { HELD_UNSEEN, HELD_BY_OTHERS, HELD_BY_PERSON };

/* Not begun, because a person has not answered yet what it waits for, or what that waits for. */
static bool is_held_by_person(const struct run *r, uint32_t i, uint8_t *held)
{
	const struct step *s = &r->plan->steps[i];

	if (r->track[i].outcome != OUTCOME_NONE || held[i] == HELD_BY_OTHERS)
		return false;
	if (s->person || held[i] == HELD_BY_PERSON)
		return true;
	held[i] = HELD_BY_OTHERS;
	for (uint32_t k = 0; k < s->n_after + s->n_behind && held[i] == HELD_BY_OTHERS; k++)
		if (is_held_by_person(r, k < s->n_after ? s->after[k] : s->behind[k - s->n_after], held))
			held[i] = HELD_BY_PERSON;
	return held[i] == HELD_BY_PERSON;
}

void run_sum_up(const struct run *r, uint32_t found, struct respond_result *ret)
{
	_cleanup_(freep) uint8_t *held = mem_zero(r->plan->n + 1, 1);

	*ret = (struct respond_result){ .interrupted = r->interrupted };
	for (uint32_t i = 0; i < r->plan->n; i++) {
		enum outcome o = r->track[i].outcome;

		ret->counts.total++;
		ret->counts.by[o]++;
		if (r->plan->steps[i].person && o == OUTCOME_NONE)
			ret->counts.person_waiting++;
		else if (o == OUTCOME_NONE && !is_held_by_person(r, i, held))
			ret->not_known = true;
	}
	ret->counts.total += found;
	ret->counts.by[OUTCOME_NONE] += found;
	ret->counts.person_waiting += found;
	ret->person_waits = ret->counts.person_waiting > 0;
	ret->failed = ret->counts.by[OUTCOME_FAILED] > 0;
	ret->not_known = ret->not_known || ret->counts.by[OUTCOME_UNKNOWN] || ret->counts.by[OUTCOME_UNREACHABLE] ||
			 ret->counts.by[OUTCOME_STARTED];
}
