#include "model/register_parts.h"
#include "base/mem.h"

/* Copies what the drafts begin with: each draft starts with the struct that the register keeps. */
static void *settle(struct loader *l, enum table_name name, size_t size, uint32_t *ret_n)
{
	const struct table *t = &l->table[name];
	char *items = arena_zero(l->keep, t->n * size);

	for (size_t i = 0; i < t->n; i++)
		memcpy(items + i * size, t->item[i], size);
	*ret_n = (uint32_t)t->n;
	return items;
}

#define SETTLE(l, name, field) ((l)->r->field = settle((l), (name), sizeof(*(l)->r->field), &(l)->r->n_##field))

_Static_assert(offsetof(struct person_draft, p) == 0 && offsetof(struct host_draft, h) == 0 &&
	       offsetof(struct secret_draft, s) == 0 && offsetof(struct system_draft, s) == 0 &&
	       offsetof(struct closure_draft, c) == 0, "drafts begin with what is kept");

static struct map names_of(struct loader *l, enum table_name name)
{
	struct map m = l->table[name].names;

	l->table[name].names = (struct map)MAP_INIT;
	return m;
}

static void settle_hosts(struct loader *l)
{
	const struct table *t = &l->table[TABLE_HOSTS];

	for (size_t i = 0; i < t->n; i++) {
		struct host_draft *d = t->item[i];

		if (!d->own_configuration)
			d->h.configuration = l->r->configuration;
		if (!d->own_logs)
			d->h.logs = l->default_logs;
	}
	SETTLE(l, TABLE_HOSTS, hosts);
}

static void settle_groups(struct loader *l)
{
	const struct table *t = &l->table[TABLE_GROUPS];

	l->r->n_groups = (uint32_t)t->n;
	l->r->groups = arena_zero(l->keep, t->n * sizeof(*l->r->groups));
	for (size_t i = 0; i < t->n; i++) {
		const struct group_draft *d = t->item[i];

		l->r->groups[i] = (struct group){ d->name, d->hosts, d->at };
	}
}

void settle_tables(struct loader *l)
{
	SETTLE(l, TABLE_PEOPLE, people);
	SETTLE(l, TABLE_ROLES, roles);
	SETTLE(l, TABLE_CHANNELS, channels);
	SETTLE(l, TABLE_WIKIS, wikis);
	SETTLE(l, TABLE_ISSUERS, issuers);
	SETTLE(l, TABLE_REPOSITORIES, repositories);
	settle_hosts(l);
	settle_groups(l);
	SETTLE(l, TABLE_SYSTEMS, systems);
	SETTLE(l, TABLE_SECRETS, secrets);
	SETTLE(l, TABLE_DATA, data);
	SETTLE(l, TABLE_CLOSURES, closures);
	SETTLE(l, TABLE_NOT_SECRET, not_secret);
	SETTLE(l, TABLE_TRACE, trace);
	settle_ssh_keys(l);
	SETTLE(l, TABLE_USERS, users);
	SETTLE(l, TABLE_SSH_KEYS, ssh_keys);
	l->r->host_names = names_of(l, TABLE_HOSTS);
	l->r->system_names = names_of(l, TABLE_SYSTEMS);
	l->r->secret_names = names_of(l, TABLE_SECRETS);
	l->r->data_names = names_of(l, TABLE_DATA);
	l->r->repository_names = names_of(l, TABLE_REPOSITORIES);
	l->r->user_names = names_of(l, TABLE_USERS);
	l->r->ssh_key_names = names_of(l, TABLE_SSH_KEYS);
}
