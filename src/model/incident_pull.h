#pragma once
/*
 * Secrets that a person has decided to take out of deployment, because their new value cannot be had whole at once: one
 * row each, and what their steps say of how far it is.
 */
#include "base/err.h"
#include "base/json.h"
#include <stdbool.h>
#include <stdint.h>

struct incident;
struct row;

struct pulled { const char *secret, *because, *who; int64_t at_us; };

enum pull_state {
	PULL_NONE,      /* nobody decided that */
	PULL_BEGUN,     /* decided; not each step that takes it out is proven */
	PULL_OUT,       /* out of deployment, with proof */
	PULL_BACK,      /* its new value is in force, with proof */
};

const char *pull_state_word(enum pull_state s);        /* "out" */
int incident_pull_take(struct incident *i, const struct row *row, const json_t *body, struct err *e);
const struct pulled *incident_pulled(const struct incident *i, const char *secret);          /* NULL: not pulled */
/* *ret_us: since when; the end of the last step that led to it. */
enum pull_state incident_pull_state(const struct incident *i, const char *secret, int64_t *ret_us);
/* A step asks what is served. Without an account in the register there is none, and the secret is never shown to be out
 * or back. */
bool incident_has_proof(const struct incident *i, const char *secret);
/* Each step that puts its new value, with its public half, in force was proven; *ret_us: when the last one was. Pulled
 * or not. */
bool incident_is_replaced(const struct incident *i, const char *secret, int64_t *ret_us);
/* When the first thing went out of the git, or may have; 0: nothing yet. */
int64_t incident_pull_began_us(const struct incident *i, const char *secret);
/* The newest failed try to have a public half of the secret made for its new value, in the issuer's words; NULL: it was
 * not tried, is under way, or it was made. *ret_us: when. */
const char *incident_not_issued(const struct incident *i, const char *secret, int64_t *ret_us);
