#include "model/graph_parts.h"

static const char *const names[] = {
	[EDGE_OPENS] = "opens", [EDGE_RENDERED] = "rendered", [EDGE_KEPT] = "kept", [EDGE_CLOSURE] = "closure",
	[EDGE_TOUCHES] = "touches", [EDGE_BELONGS] = "belongs", [EDGE_SERVED] = "served", [EDGE_HOLDS] = "holds",
	[EDGE_LOGIN] = "login", [EDGE_ROOT] = "root", [EDGE_HALF] = "half",
};

const char *edge_kind_name(enum edge_kind kind)
{
	return names[kind];
}

static json_t *node(const struct graph *g, uint32_t i)
{
	json_t *j = json_object();

	json_put_int(j, "id", i);
	if (i < g->visible) {
		json_put(j, "kind", ref_kind_name(graph_ref(g, i).kind));
		json_put(j, "name", register_name(g->r, graph_ref(g, i)));
	} else if (i < g->first_repository) {
		json_put(j, "kind", "closure");
		json_put(j, "name", g->r->closures[i - g->first_closure].why);
	} else if (i < g->first_files) {
		json_put(j, "kind", "repository");
		json_put(j, "name", g->r->repositories[i - g->first_repository].name);
	} else if (i < g->first_list) {
		json_put(j, "kind", "files");
		json_put(j, "name", g->r->repositories[i - g->first_files].name);
	} else {
		json_put(j, "kind", "hosts");
		json_put(j, "name", g->r->users[i - g->first_list].name);
	}
	return j;
}

static json_t *edge(const struct graph *g, uint32_t from, uint32_t i)
{
	json_t *j = json_object();

	json_put_int(j, "from", from);
	json_put_int(j, "to", g->to[i]);
	json_put(j, "kind", names[g->kind[i]]);
	return j;
}

json_t *graph_json(const struct graph *g)
{
	json_t *j = json_object(), *nodes = json_array(), *edges = json_array();

	for (uint32_t i = 0; i < g->n; i++) {
		json_array_append_new(nodes, node(g, i));
		for (uint32_t k = g->offset[i]; k < g->offset[i + 1]; k++)
			json_array_append_new(edges, edge(g, i, k));
	}
	json_object_set_new(j, "nodes", nodes);
	json_object_set_new(j, "edges", edges);
	return j;
}
