/* Who is told when a file changes: along notify edges, through classes and defined types, through commands. */
#include "puppet/feed_graph.h"
#include <string.h>

#define READERS_MAX 32u /* files of one host that name one path */

struct told {
	struct graph_of_host *g;
	struct eval *e;
	struct feed_service *ret;
	uint32_t n, max, n_work;
	enum feed_told how;
	const char *via;
};

static void add_service(struct told *t, const char *name, size_t len, enum feed_told how, bool unsure, const char *via)
{
	struct feed_service *at = NULL;
	const char *seen = val_visible(t->e->run->feed->arena, name, len);
	size_t n = strlen(seen);

	/* a unit's full name */
	if (n > 8 && !strcmp(seen + n - 8, ".service"))
		seen = arena_dupn(t->e->run->feed->arena, seen, n - 8);
	for (uint32_t i = 0; i < t->n && !at; i++)
		if (!strcmp(t->ret[i].name, seen))
			at = &t->ret[i];
	if (at && (at->told < how || (at->told == how && !at->unsure)))
		return;
	if (!at) {
		if (t->n == t->max) {
			t->e->run->taints->over |= !t->via;
			return;
		}
		at = &t->ret[t->n++];
	}
	*at = (struct feed_service){ seen, how, unsure, via ? arena_dup(t->e->run->feed->arena, via) : NULL };
}

static const struct val *name_of(const struct resource *r)
{
	const struct val *name = resource_get(r, "name");

	return name && name->kind == VAL_STRING ? name : r->title;
}

static size_t put(char *to, size_t n, const char *s)
{
	while (*s)
		to[n++] = *s++;
	return n;
}

/* systemd's name of a mount: "/srv/a-b" is srv-a\\x2db.mount. */
static const char *mount_unit(struct arena *a, const struct val *path)
{
	char *unit = arena_zero(a, (size_t)path->len * 4 + 8);
	size_t n = 0;

	for (uint32_t i = 0; i < path->len; i++) {
		if (path->s[i] == '/') {
			if (n && i + 1 < path->len)
				unit[n++] = '-';
		} else if (path->s[i] == '-') {
			n = put(unit, n, "\\x2d");
		} else {
			unit[n++] = path->s[i];
		}
	}
	(void)put(unit, n, ".mount");
	return unit;
}

static bool is_service(const struct told *t, uint32_t res)
{
	/* what was mounted with an old key keeps it, as a service does; Puppet mounts it again when it is told */
	return !strcmp(t->e->res[res].type, "service") || !strcmp(t->e->res[res].type, "mount");
}

static void service(struct told *t, uint32_t res)
{
	const struct resource *r = &t->e->res[res];
	const struct val *name = name_of(r);

	if (!strcmp(r->type, "mount"))
		name = val_str(&t->e->vals, mount_unit(t->e->vals.arena, name));
	add_service(t, name->s, name->len, t->how, !t->g->certain[res], t->via);
}

static const char *word(const char *s, size_t *len)
{
	s += strspn(s, " \t'\"");
	*len = strcspn(s, " \t'\";&|");
	return s;
}

static bool is_verb(const char *s, size_t len)
{
	static const char *const verbs[] = { "restart", "reload", "try-restart", "reload-or-restart",
		"try-reload-or-restart", "force-reload", "condrestart" };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strlen(verbs[i]) == len && !memcmp(verbs[i], s, len))
			return true;
	return false;
}

/* Programs that reload what they belong to. */
static const struct { const char *program, *verb, *service; } programs[] = {
	{ "nginx", "-s", "nginx" }, { "apachectl", "graceful", "apache2" }, { "apache2ctl", "graceful", "apache2" },
	{ "postfix", "reload", "postfix" }, { "doveadm", "reload", "dovecot" }, { "rndc", "reload", "bind9" },
	{ "gdnsdctl", "reload-zones", "gdnsd" }, { "varnishreload", "", "varnish" },
		{ "puppetserver", "reload", "puppetserver" },
};

