#include "model/law_state.h"
#include "base/mem.h"

void law_state_of(const struct incident *i, const struct law *l, int64_t now_us, struct law_state *ret)
{
	struct law_state s = { .law = l, .incident = i, .now_us = now_us,
			       .deadlines = mem_zero(l->n_authorities + 1, sizeof(*s.deadlines)),
			       .rungs = mem_zero(l->n_rungs + 1, sizeof(*s.rungs)) };

	scope_of(i, &s.scope);
	severity_of_incident(i, l, &s.scope, &s.severity);
	for (uint32_t k = 0; k < l->n_authorities; k++)
		deadline_of(i, &l->authorities[k], now_us, &s.deadlines[k]);
	ladder_of(i, l, &s.scope, s.rungs);
	s.objection = ladder_objection(l, &s.scope, &s.severity, s.rungs);
	*ret = s;
}

void law_state_free(struct law_state *s)
{
	free(s->deadlines);
	free(s->rungs);
}

bool law_state_is_settled(const struct law_state *s)
{
	for (uint32_t k = 0; k < s->law->n_authorities; k++)
		if (!deadline_is_settled(&s->deadlines[k]))
			return false;
	return true;
}

bool law_state_is_bold(const struct law_state *s, const struct deadline *d)
{
	return d->state == DEADLINE_NONE && d->who && s->scope.n_data && s->severity.band > BAND_LOW;
}

/* What is over comes before what runs, what runs before what is told or need not be. */
static int urgency(const struct deadline *d)
{
	static const int of[DEADLINE_STATES] = {
		[DEADLINE_OVER] = 4, [DEADLINE_RUNS] = 3, [DEADLINE_TOLD_LATE] = 2, [DEADLINE_TOLD] = 1,
		[DEADLINE_NONE] = 0,
	};

	return of[d->state];
}

const struct deadline *law_state_first(const struct law_state *s)
{
	const struct deadline *first = &s->deadlines[0];

	for (uint32_t k = 1; k < s->law->n_authorities; k++) {
		const struct deadline *d = &s->deadlines[k];

		if (urgency(d) > urgency(first) || (urgency(d) == urgency(first) && d->left_us < first->left_us))
			first = d;
	}
	return first;
}

static void said_by(const struct said *s, struct buf *b)
{
	buf_printf(b, " (%s: %s)", s->who, s->because ? s->because : "no reason given");
}

static const char *means_of(const struct severity_input *in, int64_t value)
{
	for (uint32_t k = 0; k < in->n_words; k++)
		if (in->words[k].value == value)
			return in->words[k].means;
	return "";
}

static void class_of_register(const struct law_state *s, struct buf *b)
{
	const struct range *r = &s->severity.dpc;

	if (r->lo == r->hi)
		buf_printf(b, "%s, the heaviest of what is in reach (the register)", data_class_names[r->lo]);
	else
		buf_printf(b, "not known: %s to %s; counts as %s", data_class_names[r->lo], data_class_names[r->hi],
			   data_class_names[r->hi]);
}

static void count_of_register(int64_t n, bool known, struct buf *b)
{
	if (known)
		buf_printf(b, "%lld (the register)", (long long)n);
	else if (n)
		buf_printf(b, "at least %lld; the register does not say it of all", (long long)n);
	else
		buf_str(b, "not known");
}

void severity_input_words(const struct law_state *s, enum severity_in in, struct buf *b)
{
	const struct severity_input *input = &severity_inputs[in];
	const struct said *said = &s->incident->law.severity[in];

	buf_printf(b, "%s: ", input->title);
	if (said->said && input->words)
		buf_printf(b, "%s, %s", severity_word_of(in, said->value), means_of(input, said->value));
	else if (said->said)
		buf_printf(b, in == SEVERITY_CONTEXT ? "%+lld" : "%lld", (long long)said->value);
	else if (in == SEVERITY_CLASS)
		class_of_register(s, b);
	else if (in == SEVERITY_PEOPLE)
		count_of_register(s->scope.people, s->scope.people_known, b);
	else if (in == SEVERITY_RECORDS)
		count_of_register(s->scope.records, s->scope.records_known, b);
	else if (in == SEVERITY_CONTEXT || in == SEVERITY_UNINTELLIGIBLE)
		buf_str(b, "nothing said, counts as none");
	else
		buf_printf(b, "not said, counts as '%s'", input->words[input->n_words - 1].word);
	if (said->said)
		said_by(said, b);
}

void severity_words(const struct severity *s, struct buf *b)
{
	if (!s->settled) {
		severity_quarters(b, s->quarters.lo);
		buf_str(b, " to ");
	}
	severity_quarters(b, s->quarters.hi);
	buf_printf(b, s->settled ? ", %s: %s" : ", counts as %s until more is said: %s",
		   severity_band_names[s->band], severity_band_means(s->band));
	if (s->near)
		buf_str(b, "; within a quarter of another band");
	if (s->many)
		buf_str(b, "; many people");
	if (s->unintelligible)
		buf_str(b, "; who has the data cannot read it");
}

static void amount(int64_t n, bool known, const char *what, struct buf *b)
{
	if (known)
		buf_printf(b, "about %lld %s", (long long)n, what);
	else if (n)
		buf_printf(b, "at least %lld %s", (long long)n, what);
	else
		buf_printf(b, "nobody knows how many %s", what);
}

void scope_wiki_words(const struct scope_wiki *w, struct buf *b)
{
	amount(w->people, w->people_known, "people", b);
	buf_str(b, ", ");
	amount(w->records, w->records_known, "records", b);
}

void scope_words(const struct scope *s, struct buf *b)
{
	if (!s->n_data) {
		buf_str(b, "by the register no data of people is in reach");
		return;
	}
	scope_wiki_words(&(struct scope_wiki){ NULL, s->people, s->records, s->people_known, s->records_known }, b);
	buf_printf(b, ", in %u data set%s", s->n_data, s->n_data == 1 ? "" : "s");
	if (s->n_unlisted)
		buf_printf(b, " (of %u of them the journal does not say what they hold)", s->n_unlisted);
	if (s->everywhere)
		buf_str(b, ", on all wikis");
	else
		buf_printf(b, ", on %u wiki%s", s->n_wikis, s->n_wikis == 1 ? "" : "s");
}
