#include "base/clock.h"
#include "model/domains.h"
#include "model/notice_parts.h"
#include <string.h>

#define TEXT_MAX (256u << 10)
#define HOUR_US INT64_C(3600000000)
#define REGISTER "the register, as it was when the incident was declared"
#define JOURNAL "the journal"

static const char *worded(const struct notice_facts *f, enum wording w, const char **ret_source)
{
	*ret_source = f->incident->law.words[w].who;
	return f->incident->law.words[w].text;
}

static const char *kept(struct arena *a, const struct buf *b)
{
	return b->len && !b->over ? arena_dup(a, buf_text(b)) : NULL;
}

const char *item_nature_authority(struct arena *a, const struct notice_facts *f, const char **ret_source)
{
	const struct incident *i = f->incident;
	_cleanup_(buf_free) struct buf b = BUF_INIT(TEXT_MAX);
	const char *said = worded(f, WORDS_NATURE, ret_source);

	if (said)
		return said;
	*ret_source = JOURNAL;
	buf_str(&b, "Became known to somebody who must not have it: ");
	for (uint32_t k = 0; k < i->n_what; k++)
		buf_printf(&b, "%s%s", k ? ", " : "", i->what[k]);
	buf_printf(&b, " (%s)", i->because);
	return kept(a, &b);
}

const char *item_nature_people(struct arena *a _unused_, const struct notice_facts *f, const char **ret_source)
{
	return worded(f, WORDS_NATURE, ret_source);
}

const char *item_subjects(struct arena *a _unused_, const struct notice_facts *f, const char **ret_source)
{
	return worded(f, WORDS_SUBJECTS, ret_source);
}

static const char *count(struct arena *a, int64_t n, bool known, const struct said *said, const char **ret_source)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);

	if (!known)
		return NULL;
	*ret_source = said ? said->who : REGISTER;
	buf_printf(&b, "%lld", (long long)n);
	return kept(a, &b);
}

const char *item_people(struct arena *a, const struct notice_facts *f, const char **ret_source)
{
	return count(a, f->scope->people, f->scope->people_known, f->scope->people_said, ret_source);
}

const char *item_records(struct arena *a, const struct notice_facts *f, const char **ret_source)
{
	return count(a, f->scope->records, f->scope->records_known, f->scope->records_said, ret_source);
}

static void categories_of(const struct incident_law *l, struct buf *b)
{
	struct map seen = MAP_INIT;

	for (uint32_t k = 0; k < l->n_data; k++)
		for (uint32_t c = 0; c < l->data[k].n_categories; c++)
			if (map_put(&seen, l->data[k].categories[c], 0))
				buf_printf(b, "%s%s", b->len ? ", " : "", l->data[k].categories[c]);
	map_free(&seen);
}

/* One data set of which nobody knows what it holds makes the list incomplete. */
const char *item_categories(struct arena *a, const struct notice_facts *f, const char **ret_source)
{
	const struct incident *i = f->incident;
	_cleanup_(buf_free) struct buf b = BUF_INIT(TEXT_MAX);
	const char *said = worded(f, WORDS_CATEGORIES, ret_source);

	if (said)
		return said;
	for (uint32_t k = 0; k < i->law.n_data; k++)
		if (!i->law.data[k].n_categories)
			return NULL;
	categories_of(&i->law, &b);
	*ret_source = REGISTER;
	return kept(a, &b);
}

const char *item_contact(struct arena *a _unused_, const struct notice_facts *f, const char **ret_source)
{
	*ret_source = "the register";
	return f->controller->contact;
}

const char *item_consequences(struct arena *a _unused_, const struct notice_facts *f, const char **ret_source)
{
	return worded(f, WORDS_CONSEQUENCES, ret_source);
}

