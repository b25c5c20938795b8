#include "driver/driver.h"
#include "base/macro.h"
#include <string.h>

#define OPTIONS(...) (const char *const[]){ __VA_ARGS__, NULL }
#define DRIVER(symbol, name_, title_, stage_, sessions_, undo_, drain_, options_, cannot_, interrupts_, \
	       salted_) \
	{ .name = name_, .title = title_, .options = options_, .can_stage = stage_, .can_list_sessions = sessions_, \
	  .can_undo = undo_, .has_drain = drain_, .cannot = cannot_, .interrupts = interrupts_, \
	  .salted = salted_ },
#define DRIVER_BY_HALF(symbol, name_, title_, options_, cannot_, interrupts_) \
	{ .name = name_, .title = title_, .options = options_, .by_half = true, .cannot = cannot_, \
	  .interrupts = interrupts_, .salted = "" },

const struct driver_facts driver_facts[] = {
#include "driver/drivers.def"
};

const size_t driver_facts_count = ARRAY_SIZE(driver_facts);

static const char *const verb_names[VERBS] = {
	[VERB_PROBE] = "probe",
	[VERB_CHANGE] = "change",
	[VERB_STAGE] = "stage",
	[VERB_RETIRE] = "retire",
	[VERB_CUT] = "cut",
	[VERB_INSPECT] = "inspect",
	[VERB_DRAIN] = "drain",
};

static const char *const accepts_names[] = {
	[ACCEPTS_UNREACHABLE] = "unreachable",
	[ACCEPTS_OLD] = "old",
	[ACCEPTS_NEW] = "new",
	[ACCEPTS_BOTH] = "both",
	[ACCEPTS_NEITHER] = "neither",
};

const struct driver_facts *driver_facts_find(const char *name)
{
	for (size_t i = 0; name && i < driver_facts_count; i++) {
		if (strcmp(driver_facts[i].name, name) == 0)
			return &driver_facts[i];
	}
	return NULL;
}

const char *driver_verb_name(enum driver_verb v)
{
	return (size_t)v < ARRAY_SIZE(verb_names) ? verb_names[v] : "unknown";
}

int driver_verb_parse(const char *name, enum driver_verb *ret)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(verb_names); i++) {
		if (strcmp(verb_names[i], name) == 0) {
			*ret = (enum driver_verb)i;
			return 0;
		}
	}
	return -ERR_CONFIG;
}

const char *accepts_name(enum accepts a)
{
	return (size_t)a < ARRAY_SIZE(accepts_names) ? accepts_names[a] : "unreachable";
}

int accepts_parse(const char *name, enum accepts *ret)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(accepts_names); i++) {
		if (strcmp(accepts_names[i], name) == 0) {
			*ret = (enum accepts)i;
			return 0;
		}
	}
	return -ERR_CONFIG;
}
