#include "base/mem.h"
#include "model/incident.h"
#include "model/limits.h"
#include <string.h>

typedef int take_fn(struct incident *i, const struct row *row, const json_t *body, struct err *e);

static int wrong(const struct row *row, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFIG, "journal row %lld (%s): %s", (long long)row->seq, row_kind_name(row->kind), what);
}

static const char **list(struct incident *i, const json_t *array, uint32_t *ret_n)
{
	size_t n = json_array_size(array);
	const char **v = arena_zero(i->arena, (n + 1) * sizeof(*v));

	*ret_n = 0;
	for (size_t k = 0; k < n; k++)
		if (json_is_string(json_array_get(array, k)))
			v[(*ret_n)++] = json_string_value(json_array_get(array, k));
	return v;
}

static int take_declared(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const json_t *members = json_object_get(body, "members");

	i->because = json_str(body, "because");
	if (!i->because)
		return wrong(row, "\"because\" is missing", e);
	i->declared_us = row->at_us;
	i->suspected_us = json_int(body, "suspected_us", 0);
	i->aware_us = json_int(body, "aware_us", row->at_us);
	i->confidence = json_str(body, "confidence");
	i->mode = json_str(body, "mode");
	i->drill = json_is(body, "drill");
	i->register_digest = json_str(body, "register");
	i->who = arena_dup(i->arena, row->who ? row->who : "");
	i->what = list(i, json_object_get(body, "what"), &i->n_what);
	i->members = arena_zero(i->arena, (json_array_size(members) + 1) * sizeof(*i->members));
	for (size_t k = 0; k < json_array_size(members); k++) {
		const json_t *m = json_array_get(members, k);

		i->members[i->n_members++] = (struct affected){
			json_str(m, "kind"), json_str(m, "name"), json_str(m, "path"), json_int(m, "depth", 0) };
	}
	return incident_law_take(i, row, body, e);
}

static int add_step(struct incident *i, const struct row *row, const json_t *s, struct err *e)
{
	const char *id = json_str(s, "id"), *what = json_str(s, "do");

	if (!id || !what)
		return wrong(row, "a step needs \"id\" and \"do\"", e);
	if (map_get(&i->step_ids, id) != MAP_NONE)
		return 0;
	if (!GROW(i->steps, i->n_steps, i->cap_steps, LIMIT_STEPS))
		return wrong(row, "too many steps", e);
	map_put(&i->step_ids, id, i->n_steps);
	i->steps[i->n_steps++] = (struct step_state){
		.id = id, .what = what,
		.title = json_str(s, "title") ? json_str(s, "title") : id,
		.why = json_str(s, "why"), .secret = json_str(s, "secret"), .account = json_str(s, "account"),
		.host = json_str(s, "host"), .interrupts = json_str(s, "interrupts"),
		.cannot = json_str(s, "cannot"), .person = json_is(s, "person"),
		.limit_ms = json_int(s, "limit_ms", 0),
		.after = json_object_get(s, "after"), .behind = json_object_get(s, "behind"),
	};
	return 0;
}

