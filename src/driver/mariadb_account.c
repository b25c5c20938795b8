/* The accounts of a server, as mysql.global_priv keeps them, and which of them the register means. */
#include "driver/mariadb.h"
#include "base/macro.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include <string.h>

void mariadb_word(const char *word, char **ret_user, char **ret_host)
{
	const char *at = strrchr(word, '@');

	*ret_user = at ? mem_dupn(word, (size_t)(at - word)) : mem_dup(word);
	*ret_host = at ? mem_dup(at + 1) : NULL;
}

void mariadb_names(const struct driver_job *job, struct strv *ret)
{
	for (size_t i = 0; job->users[i]; i++) {
		_cleanup_(freep) char *user = NULL, *host = NULL;

		mariadb_word(job->users[i], &user, &host);
		if (!strv_has(ret, user))
			strv_add(ret, user);
	}
}

static bool add_way(struct mariadb_row *row, const json_t *from)
{
	const char *plugin = json_str(from, "plugin"), *hash = json_str(from, "authentication_string");

	if (!GROW(row->ways, row->n, row->cap, MARIADB_WAYS))
		return false;
	row->ways[row->n].plugin = mem_dup(plugin ? plugin : "mysql_native_password");
	row->ways[row->n++].hash = mem_dup(hash ? hash : "");
	return true;
}

/* In auth_or an empty object stands for what the top level says. */
static bool add_ways(struct mariadb_row *row, const json_t *priv)
{
	const json_t *list = json_object_get(priv, "auth_or"), *one;
	size_t i;

	if (json_array_size(list) == 0)
		return add_way(row, priv);
	json_array_foreach(list, i, one) {
		if (!add_way(row, json_object_size(one) == 0 ? priv : one))
			return false;
	}
	return true;
}

static void mark(const struct driver_job *job, struct mariadb_row *row)
{
	for (size_t i = 0; job->users[i]; i++) {
		_cleanup_(freep) char *user = NULL, *host = NULL;

		mariadb_word(job->users[i], &user, &host);
		if (strcmp(user, row->user) != 0 || (host && strcasecmp(host, row->host) != 0))
			continue;
		row->by_name = !host && (row->by_name || !row->declared);
		row->declared = true;
	}
}

static struct mariadb_row *new_row(struct mariadb_accounts *a, const char *user, const char *host)
{
	struct mariadb_row *row;

	if (!GROW(a->rows, a->n, a->cap, MARIADB_ROWS))
		return NULL;
	row = &a->rows[a->n++];
	*row = (struct mariadb_row){ .user = mem_dup(user), .host = mem_dup(host) };
	return row;
}

static int take_row(struct mariadb *m, struct mariadb_accounts *a, const struct mariadb_rows *r, size_t i,
		    struct err *e)
{
	_cleanup_(json_freep) json_t *priv = NULL;
	const char *text = mariadb_cell(r, i, 2);
	struct mariadb_row *row;

	if (json_read("mysql.global_priv", text, strlen(text), 1 << 20, &priv, e) < 0)
		return err_wrap(e, "mariadb at '%s'", m->job->address);
	if (json_is(priv, "is_role"))
		return 0;
	row = new_row(a, mariadb_cell(r, i, 0), mariadb_cell(r, i, 1));
	if (!row || !add_ways(row, priv))
		return err_set(e, ERR_LIMIT, "mariadb at '%s': more than %u accounts, or %u alternatives of one",
			       m->job->address, MARIADB_ROWS, MARIADB_WAYS);
	row->locked = json_is(priv, "account_locked");
	row->wants_tls = json_int(priv, "ssl_type", 0) > 0;
	row->wants_certificate = json_int(priv, "ssl_type", 0) > 1;
	row->changed = json_int(priv, "password_last_changed", 0);
	mark(m->job, row);
	return 0;
}

