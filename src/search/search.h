#pragma once
/*
 * What looks like a secret (docs/formats/rules.md), in a folder as it lies or in a whole history, as findings of
 * check/finding.h. firebreak-scanner reads and matches; here its places become files, commits and people.
 *
 * In a history one finding stands for one value at one path, whatever the number of commits that have it: the line is
 * that of a version that still stands, else of the first one; who and when are those that brought it first.
 */
#include "base/digest.h"
#include "check/finding.h"
#include "engine/scanner.h"
#include "match/rules.h"
#include "search/accepted.h"

#define SEARCH_TAG_PURPOSE "accepted" /* of digest_key_for(), for the salt of a file of accepted findings */

struct search_options {
	const char *scanner;               /* the program */
	const char *path;                  /* absolute: a file, a folder, a work tree or a bare repository */
	bool tree;                         /* it is the top of a working tree */
	bool history, unreachable;         /* its commits; also what no branch, tag or HEAD leads to */
	const char *since;                 /* only what HEAD leads to and this commit does not; NULL: everything */
	const char *shipped_rules;
	const struct strv *team_rules;
	const struct digest_key *key;      /* of the tags: LEAF_TAG_PURPOSE, so that they are those of a check; or
					    * of the salt of `accepted` */
	struct accepted *accepted;         /* may be NULL; its lines are told whether they were used */
	void (*progress)(const struct scanner_progress *p, void *arg);
	void *arg;
};

struct search {
	struct rules rules;
	struct findings findings;
	struct gaps gaps;
	uint32_t n_accepted;
	struct scanner_sum sum;
	struct finding_fact *facts;
};

/* Errors: rules that are wrong, nothing there to look through. What could not be read of it is a gap. */
int search_run(const struct search_options *o, struct search *ret, struct err *e);
void search_free(struct search *s);        /* in each case */

/* --- for search*.c --- */
struct hit {
	uint32_t rule;
	const char *where;                 /* the file; or "commit 0123456789ab" when it is in none */
	bool in_file, reached;             /* reached: a branch, tag or HEAD leads there */
	const char *object, *is;           /* history: until the places are known */
	uint64_t line, col;
	const char *tag, *who, *commit, *now;
	int64_t at_s;
	uint32_t age;                      /* of git_places.h: the largest of a value and path brought it first */
	uint32_t versions;
};
struct hits {
	struct arena *arena;
	struct hit *list;
	size_t n, cap;
};
#define HITS_MAX 2000000u                  /* places of what the scanner found */
void hits_add_found(struct hits *h, const struct hit *one);
/* Hits in objects become hits in files: one for each value and path. */
int search_places(const struct search_options *o, struct hits *h, struct gaps *gaps, struct err *e);
