/* The graph of one host: made of attributes, arrows and classes. */
#include "puppet/feed_graph.h"
#include <string.h>

struct pair { uint32_t from, to; bool flag; };
struct pairs { struct pair *p; uint32_t n; size_t cap; bool over; };

#define EDGES_MAX 4000000u /* between the resources of one host */

static void add(struct pairs *p, uint32_t from, uint32_t to, bool flag)
{
	if (from == to)
		return;
	if (GROW(p->p, p->n, p->cap, EDGES_MAX))
		p->p[p->n++] = (struct pair){ from, to, flag };
	else
		p->over = true;
}

static struct csr csr_make(const struct pairs *p, uint32_t nodes, bool backwards, int flag)
{
	struct csr c = { mem_zero((size_t)nodes + 2, sizeof(uint32_t)), mem_zero((size_t)p->n + 1, sizeof(uint32_t)) };

	for (uint32_t i = 0; i < p->n; i++)
		if (flag < 0 || p->p[i].flag == flag)
			c.start[(backwards ? p->p[i].to : p->p[i].from) + 2]++;
	for (uint32_t i = 2; i < nodes + 2; i++)
		c.start[i] += c.start[i - 1];
	for (uint32_t i = 0; i < p->n; i++)
		if (flag < 0 || p->p[i].flag == flag)
			c.to[c.start[(backwards ? p->p[i].to : p->p[i].from) + 1]++] = backwards ? p->p[i].from
				: p->p[i].to;
	return c;
}

static void csr_free(struct csr *c)
{
	free(c->start);
	free(c->to);
}

/* The resources that a value refers to. */
static void each_resource(struct eval *e, const struct val *v, struct pairs *out)
{
	if (v->kind == VAL_LIST || v->kind == VAL_ONEOF) {
		for (uint32_t i = 0; i < v->n; i++)
			each_resource(e, v->v[i], out);
		return;
	}
	if (v->kind != VAL_REF)
		return;
	if (v->num > 0 && v->num <= e->n_collects) {
		const struct collect *c = &e->collects[v->num - 1];

		if (!eval_spend(e, e->n_res, c->scope, c->node))
			return;
		for (uint32_t i = 0; i < e->n_res; i++)
			if (collect_matches(e, c, &e->res[i]) != NO)
				add(out, NO_RESOURCE, i, false);
		return;
	}
	for (uint32_t i = 0; i < v->n; i++)
		for (uint32_t r = resource_find(e, v->s, v->v[i]); r != NO_RESOURCE; r = e->res[r].same)
			add(out, NO_RESOURCE, r, false);
}

static void connect(struct eval *e, const struct wish *w, struct pairs *edges)
{
	struct pairs from = { .n = 0 }, to = { .n = 0 };

	if (w->from_res != NO_RESOURCE)
		add(&from, NO_RESOURCE, w->from_res, false);
	else
		each_resource(e, w->from, &from);
	if (w->to_res != NO_RESOURCE)
		add(&to, NO_RESOURCE, w->to_res, false);
	else
		each_resource(e, w->to, &to);
	for (uint32_t i = 0; i < from.n && !edges->over; i++)
		for (uint32_t k = 0; k < to.n; k++)
			add(edges, from.p[i].to, to.p[k].to, w->notify);
	free(from.p);
	free(to.p);
}

static const struct { const char *name; bool notify, backwards; } metas[] = {
	{ "notify", true, false }, { "before", false, false }, { "subscribe", true, true }, { "require", false, true },
};

static void edges_of(struct eval *e, struct pairs *edges)
{
	for (uint32_t i = 0; i < e->n_wishes; i++)
		connect(e, &e->wishes[i], edges);
	for (uint32_t i = 0; i < e->n_res; i++)
		for (size_t k = 0; k < ARRAY_SIZE(metas); k++) {
			const struct val *v = e->res[i].n_attrs ? resource_get(&e->res[i], metas[k].name) : NULL;
			struct wish w = { .notify = metas[k].notify, .from_res = NO_RESOURCE, .to_res = NO_RESOURCE };

			if (!v)
				continue;
			w.from = w.to = v;
			if (metas[k].backwards)
				w.to_res = i;
			else
				w.from_res = i;
			connect(e, &w, edges);
		}
}

static void mention(struct graph_of_host *g, uint32_t res, const struct val *text)
{
	const char *key;
	uint32_t at;

	if (text->kind == VAL_ONEOF) {
		for (uint32_t i = 0; i < text->n; i++)
			mention(g, res, text->v[i]);
		return;
	}
	if (text->kind != VAL_STRING || text->len < 3 || text->s[0] != '/'
	    || !GROW(g->mention, g->n_mentions, g->cap_mentions, (size_t)FEED_RESOURCES_MAX * 16))
		return;
	g->mention[g->n_mentions] = (struct mention){ res, FEED_NONE, text };
	if (val_has_hole(text)) {
		g->mention[g->n_mentions].next = g->holes;
		g->holes = g->n_mentions++;
		return;
	}
	key = arena_dupn(g->e->vals.arena, text->s, text->len);
	at = map_get(&g->mentions, key);
	if (at == MAP_NONE) {
		(void)map_put(&g->mentions, key, g->n_mentions);
	} else {
		g->mention[g->n_mentions].next = g->mention[at].next;
		g->mention[at].next = g->n_mentions;
	}
	g->n_mentions++;
}

static bool in_paths(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("/._-+@", c))
		|| (c & 0x80);
}

