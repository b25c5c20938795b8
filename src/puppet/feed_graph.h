#pragma once
/* The resources of one host as a graph: who notifies whom, who holds whom, who names which path. */
#include "puppet/eval.h"

struct csr { uint32_t *start, *to; };           /* the edges of node i are to[start[i]] .. to[start[i + 1] - 1] */
struct graph_of_host {
	struct eval *e;
	struct csr notify, order, children, parents;
	bool *certain;
	uint32_t *seen, *work, stamp;           /* two of each resource: reached, and gone on from */
	struct map mentions;                    /* path -> first of `mention` */
	struct mention { uint32_t res, next; const struct val *text; } *mention;
	uint32_t n_mentions, holes;             /* holes: first of those whose text has any */
	size_t cap_mentions;
};

struct graph_of_host *graph_open(struct eval *e);
void host_graph_freep(struct graph_of_host **g);
/* feed_told.c: the services of a change of `from` (and of `also`, the whole that it is a part of; or NO_RESOURCE), in
 * `ret`, at most `max` of them. `path` is what the thing is called on the host, or NULL. */
uint32_t told_services(struct graph_of_host *g, uint32_t from, uint32_t also, const struct val *path,
		       struct feed_service *ret, uint32_t max);
