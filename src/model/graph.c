#include "model/graph_parts.h"
#include "base/mem.h"

struct closure_kinds { struct map kinds; uint32_t *next; };      /* kind -> its first closure; the others behind it */

struct builder {
	struct graph *g;
	uint32_t *fill;               /* NULL while edges are counted; then where the next edge of a node goes */
};

static void closure_kinds_free(struct closure_kinds *c)
{
	map_free(&c->kinds);
	free(c->next);
}

uint32_t graph_node(const struct graph *g, struct ref ref)
{
	return g->first[ref.kind] + ref.index;
}

struct ref graph_ref(const struct graph *g, uint32_t node)
{
	enum ref_kind kind = REF_KINDS - 1;

	while (g->first[kind] > node)
		kind--;
	return (struct ref){ kind, node - g->first[kind] };
}

static void edge(struct builder *b, uint32_t from, uint32_t to, enum edge_kind kind)
{
	struct graph *g = b->g;

	if (!b->fill) {
		/* beyond the limit only the count goes on, and graph_build refuses */
		if (g->edges++ < LIMIT_EDGES)
			g->offset[from + 1]++;
		return;
	}
	g->to[b->fill[from]] = to;
	g->kind[b->fill[from]++] = (uint8_t)kind;
}

static void edges_to_refs(struct builder *b, uint32_t from, const struct refs *refs, enum edge_kind kind)
{
	for (uint32_t i = 0; i < refs->n; i++)
		edge(b, from, graph_node(b->g, refs->r[i]), kind);
}

static void edges_of_secret(struct builder *b, const struct closure_kinds *c, uint32_t index)
{
	const struct graph *g = b->g;
	const struct secret_def *s = &g->r->secrets[index];
	uint32_t node = graph_node(g, (struct ref){ REF_SECRET, index }), k = map_get(&c->kinds, s->kind);

	edges_to_refs(b, node, &s->opens, EDGE_OPENS);
	for (; k != NOTHING; k = c->next[k])
		edge(b, node, g->first_closure + k, EDGE_CLOSURE);
	if (s->system != NOTHING) {
		uint32_t system = graph_node(g, (struct ref){ REF_SYSTEM, s->system });

		edge(b, node, system, EDGE_TOUCHES);
		edge(b, system, node, EDGE_BELONGS);
	}
	for (uint32_t i = 0; i < s->n_consumers; i++)
		for (uint32_t h = 0; h < s->consumers[i].hosts.n; h++)
			edge(b, graph_node(g, (struct ref){ REF_HOST, s->consumers[i].hosts.i[h] }), node,
			     EDGE_RENDERED);
	for (uint32_t i = 0; i < s->n_places; i++)
		if (s->places[i].repository != NOTHING) {
			edge(b, g->first_repository + s->places[i].repository, node, EDGE_KEPT);
			if (!s->places[i].key)
				edge(b, g->first_files + s->places[i].repository, node, EDGE_SERVED);
		}
}

/* Users who are on the same hosts share the list's node: that of the first of them. */
static uint32_t list_of(const struct builder *b, uint32_t user)
{
	const struct firebreak_register *r = b->g->r;
	uint32_t first = 0;

	while (r->users[first].hosts.i != r->users[user].hosts.i)
		first++;
	return first;
}

static void edges_of_user(struct builder *b, uint32_t index)
{
	const struct graph *g = b->g;
	const struct user_def *u = &g->r->users[index];
	uint32_t node = graph_node(g, (struct ref){ REF_USER, index }), list;

	for (uint32_t i = 0; i < u->keys.n; i++)
		edge(b, node, graph_node(g, (struct ref){ REF_SSH_KEY, u->keys.i[i] }), EDGE_BELONGS);
	edges_to_refs(b, node, &u->opens, EDGE_OPENS);
	list = list_of(b, index);
	if (register_user_is_root(g->r, index))
		edge(b, node, g->first_list + list, EDGE_ROOT);
	if (list != index)
		return;
	for (uint32_t h = 0; h < (u->hosts.n ? u->hosts.n : g->r->n_hosts); h++)
		edge(b, g->first_list + list, graph_node(g, (struct ref){ REF_HOST, u->hosts.n ? u->hosts.i[h] : h }),
		     EDGE_ROOT);
}

static void edges_of_key(struct builder *b, uint32_t index)
{
	const struct graph *g = b->g;
	const struct ssh_key *k = &g->r->ssh_keys[index];
	uint32_t node = graph_node(g, (struct ref){ REF_SSH_KEY, index });

	for (uint32_t i = 0; i < k->users.n; i++)
		edge(b, node, graph_node(g, (struct ref){ REF_USER, k->users.i[i] }), EDGE_LOGIN);
	if (k->secret != NOTHING) {
		uint32_t half = graph_node(g, (struct ref){ REF_SECRET, k->secret });

		edge(b, node, half, EDGE_HALF);
		edge(b, half, node, EDGE_HALF);
	}
}

static void edges_of_repository(struct builder *b, uint32_t index)
{
	const struct graph *g = b->g;
	const struct repository *d = &g->r->repositories[index];

	for (uint32_t h = 0; h < d->hosts.n; h++)
		edge(b, graph_node(g, (struct ref){ REF_HOST, d->hosts.i[h] }), g->first_repository + index, EDGE_KEPT);
	for (uint32_t h = 0; h < d->serves.n; h++)
		edge(b, graph_node(g, (struct ref){ REF_HOST, d->serves.i[h] }), g->first_files + index, EDGE_SERVED);
}

