/* What reached the resources of one host, put beside what reached those of others. */
#include "puppet/feed_graph.h"
#include <limits.h>
#include <string.h>

#define SERVICES_MAX 256u

/* Types that write to a file, and the attribute that says to which. */
static const struct { const char *type, *path; bool whole; } writers[] = {
	{ "file", "path", true }, { "concat", "path", true }, { "concat::fragment", "target", false },
	{ "concat_file", "path", true }, { "concat_fragment", "target", false }, { "file_line", "path", false },
	{ "ini_setting", "path", false }, { "ini_subsetting", "path", false },
};

struct item {
	struct eval *e;
	struct graph_of_host *g;
	uint32_t res, whole;            /* whole: the concat that a fragment is a part of */
	const struct val *target;       /* a text */
	enum feed_sink sink;
	const char *attribute;
	uint32_t flags;
	const char *why;
	struct feed_service services[SERVICES_MAX];
	uint32_t n_services;
	bool have_services;
	struct buf key;                 /* tells whether another host had the same feed */
	size_t key_len;
};

static const char *shown(struct arena *a, const struct val *v)
{
	if (!v || v->kind == VAL_UNDEF)
		return NULL;
	if (v->kind == VAL_STRING)
		return val_visible(a, v->s, v->len);
	if (v->kind == VAL_INT)
		return arena_printf(a, "%lld", (long long)v->num);
	return "*";
}

static const struct val *of_whole(const struct item *it, const char *name)
{
	const struct val *v = it->whole != NO_RESOURCE ? resource_get(&it->e->res[it->whole], name) : NULL;

	return v ? v : resource_get(&it->e->res[it->res], name);
}

static uint32_t new_item(const struct item *it, uint32_t origin, const char *key)
{
	const struct resource *r = &it->e->res[it->res];
	struct run *run = it->e->run;
	struct feed *f = run->feed;
	struct feed_item *to;

	if (!GROW(f->items, f->n_items, f->cap_items, FEED_ITEMS_MAX)) {
		if (map_put(&run->said, "too many items", 0))
			manifest_gap(run->m, GAP_LIMIT, r->file, r->line, r->col,
				     "more than %u feeds: the rest is not told", FEED_ITEMS_MAX);
		return FEED_NONE;
	}
	to = &f->items[f->n_items];
	*to = (struct feed_item){ .origin = origin, .flags = it->flags, .sink = it->sink, .file = r->file,
		.line = r->line,
		.col = r->col, .n_services = it->n_services };
	to->type = arena_dup(f->arena, r->type);
	to->raw = arena_dupn(f->arena, it->target->s, it->target->len);
	to->target = val_visible(f->arena, it->target->s, it->target->len);
	to->attribute = arena_dup(f->arena, it->attribute);
	to->mode = shown(f->arena, of_whole(it, "mode"));
	to->owner = shown(f->arena, of_whole(it, "owner"));
	to->group = shown(f->arena, of_whole(it, "group"));
	to->why = it->why;
	to->services = arena_zero(f->arena, (it->n_services + 1) * sizeof(*to->services));
	memcpy(to->services, it->services, it->n_services * sizeof(*to->services));
	(void)map_put(&run->items, arena_dup(f->arena, key), f->n_items);
	return f->n_items++;
}

static void add_host(struct feed_item *to, uint32_t host)
{
	size_t cap = to->n_hosts;

	if (to->n_hosts && to->hosts[to->n_hosts - 1] == host)
		return;
	/* ascending but for hosts that came twice, which come last */
	if (!mem_grow((void **)&to->hosts, to->n_hosts, &cap, sizeof(*to->hosts), FEED_ITEMS_MAX))
		return;
	uint32_t i = to->n_hosts++;
	for (; i > 0 && to->hosts[i - 1] > host; i--)
		to->hosts[i] = to->hosts[i - 1];
	to->hosts[i] = host;
}