static int take_planned(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const json_t *steps = json_object_get(body, "steps");

	for (size_t k = 0; k < json_array_size(steps); k++) {
		int r = add_step(i, row, json_array_get(steps, k), e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int take_claimed(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const char *secret = json_str(body, "secret");
	const char **v;

	if (!secret)
		return wrong(row, "\"secret\" is missing", e);
	v = arena_zero(i->arena, (i->n_claimed + 1) * sizeof(*v));
	for (uint32_t k = 0; k < i->n_claimed; k++)
		v[k] = i->claimed[k];
	v[i->n_claimed++] = secret;
	i->claimed = v;
	return 0;
}

static int take_released(struct incident *i, const struct row *row _unused_, const json_t *body, struct err *e _unused_)
{
	const char *secret = json_str(body, "secret");
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->n_claimed; k++)
		if (!secret || strcmp(i->claimed[k], secret) != 0)
			i->claimed[n++] = i->claimed[k];
	i->n_claimed = n;
	return 0;
}

static int take_started(struct incident *i, const struct row *row, const json_t *body _unused_, struct err *e _unused_)
{
	if (!i->first_responded_us)
		i->first_responded_us = row->at_us;
	i->responded_us = row->at_us;
	i->responder = arena_dup(i->arena, row->who ? row->who : "");
	return 0;
}

static struct step_state *step_of(struct incident *i, const struct row *row, struct err *e)
{
	uint32_t at = row->step ? map_get(&i->step_ids, row->step) : MAP_NONE;

	if (at == MAP_NONE) {
		wrong(row, "names a step that is not in the plan", e);
		return NULL;
	}
	return &i->steps[at];
}

static int take_intent(struct incident *i, const struct row *row, const json_t *body _unused_, struct err *e)
{
	struct step_state *s = step_of(i, row, e);

	if (!s)
		return -ERR_CONFIG;
	s->deeds = realloc(s->deeds, (s->n_deeds + 1) * sizeof(*s->deeds));
	if (!s->deeds)
		abort();
	s->deeds[s->n_deeds++] = (struct deed){
		.attempt = row->attempt, .started_us = row->at_us, .outcome = OUTCOME_STARTED,
		.who = arena_dup(i->arena, row->who ? row->who : ""), .effect = "unknown", .text = "",
	};
	s->outcome = OUTCOME_STARTED;
	s->text = NULL;
	return 0;
}

static int take_outcome(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct step_state *s = step_of(i, row, e);
	enum outcome o;

	if (!s)
		return -ERR_CONFIG;
	if (outcome_parse(json_str(body, "outcome"), &o) < 0 || !s->n_deeds)
		return wrong(row, "has no known \"outcome\", or no intent before it", e);
	struct deed *d = &s->deeds[s->n_deeds - 1];

	d->ended_us = row->at_us;
	d->outcome = s->outcome = o;
	d->effect = json_str(body, "effect");
	d->text = s->text = json_str(body, "text");
	d->tries = json_object_get(body, "tries");
	d->result = json_object_get(body, "result");
	if (json_str(body, "new")) {
		s->sealed_old = json_str(body, "old");
		s->sealed_new = json_str(body, "new");
		s->old_tag = json_str(body, "old_tag");
		s->new_tag = json_str(body, "new_tag");
	}
	return 0;
}

static int take_decision(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct step_state *s = step_of(i, row, e);

	if (!s)
		return -ERR_CONFIG;
	s->outcome = row->kind == ROW_SKIPPED ? OUTCOME_SKIPPED : OUTCOME_ANSWERED;
	s->text = json_str(body, "because");
	return 0;
}

/* The newest of a secret counts: a later search sees what was cleaned up since. */
static int take_traced(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const char *secret = json_str(body, "secret");
	uint32_t k = 0;

	if (!secret)
		return wrong(row, "\"secret\" is missing", e);
	while (k < i->n_traced && strcmp(json_str(i->traced[k], "secret"), secret) != 0)
		k++;
	if (k == i->n_traced) {
		const json_t **v = arena_zero(i->arena, (i->n_traced + 1) * sizeof(const json_t *));

		for (uint32_t n = 0; n < i->n_traced; n++)
			v[n] = i->traced[n];
		i->traced = v;
		i->n_traced++;
	}
	i->traced[k] = body;
	return 0;
}

static int take_evidence(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const json_t **v = arena_zero(i->arena, (i->n_evidence + 1) * sizeof(const json_t *));

	if (!json_str(body, "host"))
		return wrong(row, "\"host\" is missing", e);
	if (json_str(body, "opened"))
		return 0;
	for (uint32_t n = 0; n < i->n_evidence; n++)
		v[n] = i->evidence[n];
	v[i->n_evidence++] = body;
	i->evidence = v;
	return 0;
}

/* The first of a host counts most, and is kept: behind it the host was changed. */
static int take_asked(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct step_state *s = step_of(i, row, e);
	const json_t **v;

	if (!s)
		return -ERR_CONFIG;
	if (!json_is_array(json_object_get(body, "logins")))
		return wrong(row, "\"logins\" is missing", e);
	v = arena_zero(i->arena, (s->n_asked + 1) * sizeof(const json_t *));
	for (uint32_t n = 0; n < s->n_asked; n++)
		v[n] = s->asked[n];
	v[s->n_asked++] = body;
	s->asked = v;
	return 0;
}

static int take_drilled(struct incident *i, const struct row *row _unused_, const json_t *body, struct err *e _unused_)
{
	i->drilled = body;
	return 0;
}

static int take_closed(struct incident *i, const struct row *row, const json_t *body _unused_, struct err *e _unused_)
{
	i->closed_us = row->at_us;
	i->n_claimed = 0;
	return 0;
}

static int take_nothing(struct incident *i _unused_, const struct row *row _unused_, const json_t *body _unused_,
			struct err *e _unused_)
{
	return 0;
}

static take_fn *const take[ROW_KINDS] = {
	[ROW_DECLARED] = take_declared, [ROW_PLANNED] = take_planned, [ROW_CLAIMED] = take_claimed,
	[ROW_RELEASED] = take_released, [ROW_STARTED] = take_started, [ROW_INTENT] = take_intent,
	[ROW_OUTCOME] = take_outcome, [ROW_SKIPPED] = take_decision, [ROW_ANSWERED] = take_decision,
	[ROW_RECOVERED] = take_nothing, [ROW_TRACED] = take_traced, [ROW_REPORTED] = take_nothing,
	[ROW_DRILLED] = take_drilled, [ROW_ASKED] = take_asked, [ROW_PULLED] = incident_pull_take,
	[ROW_CLOSED] = take_closed, [ROW_ASSESSED] = incident_law_take, [ROW_WORDED] = incident_law_take,
	[ROW_DECIDED] = incident_law_take, [ROW_TOLD] = incident_law_take,
	[ROW_APPROVED] = take_nothing, [ROW_PUBLISHING] = take_nothing, [ROW_PUBLISHED] = take_nothing,
	[ROW_ALERTING] = incident_alert_take, [ROW_ALERTED] = incident_alert_take,
	[ROW_ACKNOWLEDGED] = incident_alert_take,
	[ROW_MAILED] = take_nothing,
	[ROW_INVESTIGATED] = incident_look_take, [ROW_POSTURE] = take_nothing,
	[ROW_EVIDENCE] = take_evidence, [ROW_BASELINE] = take_nothing,
	[ROW_CONTAINING] = incident_contain_take, [ROW_CONTAINED] = incident_contain_take,
};

int incident_add(struct incident *i, const struct row *row, struct err *e)
{
	char name[48];
	json_t *body;
	int r;

	snprintf(name, sizeof(name), "journal row %lld", (long long)row->seq);
	r = json_read(name, row->body, strlen(row->body), ROW_BODY_MAX, &body, e);
	if (r < 0)
		return r;
	json_array_append_new(i->bodies, body);
	i->last_seq = row->seq;
	i->last_us = row->at_us;
	r = take[row->kind](i, row, body, e);
	return r < 0 ? r : incident_report_take(i, row, body, e);
}
