#pragma once
/*
 * One element more at the end of a list or map of a YAML text; nothing else changes: comments, layout and order stay.
 * The result is parsed again and every other node compared with the original.
 *
 * Refused with a sentence (file:line:col): a key of the path is absent, stands twice, or has an anchor or tag; what is
 * there is no list or map; a list in brackets that is to take more than one line.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/yaml.h"

/* path: keys of maps from the document's root, NULL-terminated; none is the root itself. lines: the element as it
 * stands
 * at the left margin, in block style and with a newline at its end: "key: value\n" of a map, "- value\n" of a list,
 * perhaps with more lines that are indented. An empty text takes the first element of a map. ret: the whole new
 * text. */
int yaml_insert(const char *name, const char *src, size_t len, const char *const *path, const char *lines,
		struct buf *ret, struct err *e);
/* One scalar, as it must be written to be read back as exactly this text; s is UTF-8. In one line. */
void yaml_word(struct buf *b, const char *s);