/* What the same feeds of other hosts have in common, but for origin, attribute and flags. */
static void services_and_key(struct item *it)
{
	const struct resource *r = &it->e->res[it->res];

	it->n_services = told_services(it->g, it->res, it->whole, it->sink == SINK_FILE ? it->target : NULL,
				       it->services, SERVICES_MAX);
	it->have_services = true;
	buf_clear(&it->key);
	(void)buf_printf(&it->key, "%u %u %u %u %s ", r->file, r->line, r->col, it->sink, r->type);
	(void)buf_add(&it->key, it->target->s, it->target->len);
	for (uint32_t i = 0; i < it->n_services; i++)
		(void)buf_printf(&it->key, " %s %u %d %s", it->services[i].name, it->services[i].told,
				 it->services[i].unsure, it->services[i].via ? it->services[i].via : "");
	it->key_len = it->key.len;
}

static void put(struct item *it, uint32_t origin)
{
	const struct feed_origin *o = &it->e->run->feed->origins[origin];
	uint32_t flags = it->flags, at;

	if (!it->have_services)
		services_and_key(it);
	it->flags |= o->pattern || val_has_hole(it->target) ? FEED_PATTERN : 0;
	it->key.len = it->key_len;
	(void)buf_printf(&it->key, " %u %u %s", origin, it->flags, it->attribute);
	at = map_getn(&it->e->run->items, it->key.data, it->key.len);
	if (at == MAP_NONE)
		at = new_item(it, origin, buf_text(&it->key));
	if (at != FEED_NONE)
		add_host(&it->e->run->feed->items[at], it->e->host);
	it->flags = flags;
}

static void put_taint(struct item *it, uint32_t taint)
{
	const struct taint_set *set = &it->e->vals.taints->sets[taint];

	const char *why = it->why;
	uint32_t flags = it->flags;

	for (uint32_t i = 0; i < set->n; i++) {
		if (set->ids[i] & 1) {
			it->flags |= FEED_UNSURE;
			it->why = why ? why : "one of several values, and which one is not decided here";
		}
		put(it, set->ids[i] / 2);
		it->flags = flags;
		it->why = why;
	}
}

/* source => [a, b]: the first that exists is taken, so those behind it may be it. */
static void sources(struct item *it, const struct val *v, bool one_of)
{
	const struct resource *r = &it->e->res[it->res];
	uint32_t id, flags = it->flags;
	const char *why = it->why;

	if (v->kind == VAL_LIST || v->kind == VAL_ONEOF) {
		for (uint32_t i = 0; i < v->n; i++)
			sources(it, v->v[i], one_of || v->kind == VAL_ONEOF || i > 0);
		return;
	}
	if (v->kind != VAL_STRING)
		return;
	id = origin_file(it->e->run, v->s, v->len, r->file, r->line, r->col);
	if (id == FEED_NONE)
		return;
	if (one_of) {
		it->flags |= FEED_UNSURE;
		it->why = "taken only when the sources before it do not exist";
	}
	put(it, id);
	it->flags = flags;
	it->why = why;
}

static const char *const command_attributes[] = { "command", "unless", "onlyif", "refresh" };

static bool is_command(const struct resource *r, const char *attribute)
{
	if (strcmp(r->type, "exec") != 0 && strcmp(r->type, "cron") != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(command_attributes); i++)
		if (!strcmp(command_attributes[i], attribute))
			return true;
	return false;
}

/* Relationships and such say nothing of values. */
static bool is_meta(const struct attr *a)
{
	static const char *const names[] = { "require", "before", "notify", "subscribe", "tag", "alias", "ensure" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == a->len && !memcmp(names[i], a->name, a->len))
			return true;
	return false;
}

static uint32_t attribute_flags(const struct item *it, const struct resource *r)
{
	const struct val *diff = of_whole(it, "show_diff");
	uint32_t flags = 0;

	if (is_command(r, it->attribute))
		flags |= FEED_COMMAND_LINE;
	if (it->sink == SINK_FILE && (!diff || val_truth(diff) != NO))
		flags |= FEED_DIFF_SHOWN;
	return flags;
}

static void attributes(struct item *it)
{
	struct resource r = it->e->res[it->res];
	uint32_t flags = it->flags;

	for (uint32_t i = 0; i < r.n_attrs; i++) {
		const struct attr *a = &r.attrs[i];

		if (is_meta(a))
			continue;
		it->attribute = arena_dupn(it->e->vals.arena, a->name, a->len);
		it->flags = flags | attribute_flags(it, &r);
		put_taint(it, a->val->taint);
		if (!strcmp(r.type, "file") && !strcmp(it->attribute, "source"))
			sources(it, a->val, false);
	}
	it->flags = flags;
	if (r.title->taint) {
		it->attribute = "title";
		put_taint(it, r.title->taint);
	}
}

