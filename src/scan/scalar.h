#pragma once
/*
 * What Ruby's YAML, and so Hiera, makes of a plain scalar: text, or something that it writes in its own way (Psych's
 * ScalarScanner). "0123" comes out as 83, "12:30:45" as 45045, "1.50" as 1.5: then what stands in the file is not what
 * Puppet puts into the file on a host.
 */
#include "base/yaml.h"
#include <stdbool.h>

enum scalar {
	SCALAR_TEXT,
	SCALAR_NOTHING,  /* ~, null, or empty */
	SCALAR_TRUTH,
	SCALAR_NUMBER,
	SCALAR_REFUSED,  /* a date, a time (Hiera refuses the file), a symbol (it refuses the key) */
	SCALAR_TAGGED,   /* has a tag that makes something else of it: !!binary, !!int, !ruby/... */
};

/* src: the text that n is of. *ret_same (may be NULL): it is written as it stands. Quoted ones and blocks are text. */
enum scalar scalar_of(const char *src, const struct yaml_node *n, bool *ret_same);