/* Without the right to look: what the register says, taken at its word. */
static int rows_of_words(struct mariadb *m, struct mariadb_accounts *a, struct err *e)
{
	for (size_t i = 0; m->job->users[i]; i++) {
		_cleanup_(freep) char *user = NULL, *host = NULL;
		struct mariadb_row *row;

		mariadb_word(m->job->users[i], &user, &host);
		if (!host)
			return err_set(e, ERR_REMOTE,
				       "mariadb at '%s': '%s' may not read mysql.global_priv, so the host patterns of "
				       "'%s' are not known; grant SELECT on mysql.global_priv or write '%s@PATTERN'",
				       m->job->address, m->job->admin_user ? m->job->admin_user : "this login", user,
				       user);
		row = new_row(a, user, host);
		if (row)
			row->declared = true;
	}
	return 0;
}

static int find_here(struct mariadb *m, struct mariadb_accounts *a, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
	int r = mariadb_value(m, "SELECT USER()", &b, e);
	const char *at = strrchr(buf_text(&b), '@');

	a->here = mem_dup(at ? at + 1 : "");
	return r;
}

int mariadb_accounts_read(struct mariadb *m, struct mariadb_accounts *ret, struct err *e)
{
	_cleanup_(mariadb_accounts_free) struct mariadb_accounts a = { .readable = true };
	_cleanup_(mariadb_rows_free) struct mariadb_rows rows = { 0 };
	int r = find_here(m, &a, e);

	if (r < 0)
		return r;
	/* "access" goes up to 2^64 - 1 (root's, after an install), which is no number for a JSON reader of 63 bits. */
	r = mariadb_rows(m, "reading the accounts", "SELECT User, Host, JSON_REMOVE(Priv, '$.access') FROM "
			 "mysql.global_priv ORDER BY User, Host", MARIADB_ROWS, &rows, e);
	if (r < 0 && mariadb_denied(m)) {
		a.readable = false;
		r = rows_of_words(m, &a, e);
	}
	for (size_t i = 0; r == 0 && i < rows.n; i++)
		r = take_row(m, &a, &rows, i, e);
	if (r < 0)
		return r;
	*ret = a;
	a = (struct mariadb_accounts){ 0 };
	return 0;
}

void mariadb_accounts_free(struct mariadb_accounts *a)
{
	for (size_t i = 0; i < a->n; i++) {
		for (size_t w = 0; w < a->rows[i].n; w++) {
			free(a->rows[i].ways[w].plugin);
			free(a->rows[i].ways[w].hash);
		}
		free(a->rows[i].ways);
		free(a->rows[i].user);
		free(a->rows[i].host);
	}
	free(a->rows);
	free(a->here);
	*a = (struct mariadb_accounts){ 0 };
}

static bool is_there(const struct mariadb_accounts *a, const char *user, const char *host)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->rows[i].user, user) == 0 && (!host || strcasecmp(a->rows[i].host, host) == 0))
			return true;
	return false;
}

int mariadb_accounts_missing(const struct mariadb *m, const struct mariadb_accounts *a, struct err *e)
{
	for (size_t i = 0; m->job->users[i]; i++) {
		_cleanup_(freep) char *user = NULL, *host = NULL;
		_cleanup_(buf_free) struct buf shown = BUF_INIT(200);

		mariadb_word(m->job->users[i], &user, &host);
		if (is_there(a, user, host))
			continue;
		text_visible(&shown, m->job->users[i], strlen(m->job->users[i]));
		return err_set(e, ERR_CONFIG,
			       "mariadb at '%s': there is no account '%s' on this server; the register's users are "
			       "written name or name@pattern", m->job->address, buf_text(&shown));
	}
	if (m->job->users[0])
		return 0;
	return err_set(e, ERR_CONFIG, "mariadb at '%s': the register names no users for it", m->job->address);
}

bool mariadb_may(struct mariadb *m, const char *right)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	struct err ignored = ERR_INIT;

	if (mariadb_rows(m, "reading own rights", "SHOW GRANTS", MARIADB_ROWS, &r, &ignored) < 0)
		return false;
	for (size_t i = 0; i < r.n; i++) {
		const char *grant = mariadb_cell(&r, i, 0), *on = strstr(grant, " ON *.* ");

		if (on && (text_starts(grant, "GRANT ALL PRIVILEGES ") || strstr(grant, right)))
			return true;
	}
	return false;
}
