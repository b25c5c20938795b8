#pragma once
/*
 * Aliases and merge keys ('<<'), followed as Ruby's YAML does it, and with it Hiera: an alias stands for the last node
 * of that anchor before it; of merged maps the later key wins, within a list of maps the first one.
 */
#include "base/yaml_path.h"

#define YAML_ANCHORS_MAX 1000u
#define YAML_ALIAS_DEPTH 8u /* an alias in what an alias stands for, and so on */

struct yaml_anchor {
	const char *name;
	size_t len;
	struct yaml_node *node;
};

struct yaml_anchors {
	struct yaml_anchor *list; /* in the order of the text */
	size_t n, cap;
};

int yaml_anchors_make(const struct yaml_source *s, struct yaml_anchors *ret, struct err *e);
/* NULL: no anchor of that name stands before the alias. */
struct yaml_node *yaml_anchors_find(const struct yaml_anchors *a, const struct yaml_node *alias);
void yaml_anchors_free(struct yaml_anchors *a);
/* An element of a map whose key is '<<' and whose value may be maps. */
bool yaml_is_merge(const struct yaml_node *element);
