#pragma once
/*
 * Rules for what looks like a secret (docs/formats/rules.md). rules/secrets.yaml is shipped; files of the team add
 * rules, replace them by id or switch them off. Pure: texts come in, tables come out. Patterns are text here; match.h
 * compiles them.
 *
 * Order counts: where the values of two rules overlap, the rule that stands first is the one that is told. A team's
 * new rules stand before the shipped ones.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/strv.h"
#include "model/register.h"
#include "match/filter.h"
#include <stdbool.h>
#include <stdint.h>

#define RULES_MAX 2000u
#define RULE_PATTERN_MAX 4000u         /* bytes, with its parts filled in */
#define RULE_WIDTH_MAX 16384u          /* bytes of text that one match may cover */
#define RULE_FILTERS_MAX 8u
#define RULE_KEYWORDS_MAX 20u
#define RULE_SAMPLES_MAX 20u           /* of each kind */
#define RULE_SAMPLE_MAX 2000u          /* bytes of a template */
#define RULE_PARTS_MAX 100u

/* What was found: the value itself, something that a value can be guessed from, or a value that a passphrase locks. */
enum rule_is { RULE_VALUE, RULE_HASH, RULE_LOCKED };

struct rule {
	const char *id, *title;
	unsigned about, is;                    /* index of rule_abouts; enum rule_is */
	const char *pattern, *then;            /* then: what follows it, for PCRE2 only; may be NULL */
	int64_t group;                         /* whose text is the value; -1: 1 when there is one, else all of it */
	uint32_t entropy;                      /* hundredths of a bit a byte that the value has at least */
	struct names keywords;
	const struct filter *filters[RULE_FILTERS_MAX];
	uint32_t n_filters;
	struct names match, no_match;          /* samples: templates of sample.h */
	bool shipped;
	struct position at;
};

struct rule_part { const char *name, *text; };

struct rules {
	struct arena *arena;                   /* all strings and rules live here */
	const struct rule **r;
	uint32_t n;
	size_t cap;
	struct rule_part *parts;
	uint32_t n_parts;
	size_t cap_parts;
};

extern const char *const rule_abouts[];        /* "cloud", "code", ...; NULL-terminated */
extern const char *const rule_ises[];          /* "value", "hash", "locked"; NULL-terminated */

/* One file's rules. 0, or -ERR_CONFIG with every mistake in `problems` (may be NULL) as "file:line:col: ..." and the
 * first one in e; the rules are then not usable. */
int rules_add(struct rules *r, const struct source *file, bool shipped, struct strv *problems, struct err *e);
const struct rule *rules_find(const struct rules *r, const char *id);   /* NULL when there is none */
void rules_free(struct rules *r);
