/*
 * Any rule files: no crash, no leak. What is refused is refused with a place; of what is taken each rule is whole, its
 * samples can be made, and the same seed makes the same text. A byte 0x1e begins the next file, of a team.
 */
#include "fuzz.h"
#include "base/text.h"
#include "match/rules.h"
#include "match/sample.h"
#include <string.h>

#define FILES 3

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void samples_hold(const struct names *samples)
{
	for (uint32_t i = 0; i < samples->n; i++) {
		struct sample a, b;

		must(sample_make(samples->s[i], 7, &a, NULL) == 0);
		must(sample_make(samples->s[i], 7, &b, NULL) == 0);
		must(a.text.len == b.text.len && a.text.len <= SAMPLE_TEXT_MAX && a.from <= a.text.len &&
		     a.to <= a.text.len);
		must(a.text.len == 0 || memcmp(a.text.data, b.text.data, a.text.len) == 0);
		sample_free(&a);
		sample_free(&b);
	}
}

static void rules_hold(const struct rules *r)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct rule *one = r->r[i];

		must(rules_find(r, one->id) == one && one->title && *one->pattern &&
		     strlen(one->pattern) <= RULE_PATTERN_MAX);
		must((!one->then || *one->then) && one->n_filters <= RULE_FILTERS_MAX && one->entropy < 800);
		must(one->match.n > 0 && one->no_match.n > 0 && one->keywords.n <= RULE_KEYWORDS_MAX);
		samples_hold(&one->match);
		samples_hold(&one->no_match);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[FILES] = { "a.yaml", "b.yaml", "c.yaml" };
	struct rules rules = { 0 };
	const char *at = (const char *)data, *end = at + size;

	for (int i = 0; i < FILES; i++) {
		const char *next = size ? memchr(at, 0x1e, (size_t)(end - at)) : NULL;
		struct source file = { names[i], at, (size_t)((next ? next : end) - at) };
		struct err e = ERR_INIT;

		if (rules_add(&rules, &file, i == 0, NULL, &e) < 0) {
			must(e.code == ERR_CONFIG && text_starts(e.text, names[i]) && e.text[strlen(names[i])] == ':');
			break;
		}
		rules_hold(&rules);
		if (!next)
			break;
		at = next + 1;
	}
	rules_free(&rules);
	return 0;
}
