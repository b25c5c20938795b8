#include "base/mem.h"
#include "model/incident.h"
#include <string.h>

const char *const contain_action_words[CONTAIN_ACTIONS] = { [CONTAIN_ON] = "contain", [CONTAIN_OFF] = "release" };

static const char *const outcomes[CONTAIN_ACTIONS][CONTAIN_OUTCOMES] = {
	[CONTAIN_ON] = { "started", "contained", "failed", "unreachable", "unknown" },
	[CONTAIN_OFF] = { "started", "released", "failed", "unreachable", "unknown" },
};

const char *contain_outcome_word(enum contain_action action, enum contain_outcome outcome)
{
	return outcomes[action][outcome];
}

static int wrong(const struct row *row, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFIG, "journal row %lld (%s): %s", (long long)row->seq, row_kind_name(row->kind), what);
}

static int take_intent(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_contain *c = &i->contain;
	const char *action = json_str(body, "action"), *level = json_str(body, "level");
	struct contained one = { .host = json_str(body, "host"), .label = json_str(body, "label"), .seq = row->seq,
				 .who = arena_dup(i->arena, row->who ? row->who : ""), .started_us = row->at_us,
				 .crowd = json_is(body, "crowd") };

	if (!one.host || !action || !level)
		return wrong(row, "\"host\", \"action\" or \"level\" is missing", e);
	while (one.action < CONTAIN_ACTIONS && strcmp(action, contain_action_words[one.action]) != 0)
		one.action++;
	if (one.action == CONTAIN_ACTIONS || !contain_level_find(level, &one.level))
		return wrong(row, "\"action\" or \"level\" is a word that is not known here", e);
	if (!GROW(c->list, c->n, c->cap, LIMIT_CONTAINED))
		return wrong(row, "too many of them", e);
	c->list[c->n++] = one;
	return 0;
}

static int take_outcome(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const char *outcome = json_str(body, "outcome");
	int64_t of = json_int(body, "containing", 0);

	for (uint32_t k = i->contain.n; outcome && k-- > 0;) {
		struct contained *c = &i->contain.list[k];

		if (c->seq != of)
			continue;
		for (int o = 0; o < CONTAIN_OUTCOMES; o++)
			if (!strcmp(outcome, outcomes[c->action][o])) {
				c->outcome = (enum contain_outcome)o;
				c->text = json_str(body, "text");
				c->ended_us = row->at_us;
				c->stands = json_is(body, "stands");
				c->tries = json_object_get(body, "tries");
				c->result = json_object_get(body, "result");
				return 0;
			}
	}
	return wrong(row, "has no known \"outcome\", or no containing row before it", e);
}

int incident_contain_take(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	return row->kind == ROW_CONTAINING ? take_intent(i, row, body, e) : take_outcome(i, row, body, e);
}

void incident_contain_free(struct incident_contain *c)
{
	free(c->list);
}

const struct contained *incident_contained(const struct incident *i, const char *host)
{
	for (uint32_t k = i->contain.n; k-- > 0;)
		if (!strcmp(i->contain.list[k].host, host))
			return &i->contain.list[k];
	return NULL;
}

/* What only closed connections says nothing about whether somebody comes in. */
enum contain_stand incident_contain_stand(const struct incident *i, const char *host)
{
	for (uint32_t k = i->contain.n; k-- > 0;) {
		const struct contained *c = &i->contain.list[k];

		if (strcmp(c->host, host) != 0 || c->level == LEVEL_SESSIONS)
			continue;
		return c->outcome != CONTAIN_PROVEN ? CONTAIN_NOT : c->action == CONTAIN_ON ? CONTAIN_IS : CONTAIN_FREE;
	}
	return CONTAIN_NEVER;
}

const struct contained *incident_contain_next(const struct incident *i, const struct contained *after)
{
	uint32_t k = after ? (uint32_t)(after - i->contain.list) + 1 : 0;

	for (; k < i->contain.n; k++)
		if (incident_contained(i, i->contain.list[k].host) == &i->contain.list[k])
			return &i->contain.list[k];
	return NULL;
}
