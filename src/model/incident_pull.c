#include "model/incident.h"
#include "model/playbook.h"
#include <string.h>

int incident_pull_take(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const char *secret = json_str(body, "secret"), *because = json_str(body, "because");

	if (!secret || !because)
		return err_set(e, ERR_CONFIG, "journal row %lld (%s): \"secret\" or \"because\" is missing",
			       (long long)row->seq, row_kind_name(row->kind));
	if (incident_pulled(i, secret))
		return 0;
	const struct pulled **v = arena_zero(i->arena, (i->n_pulled + 1) * sizeof(void *));
	struct pulled *p = arena_zero(i->arena, sizeof(*p));

	*p = (struct pulled){ secret, because, arena_dup(i->arena, row->who ? row->who : ""), row->at_us };
	for (uint32_t k = 0; k < i->n_pulled; k++)
		v[k] = i->pulled[k];
	v[i->n_pulled++] = p;
	i->pulled = v;
	return 0;
}

const struct pulled *incident_pulled(const struct incident *i, const char *secret)
{
	for (uint32_t k = 0; k < i->n_pulled; k++)
		if (!strcmp(i->pulled[k]->secret, secret))
			return i->pulled[k];
	return NULL;
}

static int64_t ended_us(const struct step_state *s)
{
	return s->n_deeds ? s->deeds[s->n_deeds - 1].ended_us : 0;
}

static bool is_of(const struct step_state *s, const char *secret, const enum step_do *dos, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (s->secret && !strcmp(s->secret, secret) && !strcmp(s->what, step_do_name(dos[k])))
			return true;
	return false;
}

/* Each step of these kinds went well, and there is one at least; *ret_us: when the last one did. */
static bool all_well(const struct incident *i, const char *secret, const enum step_do *dos, size_t n, int64_t *ret_us)
{
	bool any = false;

	*ret_us = 0;
	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];

		if (!is_of(s, secret, dos, n))
			continue;
		if (!outcome_is_success(s->outcome))
			return false;
		any = true;
		if (ended_us(s) > *ret_us)
			*ret_us = ended_us(s);
	}
	return any;
}

static bool names_a_pull(const struct incident *i, const json_t *ids)
{
	for (size_t k = 0; k < json_array_size(ids); k++) {
		const char *id = json_string_value(json_array_get(ids, k));
		const struct step_state *o = id ? incident_step(i, id) : NULL;

		if (o && !strcmp(o->what, step_do_name(DO_PULL)))
			return true;
	}
	return false;
}

/* The proofs of a pull are those that were planned with it: behind the row. */
static bool is_proof_of_pull(const struct incident *i, const struct step_state *s)
{
	return names_a_pull(i, s->after) || names_a_pull(i, s->behind);
}

/* There is one at least. */
static bool proofs_are_well(const struct incident *i, const char *secret, int64_t *at_us)
{
	static const enum step_do prove = DO_PROVE;
	bool any = false;

	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];

		if (!is_of(s, secret, &prove, 1) || !is_proof_of_pull(i, s))
			continue;
		if (!outcome_is_success(s->outcome))
			return false;
		any = true;
		if (ended_us(s) > *at_us)
			*at_us = ended_us(s);
	}
	return any;
}

bool incident_has_proof(const struct incident *i, const char *secret)
{
	static const enum step_do prove = DO_PROVE;

	for (uint32_t k = 0; k < i->n_steps; k++)
		if (is_of(&i->steps[k], secret, &prove, 1))
			return true;
	return false;
}

bool incident_is_replaced(const struct incident *i, const char *secret, int64_t *ret_us)
{
	static const enum step_do back[] = { DO_ISSUE, DO_PUBLISH, DO_COMMIT, DO_PROVE };

	for (size_t k = 0; k < sizeof(back) / sizeof(*back); k++) {
		int64_t at_us;

		if (!all_well(i, secret, &back[k], 1, &at_us))
			return false;
	}
	return all_well(i, secret, back, sizeof(back) / sizeof(*back), ret_us);
}

enum pull_state incident_pull_state(const struct incident *i, const char *secret, int64_t *ret_us)
{
	static const enum step_do out[] = { DO_PULL, DO_GONE }, back[] = { DO_ISSUE, DO_PUBLISH, DO_COMMIT, DO_PROVE };
	const struct pulled *p = incident_pulled(i, secret);

	*ret_us = 0;
	if (!p)
		return PULL_NONE;
	if (incident_has_proof(i, secret) && all_well(i, secret, back, sizeof(back) / sizeof(*back), ret_us))
		return PULL_BACK;
	if (all_well(i, secret, out, sizeof(out) / sizeof(*out), ret_us) && proofs_are_well(i, secret, ret_us))
		return PULL_OUT;
	*ret_us = p->at_us;
	return PULL_BEGUN;
}

int64_t incident_pull_began_us(const struct incident *i, const char *secret)
{
	static const enum step_do pull = DO_PULL;
	int64_t first = 0;

	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];

		for (uint32_t d = 0; is_of(s, secret, &pull, 1) && d < s->n_deeds; d++) {
			const struct deed *deed = &s->deeds[d];
			bool went = deed->outcome != OUTCOME_UNREACHABLE && deed->outcome != OUTCOME_FAILED;

			if (went && (!first || deed->started_us < first))
				first = deed->started_us;
		}
	}
	return first;
}

const char *pull_state_word(enum pull_state s)
{
	static const char *const words[] = {
		[PULL_NONE] = "none", [PULL_BEGUN] = "begun", [PULL_OUT] = "out", [PULL_BACK] = "back",
	};

	return words[s];
}

const char *incident_not_issued(const struct incident *i, const char *secret, int64_t *ret_us)
{
	static const enum step_do issue = DO_ISSUE;

	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];
		bool failed = s->outcome == OUTCOME_FAILED || s->outcome == OUTCOME_UNREACHABLE ||
			      s->outcome == OUTCOME_UNKNOWN;

		if (!failed || !is_of(s, secret, &issue, 1))
			continue;
		*ret_us = ended_us(s);
		return s->text ? s->text : "";
	}
	return NULL;
}