static void paths_in(struct graph_of_host *g, uint32_t res, const struct val *v)
{
	for (uint32_t i = 0; i < v->len; i++) {
		uint32_t n = 0;

		if (v->s[i] != '/' || (i && in_paths(v->s[i - 1])))
			continue;
		while (i + n < v->len && in_paths(v->s[i + n]))
			n++;
		/* a sentence's full stop */
		if (n > 2)
			mention(g, res, val_text(&g->e->vals, v->s + i, v->s[i + n - 1] == '.' ? n - 1 : n));
		i += n - 1;
	}
}

static void texts_in(struct graph_of_host *g, uint32_t res, const struct val *v, unsigned depth)
{
	if (v->kind == VAL_STRING) {
		paths_in(g, res, v);
		return;
	}
	for (uint32_t i = 0; depth && v->v && v->kind != VAL_REF && i < (v->kind == VAL_HASH ? 2 * v->n : v->n); i++)
		texts_in(g, res, v->v[i], depth - 1);
}

/* Public files that are copied as they are may name a key as well. */
static void file_mentions(struct graph_of_host *g, uint32_t res, const struct val *source)
{
	static const char modules[] = "puppet:///modules/";
	size_t n = sizeof(modules) - 1;
	uint32_t at;

	for (uint32_t i = 0; source->kind == VAL_LIST && i < source->n; i++)
		file_mentions(g, res, source->v[i]);
	if (source->kind != VAL_STRING || source->len <= n || memcmp(source->s, modules, n) != 0)
		return;
	at = map_getn(&g->e->p->plain_names, source->s + n, source->len - n);
	if (at == MAP_NONE)
		return;
	for (const struct pp_node *m = g->e->p->plain[at].mentions; m; m = m->next)
		mention(g, res, val_text(&g->e->vals, m->text, m->len));
}

static void find_mentions(struct graph_of_host *g)
{
	struct eval *e = g->e;

	g->holes = FEED_NONE;
	for (uint32_t i = 0; i < e->n_res; i++)
		for (uint32_t k = 0; k < e->res[i].n_attrs; k++) {
			const struct attr *a = &e->res[i].attrs[k];

			if (e->res[i].define || !strcmp(e->res[i].type, "class"))
				continue;
			if (a->len == 6 && !memcmp(a->name, "source", 6))
				file_mentions(g, i, a->val);
			else if (!(a->len == 4 && !memcmp(a->name, "path", 4)))
				texts_in(g, i, a->val, 4);
		}
}

/* Certain: declared without condition, in something certain. Classes: by at least one such way. */
static void certainty(struct graph_of_host *g)
{
	struct eval *e = g->e;
	bool again = true;

	for (unsigned round = 0; again && round < EVAL_CALLS * 2; round++) {
		again = false;
		for (uint32_t i = 0; i < e->n_declared; i++) {
			const struct declared *d = &e->declared[i];

			if (!g->certain[d->class_] && !d->maybe && (d->by == NO_RESOURCE || g->certain[d->by])) {
				g->certain[d->class_] = true;
				again = true;
			}
		}
		for (uint32_t i = 0; i < e->n_res; i++) {
			const struct resource *r = &e->res[i];

			if (!g->certain[i] && strcmp(r->type, "class") != 0 && !r->maybe
			    && (r->container == NO_RESOURCE || g->certain[r->container])) {
				g->certain[i] = true;
				again = true;
			}
		}
	}
}

struct graph_of_host *graph_open(struct eval *e)
{
	struct graph_of_host *g = mem_zero(1, sizeof(*g));
	struct pairs edges = { .n = 0 }, holds = { .n = 0 };

	g->e = e;
	edges_of(e, &edges);
	for (uint32_t i = 0; i < e->n_res; i++)
		if (e->res[i].container != NO_RESOURCE)
			add(&holds, e->res[i].container, i, true);
	for (uint32_t i = 0; i < e->n_declared; i++)
		if (e->declared[i].contained && e->declared[i].by != NO_RESOURCE)
			add(&holds, e->declared[i].by, e->declared[i].class_, true);
	g->notify = csr_make(&edges, e->n_res, false, 1);
	g->order = csr_make(&edges, e->n_res, false, 0);
	/* order counts both ways */
	for (uint32_t i = 0, n = edges.n; i < n; i++)
		if (!edges.p[i].flag)
			add(&edges, edges.p[i].to, edges.p[i].from, false);
	if (edges.over || holds.over) {
		const struct pp_node nowhere = { .line = 0 };
		const struct scope none = { .file = MANIFEST_NONE };

		eval_gap(e, GAP_LIMIT, &none, &nowhere, "'%s' has more than %u arrows between its resources: who is "
							"told "
			 "is not known whole", e->hostname, EDGES_MAX);
	}
	csr_free(&g->order);
	g->order = csr_make(&edges, e->n_res, false, 0);
	g->children = csr_make(&holds, e->n_res, false, -1);
	g->parents = csr_make(&holds, e->n_res, true, -1);
	g->certain = mem_zero((size_t)e->n_res + 1, sizeof(bool));
	g->seen = mem_zero(((size_t)e->n_res + 1) * 2, sizeof(uint32_t));
	g->work = mem_zero(((size_t)e->n_res + 1) * 2, sizeof(uint32_t));
	free(edges.p);
	free(holds.p);
	certainty(g);
	find_mentions(g);
	return g;
}

void host_graph_freep(struct graph_of_host **g)
{
	if (!*g)
		return;
	csr_free(&(*g)->notify);
	csr_free(&(*g)->order);
	csr_free(&(*g)->children);
	csr_free(&(*g)->parents);
	free((*g)->certain);
	free((*g)->seen);
	free((*g)->work);
	free((*g)->mention);
	map_free(&(*g)->mentions);
	free(*g);
	*g = NULL;
}
