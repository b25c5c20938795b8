#include "model/incident.h"
#include "base/mem.h"
#include <string.h>

static const char *const names[OUTCOMES] = {
	[OUTCOME_NONE] = "waiting", [OUTCOME_STARTED] = "started", [OUTCOME_PROVEN] = "proven",
	[OUTCOME_FAILED] = "failed", [OUTCOME_UNREACHABLE] = "unreachable", [OUTCOME_UNKNOWN] = "unknown",
	[OUTCOME_SKIPPED] = "skipped", [OUTCOME_ANSWERED] = "by hand",
};

const char *outcome_name(enum outcome o)
{
	return names[o];
}

int outcome_parse(const char *name, enum outcome *ret)
{
	for (size_t i = 0; name && i < OUTCOMES; i++)
		if (!strcmp(name, names[i])) {
			*ret = (enum outcome)i;
			return 0;
		}
	return -ERR_CONFIG;
}

bool outcome_is_success(enum outcome o)
{
	return o == OUTCOME_PROVEN || o == OUTCOME_ANSWERED;
}

bool outcome_is_settled(enum outcome o)
{
	return outcome_is_success(o) || o == OUTCOME_SKIPPED;
}

struct incident *incident_new(int64_t number)
{
	struct incident *i = mem_zero(1, sizeof(*i));

	i->arena = arena_new();
	i->number = number;
	i->bodies = json_array();
	return i;
}

struct incident *incident_free(struct incident *i)
{
	if (!i)
		return NULL;
	for (uint32_t s = 0; s < i->n_steps; s++)
		free(i->steps[s].deeds);
	free(i->steps);
	incident_law_free(&i->law);
	incident_report_free(&i->report);
	incident_alerts_free(&i->alerts);
	incident_looks_free(&i->looks);
	incident_contain_free(&i->contain);
	map_free(&i->step_ids);
	json_decref(i->bodies);
	arena_free(i->arena);
	free(i);
	return NULL;
}

void incident_freep(struct incident **i)
{
	*i = incident_free(*i);
}

const struct step_state *incident_step(const struct incident *i, const char *id)
{
	uint32_t at = map_get(&i->step_ids, id);

	return at == MAP_NONE ? NULL : &i->steps[at];
}

struct counts incident_counts(const struct incident *i)
{
	struct counts c = { .total = i->n_steps };

	for (uint32_t s = 0; s < i->n_steps; s++) {
		c.by[i->steps[s].outcome]++;
		if (i->steps[s].person && i->steps[s].outcome == OUTCOME_NONE)
			c.person_waiting++;
	}
	return c;
}

enum incident_state incident_state(const struct incident *i)
{
	struct counts c = incident_counts(i);

	if (i->closed_us)
		return INCIDENT_CLOSED;
	if (!i->first_responded_us)
		return INCIDENT_DECLARED;
	if (c.by[OUTCOME_UNREACHABLE] + c.by[OUTCOME_UNKNOWN] + c.by[OUTCOME_STARTED] > 0)
		return INCIDENT_NOT_KNOWN;
	if (c.by[OUTCOME_FAILED] > 0)
		return INCIDENT_WAITS_FOR_PERSON;
	if (c.by[OUTCOME_NONE] > c.person_waiting)
		return INCIDENT_OPEN;
	return c.person_waiting ? INCIDENT_WAITS_FOR_PERSON : INCIDENT_DONE;
}

const char *incident_state_words(enum incident_state s)
{
	static const char *const words[] = {
		[INCIDENT_DECLARED] = "declared, nothing done yet",
		[INCIDENT_OPEN] = "in hand, not finished",
		[INCIDENT_WAITS_FOR_PERSON] = "waits for a person",
		[INCIDENT_NOT_KNOWN] = "not finished: something is unreachable or unknown",
		[INCIDENT_DONE] = "every step is proven",
		[INCIDENT_CLOSED] = "closed",
	};

	return words[s];
}
