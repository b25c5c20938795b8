/* Which hosts have a class in their node block: what a list of hosts can be called by. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "model/register_parts.h"
#include "puppet/regex.h"
#include <stdlib.h>
#include <string.h>

#define ROLES_MAX 2000u

/* Adds the hosts that a node block is for: a host's name, or a regular expression in slashes; 'default' is nobody's. */
static void add_hosts(const struct draft *d, const char *node, bool *to)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	size_t len = strlen(node);
	bool is_regex = len >= 2 && node[0] == '/' && node[len - 1] == '/';
	const char *why;
	const struct regex *regex = is_regex ? regex_compile(a, node + 1, len - 2, &why) : NULL;

	for (uint32_t i = 0; i < d->feed->n_hosts; i++) {
		const struct feed_host *h = &d->feed->hosts[i];

		if (regex ? regex_matches(regex, h->fqdn, strlen(h->fqdn))
			  : !strcasecmp(node, h->fqdn) || !strcasecmp(node, h->name))
			to[i] = true;
	}
}

static struct drafted_role *role(struct draft *d, struct map *names, const char *class)
{
	struct draft_parts *p = d->parts;
	uint32_t at = map_get(names, class);

	if (at != MAP_NONE)
		return &p->roles[at];
	if (!GROW(p->roles, p->n_roles, p->cap_roles, ROLES_MAX))
		return NULL;
	(void)map_put(names, class, p->n_roles);
	p->roles[p->n_roles] = (struct drafted_role){ class, mem_zero(d->feed->n_hosts + 1, sizeof(bool)) };
	return &p->roles[p->n_roles++];
}

/* Facts come in the order of the text: a block's matchers, then what stands in it, which names the first of them. */
void draft_roles(struct draft *d)
{
	const struct manifest *m = d->s->manifest;
	_cleanup_(map_free) struct map names = MAP_INIT;
	_cleanup_(freep) bool *here = mem_zero(d->feed->n_hosts + 1, sizeof(*here));
	const struct fact *first = NULL;
	bool is_head = false;

	for (uint32_t i = 0; i < m->n_facts; i++) {
		const struct fact *f = &m->facts[i];
		struct drafted_role *to;

		if (f->kind == FACT_NODE) {
			if (!is_head || f->file != first->file) {
				first = f;
				memset(here, 0, d->feed->n_hosts * sizeof(*here));
			}
			is_head = true;
			add_hosts(d, f->name, here);
			continue;
		}
		is_head = false;
		if (f->kind != FACT_INCLUDE || !first || f->file != first->file || !f->in ||
		    strcmp(f->in, first->name) != 0 || f->flags & (FACT_AT_RUN_TIME | FACT_CONDITIONAL))
			continue;
		to = role(d, &names, f->name);
		for (uint32_t h = 0; to && h < d->feed->n_hosts; h++)
			to->hosts[h] = to->hosts[h] || here[h];
	}
}

const char *draft_role_of(const struct draft *d, const uint32_t *hosts, uint32_t n)
{
	for (uint32_t i = 0; i < d->parts->n_roles; i++) {
		const struct drafted_role *r = &d->parts->roles[i];
		const char *name = strrchr(r->class, ':');
		uint32_t all = 0, same = 0;

		for (uint32_t h = 0; h < d->feed->n_hosts; h++)
			all += r->hosts[h] && d->parts->host_name[h];
		for (uint32_t k = 0; k < n; k++)
			same += r->hosts[hosts[k]];
		name = name ? name + 1 : r->class;
		if (all == n && same == n && !check_host_name(name))
			return name;
	}
	return NULL;
}

static bool is_puppet_server(const char *class)
{
	static const char *const words[] = { "puppetserver", "puppetmaster", "puppet::server", "puppet::master" };
	size_t len = strlen(class);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if (len >= n && !strcmp(class + len - n, words[i]) && (len == n || class[len - n - 1] == ':'))
			return true;
	}
	return false;
}

uint32_t draft_puppet_server(const struct draft *d)
{
	uint32_t found = NOTHING;

	for (uint32_t i = 0; i < d->parts->n_roles; i++) {
		const struct drafted_role *r = &d->parts->roles[i];

		for (uint32_t h = 0; is_puppet_server(r->class) && h < d->feed->n_hosts; h++) {
			if (!r->hosts[h] || !d->parts->host_name[h] || found == h)
				continue;
			if (found != NOTHING)
				return NOTHING;
			found = h;
		}
	}
	return found;
}
