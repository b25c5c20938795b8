#pragma once
/*
 * What reaches what. One node for each secret, host, system and data set; edges say "who holds this holds that":
 * a secret reaches what it opens, a host reaches the secrets that are rendered on it and, where a private repository
 * lies on it, all of that repository's, where a repository serves it files all secrets that are whole files there, and
 * what it holds besides; closure rules of the register add theirs. An ssh key reaches the users that it opens and its
 * private half, a user what it opens, and where it is root its hosts. A secret touches its system, but a touched system
 * does not spread (one leaked password does not leak the others); a *declared* system does: its secrets and hosts are
 * then roots. In the same way a declared user has its keys, one that a key opens has not: a private key lies elsewhere.
 */
#include "base/buf.h"
#include "model/register.h"

enum edge_kind { EDGE_OPENS, EDGE_RENDERED, EDGE_KEPT, EDGE_CLOSURE, EDGE_TOUCHES, EDGE_BELONGS, EDGE_SERVED,
		 EDGE_HOLDS, EDGE_LOGIN, EDGE_ROOT, EDGE_HALF };

struct graph;

int graph_build(const struct firebreak_register *r, struct graph **ret, struct err *e);
struct graph *graph_free(struct graph *g);
void graph_freep(struct graph **g);
uint64_t graph_edges(const struct graph *g);

/* One thing that a leak reaches, with the step that led there. */
struct member {
	struct ref ref;
	uint32_t via;             /* index of the member it was reached from; NOTHING for what was declared */
	enum edge_kind edge;
	const char *why;          /* the closure rule's reason, or NULL */
	uint32_t depth;
};
struct blast { struct member *m; uint32_t n; };      /* nearest first; roots at the front */

/* O(nodes + edges). The caller frees with blast_free. */
int graph_blast(const struct graph *g, const struct ref *roots, size_t n, struct blast *ret, struct err *e);
void blast_free(struct blast *b);
/* "redis/password opens data:jobqueue, ...": the path from a root to member i. */
void blast_path(const struct graph *g, const struct blast *b, uint32_t i, struct buf *out);
void graph_dot(const struct graph *g, struct buf *out);        /* Graphviz DOT of the whole graph */
/* {"nodes": [{"id", "kind", "name"}], "edges": [{"from", "to", "kind"}]}; rules and repositories are nodes too. */
json_t *graph_json(const struct graph *g);
const char *edge_kind_name(enum edge_kind kind);               /* "opens", "rendered", ... */
const char *edge_kind_words(enum edge_kind kind);              /* "opens", "has rendered on it", ... */
