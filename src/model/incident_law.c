#include "model/incident_law.h"
#include "base/mem.h"
#include "model/incident.h"
#include <string.h>

const struct wording_def wordings[WORDINGS] = {
	[WORDS_NATURE] = { "nature", "what happened, in plain language" },
	[WORDS_SUBJECTS] = { "subjects", "whose data it is: readers, editors, staff" },
	[WORDS_CATEGORIES] = { "categories", "what kinds of records, in place of the register's" },
	[WORDS_CONSEQUENCES] = { "consequences", "what it may lead to for these people" },
	[WORDS_MEASURES] = { "measures", "what was done about it and what will be" },
	[WORDS_ADVICE] = { "advice", "what people can do to protect themselves" },
	[WORDS_LATE] = { "late", "why the authority is told after the deadline" },
};

static int wrong(const struct row *row, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFIG, "journal row %lld (%s): %s", (long long)row->seq, row_kind_name(row->kind), what);
}

static enum data_class class_of(const char *word)
{
	for (int c = 0; word && c < DATA_CLASSES; c++)
		if (!strcmp(data_class_names[c], word))
			return (enum data_class)c;
	return CLASS_UNKNOWN;
}

/* Metrics and the like: the register says that they are about no person. */
static void leave_out_nobody(struct incident_law *l)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n_data; k++)
		if (l->data[k].people != 0)
			l->data[n++] = l->data[k];
	l->n_data = n;
}

/* The blast radius tells which; the list beside it, which older rows do not have, tells what each holds. */
static int take_declared(struct incident *i, const struct row *row _unused_, const json_t *body, struct err *e _unused_)
{
	const json_t *data = json_object_get(body, "data");
	struct incident_law *l = &i->law;
	struct map names = MAP_INIT;

	l->data = arena_zero(i->arena, (i->n_members + 1) * sizeof(*l->data));
	l->n_data = 0;
	for (uint32_t k = 0; k < i->n_members; k++)
		if (i->members[k].kind && i->members[k].name && !strcmp(i->members[k].kind, "data") &&
		    map_put(&names, i->members[k].name, l->n_data))
			l->data[l->n_data++] = (struct data_held){ .name = i->members[k].name,
								   .title = i->members[k].name,
								   .people = -1, .records = -1 };
	for (size_t k = 0; k < json_array_size(data); k++) {
		const json_t *d = json_array_get(data, k), *categories = json_object_get(d, "categories");
		uint32_t at = json_str(d, "name") ? map_get(&names, json_str(d, "name")) : MAP_NONE;
		struct data_held *held;

		if (at == MAP_NONE)
			continue;
		held = &l->data[at];
		held->listed = true;
		held->title = json_str(d, "title") ? json_str(d, "title") : held->name;
		held->wiki = json_str(d, "wiki");
		held->people = json_int(d, "people", -1);
		held->records = json_int(d, "records", -1);
		held->class = class_of(json_str(d, "class"));
		held->address = json_is(d, "address");
		held->categories = arena_zero(i->arena, (json_array_size(categories) + 1) * sizeof(char *));
		for (size_t c = 0; c < json_array_size(categories); c++)
			if (json_is_string(json_array_get(categories, c)))
				held->categories[held->n_categories++] =
					json_string_value(json_array_get(categories, c));
	}
	map_free(&names);
	leave_out_nobody(l);
	return 0;
}

static int take_assessed(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const char *who = arena_dup(i->arena, row->who ? row->who : "");

	for (int k = 0; k < SEVERITY_INS; k++) {
		const json_t *v = json_object_get(body, severity_inputs[k].name);
		struct said s = { .said = true, .because = json_str(body, "because"), .who = who };
		char number[32];

		if (!v)
			continue;
		if (json_is_integer(v))
			(void)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(v));
		if ((!json_is_integer(v) && !json_is_string(v)) ||
		    severity_parse((enum severity_in)k, json_is_string(v) ? json_string_value(v) : number, &s.value,
				   NULL) < 0)
			return wrong(row, "holds an input of the severity that is not known", e);
		i->law.severity[k] = s;
	}
	return 0;
}

static int take_worded(struct incident *i, const struct row *row, const json_t *body, struct err *e _unused_)
{
	for (int k = 0; k < WORDINGS; k++) {
		const char *text = json_str(body, wordings[k].name);

		if (text)
			i->law.words[k] = (struct worded){ text, arena_dup(i->arena, row->who ? row->who : ""),
							   row->at_us };
	}
	return 0;
}

static int take_decided(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const char *what = json_str(body, "what"), *because = json_str(body, "because");
	struct incident_law *l = &i->law;

	if (!what || !because)
		return wrong(row, "needs \"what\" and \"because\"", e);
	if (!strcmp(what, "aware")) {
		i->aware_us = json_int(body, "at_us", i->aware_us);
		l->aware_because = because;
		l->aware_who = arena_dup(i->arena, row->who ? row->who : "");
		return 0;
	}
	if (!GROW(l->decided, l->n_decided, l->cap_decided, LIMIT_TOLD))
		return wrong(row, "too many decisions", e);
	l->decided[l->n_decided++] = (struct decided){
		.what = what, .because = because, .yes = json_is(body, "yes"), .noted_us = row->at_us,
		.who = arena_dup(i->arena, row->who ? row->who : "") };
	return 0;
}

static void take_back(struct incident_law *l, const char *to)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n_told; k++)
		if (strcmp(l->told[k].to, to) != 0)
			l->told[n++] = l->told[k];
	l->n_told = n;
}

static int take_told(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	const char *to = json_str(body, "to");
	struct incident_law *l = &i->law;
	int64_t at_us = json_int(body, "at_us", 0);

	if (!to)
		return wrong(row, "\"to\" is missing", e);
	if (json_is(body, "mistaken")) {
		take_back(l, to);
		return 0;
	}
	if (at_us <= 0)
		return wrong(row, "\"at_us\" is missing", e);
	if (!GROW(l->told, l->n_told, l->cap_told, LIMIT_TOLD))
		return wrong(row, "too many notices", e);
	l->told[l->n_told++] = (struct told){
		.to = to, .reference = json_str(body, "reference"), .late = json_str(body, "late"),
		.because = json_str(body, "because"), .phased = json_is(body, "phased"), .at_us = at_us,
		.noted_us = row->at_us, .who = arena_dup(i->arena, row->who ? row->who : "") };
	return 0;
}

int incident_law_take(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	static int (*const take[ROW_KINDS])(struct incident *, const struct row *, const json_t *, struct err *) = {
		[ROW_DECLARED] = take_declared, [ROW_ASSESSED] = take_assessed, [ROW_WORDED] = take_worded,
		[ROW_DECIDED] = take_decided, [ROW_TOLD] = take_told,
	};

	return take[row->kind] ? take[row->kind](i, row, body, e) : 0;
}

void incident_law_free(struct incident_law *l)
{
	free(l->told);
	free(l->decided);
}

const struct decided *incident_decided(const struct incident *i, const char *what)
{
	for (uint32_t k = i->law.n_decided; k-- > 0;)
		if (!strcmp(i->law.decided[k].what, what))
			return &i->law.decided[k];
	return NULL;
}
