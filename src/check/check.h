#pragma once
/*
 * The three sides held against each other: what the register declares, what the private repositories keep (leaf.h), and
 * what the public manifests look up and feed (manifest.h, feed.h). Pure: what was read comes in, findings go out; each
 * rule of finding.h that speaks of these sides is decided in one of the check_*.c files.
 */
#include "base/map.h"
#include "model/playbook.h"
#include "puppet/feed.h"
#include "check/finding.h"
#include "scan/leaf.h"
#include "check/survey.h"

/* A place of the register, and the leaf that was found there. */
struct check_place {
	uint32_t secret, place;            /* of the register */
	uint32_t leaf;                     /* of the leaves; NOTHING: it is not there */
};

struct check {
	const struct firebreak_register *reg;
	const struct leaves *leaves;       /* of every private repository that was read */
	const bool *repository_read;       /* for each repository of the register */
	const struct manifest *manifest;   /* NULL: no public tree was given; nothing is said of its side */
	const struct feed *feed;
	const struct leaves *certificates; /* of the public repositories for certificates */
	const struct survey_published *published; uint32_t n_published;
	const struct survey_half *halves; uint32_t n_halves;
	const struct survey_exposed *exposed; uint32_t n_exposed;
	const struct playbooks *playbooks; /* NULL: nothing is said of procedures for kinds */
	const int64_t *last_tested_us;     /* of each secret, 0: never; NULL: there is no journal to ask */
	int64_t now_us;
	struct findings *findings;
	/* made by check_begin */
	struct check_place *places; uint32_t n_places;
	uint32_t *place_of_leaf;           /* NOTHING: in no place of the register */
	bool *covered;                     /* each leaf: in a place, declared as not secret, or empty */
	bool *rule_used;                   /* each not_secret rule of the register */
	struct map by_name;                /* "repository\nfile\nkey" -> place */
	struct map key_origins, file_origins;      /* first part of a name -> origin of the feed, chained */
	uint32_t *origin_next, *pattern_origins, n_pattern_origins, *origin_items, *item_next;
	struct arena *arena;               /* names and texts while the check runs */
};

void check_begin(struct check *c);
void check_end(struct check *c);

void check_coverage(struct check *c);      /* unregistered, absent, not-secret-unused */
void check_values(struct check *c);        /* twins-*, reused, weak, small-key, published */
void check_keys(struct check *c);          /* key-alone, certificate-alone */
void check_halves(struct check *c);        /* half-* */
void check_modes(struct check *c);         /* mode, of this machine's files */
void check_register(struct check *c);      /* no-procedure, untested */
void check_lookups(struct check *c);       /* lookup-unknown, dead, undecided, shadowed */
void check_consumers(struct check *c);     /* consumer-*, restart-differs, mode */

/* Each origin of the feed that means this place, until `found` says true; that comes back. */
void check_index_feed(struct check *c);
bool check_origins(struct check *c, const struct place *at, bool (*found)(struct check *c, uint32_t origin, void *arg),
		   void *arg);

/* A finding at a leaf; text by format. next may be NULL. */
void check_at_leaf(struct check *c, enum finding_rule rule, uint32_t leaf, const char *next, const char *fmt, ...)
	_printf_(5, 6);
/* A finding at a place of the register's own files. */
void check_at_register(struct check *c, enum finding_rule rule, struct position at, const char *subject,
		       const char *next, const char *fmt, ...) _printf_(6, 7);
