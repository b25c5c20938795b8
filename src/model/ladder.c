#include "model/ladder.h"
#include "base/mem.h"
#include <string.h>

#define SCOPE_MAX INT64_C(10000000000)

/* Whatever a register says: a sum stays below what a person may say (severity.h). */
static void add_up(int64_t n, int64_t *sum, bool *known)
{
	if (n < 0)
		*known = false;
	else
		*sum = n > SCOPE_MAX - *sum ? SCOPE_MAX : *sum + n;
}

/* "" stands for all of them: no wiki is called so. A farm may have a data set for each of thousands of wikis. */
uint32_t scope_wikis(const struct incident *i, struct scope_wiki *ret)
{
	struct map names = MAP_INIT;
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->law.n_data; k++) {
		const struct data_held *d = &i->law.data[k];
		uint32_t w;

		if (map_put(&names, d->wiki ? d->wiki : "", n))
			ret[n++] = (struct scope_wiki){ .wiki = d->wiki, .people_known = true, .records_known = true };
		w = map_get(&names, d->wiki ? d->wiki : "");
		add_up(d->people, &ret[w].people, &ret[w].people_known);
		add_up(d->records, &ret[w].records, &ret[w].records_known);
	}
	map_free(&names);
	return n;
}

static void count_wikis(const struct incident *i, struct scope *s)
{
	_cleanup_(freep) struct scope_wiki *wikis = mem_zero(i->law.n_data + 1, sizeof(*wikis));
	uint32_t n = scope_wikis(i, wikis);

	for (uint32_t k = 0; k < n; k++) {
		s->everywhere |= !wikis[k].wiki;
		s->n_wikis += wikis[k].wiki != NULL;
	}
}

static const struct said *by_person(const struct incident *i, enum severity_in in, int64_t *ret, bool *ret_known)
{
	const struct said *s = &i->law.severity[in];

	if (!s->said)
		return NULL;
	*ret = s->value;
	*ret_known = true;
	return s;
}

void scope_of(const struct incident *i, struct scope *ret)
{
	struct scope s = { .people_known = true, .records_known = true, .n_data = i->law.n_data };

	for (uint32_t k = 0; k < i->law.n_data; k++) {
		const struct data_held *d = &i->law.data[k];

		add_up(d->people, &s.people, &s.people_known);
		add_up(d->records, &s.records, &s.records_known);
		s.n_unlisted += !d->listed;
		s.address |= d->address;
	}
	count_wikis(i, &s);
	s.people_said = by_person(i, SEVERITY_PEOPLE, &s.people, &s.people_known);
	s.records_said = by_person(i, SEVERITY_RECORDS, &s.records, &s.records_known);
	*ret = s;
}

/* Why a rung does not fit, or NULL. */
static const char *against(const struct rung *r, const struct law *l, const struct scope *s)
{
	bool few = !s->everywhere && s->n_wikis <= l->few_wikis;

	if (r->data == RUNG_NONE && s->n_data)
		return "data of people is in reach";
	if (r->data == RUNG_SOME && !s->n_data)
		return "by the register no data of people is in reach";
	if (r->people && s->people_known && s->people < r->people)
		return "fewer people than the rule names are concerned";
	if (r->wikis == RUNG_WIKIS_FEW && !few)
		return "it is not restricted to a few wikis";
	if (r->wikis == RUNG_WIKIS_MANY && few)
		return "it is restricted to a few wikis";
	if (r->address && !s->address)
		return "by the register no address of theirs is known";
	return NULL;
}

static const char *in_favour(const struct rung *r, const struct scope *s)
{
	if (r->address)
		return "people can be named, and an address of theirs is known";
	if (r->people)
		return s->people_known ? "as many people as the rule names, or more, are concerned"
				       : "nobody knows how many people are concerned: it counts as many";
	if (r->data == RUNG_SOME)
		return "data of people is in reach";
	return r->data == RUNG_NONE ? "no data of people is in reach" : "it is for every incident";
}

static const struct told *told_by(const struct incident *i, const char *rung)
{
	for (uint32_t k = 0; k < i->law.n_told; k++)
		if (!strcmp(i->law.told[k].to, rung))
			return &i->law.told[k];
	return NULL;
}

void ladder_of(const struct incident *i, const struct law *l, const struct scope *s, struct rung_answer *ret)
{
	bool planned = i->mode && !strcmp(i->mode, "planned");

	for (uint32_t k = 0; k < l->n_rungs; k++) {
		const struct rung *r = &l->rungs[k];
		const char *no = planned && r->data != RUNG_ANY ? "planned: a drill or a routine, nothing has leaked"
								: against(r, l, s);
		enum rung_state by_rule = no ? RUNG_NO : r->consider ? RUNG_OPEN : RUNG_YES;
		const struct decided *d = incident_decided(i, r->name);

		ret[k] = (struct rung_answer){
			.rung = r, .by_rule = by_rule, .decided = d, .told = told_by(i, r->name),
			.state = !d ? by_rule : d->yes ? RUNG_YES : RUNG_NO,
			.why = no ? no : in_favour(r, s) };
	}
}

const char *rung_state_name(enum rung_state s)
{
	static const char *const names[] = { [RUNG_NO] = "no", [RUNG_YES] = "yes", [RUNG_OPEN] = "decide" };

	return names[s];
}

const char *ladder_objection(const struct law *l, const struct scope *s, const struct severity *sev,
			     const struct rung_answer *a)
{
	bool told = false, mail = false, decided = false;

	if (!s->n_data || sev->band < l->people_from || sev->unintelligible)
		return NULL;
	for (uint32_t k = 0; k < l->n_rungs; k++) {
		if (!a[k].rung->people_told)
			continue;
		told |= a[k].state == RUNG_YES;
		mail |= a[k].state == RUNG_YES && a[k].rung->address;
		decided |= a[k].decided && !a[k].decided->yes;
	}
	if (told && (mail || decided))
		return NULL;
	if (!told)
		return decided ? NULL : "the risk counts as high, and nothing here tells the people concerned: "
					"Art. 34(1) has them told; decide one of these, or decide against with a "
					"reason";
	return "the risk counts as high, and nobody is told directly: Art. 34(3)(c) allows a public notice instead "
	       "only where mail would be a disproportionate effort or no address is known; decide against mail with "
	       "that reason";
}

void severity_of_incident(const struct incident *i, const struct law *l, const struct scope *s, struct severity *ret)
{
	_cleanup_(freep) enum data_class *weights = mem_zero(i->law.n_data + 1, sizeof(*weights));

	for (uint32_t k = 0; k < i->law.n_data; k++)
		weights[k] = i->law.data[k].class;
	severity_of(i->law.severity, weights, i->law.n_data, s->people, &l->severity, ret);
}
