/* Where a value is accepted, as far as settings and SQL of the tree tell. Each is asked for. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include <string.h>

#define MARIADB_SOCKET "/run/mysqld/mysqld.sock"       /* Debian's */

bool draft_account_is_new(struct draft *d, const char *driver, const char *address, const char *user)
{
	return map_put(&d->parts->accounts, arena_printf(d->arena, "%s\n%s\n%s", driver, address, user), 0);
}

static const char *server(struct draft *d, uint32_t host, const char *port)
{
	return arena_printf(d->arena, "%s:%s", d->feed->hosts[host].fqdn, port);
}


/* A password that the server has in its own settings is that of its host. */
static void redis(struct draft *d, struct drafted *s)
{
	for (uint32_t i = 0; i < s->n_consumers; i++) {
		const struct drafted_consumer *c = &s->consumers[i];

		if (!c->file || !text_matches("*/redis*.conf", c->file))
			continue;
		for (uint32_t h = 0; h < c->n_hosts && s->accounts.n < LIMIT_PER_SECRET; h++) {
			const char *at = server(d, c->hosts[h], "6379");

			if (draft_account_is_new(d, "redis", at, "default"))
				strv_addf(&s->accounts, "{driver: redis, address: %s, users: [default], options: "
					  "{file: %s}}", draft_word(d, at), draft_word(d, c->file));
		}
		if (s->accounts.n && !s->account_question)
			s->account_question = arena_printf(d->arena, "is that the server, and 6379 its port? From its "
							   "settings (%s, %s)", c->file, c->from);
	}
}

static const struct { const char *file, *daemon, *port; } bacula_files[] = {
	{ "*/bacula-dir.conf", "director", "9101" }, { "*/bacula-sd.conf", "storage", "9103" },
	{ "*/bacula-fd.conf", "client", "9102" },
};

/* Debian names a director after its host. */
static const char *director_of(struct draft *d, const struct drafted *s)
{
	for (uint32_t i = 0; i < s->n_consumers; i++)
		if (s->consumers[i].file && s->consumers[i].n_hosts && text_matches(bacula_files[0].file,
										    s->consumers[i].file))
			return arena_printf(d->arena, "%s-dir", d->parts->host_name[s->consumers[i].hosts[0]]);
	return NULL;
}

static void bacula_account(struct draft *d, struct drafted *s, size_t kind, const char *at, const char *director)
{
	if (s->accounts.n >= LIMIT_PER_SECRET || !draft_account_is_new(d, "bacula", at, director))
		return;
	if (kind == 0)
		strv_addf(&s->accounts, "{driver: bacula, address: %s, role: replica}", draft_word(d, at));
	else
		strv_addf(&s->accounts, "{driver: bacula, address: %s, users: [%s], options: {daemon: %s}}",
			  draft_word(d, at), draft_word(d, director), bacula_files[kind].daemon);
}

/* One value for director, storage and clients: each of them accepts it. */
static void bacula(struct draft *d, struct drafted *s)
{
	const char *director = director_of(d, s);

	for (size_t k = 0; director && k < ARRAY_SIZE(bacula_files); k++)
		for (uint32_t i = 0; i < s->n_consumers; i++) {
			const struct drafted_consumer *c = &s->consumers[i];

			for (uint32_t h = 0; c->file && text_matches(bacula_files[k].file, c->file) && h < c->n_hosts;
			     h++)
				bacula_account(d, s, k, server(d, c->hosts[h], bacula_files[k].port), director);
		}
	if (s->accounts.n && !s->account_question)
		s->account_question = arena_printf(d->arena, "is %s the director's name, are 9101 to 9103 the ports, "
						   "and are "
						   "running jobs waited for or cancelled (queue)?", director);
}

static bool has_key(const struct draft *d, const struct drafted *s, const char *key)
{
	for (uint32_t k = 0; k < s->n_leaves; k++) {
		const struct leaf *l = draft_leaf(d, s->leaves[k]);

		if (l->key && !strcmp(l->key, key))
			return true;
	}
	return false;
}

