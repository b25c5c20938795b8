#include "engine/run.h"
#include <string.h>

/*
 * Look, then act. A step with an unknown effect is resolved by what the service says, never by guessing. "Both" is not
 * finished; "neither" goes to a person with the break-glass account, because somebody else is at it or the value was
 * lost.
 */
enum { OLD, NEW, BOTH, NEITHER, ANSWERS };

static const char *const answers[ANSWERS] = { "old", "new", "both", "neither" };

static const enum next table[STEP_DOS][ANSWERS] = {
	[DO_STAGE] =  { [OLD] = NEXT_ACT,  [NEW] = NEXT_DONE, [BOTH] = NEXT_DONE, [NEITHER] = NEXT_PERSON },
	/* In force is not yet kept: a Redis that was ended between the two would start again with the leaked value.
	 * Each driver's second change is none (contract suite), and keeps what the first could not. */
	[DO_CHANGE] = { [OLD] = NEXT_ACT,  [NEW] = NEXT_ACT,  [BOTH] = NEXT_ACT,  [NEITHER] = NEXT_PERSON },
	[DO_RETIRE] = { [OLD] = NEXT_ACT,  [NEW] = NEXT_DONE, [BOTH] = NEXT_ACT,  [NEITHER] = NEXT_PERSON },
};

enum next recover_next(enum step_do what, const char *accepts)
{
	for (int i = 0; accepts && i < ANSWERS; i++)
		if (!strcmp(accepts, answers[i]))
			return table[what][i];
	return NEXT_NOT_REACHED;
}