/* What was done, as it is proven, and what a person adds. */
const char *item_measures_authority(struct arena *a, const struct notice_facts *f, const char **ret_source)
{
	const char *said = worded(f, WORDS_MEASURES, ret_source);
	struct counts c = incident_counts(f->incident);
	_cleanup_(buf_free) struct buf b = BUF_INIT(TEXT_MAX);

	if (!said && !c.by[OUTCOME_PROVEN])
		return NULL;
	if (!said)
		*ret_source = JOURNAL;
	if (said)
		buf_printf(&b, "%s", said);
	if (c.by[OUTCOME_PROVEN])
		buf_printf(&b, "%sOf %u steps to replace what leaked, end what was open and prove that the old is "
			   "refused, %u are proven on the services themselves and %u were done by hand; %u are not "
			   "finished.",
			   said ? " / " : "", c.total, c.by[OUTCOME_PROVEN], c.by[OUTCOME_ANSWERED],
			   c.total - c.by[OUTCOME_PROVEN] - c.by[OUTCOME_ANSWERED] - c.by[OUTCOME_SKIPPED]);
	return kept(a, &b);
}

const char *item_measures_people(struct arena *a _unused_, const struct notice_facts *f, const char **ret_source)
{
	return worded(f, WORDS_MEASURES, ret_source);
}

const char *item_advice(struct arena *a _unused_, const struct notice_facts *f, const char **ret_source)
{
	return worded(f, WORDS_ADVICE, ret_source);
}

const char *item_timeline(struct arena *a, const struct notice_facts *f, const char **ret_source)
{
	const struct incident *i = f->incident;
	_cleanup_(buf_free) struct buf b = BUF_INIT(TEXT_MAX);

	*ret_source = JOURNAL;
	if (i->suspected_us) {
		buf_str(&b, "first suspected ");
		clock_format(&b, i->suspected_us);
		buf_str(&b, "; ");
	}
	buf_str(&b, "aware since ");
	clock_format(&b, i->aware_us);
	if (i->law.aware_because)
		buf_printf(&b, " (%s)", i->law.aware_because);
	if (i->first_responded_us) {
		buf_str(&b, "; response since ");
		clock_format(&b, i->first_responded_us);
	}
	return kept(a, &b);
}

const char *item_severity(struct arena *a, const struct notice_facts *f, const char **ret_source)
{
	const struct severity *s = f->severity;
	_cleanup_(buf_free) struct buf b = BUF_INIT(TEXT_MAX);

	if (!f->scope->n_data)
		return NULL;
	*ret_source = "ENISA's method of 2013";
	if (!s->settled) {
		severity_quarters(&b, s->quarters.lo);
		buf_str(&b, " to ");
	}
	severity_quarters(&b, s->quarters.hi);
	buf_printf(&b, ", which counts as %s: %s", severity_band_names[s->band], severity_band_means(s->band));
	if (s->unintelligible)
		buf_str(&b, "; the data cannot be read by who has it");
	return kept(a, &b);
}

const char *item_domains(struct arena *a, const struct notice_facts *f, const char **ret_source)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(TEXT_MAX);

	*ret_source = JOURNAL;
	if (f->reg)
		domains_tell(f->reg, f->incident, &b);
	return kept(a, &b);
}

bool notice_is_late(const struct notice_facts *f)
{
	return f->deadline && (f->deadline->state == DEADLINE_OVER || f->deadline->state == DEADLINE_TOLD_LATE);
}

const char *item_late(struct arena *a _unused_, const struct notice_facts *f, const char **ret_source)
{
	*ret_source = f->incident->law.words[WORDS_LATE].who;
	return f->deadline->late;
}

bool notice_was_suspected_long(const struct notice_facts *f)
{
	const struct incident *i = f->incident;

	return i->suspected_us && i->aware_us - i->suspected_us > f->law->suspicion_hours * HOUR_US;
}

const char *item_suspicion(struct arena *a _unused_, const struct notice_facts *f, const char **ret_source)
{
	*ret_source = f->incident->law.aware_who;
	return f->incident->law.aware_because;
}
