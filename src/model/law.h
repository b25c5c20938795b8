#pragma once
/*
 * What law and page demand when data of people was reached, as data: rules/notification.yaml and the team's own file
 * over it (docs/formats/notification.md). Hours, thresholds, authorities and sentences stand there and nowhere in the
 * code. Pure: texts come in, tables come out.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/strv.h"
#include "model/register.h"
#include "model/severity.h"

#define LAW_REGIMES_MAX 50u
#define LAW_AUTHORITIES_MAX 100u
#define LAW_RUNGS_MAX 50u
#define LAW_HOURS_MAX 8760
#define LOUD_LEVELS 3

enum law_from { FROM_AWARE, FROM_SUSPECTED };      /* which moment the hours count from */

struct regime {                            /* one law that sets a deadline */
	const char *name, *title;
	int64_t hours;
	unsigned from;                     /* enum law_from */
	int64_t loud[LOUD_LEVELS];         /* percent gone, rising */
	struct position at;
};

struct authority {
	const char *name, *title, *country, *reach, *regime_name;
	const struct regime *regime;
	struct position at;
};

enum rung_data { RUNG_ANY, RUNG_NONE, RUNG_SOME };         /* data of people in reach */
enum rung_wikis { RUNG_WIKIS_ANY, RUNG_WIKIS_FEW, RUNG_WIKIS_MANY };

struct rung {                              /* one step of the page's ladder */
	const char *name, *title, *sentence;       /* sentence: of the page, its source */
	unsigned data, wikis;              /* enum rung_data, enum rung_wikis */
	int64_t people;                    /* at least so many; 0: any number */
	bool address;                      /* people whose address is known */
	bool consider;                     /* a person decides each time */
	bool people_told;                  /* it reaches the people concerned: Art. 34 */
	struct position at;
};

struct law {
	struct arena *arena;
	struct regime *regimes; uint32_t n_regimes;
	struct authority *authorities; uint32_t n_authorities;
	struct rung *rungs; uint32_t n_rungs;
	struct severity_limits severity;
	unsigned people_from;              /* enum severity_band: from here on the law has people told */
	int64_t suspicion_hours;           /* from suspicion to awareness; longer asks for a reason */
	int64_t few_wikis;
};

/* Files in order: what a later one says wins, section by section. After the last: law_check. -ERR_CONFIG with every
 * mistake in `problems` (may be NULL) and the first in e; the law is not usable then. */
int law_add(struct law *l, const struct source *file, struct strv *problems, struct err *e);
int law_check(struct law *l, struct err *e);       /* nothing is missing, names fit: the shipped file alone is whole */
void law_free(struct law *l);

const struct authority *law_authority(const struct law *l, const char *name);      /* NULL when there is none */
const struct rung *law_rung(const struct law *l, const char *name);
/* Both kinds of names; -ERR_USAGE with a did-you-mean. Either *ret is NULL afterwards. */
int law_audience(const struct law *l, const char *name, const struct authority **ret_authority,
		 const struct rung **ret_rung, struct err *e);
