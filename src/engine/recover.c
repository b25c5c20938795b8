#include "engine/run.h"
#include <string.h>

/*
 * Look, then act. A step with an unknown effect is resolved by what the service says, never by guessing. In force is
 * not yet kept: a service that was ended between the two would start again with the leaked value, or without a staged
 * one. So the step is done once more even where the service says that it is done; each driver's second call changes
 * nothing that is in force and keeps what the first could not (contract suite). A service that has lost the staged
 * value before the old one was retired is changed: by then its consumers have the new value. "Neither" goes to a person
 * with the break-glass account, because somebody else is at it or the value was lost.
 */
static const struct { const char *accepts; enum next next, of_retire; } table[] = {
	{ "old", NEXT_ACT, NEXT_CHANGE },
	{ "new", NEXT_ACT, NEXT_ACT },
	{ "both", NEXT_ACT, NEXT_ACT },
	{ "neither", NEXT_PERSON, NEXT_PERSON },
};

enum next recover_next(enum step_do what, const char *accepts)
{
	for (size_t i = 0; accepts && i < ARRAY_SIZE(table); i++)
		if (!strcmp(accepts, table[i].accepts))
			return what == DO_RETIRE ? table[i].of_retire : table[i].next;
	return NEXT_NOT_REACHED;
}
