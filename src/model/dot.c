#include "model/graph_parts.h"

static const char *const node_style[] = {
	[REF_SECRET] = "shape=box, style=rounded", [REF_HOST] = "shape=box3d", [REF_SYSTEM] = "shape=component",
	[REF_DATA] = "shape=cylinder", [REF_USER] = "shape=ellipse", [REF_SSH_KEY] = "shape=cds",
};
static const char *const edge_style[] = {
	[EDGE_OPENS] = "color=\"#b00020\"", [EDGE_RENDERED] = "color=\"#446688\"",
	[EDGE_KEPT] = "color=\"#446688\", style=dashed",
	[EDGE_CLOSURE] = "color=\"#b00020\", style=bold", [EDGE_TOUCHES] = "color=\"#999999\", style=dotted",
	[EDGE_SERVED] = "color=\"#446688\", style=dashed", [EDGE_HOLDS] = "color=\"#446688\"",
	[EDGE_LOGIN] = "color=\"#b00020\"", [EDGE_ROOT] = "color=\"#b00020\", style=bold",
	[EDGE_HALF] = "color=\"#999999\"",
	[EDGE_BELONGS] = NULL, /* the way back of TOUCHES: one line for both */
};

static void quoted(struct buf *out, const char *s)
{
	buf_char(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_char(out, '\\');
		buf_char(out, *s);
	}
	buf_char(out, '"');
}

static void node(struct buf *out, uint32_t id, const char *label, const char *style)
{
	buf_printf(out, "\tn%u [label=", id);
	quoted(out, label);
	buf_printf(out, ", %s];\n", style);
}

static void secrets_of_system(const struct graph *g, uint32_t system, struct buf *out)
{
	uint32_t at = graph_node(g, (struct ref){ REF_SYSTEM, system });

	buf_printf(out, "\tsubgraph cluster_%u {\n\tlabel=", system);
	quoted(out, g->r->systems[system].title);
	buf_str(out, ";\n\tcolor=\"#cccccc\";\n");
	node(out, at, g->r->systems[system].name, node_style[REF_SYSTEM]);
	for (uint32_t i = g->offset[at]; i < g->offset[at + 1]; i++)
		if (g->kind[i] == EDGE_BELONGS && g->to[i] < g->first[REF_HOST])
			node(out, g->to[i], register_name(g->r, graph_ref(g, g->to[i])), node_style[REF_SECRET]);
	buf_str(out, "\t}\n");
}

static void nodes(const struct graph *g, struct buf *out)
{
	const struct firebreak_register *r = g->r;

	for (uint32_t i = 0; i < r->n_systems; i++)
		secrets_of_system(g, i, out);
	for (uint32_t i = 0; i < r->n_hosts; i++)
		node(out, g->first[REF_HOST] + i, r->hosts[i].name, node_style[REF_HOST]);
	for (uint32_t i = 0; i < r->n_data; i++)
		node(out, g->first[REF_DATA] + i, r->data[i].title, node_style[REF_DATA]);
	for (uint32_t i = 0; i < r->n_users; i++)
		node(out, g->first[REF_USER] + i, r->users[i].account, node_style[REF_USER]);
	for (uint32_t i = 0; i < r->n_ssh_keys; i++)
		node(out, g->first[REF_SSH_KEY] + i, r->ssh_keys[i].fingerprint, node_style[REF_SSH_KEY]);
	for (uint32_t i = 0; i < r->n_closures; i++)
		node(out, g->first_closure + i, r->closures[i].why, "shape=note, color=\"#b00020\"");
	for (uint32_t i = 0; i < r->n_repositories; i++)
		node(out, g->first_repository + i, r->repositories[i].name, "shape=folder");
	for (uint32_t i = 0; i < r->n_repositories; i++)
		if (r->repositories[i].serves.n)
			node(out, g->first_files + i, r->repositories[i].name, "shape=tab");
	for (uint32_t i = 0; i < r->n_users; i++)
		if (g->offset[g->first_list + i] < g->offset[g->first_list + i + 1])
			node(out, g->first_list + i, "hosts", "shape=folder");
}

void graph_dot(const struct graph *g, struct buf *out)
{
	buf_str(out, "digraph register {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\", fontsize=10];\n"
		     "\tedge [arrowsize=0.6];\n");
	nodes(g, out);
	for (uint32_t from = 0; from < g->n; from++)
		for (uint32_t i = g->offset[from]; i < g->offset[from + 1]; i++)
			if (edge_style[g->kind[i]])
				buf_printf(out, "\tn%u -> n%u [%s];\n", from, g->to[i], edge_style[g->kind[i]]);
	buf_str(out, "}\n");
}