static void all_edges(struct builder *b, const struct closure_kinds *c)
{
	const struct graph *g = b->g;
	const struct firebreak_register *r = g->r;

	for (uint32_t i = 0; i < r->n_secrets; i++)
		edges_of_secret(b, c, i);
	for (uint32_t i = 0; i < r->n_closures; i++) {
		if (r->closures[i].secret != NOTHING)
			edge(b, graph_node(g, (struct ref){ REF_SECRET, r->closures[i].secret }),
			     g->first_closure + i, EDGE_CLOSURE);
		edges_to_refs(b, g->first_closure + i, &r->closures[i].reaches, EDGE_CLOSURE);
	}
	/* behind what is rendered: a host that has both is explained by the nearer reason */
	for (uint32_t i = 0; i < r->n_repositories; i++)
		edges_of_repository(b, i);
	for (uint32_t i = 0; i < r->n_hosts; i++)
		edges_to_refs(b, graph_node(g, (struct ref){ REF_HOST, i }), &r->hosts[i].holds, EDGE_HOLDS);
	for (uint32_t i = 0; i < r->n_users; i++)
		edges_of_user(b, i);
	for (uint32_t i = 0; i < r->n_ssh_keys; i++)
		edges_of_key(b, i);
	for (uint32_t i = 0; i < r->n_systems; i++)
		for (uint32_t h = 0; h < r->systems[i].hosts.n; h++)
			edge(b, graph_node(g, (struct ref){ REF_SYSTEM, i }),
			     graph_node(g, (struct ref){ REF_HOST, r->systems[i].hosts.i[h] }), EDGE_BELONGS);
	for (uint32_t i = 0; i < r->n_data; i++)
		if (r->data[i].system != NOTHING)
			edge(b, graph_node(g, (struct ref){ REF_SYSTEM, r->data[i].system }),
			     graph_node(g, (struct ref){ REF_DATA, i }), EDGE_BELONGS);
}

static void find_kinds(const struct firebreak_register *r, struct closure_kinds *c)
{
	c->next = mem_zero(r->n_closures + 1, sizeof(*c->next));
	for (uint32_t i = 0; i < r->n_closures; i++) {
		const char *kind = r->closures[i].kind;

		c->next[i] = NOTHING;
		if (kind && !map_put(&c->kinds, kind, i)) {
			uint32_t first = map_get(&c->kinds, kind);

			c->next[i] = c->next[first];
			c->next[first] = i;
		}
	}
}

static void number_nodes(struct graph *g)
{
	const struct firebreak_register *r = g->r;

	g->first[REF_SECRET] = 0;
	g->first[REF_HOST] = r->n_secrets;
	g->first[REF_SYSTEM] = g->first[REF_HOST] + r->n_hosts;
	g->first[REF_DATA] = g->first[REF_SYSTEM] + r->n_systems;
	g->first[REF_USER] = g->first[REF_DATA] + r->n_data;
	g->first[REF_SSH_KEY] = g->first[REF_USER] + r->n_users;
	g->visible = g->first[REF_SSH_KEY] + r->n_ssh_keys;
	g->first_closure = g->visible;
	g->first_repository = g->first_closure + r->n_closures;
	g->first_files = g->first_repository + r->n_repositories;
	g->first_list = g->first_files + r->n_repositories;
	g->n = g->first_list + r->n_users;
}

int graph_build(const struct firebreak_register *r, struct graph **ret, struct err *e)
{
	_cleanup_(graph_freep) struct graph *g = mem_zero(1, sizeof(*g));
	_cleanup_(closure_kinds_free) struct closure_kinds c = { .kinds = MAP_INIT };
	_cleanup_(freep) uint32_t *fill = NULL;
	struct builder b = { .g = g };

	g->r = r;
	number_nodes(g);
	find_kinds(r, &c);
	g->offset = mem_zero(g->n + 1, sizeof(*g->offset));
	all_edges(&b, &c);
	if (g->edges > LIMIT_EDGES)
		return err_set(e, ERR_LIMIT, "the register's graph has %llu edges: at most %u are taken; closures say "
					     "'all hosts' once", (unsigned long long)g->edges, LIMIT_EDGES);
	for (uint32_t i = 0; i < g->n; i++)
		g->offset[i + 1] += g->offset[i];
	g->to = mem_zero(g->edges + 1, sizeof(*g->to));
	g->kind = mem_zero(g->edges + 1, sizeof(*g->kind));
	b.fill = fill = mem_zero(g->n + 1, sizeof(*fill));
	memcpy(fill, g->offset, (g->n + 1) * sizeof(*fill));
	all_edges(&b, &c);
	*ret = TAKE(g);
	return 0;
}

struct graph *graph_free(struct graph *g)
{
	if (g) {
		free(g->offset);
		free(g->to);
		free(g->kind);
		free(g);
	}
	return NULL;
}

void graph_freep(struct graph **g)
{
	*g = graph_free(*g);
}

uint64_t graph_edges(const struct graph *g)
{
	return g->edges;
}
