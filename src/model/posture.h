#pragma once
/*
 * What the page claims of servers, held against what a host shows. Each claim is true, false or could not be told;
 * what could not be told is never true, and each sentence says which of the three it speaks for. Pure: the facts are
 * what the scout found (docs/formats/posture.md), the rules are data (rules/posture.yaml).
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "model/register.h"
#include <stdbool.h>
#include <stdint.h>

enum claim { CLAIM_PORTS, CLAIM_BANS, CLAIM_CIPHERS, CLAIM_ROOT, CLAIM_UPDATES, CLAIMS };
enum claim_result { CLAIM_UNTOLD, CLAIM_TRUE, CLAIM_FALSE, CLAIM_RESULTS };

struct claim_fact {
	const char *id;                  /* "ports": for people, --json and SARIF */
	const char *sentence;            /* the page's own words */
	const char *help;                /* what to do when it is not true */
};
extern const struct claim_fact claim_facts[CLAIMS];
extern const char *const claim_result_names[CLAIM_RESULTS];     /* "untold", "true", "false" */
extern const char *const claim_result_words[CLAIM_RESULTS];     /* "could not be told", ... */
int claim_parse(const char *id, enum claim *ret);
int claim_result_parse(const char *name, enum claim_result *ret);

#define CLAIM_SAID_MAX 64u               /* sentences of one claim; one more says how many there are besides */

struct claim_said { enum claim_result result; const char *text; };     /* CLAIM_TRUE: what speaks for it */
struct claim_state {
	enum claim_result result;
	struct claim_said said[CLAIM_SAID_MAX + 1];
	uint32_t n_said, more;
};
struct posture { struct arena *arena; struct claim_state claims[CLAIMS]; };

struct posture_rules {
	struct arena *arena;
	struct names kex, host_keys, ciphers, macs;
	const char *source;              /* of the lists */
	int64_t lists_hours;             /* no older may be what apt knows */
};

int posture_rules_read(struct posture_rules *ret, const struct source *file, struct err *e);
void posture_rules_free(struct posture_rules *r);

/* facts: an object of the scout's, hostile; now_us: on the host's own clock. */
void posture_judge(const json_t *facts, const struct posture_rules *rules, int64_t now_us, struct posture *ret);
void posture_free(struct posture *p);
