/* Accounts that Puppet itself sets on a server: resources of the modules for databases. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include <string.h>

/* title NULL: any, and it is the user; of a class its name. user NULL: a parameter that is not told here. */
static const struct draft_server servers[] = {
	{ "postgresql::server::role", NULL, "password_hash", "postgresql", "postgresql-password", "5432", "" },
	{ "postgresql_role", NULL, "password_hash", "postgresql", "postgresql-password", "5432", "" },
	{ "postgresql::server::db", NULL, "password", "postgresql", "postgresql-password", "5432", NULL },
	{ "class", "postgresql::server", "postgres_password", "postgresql", "postgresql-password", "5432", "postgres" },
	{ "mysql_user", NULL, "password_hash", "mariadb", "mariadb-password", "3306", "" },
	{ "mysql::db", NULL, "password", "mariadb", "mariadb-password", "3306", NULL },
	{ "class", "mysql::server", "root_password", "mariadb", "mariadb-password", "3306", "root@localhost" },
	{ "class", "redis", "requirepass", "redis", "redis-password", "6379", "default" },
	{ "redis::instance", NULL, "requirepass", "redis", "redis-password", "6379", "default" },
};

#define PER_SECRET 200u

const char *draft_filled(struct draft *d, const struct leaf *l, const char *pattern)
{
	const char *star = strchr(pattern, '*'), *part = l->key && l->key[l->top] == '.' ? l->key + l->top + 1 : NULL;

	if (!star || strchr(star + 1, '*') || !part || !part[strcspn(part, ".")])
		return NULL;
	return arena_printf(d->arena, "%.*s%.*s%s", (int)(star - pattern), pattern, (int)strcspn(part, "."), part,
			    star + 1);
}

static const char *user_of(struct draft *d, const struct draft_server *row, const struct feed_item *i,
			   const struct leaf *l)
{
	const char *user = row->user && !*row->user ? i->target : row->user;

	return user && strchr(user, '*') ? draft_filled(d, l, user) : user;
}

bool draft_server_user(struct draft *d, struct drafted *s, const struct feed_item *i, const struct leaf *l)
{
	for (size_t k = 0; k < ARRAY_SIZE(servers); k++) {
		const struct draft_server *row = &servers[k];
		bool whole = !strcmp(i->attribute, "*") || !strcmp(i->attribute, "title");

		if (strcmp(row->type, i->type) != 0 || (row->title && strcmp(row->title, i->target) != 0) ||
		    (strcmp(row->attribute, i->attribute) != 0 && !(whole && !row->title)))
			continue;
		if (!GROW(s->users, s->n_users, s->cap_users, PER_SECRET))
			return false;
		s->users[s->n_users++] = (struct drafted_user){ i, row, user_of(d, row, i, l) };
		return true;
	}
	return false;
}

static const char *place_of(struct draft *d, const struct feed_item *i)
{
	return arena_printf(d->arena, "%s[%s] at %s:%u", i->type, i->target, d->s->manifest->files[i->file].path,
			    i->line);
}

static void one_host(struct draft *d, struct drafted *s, const struct drafted_user *u, uint32_t host)
{
	const char *at = arena_printf(d->arena, "%s:%s", d->feed->hosts[host].fqdn, u->row->port);

	if (s->accounts.n >= LIMIT_PER_SECRET || check_line(u->user) || !text_is_utf8(u->user, strlen(u->user)) ||
	    !draft_account_is_new(d, u->row->driver, at, u->user))
		return;
	strv_addf(&s->accounts, "{driver: %s, address: %s, users: [%s]}", u->row->driver, draft_word(d, at),
		  draft_word(d, u->user));
	if (!s->account_question)
		s->account_question = arena_printf(d->arena, "are these the users, and these the servers? Puppet sets "
						   "them by %s; most need admin: {user, secret}",
						   place_of(d, u->item));
}

void draft_server_accounts(struct draft *d, struct drafted *s)
{
	for (uint32_t k = 0; k < s->n_users; k++) {
		const struct drafted_user *u = &s->users[k];

		for (uint32_t h = 0; u->user && h < u->item->n_hosts; h++)
			if (d->parts->host_name[u->item->hosts[h]])
				one_host(d, s, u, u->item->hosts[h]);
		if (!u->user && !map_put(&d->parts->asked, arena_printf(d->arena, "%s\n%s", s->name,
			place_of(d, u->item)), 0))
			continue;
		if (!u->user)
			strv_addf(&s->questions, "which user does %s make? Write accounts: [{driver: %s, address: ..., "
				  "users: [...]}]: without it nothing is changed there", place_of(d, u->item),
				  u->row->driver);
	}
}
