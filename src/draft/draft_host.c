#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include "scan/hieradata.h"
#include <stdlib.h>
#include <string.h>

#define DOMAINS 64u

struct hosts {
	struct feed_host *h; uint32_t n;
	size_t cap;
	struct map names;
	const char *domain;            /* that most node blocks have; NULL: none has one */
};

static void hosts_clear(struct hosts *h)
{
	free(h->h);
	map_free(&h->names);
}

/* "/^mem\d+\.example\.org$/" and "db1.example.org" are both of example.org. */
static const char *domain_of(struct arena *a, const char *name)
{
	const char *dot = strchr(name, '.'), *from;
	_cleanup_(buf_free) struct buf b = BUF_INIT(300);

	if (*name == '/')
		dot = strstr(name, "\\.");
	from = dot ? dot + (*dot == '\\' ? 2 : 1) : "";
	for (; *from && *from != '$' && !(*from == '/' && !from[1]); from++)
		if (*from != '\\')
			(void)buf_char(&b, *from);
	return b.len && text_is_name(buf_text(&b)) && strchr(buf_text(&b), '.') ? arena_dup(a, buf_text(&b)) : NULL;
}

static const char *common_domain(struct draft *d)
{
	const struct manifest *m = d->s->manifest;
	struct { const char *s; uint32_t n; } seen[DOMAINS];
	uint32_t n = 0, best = 0;

	for (uint32_t i = 0; i < m->n_facts; i++) {
		const char *domain = m->facts[i].kind == FACT_NODE ? domain_of(d->arena, m->facts[i].name) : NULL;
		uint32_t k = 0;

		while (domain && k < n && strcmp(seen[k].s, domain) != 0)
			k++;
		if (!domain || k == DOMAINS)
			continue;
		if (k == n) {
			seen[n].s = domain;
			seen[n++].n = 0;
		}
		seen[k].n++;
	}
	for (uint32_t k = 1; k < n; k++)
		if (seen[k].n > seen[best].n)
			best = k;
	return n ? seen[best].s : NULL;
}

static void add(struct draft *d, struct hosts *to, const char *word)
{
	const char *dot = strchr(word, '.');
	char *name = arena_dupn(d->arena, word, dot ? (size_t)(dot - word) : strlen(word));

	if (check_host_name(name) || check_address(word) || !map_put(&to->names, name, to->n) ||
	    !GROW(to->h, to->n, to->cap, LIMIT_HOSTS))
		return;
	to->h[to->n++] = (struct feed_host){ name, dot || !to->domain ? arena_dup(d->arena, word)
					     : arena_printf(d->arena, "%s.%s", name, to->domain) };
}

const char *draft_host_of_data(struct draft *d, const char *path)
{
	const char *named = hieradata_by_name(path), *below = named ? named : path, *slash, *dot;

	if ((!named && !text_matches("*.yaml", path)) || (!text_starts(below, "hosts/") &&
							  !text_starts(below, "host/") &&
							  !text_starts(below, "nodes/") &&
		       !text_starts(below, "node/")))
		return NULL;
	slash = strchr(below, '/');
	dot = slash ? strrchr(slash, '.') : NULL;
	return dot && !strchr(slash + 1, '/') ? arena_dupn(d->arena, slash + 1, (size_t)(dot - slash - 1)) : NULL;
}

static void of_hieradata(struct draft *d, struct hosts *to, const char *path)
{
	const char *word = draft_host_of_data(d, path);

	if (word)
		add(d, to, word);
}


