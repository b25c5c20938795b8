#include "model/graph_parts.h"
#include "base/mem.h"

struct walk {
	const struct graph *g;
	struct blast blast;
	bool *seen;
};

static const char *const words[] = {
	[EDGE_OPENS] = "opens", [EDGE_RENDERED] = "has rendered on it",
	[EDGE_KEPT] = "keeps the repository that holds",
	[EDGE_CLOSURE] = "reaches", [EDGE_TOUCHES] = "is a credential of", [EDGE_BELONGS] = "has as its own",
	[EDGE_SERVED] = "may fetch the file", [EDGE_HOLDS] = "has lying on it", [EDGE_LOGIN] = "logs in as",
	[EDGE_ROOT] = "is root on", [EDGE_HALF] = "is the other half of",
};

const char *edge_kind_words(enum edge_kind kind)
{
	return words[kind];
}

static void walk_free(struct walk *w)
{
	free(w->seen);
	blast_free(&w->blast);
}

static void reach(struct walk *w, uint32_t node, uint32_t via, enum edge_kind kind, const char *why)
{
	struct member *m = w->blast.m;

	if (w->seen[node])
		return;
	w->seen[node] = true;
	m[w->blast.n++] = (struct member){ .ref = graph_ref(w->g, node), .via = via, .edge = kind, .why = why,
					   .depth = via == NOTHING ? 0 : m[via].depth + 1 };
}

/* A rule, a repository or a list is walked through, not reached. */
static void through(struct walk *w, uint32_t node, uint32_t via, enum edge_kind kind)
{
	const struct graph *g = w->g;
	const char *why = node < g->first_repository ? g->r->closures[node - g->first_closure].why : NULL;

	if (w->seen[node])
		return;
	w->seen[node] = true;
	for (uint32_t i = g->offset[node]; i < g->offset[node + 1]; i++)
		reach(w, g->to[i], via, kind, why);
}

static void spread(struct walk *w, uint32_t at)
{
	const struct graph *g = w->g;
	const struct member *m = &w->blast.m[at];
	bool declared = m->via == NOTHING, user = m->ref.kind == REF_USER;
	uint32_t node = graph_node(g, m->ref);

	/* a touched system is worth a look, but what leaked of it is not all of it */
	if (m->ref.kind == REF_SYSTEM && !declared)
		return;
	for (uint32_t i = g->offset[node]; i < g->offset[node + 1]; i++) {
		if (user && !declared && g->kind[i] == EDGE_BELONGS)
			continue;
		if (g->to[i] < g->visible)
			reach(w, g->to[i], at, (enum edge_kind)g->kind[i], NULL);
		else
			through(w, g->to[i], at, (enum edge_kind)g->kind[i]);
	}
}

static bool exists(const struct graph *g, struct ref ref)
{
	uint32_t end = ref.kind + 1 < REF_KINDS ? g->first[ref.kind + 1] : g->visible;

	return ref.kind < REF_KINDS && ref.index < end - g->first[ref.kind];
}

int graph_blast(const struct graph *g, const struct ref *roots, size_t n, struct blast *ret, struct err *e)
{
	_cleanup_(walk_free) struct walk w = { .g = g };

	w.seen = mem_zero(g->n + 1, sizeof(*w.seen));
	w.blast.m = mem_zero(g->visible + 1, sizeof(*w.blast.m));
	for (size_t i = 0; i < n; i++) {
		if (!exists(g, roots[i]))
			return err_set(e, ERR_BUG, "the blast radius was asked of a thing that the register does not "
						   "have");
		reach(&w, graph_node(g, roots[i]), NOTHING, EDGE_OPENS, NULL);
	}
	for (uint32_t i = 0; i < w.blast.n; i++)
		spread(&w, i);
	*ret = w.blast;
	w.blast = (struct blast){ NULL, 0 };
	return 0;
}

void blast_free(struct blast *b)
{
	free(b->m);
	*b = (struct blast){ NULL, 0 };
}

static void put_ref(const struct graph *g, struct ref ref, struct buf *out)
{
	/* the names of these carry their kind */
	if (ref.kind != REF_SECRET && ref.kind != REF_USER && ref.kind != REF_SSH_KEY)
		buf_printf(out, "%s:", ref_kind_name(ref.kind));
	buf_str(out, register_name(g->r, ref));
}

void blast_path(const struct graph *g, const struct blast *b, uint32_t i, struct buf *out)
{
	const struct member *m = &b->m[i];
	uint32_t steps[64], n = 0;

	if (m->via == NOTHING) {
		put_ref(g, m->ref, out);
		buf_str(out, " was declared");
		return;
	}
	/* the nearest to the root are left out of a path that nobody could read */
	for (uint32_t at = i; b->m[at].via != NOTHING && n < ARRAY_SIZE(steps); at = b->m[at].via)
		steps[n++] = at;
	while (n--) {
		m = &b->m[steps[n]];
		put_ref(g, b->m[m->via].ref, out);
		buf_printf(out, " %s ", edge_kind_words(m->edge));
		put_ref(g, m->ref, out);
		if (m->why)
			buf_printf(out, " (%s)", m->why);
		if (n)
			buf_str(out, ", ");
	}
}
