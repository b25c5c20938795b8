#pragma once
/*
 * How a value may be written down: as it is, and as JSON, PHP, shell, URLs and XML spell it. One pattern a line, for
 * `grep -F -f -` through standard input only. Of a value with several lines (a PEM key) one line is looked for, from
 * its middle, because the first and last lines are the same in every key.
 */
#include "base/err.h"
#include "base/secret.h"
#include <stdbool.h>

/* *ret is NULL when the value has bytes that no text has (a binary key): only whole files can be compared then. */
int forms_make(const struct secret *value, struct secret **ret, struct err *e);
/* Does the text hold the value in any of its forms? NULL secrets are not held. */
bool forms_in(const struct secret *value, const char *text);
