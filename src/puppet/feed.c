/* Host after host: its catalogue, and what of it is fed. Hosts that collect what others export come once more at
 * the end. */
#include "puppet/eval.h"
#include "puppet/regex.h"
#include <stdarg.h>
#include <string.h>

#define HOSTS_MAX 100000u
#define EXPORTS_MAX 200000u

void eval_gap(struct eval *e, enum gap_kind kind, const struct scope *s, const struct pp_node *at, const char *fmt, ...)
{
	char text[300], key[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)snprintf(key, sizeof(key), "%u:%u:%u:%s", s->file, at->line, at->col, text);
	if (map_put(&e->run->said, arena_dup(e->run->feed->arena, key), 0))
		manifest_gap(e->run->m, kind, s->file, at->line, at->col, "%s", text);
}

static void place_of(char *ret, size_t size, uint32_t file, uint32_t line, uint32_t col)
{
	(void)snprintf(ret, size, "%u:%u:%u", file, line, col);
}

void eval_asked(struct eval *e, const struct call *c, bool known)
{
	const struct pp_node *name = c->node->kind == PP_METHOD ? c->node->a : c->node->b;
	struct run *r = e->run;
	char key[48];
	uint32_t at;

	if (name && name->kind == PP_HASH) {
		for (const struct pp_node *k = name->a; k; k = k->next)
			if ((k->a->kind == PP_STRING || k->a->kind == PP_NAME) && pp_is(k->a, "name"))
				name = k->b;
	}
	if (!name)
		return;
	place_of(key, sizeof(key), c->scope->file, name->line, name->col);
	at = map_get(&r->asked, key);
	if (at == MAP_NONE && GROW(r->told, r->n_told, r->cap_told, MANIFEST_FACTS_MAX)) {
		at = r->n_told++;
		r->told[at] = true;
		(void)map_put(&r->asked, arena_dup(r->feed->arena, key), at);
	}
	if (at != MAP_NONE)
		r->told[at] &= known;
}

static void resolved(struct run *r)
{
	for (uint32_t i = 0; i < r->m->n_facts; i++) {
		struct fact *f = &r->m->facts[i];
		char key[48];
		uint32_t at;

		if (f->kind != FACT_LOOKUP || !(f->flags & FACT_AT_RUN_TIME))
			continue;
		place_of(key, sizeof(key), f->file, f->line, f->col);
		at = map_get(&r->asked, key);
		if (at != MAP_NONE && r->told[at])
			f->flags |= FACT_RESOLVED;
	}
}

static bool is_known_host(const struct feed *f, const char *name, size_t len)
{
	for (uint32_t i = 0; i < f->n_hosts; i++)
		if ((strlen(f->hosts[i].fqdn) == len && !strncasecmp(f->hosts[i].fqdn, name, len))
		    || (strlen(f->hosts[i].name) == len && !strncasecmp(f->hosts[i].name, name, len)))
			return true;
	return false;
}

static bool room_for_host(struct feed *f)
{
	return GROW(f->hosts, f->n_hosts, f->cap_hosts, HOSTS_MAX) && GROW(f->named, f->n_hosts, f->cap_named,
		HOSTS_MAX);
}

static void add_host(struct feed *f, const char *name, size_t len, struct feed_named named)
{
	const char *dot = memchr(name, '.', len);

	if (is_known_host(f, name, len) || !room_for_host(f))
		return;
	f->named[f->n_hosts] = named;
	f->hosts[f->n_hosts++] = (struct feed_host){ arena_dupn(f->arena, name, dot ? (size_t)(dot - name) : len),
		arena_dupn(f->arena, name, len) };
}

static bool any_host_matches(const struct feed *f, const struct regex *regex)
{
	for (uint32_t i = 0; regex && i < f->n_hosts; i++)
		if (regex_matches(regex, f->hosts[i].fqdn, strlen(f->hosts[i].fqdn)))
			return true;
	return false;
}

static void hosts_of_pattern(struct run *r, const struct node_block *b, const struct pp_node *m)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	const char *why = NULL;
	struct regex *regex = regex_compile(r->feed->arena, m->text, m->len, &why);

	if (!regex || !regex_list(regex, &names)) {
		if (any_host_matches(r->feed, regex))
			return;
		manifest_gap(r->m, GAP_UNDECIDED, b->file, m->line, m->col,
			     "which hosts /%.*s/ means is not known: no host was named", (int)m->len, m->text);
		return;
	}
	for (size_t i = 0; i < names.n; i++)
		add_host(r->feed, names.s[i], strlen(names.s[i]), (struct feed_named){ b->file, m->line, m->col,
			 arena_dupn(r->feed->arena, m->text, m->len) });
}

/* Those that were given, and those that node blocks name; patterns only when none were given, or it was asked for. */
static void find_hosts(struct run *r)
{
	struct feed *f = r->feed;
	bool patterns = !r->given->n_hosts || r->given->from_nodes;

	for (uint32_t i = 0; i < r->given->n_hosts && room_for_host(f); i++) {
		f->named[f->n_hosts] = (struct feed_named){ .file = MANIFEST_NONE };
		f->hosts[f->n_hosts++] = (struct feed_host){ arena_dup(f->arena, r->given->hosts[i].name),
			arena_dup(f->arena, r->given->hosts[i].fqdn ? r->given->hosts[i].fqdn
				  : r->given->hosts[i].name) };
	}
	for (uint32_t i = 0; i < r->p->n_nodes; i++)
		for (const struct pp_node *m = r->p->nodes[i].node->a; m; m = m->next) {
			if (m->kind == PP_STRING)
				add_host(f, m->text, m->len, (struct feed_named){ r->p->nodes[i].file, m->line,
					m->col, NULL });
			else if (m->kind == PP_REGEX && patterns)
				hosts_of_pattern(r, &r->p->nodes[i], m);
		}
	if (!f->n_hosts && r->m->n_files)
		manifest_gap(r->m, GAP_UNDECIDED, MANIFEST_NONE, 0, 0,
			     "no host was named, and no node block names one: nothing is known to be fed");
	f->host_known = mem_zero((size_t)f->n_hosts + 1, sizeof(bool));
}

