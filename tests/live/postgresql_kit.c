#include "postgresql_kit.h"
#include "base/clock.h"
#include "base/fs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <glob.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct service kit;
struct kit_tries kit_tries;

extern const struct driver driver_postgresql;

static struct job_sink sink;
static char answer_cell[4000];
static json_t *last_findings;

int kit_start(void **state)
{
	char password[33];
	struct err e = ERR_INIT;

	(void) state;
	service_password(password);
	return secret_init(&e) < 0 ? -1 : service_postgresql.start(&kit, password);
}

int kit_stop(void **state)
{
	(void) state;
	json_freep(&last_findings);
	service_postgresql.stop(&kit);
	return 0;
}

static PGconn *admin(const char *database)
{
	char port[8];
	const char *const keys[] = { "host", "port", "user", "password", "dbname", "sslmode",
				     "options", NULL };
	const char *const values[] = { "127.0.0.1", port, kit.admin_user, kit.admin_password, database, "prefer",
				       "-c client_min_messages=error", NULL };
	PGconn *c;

	(void) snprintf(port, sizeof(port), "%u", kit.port);
	c = PQconnectdbParams(keys, values, 0);
	if (PQstatus(c) != CONNECTION_OK)
		fail_msg("admin: %s", PQerrorMessage(c));
	return c;
}

void kit_sql_in(const char *database, const char *sql)
{
	PGconn *c = admin(database);
	PGresult *r = PQexec(c, sql);
	ExecStatusType st = PQresultStatus(r);

	if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
}

void kit_sql(const char *sql)
{
	kit_sql_in("postgres", sql);
}

const char *kit_ask(const char *sql)
{
	PGconn *c = admin("postgres");
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(c));
	(void) snprintf(answer_cell, sizeof(answer_cell), "%s", PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	PQfinish(c);
	return answer_cell;
}

void kit_role(const char *role, const char *password, const char *kind, const char *more)
{
	PGconn *c = admin("postgres");
	char *verifier = PQencryptPasswordConn(c, password, role, kind);
	char *name = PQescapeIdentifier(c, role, strlen(role));
	char sql[1000];

	if (!verifier || !name)
		fail_msg("role '%s': %s", role, PQerrorMessage(c));
	(void) snprintf(sql, sizeof(sql), "DROP ROLE IF EXISTS %s", name);
	PQclear(PQexec(c, sql));
	PQfinish(c);
	(void) snprintf(sql, sizeof(sql), "CREATE ROLE %s LOGIN PASSWORD '%s' %s", name, verifier, more);
	kit_sql(sql);
	PQfreemem(verifier);
	PQfreemem(name);
}

static void on_tried(void *arg, const char *what, const char *answer)
{
	struct kit_tries *t = arg;

	assert_true(t->n < TRIES_MAX);
	(void) snprintf(t->t[t->n].what, sizeof(t->t[0].what), "%s", what);
	(void) snprintf(t->t[t->n++].answer, sizeof(t->t[0].answer), "%s", answer);
}

static void on_changing(void *arg)
{
	((struct kit_tries *)arg)->changing = true;
}

static struct secret *secret_of(const char *text)
{
	struct secret *s = NULL;
	char *copy;

	if (!text)
		return NULL;
	copy = strdup(text);
	assert_int_equal(secret_take(copy, strlen(text), &s, NULL), 0);
	free(copy);
	return s;
}

struct driver_job kit_job(const char *const *users, const char *old, const char *new)
{
	memset(&kit_tries, 0, sizeof(kit_tries));
	sink = (struct job_sink){
		.tried = on_tried, .changing = on_changing, .arg = &kit_tries,
		.deadline_us = clock_mono_us() + 20 * INT64_C(1000000),
	};
	return (struct driver_job){
		.driver = "postgresql", .address = kit.address, .at = { .host = "127.0.0.1", .port = kit.port },
		.users = users, .options = json_object(), .admin_user = kit.admin_user, .old = secret_of(old),
		.new = secret_of(new), .admin = secret_of(kit.admin_password), .old_tag = "aaaa", .new_tag = "bbbb",
		.limit_ms = 20000, .sink = &sink,
	};
}

