#include "engine/run.h"
#include <string.h>

/*
 * Look, then act. A step with an unknown effect is resolved by what the service says, never by guessing. In force is not
 * yet kept: a Redis that was ended between the two would start again with the leaked value, or without a staged one. So
 * the step is done once more even where the service says that it is done; each driver's second call changes nothing that
 * is in force and keeps what the first could not (contract suite). "Neither" goes to a person with the break-glass
 * account, because somebody else is at it or the value was lost.
 */
static const struct { const char *accepts; enum next next; } table[] = {
	{ "old", NEXT_ACT }, { "new", NEXT_ACT }, { "both", NEXT_ACT }, { "neither", NEXT_PERSON },
};

enum next recover_next(const char *accepts)
{
	for (size_t i = 0; accepts && i < ARRAY_SIZE(table); i++)
		if (!strcmp(accepts, table[i].accepts))
			return table[i].next;
	return NEXT_NOT_REACHED;
}
