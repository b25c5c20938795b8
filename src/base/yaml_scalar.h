#pragma once
/* How one value is written in the style of the scalar whose place it takes. */
#include "base/buf.h"
#include "base/yaml_path.h"

struct yaml_edit {
	size_t from, to;  /* the bytes that go */
	struct buf bytes; /* what comes instead; wiped when freed */
};

void yaml_edit_clear(struct yaml_edit *x);
/* Refuses a value that the place cannot hold. */
int yaml_scalar_edit(const struct yaml_source *s, const struct yaml_node *n, const char *value, size_t len,
		     struct yaml_edit *ret, struct err *e);
