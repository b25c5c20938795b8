#pragma once
/*
 * How bad it is for the people whose data was reached: ENISA's recommendations of 2013, SE = DPC x EI + CB. Pure, and
 * exact: EI and CB are counted in quarters, so 4 x SE is a whole number from 1 to 24 (no floating point anywhere).
 *
 * What nobody has said is not taken for harmless: each input is a range, and so is the score. The upper end counts
 * until a person has said it. The score is a presumption; what is done about it a person decides (notice.h).
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum severity_in {
	SEVERITY_CLASS,           /* DPC: of the heaviest data in reach */
	SEVERITY_CONTEXT,         /* what the context adds to it or takes away */
	SEVERITY_IDENTIFICATION,  /* EI: how easily a person is recognised */
	SEVERITY_CONFIDENTIALITY, /* CB: four that add up */
	SEVERITY_INTEGRITY,
	SEVERITY_AVAILABILITY,
	SEVERITY_MALICE,
	SEVERITY_UNINTELLIGIBLE,  /* flag: the data is of no use to who has it; does not alter the score */
	SEVERITY_PEOPLE,          /* a person's counts, in place of the register's */
	SEVERITY_RECORDS,
	SEVERITY_INS,
};

enum data_class { CLASS_UNKNOWN, CLASS_SIMPLE, CLASS_BEHAVIOURAL, CLASS_FINANCIAL, CLASS_SENSITIVE, DATA_CLASSES };
extern const char *const data_class_names[];     /* "unknown", "simple", ...; NULL-terminated */

struct said { bool said; int64_t value; const char *because, *who; };     /* by a person; borrowed texts */

struct severity_word { const char *word; int64_t value; const char *means; };
struct severity_input {
	const char *name, *title;              /* name: key of the journal, and the option without its dashes */
	const struct severity_word *words;     /* NULL: a number from min to max */
	uint32_t n_words;
	int64_t min, max;
};
extern const struct severity_input severity_inputs[SEVERITY_INS];

/* -ERR_USAGE with what is expected and a did-you-mean. */
int severity_parse(enum severity_in in, const char *text, int64_t *ret, struct err *e);
const char *severity_word_of(enum severity_in in, int64_t value);       /* NULL for a number */
/* A context that ENISA does not name for this class is refused. */
int severity_check(const struct said in[SEVERITY_INS], struct err *e);

enum severity_band { BAND_LOW, BAND_MEDIUM, BAND_HIGH, BAND_VERY_HIGH, BANDS };
extern const char *const severity_band_names[];   /* "low", ..., "very-high"; NULL-terminated */
const char *severity_band_means(enum severity_band b);

struct severity_limits {               /* from rules/notification.yaml; in quarters */
	int64_t band[BANDS];           /* where each begins; band[BAND_LOW] is 0 */
	int64_t near;                  /* so close to a band's edge is said */
	int64_t many_people;           /* more than that is said */
};

struct range { int64_t lo, hi; };
struct severity {
	struct range dpc, ei, cb, quarters;   /* dpc: whole, after the context */
	enum severity_band band, least;       /* of the upper end, which counts; of the lower end */
	bool settled;                         /* both ends are the same */
	bool near;                            /* the upper end is near the edge of another band */
	bool many, unintelligible;
};

/* weights: the classes of the data in reach, as the register has them; CLASS_UNKNOWN is any. people: 0 is not known. */
void severity_of(const struct said in[SEVERITY_INS], const enum data_class *weights, uint32_t n, int64_t people,
		 const struct severity_limits *limits, struct severity *ret);
void severity_quarters(struct buf *b, int64_t quarters);       /* 7 -> "1.75" */
int severity_parse_quarters(const char *text, int64_t *ret);   /* "1.75", "2", "0.5"; -ERR_USAGE otherwise */
