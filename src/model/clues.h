#pragma once
/*
 * What a host's own words say about the page's questions of how somebody got in: "through software? an SSH account?
 * Compromised SSH key?" and "was it a security issue upstream? Were we running old software? Could it be how we're
 * using it?". Pure: lines of the scout in (docs/formats/scout.md), the body of a row "investigated" out
 * (docs/formats/journal.md). Lines are a hostile host's; what is no such line is passed over.
 *
 * A question is answered by what was found (`something`), by nothing although everything was looked at (`nothing`), or
 * not (`unknown`): what was not read is never `nothing`.
 */
#include "base/json.h"
#include <stdbool.h>
#include <stdint.h>

enum clue_question { CLUE_SOFTWARE, CLUE_ACCOUNT, CLUE_KEY, CLUE_UPSTREAM, CLUE_OLD, CLUE_USE, CLUE_QUESTIONS };

struct clue_fact { const char *id, *words; };          /* "software"; the page's words: "through software?" */
extern const struct clue_fact clue_facts[CLUE_QUESTIONS];

#define CLUES_MAX 1000u                 /* of one host; more are counted */
#define CLUES_NEXT_MAX 100u

/* What the incident's plan has of the host, for what lies there to be held against. */
struct clue_plan {
	const char *host;               /* by the register */
	const char *const *keys;        /* fingerprints of ssh keys that are evicted */
	const char *const *files;       /* on this host, into which a secret is fed that is replaced */
	uint32_t n_keys, n_files;
	bool lost;                      /* the host itself was declared */
};

struct clue_input {
	int64_t from_us, until_us;      /* the window, on our clock */
	int64_t suspected_us;           /* since when; 0: not said */
	int64_t off_us;                 /* how far the host's clock is ahead of ours; 0: it is right */
	const json_t *found, *unread;   /* arrays of lines */
	const json_t *logins, *packages;       /* the results of the two commands; NULL: the command did not run */
	const json_t *drift;            /* what differs from the baseline, {"section", "text"} each; NULL: none to hold
					 * it against */
	const struct clue_plan *plan;   /* NULL: not known; then nothing is said of agents and caches */
};

/* Adds "answers", "clues", "next" and "not_read" to body. */
void clues_add(json_t *body, const struct clue_input *in);