static void secret_drop(const struct secret **s)
{
	/* The job borrows in production; in these tests it owns. */
	union { const struct secret *in; struct secret *out; } u = { .in = *s };

	(void) secret_free(u.out);
	*s = NULL;
}

void kit_job_option(struct driver_job *job, const char *name, const char *value)
{
	union { const json_t *in; json_t *out; } u = { .in = job->options };

	json_put(u.out, name, value);
}

void kit_job_admin(struct driver_job *job, const char *user, const char *password)
{
	secret_drop(&job->admin);
	job->admin_user = user;
	job->admin = secret_of(password);
}

void kit_job_free(struct driver_job *job)
{
	union { const json_t *in; json_t *out; } u = { .in = job->options };

	secret_drop(&job->old);
	secret_drop(&job->new);
	secret_drop(&job->admin);
	json_freep(&u.out);
}

int kit_call(const struct driver_job *job, enum driver_verb verb, struct driver_answer *ret, struct err *e)
{
	int r;

	*ret = (struct driver_answer){ 0 };
	*e = (struct err)ERR_INIT;
	json_freep(&last_findings);
	r = driver_postgresql.verb[verb](job, ret, e);
	last_findings = ret->findings;
	return r;
}

bool kit_found(const struct driver_answer *a, const char *what, const char *detail, const char *severity)
{
	size_t i;
	json_t *f;

	json_array_foreach(a->findings, i, f) {
		if (strcmp(json_str(f, "what"), what) == 0 && strstr(json_str(f, "detail"), detail) &&
		    strcmp(json_str(f, "severity"), severity) == 0)
			return true;
	}
	return false;
}

bool kit_tried(const char *what, const char *answer)
{
	for (size_t i = 0; i < kit_tries.n; i++) {
		if (strstr(kit_tries.t[i].what, what) && strstr(kit_tries.t[i].answer, answer))
			return true;
	}
	return false;
}

static void read_file(const char *name, struct buf *b)
{
	char path[400];
	struct err e = ERR_INIT;

	(void) snprintf(path, sizeof(path), "%s/%s", kit.folder, name);
	if (fs_read(path, b, &e) < 0)
		fail_msg("%s", e.text);
}

static void write_file(const char *name, const struct buf *b)
{
	char path[400];
	FILE *f;

	/* Into the same file, so that the server's user goes on owning it. */
	(void) snprintf(path, sizeof(path), "%s/%s", kit.folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

static void reload(void)
{
	(void) kit_ask("SELECT pg_reload_conf()");
	/* The postmaster takes the signal when it gets to it; there is no answer to wait for. */
	clock_sleep_ms(200);
}

void kit_hba(const char *lines)
{
	static struct buf first = BUF_INIT(1 << 16);
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	if (first.len == 0)
		read_file("data/pg_hba.conf", &first);
	(void) buf_str(&b, lines);
	(void) buf_str(&b, buf_text(&first));
	write_file("data/pg_hba.conf", &b);
	reload();
}

void kit_settings(const char *lines)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 18);

	read_file("data/postgresql.conf", &b);
	(void) buf_str(&b, lines);
	write_file("data/postgresql.conf", &b);
	reload();
}

void kit_program(const char *name, char ret[200])
{
	char pattern[80];
	glob_t g;

	(void) snprintf(pattern, sizeof(pattern), "/usr/lib/postgresql/*/bin/%s", name);
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	(void) snprintf(ret, 200, "%s", g.gl_pathv[g.gl_pathc - 1]);
	globfree(&g);
}

unsigned kit_log_count(const char *text)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(16 << 20);
	unsigned n = 0;

	read_file("log", &b);
	for (const char *p = strstr(buf_text(&b), text); p; p = strstr(p + 1, text))
		n++;
	return n;
}
