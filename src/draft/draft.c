/* The order in which a draft is made. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include <stdlib.h>

void draft_begin(struct draft *d, struct survey *s, const struct draft_repository *repositories)
{
	*d = (struct draft){ .s = s, .repositories = repositories, .arena = arena_new(),
		.parts = mem_zero(1, sizeof(*d->parts)) };
	d->parts->index = (struct check){ .reg = s->reg, .arena = arena_new() };
}

void draft_make(struct draft *d)
{
	draft_hosts(d);
	draft_leaves(d);
	draft_who(d);
	draft_consumers(d);
	draft_halves(d);
	draft_kinds(d);
	draft_accounts(d);
	draft_groups(d);
	draft_write(d);
}

static void secret_clear(struct drafted *s)
{
	for (uint32_t i = 0; i < s->n_consumers; i++)
		free(s->consumers[i].hosts);
	free(s->consumers);
	free(s->users);
	free(s->leaves);
	free(s->halves);
	strv_free(&s->questions);
	strv_free(&s->accounts);
}

void draft_end(struct draft *d)
{
	struct draft_parts *p = d->parts;

	if (!p)
		return;
	for (uint32_t i = 0; i < p->n_secrets; i++)
		secret_clear(&p->secrets[i]);
	for (uint32_t i = 0; i < d->n_files; i++)
		buf_free(&d->files[i].text);
	check_end(&p->index);
	feed_freep(&d->feed);
	map_free(&p->group_of);
	map_free(&p->asked);
	map_free(&p->accounts);
	free(p->asked_keys);
	free(p->sql_users);
	map_free(&p->lookups);
	map_free(&p->own_systems);
	free(p->secrets);
	free(p->proposals);
	free(p->groups);
	for (uint32_t i = 0; i < p->n_roles; i++)
		free(p->roles[i].hosts);
	free(p->roles);
	free(p->halves);
	free(p->sure_host);
	free(p->host_name);
	free(p->added);
	free(p);
	free(d->files);
	free(d->questions);
	arena_freep(&d->arena);
}
