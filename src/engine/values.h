#pragma once
/* The values that one `respond` works with: fetched, made, sealed, and on locked pages until it ends. */
#include "base/digest.h"
#include "base/json.h"
#include "base/secret.h"
#include "engine/engine.h"

struct run;

enum have { HAVE_NOT, HAVE_FETCHING, HAVE_IT, HAVE_FAILED };

/* The values of one secret, as far as this run needs them. */
struct value {
	uint32_t secret;             /* of the register */
	enum have have;
	struct secret *old, *new;    /* new: only of secrets that this incident replaces */
	char old_tag[DIGEST_TAG_HEX], new_tag[DIGEST_TAG_HEX];
	enum err_code code;          /* HAVE_FAILED, and in words */
	char why[300];
};

struct value *value_of(struct run *r, uint32_t secret);         /* never NULL for secrets of the plan and admins */
int values_load(struct run *r, struct err *e);
void values_free(struct run *r);
/* Old came out of the git, and where the kind's values are keys the new one too (made: else NULL, and a text is made
 * here): seals both into body. */
int value_make(struct run *r, struct value *v, const struct secret *old, const struct secret *made, json_t *body,
	       struct err *e);
/* The kind of key that a secret's new value is, of keypair_names; NULL: it is a text. */
const char *value_kind(const struct run *r, uint32_t secret);
char *value_context(int64_t incident, const char *secret, const char *which);       /* of the seal; the caller frees */
bool step_needs_admin(const struct run *r, uint32_t step, uint32_t *ret_secret);
