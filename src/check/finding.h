#pragma once
/*
 * What a check found: one table of rules, one list of findings, three ways to write it down (text, JSON, SARIF 2.1.0).
 * Findings hold names, places and people; never a value. Strings are copied into the list.
 *
 * The levels decide the exit code of `firebreak check`: 1 with an error, 3 with warnings only. What was not read is no
 * finding but a gap (scan/gap.h), and weighs more than both.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include <stdbool.h>
#include <stdint.h>

#define FINDINGS_MAX 20000u          /* more are counted, not kept */

enum finding_level { LEVEL_ERROR, LEVEL_WARNING };

enum finding_rule {
	RULE_UNREGISTERED, RULE_ABSENT, RULE_LOOKUP_UNKNOWN, RULE_DEAD, RULE_CONSUMER_UNFED, RULE_CONSUMER_UNKNOWN,
	RULE_RESTART_DIFFERS, RULE_UNDECIDED, RULE_TWINS_UNDECLARED, RULE_REUSED, RULE_TWINS_DIFFER, RULE_SHADOWED,
	RULE_PUBLISHED, RULE_COMMENTED, RULE_MODE, RULE_WEAK, RULE_SMALL_KEY, RULE_KEY_ALONE, RULE_CERTIFICATE_ALONE,
	RULE_HALF_DIFFERS, RULE_HALF_UNKNOWN, RULE_HALF_ALONE, RULE_HALF_UNCHECKED, RULE_NO_PROCEDURE, RULE_UNTESTED,
	RULE_NOT_SECRET_UNUSED, FINDING_RULES
};

struct finding_fact {
	const char *id;                  /* "unregistered": stable, for people, SARIF and --json */
	enum finding_level level;
	const char *title;               /* one line */
	const char *help;                /* why it matters, what to do */
};
extern const struct finding_fact finding_facts[FINDING_RULES];

struct finding {
	unsigned rule;                   /* enum finding_rule, or an index of the list's own facts */
	const char *repository, *file;   /* repository NULL: the list's base */
	uint32_t line, col;              /* from 1; 0: the whole file */
	const char *subject;             /* what it is about: a key, a file, a secret of the register */
	const char *text;                /* one sentence, subject in it */
	const char *next;                /* what to type or do next; NULL: nothing */
	const char *who, *when, *commit; /* who added it, "2021-03-04T05:06:07Z"; NULL: not asked or not known */
	const char *tag;                 /* keyed, of the value: the same tag is the same value; NULL: it has none */
};

struct findings {
	const struct finding_fact *facts; uint32_t n_facts;      /* borrowed; NULL: finding_facts */
	const char *base;                /* NULL: the register */
	struct arena *arena;             /* made by the first addition */
	struct finding *f;
	uint32_t n, more;                /* more: those over the limit */
	size_t cap;
};
#define FINDINGS_INIT { .n = 0 }

/* f's strings are copied. The one that comes back may be completed (who, when) until the next addition, with strings of
 * the same arena; NULL over the limit. */
struct finding *findings_add(struct findings *l, const struct finding *f);
void findings_sort(struct findings *l);      /* by repository, file, line, column, rule, subject */
uint32_t findings_count(const struct findings *l, enum finding_level level);
void findings_free(struct findings *l);

/* The same finding in another run, whatever line it has moved to: for SARIF and --since. 16 hex digits and NUL. */
void finding_fingerprint(const struct findings *l, const struct finding *f, char ret[17]);
const struct finding_fact *finding_fact(const struct findings *l, const struct finding *f);

/* "private:hieradata/common.yaml:12:1: unregistered: ...", and the next command on a line of its own. */
void findings_text(const struct findings *l, struct buf *b, bool colour);
json_t *findings_json(const struct findings *l);
/* A whole log with one run of this version of firebreak. `complete`: everything was read. The repositories' names are
 * uri bases, which who opens the log resolves. */
json_t *findings_sarif(const struct findings *l, const char *version, bool complete);