/* "systemctl restart a b", "service a reload", "/etc/init.d/a restart" */
static void command(struct told *t, const char *text, bool unsure, const char *title)
{
	for (const char *s = text; *s;) {
		size_t len, n;
		const char *w = word(s, &len), *slash = memrchr(w, '/', len), *next;
		bool init = slash && slash - w >= 7 && !memcmp(slash - 7, "/init.d", 7);
		const char *base = slash ? slash + 1 : w;
		size_t base_len = len - (size_t)(base - w);

		if (!len) {
			s = *w ? w + 1 : w;
			continue;
		}
		s = w + len;
		next = word(s, &n);
		if (base_len == 9 && !memcmp(base, "systemctl", 9)) {
			while (n && *next == '-')
				next = word(next + n, &n);
			if (!is_verb(next, n))
				continue;
			for (next = word(next + n, &n); n && *next != '\n'; next = word(next + n, &n))
				if (*next != '-')
					add_service(t, next, n, TOLD_BY_EXEC, unsure, title);
		} else if ((base_len == 7 && !memcmp(base, "service", 7)) || init) {
			const char *verb = init ? next : word(next + n, &len);

			if (init ? is_verb(verb, n) : is_verb(verb, len))
				add_service(t, init ? base : next, init ? base_len : n, TOLD_BY_EXEC, unsure, title);
		} else {
			for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
				if (strlen(programs[i].program) == base_len
				    && !memcmp(programs[i].program, base, base_len)
				    && !strncmp(next, programs[i].verb, strlen(programs[i].verb)))
					add_service(t, programs[i].service, strlen(programs[i].service), TOLD_BY_EXEC,
						    unsure, title);
		}
	}
}

static void exec(struct told *t, uint32_t res)
{
	const struct resource *r = &t->e->res[res];
	const struct val *what[2] = { resource_get(r, "refresh"), resource_get(r, "command") };
	const struct val *v = what[0] ? what[0] : what[1] ? what[1] : r->title;

	if (v->kind == VAL_LIST)
		v = val_join(&t->e->vals, v->v, v->n, " ", v);
	if (v->kind == VAL_STRING)
		command(t, arena_dupn(t->e->vals.arena, v->s, v->len), !t->g->certain[res],
			val_visible(t->e->vals.arena, r->title->s, r->title->len));
}

/* Once each: the resource was reached (0), or its edges and those of what holds it are followed (1). */
static void push(struct told *t, uint32_t res, unsigned what)
{
	uint32_t *seen = &t->g->seen[2 * (size_t)res + what];

	if (*seen == t->g->stamp)
		return;
	*seen = t->g->stamp;
	t->g->work[t->n_work++] = 2 * res + what;
}

static void step(struct told *t, uint32_t res, unsigned what)
{
	const struct graph_of_host *g = t->g;
	const char *type = t->e->res[res].type;

	if (what == 1) {
		for (uint32_t i = g->notify.start[res]; i < g->notify.start[res + 1]; i++)
			push(t, g->notify.to[i], 0);
		for (uint32_t i = g->parents.start[res]; i < g->parents.start[res + 1]; i++)
			push(t, g->parents.to[i], 1);
		return;
	}
	if (is_service(t, res)) {
		service(t, res);
		push(t, res, 1);
	} else if (!strcmp(type, "exec")) {
		exec(t, res);
		push(t, res, 1);
	}
	for (uint32_t i = g->children.start[res]; i < g->children.start[res + 1]; i++)
		push(t, g->children.to[i], 0);
}

static bool spend(struct told *t, uint32_t res)
{
	const struct resource *r = &t->e->res[res];
	const struct pp_node at = { .line = r->line, .col = r->col };
	const struct scope where = { .file = r->file };

	return eval_spend(t->e, 1, &where, &at);
}

static void notified(struct told *t, uint32_t from, uint32_t also)
{
	t->g->stamp++;
	t->n_work = 0;
	push(t, from, 1);
	if (also != NO_RESOURCE)
		push(t, also, 1);
	while (t->n_work && spend(t, from)) {
		uint32_t at = t->g->work[--t->n_work];

		step(t, at / 2, at & 1);
	}
}