static char *lower(struct arena *a, const char *s)
{
	char *r = arena_dup(a, s);

	for (char *c = r; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	return r;
}

/* A register's names are in lower case; hosts of two domains that have the same name are called by all of it. */
static void name_hosts(struct draft *d)
{
	const struct feed *f = d->feed;
	_cleanup_(map_free) struct map seen = MAP_INIT, taken = MAP_INIT;
	_cleanup_(freep) bool *twice = mem_zero(f->n_hosts + 1, sizeof(*twice));

	d->parts->host_name = mem_zero(f->n_hosts + 1, sizeof(*d->parts->host_name));
	for (uint32_t i = 0; i < f->n_hosts; i++) {
		const char *name = lower(d->arena, f->hosts[i].name);

		if (!map_put(&seen, name, i))
			twice[i] = twice[map_get(&seen, name)] = true;
	}
	for (uint32_t i = 0; i < f->n_hosts; i++) {
		const char *name = lower(d->arena, twice[i] ? f->hosts[i].fqdn : f->hosts[i].name);
		const struct feed_named *at = &f->named[i];
		bool given = at->file == MANIFEST_NONE;

		if (i < LIMIT_HOSTS && !check_host_name(name) && !check_address(f->hosts[i].fqdn) &&
		    map_put(&taken, name, i)) {
			d->parts->host_name[i] = name;
			continue;
		}
		gaps_add(&d->s->gaps, &(struct gap){ .kind = UNREAD_KEY,
			 .repository = given ? NULL : d->s->manifest->files[at->file].repository,
			 .file = given ? NULL : d->s->manifest->files[at->file].path, .line = given ? 0 : at->line,
			 .col = given ? 0 : at->col },
			 "a register has no host '%.100s': what it is fed is not in the draft", f->hosts[i].fqdn);
	}
}

void draft_hosts(struct draft *d)
{
	_cleanup_(hosts_clear) struct hosts to = { .n = 0 };
	_cleanup_(freep) const char **keys = mem_zero(d->s->leaves.n + 1, sizeof(*keys));
	const struct manifest *m = d->s->manifest;
	uint32_t n_keys = 0;

	if (!m)
		return;
	to.domain = common_domain(d);
	for (size_t i = 0; i < d->s->leaves.n; i++) {
		const struct leaf *l = &d->s->leaves.list[i];

		if (!l->key)
			continue;
		of_hieradata(d, &to, l->file);
		keys[n_keys++] = l->key;
	}
	for (uint32_t i = 0; i < m->n_files; i++)
		of_hieradata(d, &to, m->files[i].path);
	d->feed = feed_build(d->s->manifest, &(struct feed_given){ .hosts = to.h, .n_hosts = to.n, .keys = keys,
			     .n_keys = n_keys, .from_nodes = true });
	name_hosts(d);
	d->parts->sure_host = mem_zero(d->feed->n_hosts + 1, sizeof(bool));
	for (uint32_t i = 0; i < d->feed->n_hosts; i++)
		d->parts->sure_host[i] = !d->feed->named[i].pattern;
	survey_tell_manifest(d->s);
	d->parts->index.feed = d->feed;
	check_index_feed(&d->parts->index);
}

/* --- groups: lists of hosts that many consumers have --- */

#define GROUP_LEAST 3u         /* hosts; shorter lists are written out */
#define PREFIXES_MOST 3u

static void prefix_of(const char *name, char ret[64])
{
	size_t n = strcspn(name, "0123456789");

	(void)snprintf(ret, 64, "%.*s", (int)(n < 60 ? n : 60), name);
}

/* "mw-mwtask-test": the names without their numbers, when there are few. */
static void group_name(struct draft *d, const uint32_t *hosts, uint32_t n, char *ret, size_t size)
{
	char seen[PREFIXES_MOST][64], one[64];
	uint32_t k, n_seen = 0;
	size_t len = 0;

	*ret = '\0';
	for (uint32_t i = 0; i < n; i++) {
		prefix_of(d->parts->host_name[hosts[i]], one);
		for (k = 0; k < n_seen && strcmp(seen[k], one) != 0; k++)
			;
		if (k < n_seen)
			continue;
		if (n_seen == PREFIXES_MOST)
			return;
		memcpy(seen[n_seen++], one, sizeof(one));
	}
	for (k = 0; k < n_seen; k++)
		len += (size_t)snprintf(ret + len, size - len, "%s%s", k ? "-" : "", seen[k]);
}

static bool is_taken(const struct draft *d, const char *name)
{
	for (uint32_t i = 0; i < d->feed->n_hosts; i++)
		if (d->parts->host_name[i] && !strcmp(d->parts->host_name[i], name))
			return true;
	for (uint32_t i = 0; i < d->parts->n_groups; i++)
		if (!strcmp(d->parts->groups[i].name, name))
			return true;
	return check_host_name(name) != NULL;
}

static void one_group(struct draft *d, struct drafted_consumer *c)
{
	struct draft_parts *p = d->parts;
	_cleanup_(buf_free) struct buf key = BUF_INIT((size_t)LIMIT_HOSTS * 12);
	char name[256];

	c->group = NOTHING;
	if (c->n_hosts < GROUP_LEAST)
		return;
	for (uint32_t i = 0; i < c->n_hosts; i++)
		(void)buf_printf(&key, "%u,", c->hosts[i]);
	c->group = map_get(&p->group_of, buf_text(&key));
	if (c->group != MAP_NONE || !GROW(p->groups, p->n_groups, p->cap_groups, LIMIT_GROUPS))
		return;
	const char *role = draft_role_of(d, c->hosts, c->n_hosts);

	if (role)
		(void)snprintf(name, sizeof(name), "%s", role);
	else
		group_name(d, c->hosts, c->n_hosts, name, sizeof(name));
	if (!*name)
		(void)snprintf(name, sizeof(name), "several-%u", p->n_groups + 1);
	for (uint32_t k = 2; is_taken(d, name) && k < LIMIT_GROUPS; k++) {
		name[strcspn(name, ".")] = '\0';
		(void)snprintf(name + strlen(name), sizeof(name) - strlen(name), ".%u", k);
	}
	c->group = p->n_groups;
	(void)map_put(&p->group_of, arena_dup(d->arena, buf_text(&key)), p->n_groups);
	p->groups[p->n_groups++] = (struct drafted_group){ arena_dup(d->arena, name), c->hosts, c->n_hosts };
}

void draft_groups(struct draft *d)
{
	if (!d->feed)
		return;
	draft_roles(d);
	for (uint32_t s = 0; s < d->parts->n_secrets; s++)
		for (uint32_t i = 0; i < d->parts->secrets[s].n_consumers; i++)
			one_group(d, &d->parts->secrets[s].consumers[i]);
}
