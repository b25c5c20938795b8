#pragma once
/*
 * The inside of the graph, for graph.c, blast.c and dot.c. Compressed rows: the edges of node i are to[offset[i]] up to
 * to[offset[i + 1]]. Behind the kinds of things stand nodes that nobody sees: a closure rule, a repository, the
 * files of
 * a repository, and the hosts of a list. They keep "every secret of this kind reaches every host" at secrets + hosts
 * instead of secrets x hosts.
 */
#include "model/graph.h"

struct graph {
	const struct firebreak_register *r;
	uint32_t first[REF_KINDS];           /* node of the first thing of each enum ref_kind */
	uint32_t visible;             /* nodes that are things */
	uint32_t first_closure, first_repository, first_files, first_list, n;
	uint32_t *offset, *to;
	uint8_t *kind;                /* enum edge_kind of each edge */
	uint64_t edges;
};

uint32_t graph_node(const struct graph *g, struct ref ref);
struct ref graph_ref(const struct graph *g, uint32_t node);      /* of a visible node */