/* Of itself, of the defined types around it, and of the class that holds them. */
static void ordered(struct told *t, uint32_t from)
{
	bool in_class = false;

	for (unsigned hops = 0; from != NO_RESOURCE && !in_class && hops < EVAL_CALLS; hops++) {
		for (uint32_t i = t->g->order.start[from]; i < t->g->order.start[from + 1]; i++)
			if (is_service(t, t->g->order.to[i]))
				service(t, t->g->order.to[i]);
		in_class = !strcmp(t->e->res[from].type, "class");
		from = t->e->res[from].container;
	}
}

/* All services of the class that it stands in. */
static void beside(struct told *t, uint32_t from)
{
	uint32_t c = t->e->res[from].container;
	unsigned hops = 0;

	while (c != NO_RESOURCE && strcmp(t->e->res[c].type, "class") != 0 && hops++ < EVAL_CALLS)
		c = t->e->res[c].container;
	if (c == NO_RESOURCE)
		return;
	t->g->stamp++;
	t->n_work = 0;
	push(t, c, 0);
	while (t->n_work && spend(t, from)) {
		uint32_t at = t->g->work[--t->n_work] / 2;

		if (is_service(t, at))
			service(t, at);
		for (uint32_t i = t->g->children.start[at]; i < t->g->children.start[at + 1]; i++)
			push(t, t->g->children.to[i], 0);
	}
}

/* Another file that names the path: who is told of that one, starts with it, or stands beside it. */
static void reader(struct told *t, uint32_t res)
{
	struct feed_service found[8];
	struct told other = { .g = t->g, .e = t->e, .ret = found, .max = ARRAY_SIZE(found) };
	const struct resource *r = &t->e->res[res];

	notified(&other, res, NO_RESOURCE);
	other.how = TOLD_READER;
	if (!other.n)
		ordered(&other, res);
	if (!other.n)
		beside(&other, res);
	for (uint32_t i = 0; i < other.n; i++)
		add_service(t, found[i].name, strlen(found[i].name), TOLD_READER, found[i].unsure,
			    !strcmp(r->type, "file") ? val_visible(t->e->vals.arena, r->title->s, r->title->len)
			    : arena_printf(t->e->vals.arena, "%s[%s]", r->type,
					   val_visible(t->e->vals.arena, r->title->s, r->title->len)));
}

static void readers(struct told *t, uint32_t from, uint32_t also, const struct val *path)
{
	const struct graph_of_host *g = t->g;
	unsigned n = 0;

	for (uint32_t i = map_getn(&g->mentions, path->s, path->len); i != MAP_NONE && n < READERS_MAX;
	     i = g->mention[i].next)
		if (g->mention[i].res != from && g->mention[i].res != also && ++n)
			reader(t, g->mention[i].res);
	/* a text with holes names it when its holes are the path's own */
	for (uint32_t i = g->holes; val_has_hole(path) && i != MAP_NONE && n < READERS_MAX; i = g->mention[i].next)
		if (g->mention[i].res != from && g->mention[i].res != also && g->mention[i].text->len == path->len
		    && !memcmp(g->mention[i].text->s, path->s, path->len) && ++n)
			reader(t, g->mention[i].res);
}

uint32_t told_services(struct graph_of_host *g, uint32_t from, uint32_t also, const struct val *path,
		       struct feed_service *ret, uint32_t max)
{
	struct told t = { .g = g, .e = g->e, .ret = ret, .max = max, .how = TOLD_NOTIFIED };

	notified(&t, from, also);
	if (path && path->kind == VAL_STRING)
		readers(&t, from, also, path);
	t.how = TOLD_ORDERED;
	ordered(&t, from);
	if (also != NO_RESOURCE)
		ordered(&t, also);
	t.how = TOLD_BESIDE;
	beside(&t, from);
	if (also != NO_RESOURCE)
		beside(&t, also);
	return t.n;
}