/* The concat that the fragment goes into: by its title or by its path. */
static uint32_t whole_of(struct eval *e, const struct val *target)
{
	uint32_t found = target->kind == VAL_STRING ? resource_find(e, "concat", target) : NO_RESOURCE;

	e->steps += e->n_res / 16;
	for (uint32_t i = 0; found == NO_RESOURCE && i < e->n_res; i++)
		if (!strcmp(e->res[i].type, "concat")) {
			const struct val *path = resource_get(&e->res[i], "path");

			if (path && val_equal(path, target) == YES)
				found = i;
		}
	return found;
}

static void targets(struct item *it, const struct val *v)
{
	if (v->kind == VAL_ONEOF) {
		it->flags |= FEED_UNSURE;
		it->why = "which path that is depends on what only the host knows";
		for (uint32_t i = 0; i < v->n; i++)
			targets(it, v->v[i]);
		return;
	}
	if (v->kind != VAL_STRING)
		v = val_join(&it->e->vals, &v, 1, "", it->e->res[it->res].title);
	if (v->kind != VAL_STRING)
		return;
	if (it->sink == SINK_FILE && v->len > 1 && v->s[v->len - 1] == '/')
		v = val_text(&it->e->vals, v->s, v->len - 1);
	if (v->len > PATH_MAX) {
		it->e->run->taints->over = true;
		return;
	}
	it->target = v;
	it->have_services = false;
	attributes(it);
}

static bool is_fed(const struct resource *r)
{
	if (r->title->taint)
		return true;
	for (uint32_t i = 0; i < r->n_attrs; i++)
		if (r->attrs[i].val->taint || (r->attrs[i].len == 6 && !memcmp(r->attrs[i].name, "source", 6)))
			return true;
	return false;
}

static void resource(struct item *it)
{
	const struct resource *r = &it->e->res[it->res];
	const struct val *target = r->title, *whole_path;

	it->sink = !strcmp(r->type, "exec") ? SINK_EXEC : SINK_RESOURCE;
	it->whole = NO_RESOURCE;
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		const struct val *path;

		if (strcmp(writers[i].type, r->type) != 0)
			continue;
		it->sink = SINK_FILE;
		path = resource_get(r, writers[i].path);
		if (path && path->kind != VAL_UNDEF)
			target = path;
		if (!writers[i].whole && !strncmp(r->type, "concat", 6)) {
			it->whole = whole_of(it->e, target);
			whole_path = it->whole == NO_RESOURCE ? NULL : resource_get(&it->e->res[it->whole], "path");
			target = whole_path ? whole_path : it->whole == NO_RESOURCE ? target
				: it->e->res[it->whole].title;
		}
	}
	targets(it, target);
}

void feed_collect(struct eval *e)
{
	_cleanup_(host_graph_freep) struct graph_of_host *g = graph_open(e);
	struct item it = { .e = e, .g = g, .key = BUF_INIT(1 << 20) };

	for (uint32_t i = 0; i < e->n_res; i++) {
		const struct resource *r = &e->res[i];
		bool is_class = !strcmp(r->type, "class");

		/* what was evaluated is told by what it holds */
		if (r->define || (is_class && map_getn(&e->p->classes, r->title->s, r->title->len) != MAP_NONE)
		    || !is_fed(r))
			continue;
		it.res = i;
		it.flags = 0;
		it.why = NULL;
		if (r->exported)
			it.flags |= FEED_EXPORTED;
		for (uint32_t c = r->container; c != NO_RESOURCE; c = e->res[c].container)
			if (e->res[c].exported)
				it.flags |= FEED_EXPORTED;
		if (r->is_virtual && !r->realized) {
			/* exported and collected: the host that collects it is told of */
			if (!r->exported || map_get(&e->run->collected, r->type) != MAP_NONE)
				continue;
			it.why = "exported, and no host collects it";
			it.flags |= FEED_UNSURE;
		} else if (!g->certain[i]) {
			it.why = "declared under a condition that only the host or private data decide";
			it.flags |= FEED_UNSURE;
		}
		resource(&it);
	}
	buf_free(&it.key);
}
