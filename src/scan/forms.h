#pragma once
/*
 * How a value may be written down (docs/formats/trace.md lists the forms, and what none of them can find). One home:
 * whoever looks for a value that is known asks here what to look for.
 *
 * Of a value of more than FORMS_PIECE bytes a piece is looked for, from its middle. Of a private key what only the
 * private half has, so that it is found in any container, line length and alphabet, and its certificate is not it. Of
 * other values of several lines one line from the middle as well, because lines may be indented or end otherwise.
 */
#include "base/err.h"
#include "base/secret.h"
#include <stdbool.h>
#include <stdint.h>

#define FORMS_PIECE 256u
#define FORMS_SHORT 6u /* fewer bytes stand everywhere by chance */

enum form_class {
	FORM_WRITTEN,          /* the value itself, as text, escaped or not */
	FORM_CODED,            /* the value itself, to be decoded: base64, hexadecimal, UTF-16 */
	FORM_KEY,              /* the private half of a key */
	FORM_HASHED,           /* a hash without a salt: as good as the value for a guesser, and for some services */
	FORM_CLASSES
};
#define FORMS_ALL ((1u << FORM_CLASSES) - 1)
#define FORMS_WRITTEN (1u << FORM_WRITTEN)

struct form { const char *name, *what; enum form_class class; };
extern const struct form form_list[];          /* the nearest to the value first */
extern const uint32_t form_count;

struct form_pattern {
	uint32_t form, offset, len;            /* bytes in the block */
	bool part;                             /* a part of the value, or the part that does not depend on neighbours */
};

/* What to look for, of one value: one block of private pages, and where each pattern lies in it. */
struct form_patterns {
	struct secret *block;                  /* NULL: there is no pattern */
	struct form_pattern *p;
	uint32_t n;
	size_t cap;
};

/* classes: 1 << FORM_WRITTEN | ...; users (NULL-terminated, may be NULL): of the accounts, for hashes with a user's
 * name in them. The caller frees ret in each case. */
int forms_make(const struct secret *value, unsigned classes, const char *const *users, struct form_patterns *ret,
	       struct err *e);
/* One pattern of them, as a secret of its own. */
int forms_pattern(const struct form_patterns *p, uint32_t i, struct secret **ret, struct err *e);
void forms_free(struct form_patterns *p);

/* Why a value cannot be looked for without false hits: "has fewer than 6 bytes"; NULL: it can. */
const char *forms_too_plain(const struct secret *value);

/* The written forms for `grep -F -f -`, one a line, through standard input only. *ret is NULL when the value has bytes
 * that no text has (a binary key). */
int forms_lines(const struct secret *value, struct secret **ret, struct err *e);
/* Does the text hold the value in any written form? NULL secrets are not held. */
bool forms_in(const struct secret *value, const char *text);
