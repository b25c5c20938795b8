/*
 * rules/secrets.yaml: each rule finds what its samples say, with the bounds of the value, and stays silent where it
 * must. Samples are made from several seeds, and looked at with Hyperscan and without.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "match/match.h"
#include "match/sample.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SEEDS 8
#define RULES_WANTED 150u

static const char *path;
static struct rules rules;
static struct matcher *fast, *slow;
static const struct digest_key key = { { 1, 2, 3 } };

struct seen { uint32_t id; size_t from, to; bool rule, exact; unsigned n; };

static void see(const struct match *m, void *arg)
{
	struct seen *s = arg;

	s->n++;
	if (m->id != s->id)
		return;
	s->rule = true;
	s->exact |= m->offset == s->from && m->offset + m->len == s->to;
}

static int begin(void **state _unused_)
{
	_cleanup_(strv_free) struct strv problems = STRV_INIT, notes = STRV_INIT;
	_cleanup_(buf_free) struct buf text = BUF_INIT(YAML_MAX);
	struct err e = ERR_INIT;

	if (secret_init(&e) < 0 || fs_read(path, &text, &e) < 0)
		fail_msg("%s", e.text);
	const struct source file = { path, text.data, text.len };

	if (rules_add(&rules, &file, true, &problems, &e) < 0) {
		for (size_t i = 0; i < problems.n; i++)
			print_error("%s\n", problems.s[i]);
		fail_msg("%s", e.text);
	}
	if (matcher_open(&rules, MATCHER_FAST, &key, &notes, &fast, &e) < 0 ||
	    matcher_open(&rules, MATCHER_SLOW, &key, NULL, &slow, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < notes.n; i++)
		print_message("%s\n", notes.s[i]);
	return 0;
}

static int end(void **state _unused_)
{
	fast = matcher_free(fast);
	slow = matcher_free(slow);
	rules_free(&rules);
	return 0;
}

static struct seen look(struct matcher *m, uint32_t rule, const struct sample *s)
{
	struct seen seen = { .id = rule, .from = s->from, .to = s->to };
	struct err e = ERR_INIT;

	if (matcher_scan(m, s->text.data, s->text.len, see, &seen, &e) < 0)
		fail_msg("%s: %s", rules.r[rule]->id, e.text);
	return seen;
}

/* Rules that stand before may find the same value: then it is theirs. So each rule is asked alone, too. */
static struct matcher *alone(uint32_t rule)
{
	struct rules set = { .r = &rules.r[rule], .n = 1 };
	struct matcher *m = NULL;
	struct err e = ERR_INIT;

	if (matcher_open(&set, MATCHER_FAST, &key, NULL, &m, &e) < 0)
		fail_msg("%s", e.text);
	return m;
}

static unsigned check_sample(struct matcher *m, uint32_t i, bool match, const char *template)
{
	unsigned bad = 0;

	for (uint64_t seed = 1; seed <= SEEDS && !bad; seed++) {
		struct sample s;
		struct err e = ERR_INIT;

		if (sample_make(template, seed, &s, &e) < 0)
			fail_msg("%s: %s", rules.r[i]->id, e.text);
		struct seen seen = look(m, 0, &s), of_all = look(fast, i, &s), of_slow = look(slow, i, &s);

		if (match ? !seen.rule || (s.marked && !seen.exact) : seen.rule) {
			print_error("%s: %s %s, seed %llu: %s\n", rules.r[i]->id, match ? "match" : "no-match",
				    template, (unsigned long long)seed,
				    !match	? "found"
				    : seen.rule ? "other bounds"
						: "not found");
			bad++;
		} else if (match && !of_all.n) {
			print_error("%s: %s: no rule finds it when all are asked\n", rules.r[i]->id, template);
			bad++;
		}
		if (of_all.n != of_slow.n || of_all.rule != of_slow.rule || of_all.exact != of_slow.exact) {
			print_error("%s: %s, seed %llu: Hyperscan and PCRE2 alone do not agree\n", rules.r[i]->id,
				    template, (unsigned long long)seed);
			bad++;
		}
		sample_free(&s);
	}
	return bad;
}

static unsigned check_samples(bool match)
{
	unsigned bad = 0;

	for (uint32_t i = 0; i < rules.n; i++) {
		_cleanup_(matcher_freep) struct matcher *m = alone(i);
		const struct names *samples = match ? &rules.r[i]->match : &rules.r[i]->no_match;

		for (uint32_t k = 0; k < samples->n; k++)
			bad += check_sample(m, i, match, samples->s[k]);
	}
	return bad;
}

static void each_rule_finds_its_samples_with_their_bounds(void **state _unused_)
{
	assert_int_equal(check_samples(true), 0);
}

static void each_rule_leaves_out_what_it_must(void **state _unused_)
{
	assert_int_equal(check_samples(false), 0);
}

static void each_rule_has_both_kinds_of_samples_and_marks_the_value(void **state _unused_)
{
	assert_true(rules.n >= RULES_WANTED);
	for (uint32_t i = 0; i < rules.n; i++) {
		const struct rule *r = rules.r[i];
		bool marked = false;

		for (uint32_t k = 0; k < r->match.n; k++)
			marked |= strstr(r->match.s[k], "{<}") != NULL;
		if (!marked || !r->no_match.n)
			fail_msg("%s: a sample with {<} and {>}, and one that does not match, are expected", r->id);
	}
}

/* Nothing may look like a secret in the file that describes them, or others' push protections stop it. */
static void the_file_itself_holds_no_secret(void **state _unused_)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(YAML_MAX);
	struct seen seen = { .id = UINT32_MAX };
	struct err e = ERR_INIT;

	assert_int_equal(fs_read(path, &text, &e), 0);
	assert_int_equal(matcher_scan(fast, text.data, text.len, see, &seen, &e), 0);
	assert_int_equal(seen.n, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_both_kinds_of_samples_and_marks_the_value),
		cmocka_unit_test(each_rule_finds_its_samples_with_their_bounds),
		cmocka_unit_test(each_rule_leaves_out_what_it_must),
		cmocka_unit_test(the_file_itself_holds_no_secret),
	};

	path = argc > 1 ? argv[1] : "rules/secrets.yaml";
	return cmocka_run_group_tests(tests, begin, end);
}
