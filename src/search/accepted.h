#pragma once
/*
 * Findings of `firebreak scan` that the team has looked at and accepted, each with a reason (docs/formats/accepted.md).
 * A line names a finding by its fingerprint, or several by rule and file; whatever it names must all fit. With a tag it
 * holds for that value only: another value in the same place is told again.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/strv.h"
#include "model/register.h"
#include <stdbool.h>
#include <stdint.h>

#define ACCEPTED_MAX 10000u
#define ACCEPTED_SALT_HEX 64u
#define ACCEPTED_BYTES ((size_t)8 << 20)

struct accepted_line {
	const char *fingerprint, *rule, *file, *tag;     /* NULL: whatever it is */
	const char *why;
	struct position at;
	bool used;
};

struct accepted {
	struct arena *arena;
	const char *salt;                                /* hexadecimal: the tags' key comes from it; NULL: the
							  * installation's own tags */
	struct accepted_line *line;
	uint32_t n;
};

/* 0, or -ERR_CONFIG with every mistake in `problems` (may be NULL) and the first one in e. */
int accepted_read(const struct source *file, struct accepted *ret, struct strv *problems, struct err *e);
/* The first line that fits, which is used from now on; NULL when none does. file NULL: it is in no file. */
const struct accepted_line *accepted_find(struct accepted *a, const char *fingerprint, const char *rule,
					  const char *file, const char *tag);
void accepted_free(struct accepted *a);
