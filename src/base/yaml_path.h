#pragma once
/* Where a path of keys leads in a parsed text; shared by yaml_find and yaml_splice. Below a list a key is an index. */
#include "base/yaml.h"

struct yaml_source {
	const char *name, *text;
	size_t len;
	struct yaml_node *root;
};

enum yaml_follow {
	YAML_FOLLOW_ALIAS, /* for readers; merge keys too */
	YAML_OWN_BYTES,    /* for writers: refuses what other places of the text follow or what follows another place */
};

/* The scalar at path, not empty. Refusals are sentences with file:line:col. */
int yaml_path_walk(const struct yaml_source *s, const char *const *path, enum yaml_follow how,
		   struct yaml_node **ret, struct err *e);
/* First byte behind the node's tag and anchor. */
size_t yaml_content_start(const struct yaml_source *s, const struct yaml_node *n);
/* The node's own anchor, borrowed from the source; false when it has none. */
bool yaml_anchor_name(const struct yaml_source *s, const struct yaml_node *n, const char **ret, size_t *ret_len);