static void eval_begin(struct eval *e, struct run *r, uint32_t host)
{
	const char *dot;

	*e = (struct eval){ .run = r, .p = r->p, .host = host };
	e->vals = (struct vals){ arena_new(), r->taints, &r->holes, &r->n_holes };
	e->hostname = r->feed->hosts[host].name;
	e->fqdn = r->feed->hosts[host].fqdn;
	/* when all together took too long, each of the rest says so at once */
	e->steps_max = r->steps >= FEED_STEPS_ALL ? 0 : r->given->steps_max ? r->given->steps_max : FEED_STEPS_MAX;
	dot = strchr(e->fqdn, '.');
	e->domain = dot ? dot + 1 : "";
}

static void eval_end(struct eval *e)
{
	e->run->steps += e->steps;
	free(e->res);
	free(e->scopes);
	free(e->wishes);
	free(e->declared);
	free(e->collects);
	free(e->changes);
	map_free(&e->res_names);
	map_free(&e->class_scopes);
	arena_free(e->vals.arena);
}

static void keep_exports(struct eval *e)
{
	struct run *r = e->run;

	for (uint32_t i = 0; i < e->n_res; i++) {
		struct resource *x = &e->res[i];
		struct attr *attrs;

		if (!x->exported || x->realized || !GROW(r->exports, r->n_exports, r->cap_exports, EXPORTS_MAX))
			continue;
		attrs = arena_zero(r->feed->arena, (x->n_attrs + 1) * sizeof(*attrs));
		for (uint32_t k = 0; k < x->n_attrs; k++)
			attrs[k] = (struct attr){ arena_dupn(r->feed->arena, x->attrs[k].name, x->attrs[k].len),
				x->attrs[k].len, val_copy(r->feed->arena, x->attrs[k].val, 20) };
		r->exports[r->n_exports].host = e->host;
		r->exports[r->n_exports++].res = (struct resource){ .type = arena_dup(r->feed->arena, x->type),
			.title = val_copy(r->feed->arena, x->title, 1), .attrs = attrs, .n_attrs = x->n_attrs,
			.file = x->file, .line = x->line, .col = x->col, .maybe = x->maybe,
			.container = NO_RESOURCE };
	}
}

static bool collects_exported(struct eval *e)
{
	bool any = false;

	for (uint32_t i = 0; i < e->n_collects; i++)
		if (e->collects[i].exported) {
			any = true;
			(void)map_put(&e->run->collected, arena_dup(e->run->feed->arena, e->collects[i].type), 0);
		}
	return any;
}

static void all_hosts(struct run *r)
{
	_cleanup_(freep) bool *again = mem_zero((size_t)r->feed->n_hosts + 1, sizeof(*again));
	struct eval e;

	for (uint32_t i = 0; i < r->feed->n_hosts; i++) {
		eval_begin(&e, r, i);
		eval_host(&e);
		keep_exports(&e);
		again[i] = collects_exported(&e);
		if (!again[i])
			feed_collect(&e);
		eval_end(&e);
	}
	r->have_exports = true;
	for (uint32_t i = 0; i < r->feed->n_hosts; i++) {
		if (!again[i])
			continue;
		eval_begin(&e, r, i);
		eval_host(&e);
		feed_collect(&e);
		eval_end(&e);
	}
}

struct feed *feed_build(struct manifest *m, const struct feed_given *given)
{
	struct feed *f = mem_zero(1, sizeof(*f));
	struct run r = { .m = m, .p = m->parts, .feed = f, .given = given };

	f->arena = arena_new();
	r.taints = taints_new(f->arena);
	/* what is asked for is the whole hash of "a::b.c.d" */
	for (uint32_t i = 0; i < given->n_keys; i++) {
		(void)map_put(&r.private_keys, given->keys[i], i);
		(void)map_put(&r.private_keys,
			      arena_dupn(f->arena, given->keys[i], strcspn(given->keys[i], ".")), i);
	}
	r.hiera = hiera_open(&r);
	find_hosts(&r);
	all_hosts(&r);
	resolved(&r);
	if (r.taints->over)
		manifest_gap(m, GAP_LIMIT, MANIFEST_NONE, 0, 0,
			     "more keys, or longer names, than are followed: what reaches what is not told whole");
	hiera_freep(&r.hiera);
	taints_freep(&r.taints);
	map_free(&r.holes);
	map_free(&r.private_keys);
	map_free(&r.origin_names);
	map_free(&r.said);
	map_free(&r.items);
	map_free(&r.collected);
	map_free(&r.asked);
	map_free(&r.regex_names);
	free(r.told);
	free(r.exports);
	free(r.regexes);
	return f;
}

void feed_freep(struct feed **f)
{
	if (!*f)
		return;
	for (uint32_t i = 0; i < (*f)->n_items; i++)
		free((*f)->items[i].hosts);
	free((*f)->hosts);
	free((*f)->named);
	free((*f)->host_known);
	free((*f)->origins);
	free((*f)->items);
	arena_free((*f)->arena);
	free(*f);
	*f = NULL;
}
