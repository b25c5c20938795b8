/* A team's file of rules: compiled, and each sample of each of its rules tried, as tests/unit does with the shipped. */
#include "scanner/scanner.h"
#include "base/mem.h"
#include "match/sample.h"
#include <string.h>

#define SEEDS 4u
#define TOLD_MAX 1000u

struct trying { struct scanner *s; json_t *problems; uint32_t rules, samples; };
struct seen { uint64_t from, to; bool any, exact; };

static void see(const struct match *m, void *arg)
{
	struct seen *s = arg;

	s->any = true;
	s->exact |= m->offset == s->from && m->offset + m->len == s->to;
}

static void say(struct trying *t, const struct rule *r, const char *template, const char *what)
{
	_cleanup_(freep) char *text = mem_printf("%s:%u:%u: rule '%s': %s: %s", r->at.file, r->at.line, r->at.col,
						 r->id, what, template);

	if (json_array_size(t->problems) < TOLD_MAX)
		json_array_append_new(t->problems, json_string(text));
}

/* Alone: where rules overlap, the one that stands first is told, and that is no mistake of the other. */
static void try_sample(struct trying *t, struct matcher *m, const struct rule *r, const char *template, bool wanted)
{
	bool wrong = false;

	t->samples++;
	for (uint64_t seed = 1; seed <= SEEDS && !wrong; seed++) {
		_cleanup_(sample_free) struct sample made = { 0 };
		struct err e = ERR_INIT;
		bool ok = sample_make(template, seed, &made, &e) == 0;
		struct seen seen = { .from = made.from, .to = made.to };

		ok = ok && matcher_scan(m, buf_text(&made.text), made.text.len, see, &seen, &e) == 0;
		wrong = true;
		if (!ok)
			say(t, r, template, e.text);
		else if (!wanted && seen.any)
			say(t, r, template, "finds something in a sample of 'no-match'");
		else if (wanted && !seen.any)
			say(t, r, template, "does not find its sample");
		else if (wanted && made.marked && !seen.exact)
			say(t, r, template, "finds its sample, and other bounds than {<} and {>} say");
		else
			wrong = false;
	}
}

static int try_rule(struct trying *t, uint32_t i, const struct digest_key *key, struct err *e)
{
	const struct rule *r = t->s->rules.r[i];
	const struct rules alone = { .r = &t->s->rules.r[i], .n = 1 };
	_cleanup_(matcher_freep) struct matcher *m = NULL;
	int x = matcher_open(&alone, MATCHER_FAST, key, NULL, &m, e);

	if (x < 0)
		return x;
	t->rules++;
	for (uint32_t k = 0; k < r->match.n; k++)
		try_sample(t, m, r, r->match.s[k], true);
	for (uint32_t k = 0; k < r->no_match.n; k++)
		try_sample(t, m, r, r->no_match.s[k], false);
	return 0;
}

static json_t *texts(const struct strv *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n && i < TOLD_MAX; i++)
		json_array_append_new(list, json_string(v->s[i]));
	return list;
}

/* What the file itself has wrong is told whole, not only its first mistake. */
int scanner_check_rules(struct scanner *s, struct err *e)
{
	_cleanup_(strv_free) struct strv problems = STRV_INIT, notes = STRV_INIT;
	struct trying t = { .s = s };
	const struct digest_key key = { { 0 } };
	int r = scanner_read_rules(s, json_object_get(s->job->body, "rules"), &problems, e);

	t.problems = texts(&problems);
	if (r == 0)
		r = matcher_open(&s->rules, MATCHER_FAST, &key, &notes, &s->matchers[0], e);
	for (uint32_t i = 0; r == 0 && i < s->rules.n; i++)
		if (!s->rules.r[i]->shipped)
			r = try_rule(&t, i, &key, e);
	/* a mistake of the file is the answer, not a failure */
	if (r == -ERR_CONFIG && json_array_size(t.problems) == 0)
		json_array_append_new(t.problems, json_string(e->text));
	json_object_set_new(s->job->result, "problems", t.problems);
	json_object_set_new(s->job->result, "notes", texts(&notes));
	json_put_int(s->job->result, "rules", t.rules);
	json_put_int(s->job->result, "samples", t.samples);
	return r == -ERR_CONFIG ? 0 : r;
}
