#pragma once
/*
 * What the journal says about people, law and notices in one incident: part of the fold (incident.h). What follows from
 * it is computed by severity.h, deadline.h and notice.h. Strings are borrowed from the incident.
 */
#include "base/json.h"
#include "model/severity.h"

/* What was in reach, as the register had it when the incident was declared. */
struct data_held {
	const char *name, *title, *wiki;         /* wiki NULL: all of them */
	const char **categories;
	uint32_t n_categories;
	int64_t people, records;                 /* -1: not known. A set of 0 people is no data of people: left out */
	enum data_class class;
	bool address;                            /* it holds their mail addresses, or leads to them */
	bool listed;                             /* false: an older row, which has only the name */
};

struct told {                                    /* a person says: this notice was sent */
	const char *to, *reference, *late, *because, *who;
	int64_t at_us, noted_us;
	bool phased;                             /* one of several: the rest follows */
};

struct decided {                                 /* a person's word over a rule's */
	const char *what, *because, *who;
	bool yes;
	int64_t noted_us;
};

/* Sentences that only a person can write; the notices take them as they stand. */
enum wording {
	WORDS_NATURE,         /* what happened, in plain language */
	WORDS_SUBJECTS,       /* whose data: readers, editors, staff */
	WORDS_CATEGORIES,     /* what kinds of records: in place of the register's */
	WORDS_CONSEQUENCES,   /* what it may lead to for them */
	WORDS_MEASURES,       /* what was done and will be done */
	WORDS_ADVICE,         /* what they can do themselves */
	WORDS_LATE,           /* why the authority is told after the deadline */
	WORDINGS,
};
struct wording_def { const char *name, *help; };    /* name: key of the journal, and the option without its dashes */
extern const struct wording_def wordings[WORDINGS];

struct worded { const char *text, *who; int64_t noted_us; };

struct incident_law {
	struct data_held *data; uint32_t n_data;
	struct told *told; uint32_t n_told; size_t cap_told;
	struct decided *decided; uint32_t n_decided; size_t cap_decided;
	struct worded words[WORDINGS];
	struct said severity[SEVERITY_INS];
	const char *aware_because, *aware_who;   /* NULL: aware as it was declared */
};

#define LIMIT_TOLD 10000u

struct incident;
struct row;
/* The rows of the law; e as in incident_add. */
int incident_law_take(struct incident *i, const struct row *row, const json_t *body, struct err *e);
void incident_law_free(struct incident_law *l);
/* The newest decision about it, or NULL. */
const struct decided *incident_decided(const struct incident *i, const char *what);
