#pragma once
/* The walk through one Hiera file; for leaf_yaml.c and leaf_merge.c. */
#include "base/map.h"
#include "base/yaml_anchor.h"
#include "scan/leaf_parts.h"

#define LEAF_MERGES_MAX 16u      /* merge keys of one map */

struct leaf_walk {
	struct leaf_file *f;
	struct yaml_source s;
	struct yaml_anchors anchors;
	struct map tops;                 /* keys at the top that could be taken for dotted ones */
	const struct yaml_node *top;     /* key at the top of the file, as long as nothing is added to it; or NULL */
	struct buf key;
	size_t first;                    /* bytes of key that the name at the top takes */
	uint32_t line, col;              /* of the alias or merge key on the way; 0: none */
	unsigned depth;                  /* of aliases */
	uint32_t repeated;               /* nodes that were come to by an alias or merge key */
};

/* false when a file holds, or its aliases repeat, too much. */
bool leaf_walk_goes_on(struct leaf_walk *w, const struct yaml_node *n);
/* An element of a map, below the key that the walk is at. */
void leaf_walk_element(struct leaf_walk *w, struct yaml_node *n);
/* leaf_merge.c: what a map's merge keys bring that it does not have itself. */
void leaf_walk_merges(struct leaf_walk *w, struct yaml_node *map);
