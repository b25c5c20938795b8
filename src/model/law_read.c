#include "model/law_parts.h"
#include "base/mem.h"
#include "base/text.h"

static const char *const froms[] = { [FROM_AWARE] = "aware", [FROM_SUSPECTED] = "suspected", NULL };
static const char *const datas[] = { [RUNG_ANY] = "any", [RUNG_NONE] = "none", [RUNG_SOME] = "some", NULL };
static const char *const wikis[] = {
	[RUNG_WIKIS_ANY] = "any", [RUNG_WIKIS_FEW] = "few", [RUNG_WIKIS_MANY] = "many", NULL,
};

/* The names share a line of commands with rungs and authorities: `notice decide N aware` is about something else. */
static const char *check_audience(const char *s)
{
	static const char *const taken[] = { "aware", "authority", "people" };
	const char *expected = check_host_name(s);

	for (size_t i = 0; !expected && i < ARRAY_SIZE(taken); i++)
		if (!strcmp(taken[i], s))
			expected = "another name: 'aware', 'authority' and 'people' mean something else";
	return expected;
}

static bool take_hours(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;
	uint32_t hours;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (text_u32(text, 1, LAW_HOURS_MAX, &hours) < 0)
		return problem_at(l, n, "'%s' is wrong: expected hours from 1 to %d", k->name, LAW_HOURS_MAX);
	*(int64_t *)((char *)item + k->offset) = hours;
	return true;
}

static bool take_quarters(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (severity_parse_quarters(text, (int64_t *)((char *)item + k->offset)) < 0)
		return problem_at(l, n, "'%s' is wrong: expected quarters below 10, like '2.75'", k->name);
	return true;
}

static bool take_loud(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct regime *r = item;
	struct words w;
	uint32_t percent, before = 0;

	if (!list_words(l, n, LOUD_LEVELS, NULL, &w))
		return false;
	if (n->kind != YAML_LIST || w.n != LOUD_LEVELS)
		return problem_at(l, n, "'%s' is wrong: expected three percentages, like [50, 75, 90]", k->name);
	for (uint32_t i = 0; i < w.n; i++, before = percent) {
		if (text_u32(w.w[i].s, 1, 99, &percent) < 0 || percent <= before)
			return problem_at(l, n, "'%s' is wrong: expected rising percentages from 1 to 99", k->name);
		r->loud[i] = percent;
	}
	return true;
}

#define AT(field) offsetof(struct regime, field)
static const struct key regime_keys[] = {
	{ "regime", take_text, AT(name), .required = true, .check = check_host_name },
	{ "title", take_text, AT(title), .required = true },
	{ "hours", take_hours, AT(hours), .required = true },
	{ "from", take_choice, AT(from), .words = froms },
	{ "loud", take_loud, AT(loud) },
};
#undef AT

#define AT(field) offsetof(struct authority, field)
static const struct key authority_keys[] = {
	{ "authority", take_text, AT(name), .required = true, .check = check_audience },
	{ "title", take_text, AT(title), .required = true },
	{ "country", take_text, AT(country) },
	{ "reach", take_text, AT(reach) },
	{ "regime", take_text, AT(regime_name), .required = true, .check = check_host_name },
};
#undef AT

#define AT(field) offsetof(struct rung, field)
static const struct key rung_keys[] = {
	{ "rung", take_text, AT(name), .required = true, .check = check_audience },
	{ "title", take_text, AT(title), .required = true },
	{ "sentence", take_text, AT(sentence), .required = true },
	{ "data", take_choice, AT(data), .words = datas },
	{ "wikis", take_choice, AT(wikis), .words = wikis },
	{ "people", take_number, AT(people) },
	{ "address", take_flag, AT(address) },
	{ "consider", take_flag, AT(consider) },
	{ "tells-people", take_flag, AT(people_told) },
};
#undef AT

static bool one_regime(struct loader *l, const struct yaml_node *n, void *item)
{
	struct regime *r = item;

	*r = (struct regime){ .loud = { 50, 75, 90 }, .at = position_of(l, n) };
	return take_map(l, n, regime_keys, ARRAY_SIZE(regime_keys), r, "the regime");
}

static bool one_authority(struct loader *l, const struct yaml_node *n, void *item)
{
	struct authority *a = item;

	*a = (struct authority){ .at = position_of(l, n) };
	return take_map(l, n, authority_keys, ARRAY_SIZE(authority_keys), a, "the authority");
}

static bool one_rung(struct loader *l, const struct yaml_node *n, void *item)
{
	struct rung *r = item;

	*r = (struct rung){ .at = position_of(l, n) };
	return take_map(l, n, rung_keys, ARRAY_SIZE(rung_keys), r, "the rung");
}

#define LIST(field, one, limit) \
	static bool take_##field(struct loader *l, const struct key *k, const struct yaml_node *n, void *item) \
	{ \
		struct law *law = item; \
		void *v = NULL; \
		uint32_t count = 0; \
		bool ok = take_elements(l, n, k->name, (limit), sizeof(*law->field), (one), &v, &count); \
		law->field = v; \
		law->n_##field = count; \
		return ok; \
	}
LIST(regimes, one_regime, LAW_REGIMES_MAX)
LIST(authorities, one_authority, LAW_AUTHORITIES_MAX)
LIST(rungs, one_rung, LAW_RUNGS_MAX)
#undef LIST

#define AT(field) offsetof(struct law, severity.field)
static const struct key severity_keys[] = {
	{ "medium", take_quarters, AT(band[BAND_MEDIUM]), .required = true },
	{ "high", take_quarters, AT(band[BAND_HIGH]), .required = true },
	{ "very-high", take_quarters, AT(band[BAND_VERY_HIGH]), .required = true },
	{ "near", take_quarters, AT(near), .required = true },
	{ "many-people", take_number, AT(many_people), .required = true },
	{ "tell-people-from", take_choice, offsetof(struct law, people_from), .required = true,
	  .words = severity_band_names },
};
#undef AT

static bool take_severity(struct loader *l, const struct key *k _unused_, const struct yaml_node *n, void *item)
{
	struct law *law = item;
	const int64_t *b = law->severity.band;

	if (!take_map(l, n, severity_keys, ARRAY_SIZE(severity_keys), law, "'severity'"))
		return false;
	if (b[BAND_MEDIUM] < 1 || b[BAND_HIGH] <= b[BAND_MEDIUM] || b[BAND_VERY_HIGH] <= b[BAND_HIGH])
		return problem_at(l, n, "'severity' is wrong: medium, high and very-high have to rise");
	return true;
}

static bool take_version(struct loader *l, const struct key *k, const struct yaml_node *n, void *item _unused_)
{
	const char *text;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (strcmp(text, "1") != 0)
		return problem_at(l, n, "'notification: %.60s' is a format that is not known here: expected "
				  "'notification: 1'", text);
	return true;
}

static const struct key file_keys[] = {
	{ "notification", take_version, 0, .required = true },
	{ "regimes", take_regimes, 0 },
	{ "authorities", take_authorities, 0 },
	{ "suspicion-hours", take_hours, offsetof(struct law, suspicion_hours) },
	{ "severity", take_severity, 0 },
	{ "few-wikis", take_number, offsetof(struct law, few_wikis) },
	{ "ladder", take_rungs, 0 },
};

bool law_read(struct loader *l, const struct yaml_node *root, struct law *ret)
{
	return take_map(l, root, file_keys, ARRAY_SIZE(file_keys), ret, "the file");
}
