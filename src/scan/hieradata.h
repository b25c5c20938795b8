#pragma once
/*
 * Which YAML files are Hiera data, so that each of their scalars is a leaf, and which are just files. Decided here and
 * nowhere else. Hiera data is a file that ends in .yaml, .yml or .eyaml and
 *
 *   1. lies below a folder called hieradata or data, or
 *   2. is named by a hiera.yaml (version 5) of the same tree; what that puts in at run time (%{...}) is any text, or
 *   3. holds a key that the register names, or
 *   4. when there is no register yet (`any`): is any such file that is not below a folder called files.
 *
 * Every other file is one leaf as a whole, and so is one of these that is no map: nothing is passed over either way.
 */
#include "base/err.h"
#include "base/strv.h"
#include <stdbool.h>
#include <stddef.h>

#define HIERADATA_PATTERNS_MAX 1000u

struct hieradata {
	struct strv patterns; /* '*' is any text */
	bool any;
};

#define HIERADATA_INIT { .patterns = STRV_INIT }

/* By the first rule: what stands behind the last such folder, "hosts/a.yaml"; NULL when it is none. */
const char *hieradata_by_name(const char *path);
/* Is it a hiera.yaml, to be read first? */
bool hieradata_is_config(const char *path);
/* Adds what a hiera.yaml names. An error's text begins with the line and column ("3:1: ..."). */
int hieradata_config(struct hieradata *h, const char *path, const char *bytes, size_t len, struct err *e);
/* A file of which the register names a key. */
void hieradata_add(struct hieradata *h, const char *path);
bool hieradata_has(const struct hieradata *h, const char *path);
void hieradata_free(struct hieradata *h);
