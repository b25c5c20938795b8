#pragma once
/* For forms*.c only: one value that becomes patterns. */
#include "base/buf.h"
#include "scan/forms.h"

struct forming {
	struct buf bytes;              /* wiped; becomes the block */
	struct form_patterns *to;
	unsigned classes;
	bool part;                     /* what is formed now is a part of the value */
	bool chance;                   /* it is of a key: half of it tells as well */
	bool over;                     /* the block is full: shorter pieces would have been needed */
};

/* Adds one pattern under the form's name, unless it stands there already. */
void form_add(struct forming *f, const char *form, const char *bytes, size_t len, bool part);

void forms_written(struct forming *f, const char *bytes, size_t len);                      /* forms_written.c */
void forms_coded(struct forming *f, const char *bytes, size_t len);                        /* forms_coded.c */
/* Base64 of what stands within something longer, in its three alignments, as pieces that lines of 48 and more
 * characters leave whole. */
void forms_key(struct forming *f, const char *bytes, size_t len);
void forms_hashed(struct forming *f, const char *bytes, size_t len, const char *const *users); /* forms_hashed.c */
