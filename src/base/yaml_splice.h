#pragma once
/*
 * One scalar of a YAML text is replaced, nothing else changes: bytes are spliced, the result is parsed again and every
 * other node compared with the original.
 *
 * Refused with a sentence (file:line:col): the key is absent, stands twice anywhere in the document's path, is an alias
 * or anchored, is no scalar, is empty, and a value that the place cannot hold. Plain scalars become single-quoted when
 * the value needs it (a number or truth that replaces one stays plain); quoting style is kept otherwise; a literal
 * block keeps its indentation and chomping, so the value must end in newlines as the old one did ('|': one, '|-': none,
 * '|+': one or more). A folded block takes a value of one line, as ENC[...] of eyaml is.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/yaml.h"
#include <stddef.h>

/* path: keys from the document's root (numbers below a list), NULL-terminated. ret gets the whole new text (give it
 * room and `wipe`). */
int yaml_splice(const char *name, const char *src, size_t len, const char *const *path, const char *value,
		size_t value_len, struct buf *ret, struct err *e);
/* The scalar at path; *ret borrowed from the arena. Same refusals as above but for anchors: aliases and merge keys are
 * followed (yaml_anchor.h). */
int yaml_find(struct arena *a, const char *name, const char *src, size_t len, const char *const *path,
	      const struct yaml_node **ret, struct err *e);