/* A user that comes from its own host only is asked there, through the socket. */
static void sql_account(struct draft *d, struct drafted *s, const struct sql_user *u, uint32_t host)
{
	const char *user = arena_printf(d->arena, "%s@%s", u->user, u->host);
	bool is_local = !strcmp(u->host, "localhost");
	const char *at = server(d, host, "3306");

	if (s->accounts.n >= LIMIT_PER_SECRET || check_line(user) || !text_is_utf8(user, strlen(user)) ||
	    !draft_account_is_new(d, "mariadb", at, user))
		return;
	if (is_local)
		strv_addf(&s->accounts, "{driver: mariadb, address: " MARIADB_SOCKET ", users: [%s], from: [%s]}",
			  draft_word(d, user), draft_word(d, d->parts->host_name[host]));
	else
		strv_addf(&s->accounts, "{driver: mariadb, address: %s, users: [%s]}", draft_word(d, at),
			  draft_word(d, user));
	if (!s->account_question)
		s->account_question = arena_printf(d->arena, "are these the users, and these the servers? From SQL in "
						   "%s:%u; most need admin: {user, secret}", u->file, u->line);
}

static void of_sql_user(struct draft *d, struct drafted *s, const struct sql_user *u)
{
	for (uint32_t i = 0; i < s->n_consumers; i++)
		for (uint32_t h = 0; s->consumers[i].file && text_matches("*.sql", s->consumers[i].file) &&
		     h < s->consumers[i].n_hosts; h++)
			sql_account(d, s, u, s->consumers[i].hosts[h]);
}

static void mariadb(struct draft *d, struct drafted *s)
{
	const struct draft_parts *p = d->parts;

	for (uint32_t i = 0; i < p->n_asked_keys; i++) {
		const struct asked_key *k = &p->asked_keys[i];

		if (!has_key(d, s, k->key))
			continue;
		for (uint32_t n = 0; n < p->n_sql_users; n++)
			if (!strcmp(p->sql_users[n].module, k->module) &&
			    !strcmp(p->sql_users[n].variable, k->variable))
				of_sql_user(d, s, &p->sql_users[n]);
	}
}

static const char *hosts_of_sql(struct draft *d, const struct drafted *s)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(2000);

	for (uint32_t i = 0; i < s->n_consumers; i++)
		for (uint32_t h = 0; s->consumers[i].file && text_matches("*.sql", s->consumers[i].file) &&
		     h < s->consumers[i].n_hosts; h++)
			(void)buf_printf(&b, "%s%s", b.len ? ", " : "", d->feed->hosts[s->consumers[i].hosts[h]].fqdn);
	return b.len ? arena_printf(d->arena, ", perhaps on %s, which have SQL of it", buf_text(&b)) : "";
}

void draft_accounts(struct draft *d)
{
	static const struct {
		const char *kind, *driver;
		void (*find)(struct draft *d, struct drafted *s);
	} databases[] = {
		{ "mariadb-password", "mariadb", mariadb }, { "postgresql-password", "postgresql", NULL },
		{ "redis-password", "redis", redis },
	};

	for (uint32_t i = 0; i < d->parts->n_secrets; i++) {
		struct drafted *s = &d->parts->secrets[i];

		if (!strcmp(s->kind, "shared-secret"))
			bacula(d, s);
		for (size_t k = 0; k < ARRAY_SIZE(databases); k++) {
			if (strcmp(s->kind, databases[k].kind) != 0)
				continue;
			draft_server_accounts(d, s);
			if (databases[k].find)
				databases[k].find(d, s);
			if (!s->accounts.n && !s->n_users)
				strv_addf(&s->questions, "which users of which servers have it%s? Write accounts: "
					  "[{driver: "
					  "%s, address: ..., users: [...]}]: without it nothing is changed there",
					  hosts_of_sql(d, s), databases[k].driver);
		}
	}
}
