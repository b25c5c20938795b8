/*
 * Debian's PostgreSQL: initdb and postgres of the newest version below /usr/lib/postgresql (what stands in PATH may be
 * another one). log_statement = all, so that logged() means something; passwords are set by verifier, so that the log
 * holds none of ours.
 */
#include "service.h"
#include "base/clock.h"
#include <glob.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct service_session {
	PGconn *c;
};

static const char settings[] =
	"listen_addresses = '127.0.0.1'\n"
	"shared_buffers = 8MB\n"
	"max_connections = 30\n"
	"fsync = off\n"
	"synchronous_commit = off\n"
	"full_page_writes = off\n"
	"wal_level = replica\n"
	"max_wal_senders = 3\n"
	"autovacuum = off\n"
	"logging_collector = off\n"
	"log_statement = all\n"
	"log_connections = on\n"
	"lc_messages = 'C'\n";

static int program(const char *name, char *ret, size_t size)
{
	char pattern[80];
	glob_t g;
	int r = -1;

	(void) snprintf(pattern, sizeof(pattern), "/usr/lib/postgresql/*/bin/%s", name);
	if (glob(pattern, 0, NULL, &g) == 0) {
		(void) snprintf(ret, size, "%s", g.gl_pathv[g.gl_pathc - 1]);
		r = 0;
	} else {
		fprintf(stderr, "service postgresql: no %s: install postgresql\n", pattern);
	}
	globfree(&g);
	return r;
}

static PGconn *connect_as(struct service *s, const char *user, const char *password)
{
	char port[8];
	const char *const keys[] = { "host", "port", "user", "password", "dbname", "sslmode", "gssencmode",
				     "connect_timeout", "passfile", NULL };
	const char *const values[] = { "127.0.0.1", port, user, password, "postgres", "disable", "disable", "10",
				       "/nonexistent", NULL };
	PGconn *c;

	(void) snprintf(port, sizeof(port), "%u", s->port);
	c = PQconnectdbParams(keys, values, 0);
	if (PQstatus(c) == CONNECTION_OK)
		return c;
	PQfinish(c);
	return NULL;
}

static bool ready(struct service *s)
{
	char port[8];
	const char *const keys[] = { "host", "port", "connect_timeout", NULL };
	const char *const values[] = { "127.0.0.1", port, "2", NULL };

	(void) snprintf(port, sizeof(port), "%u", s->port);
	return PQpingParams(keys, values, 0) == PQPING_OK;
}

/* The server's process outlives the connection by a moment, in which it would be counted as a session. */
static void finish(PGconn *c)
{
	int pid = PQbackendPID(c);

	PQfinish(c);
	for (int i = 0; i < 100 && pid > 1 && kill(pid, 0) == 0; i++)
		clock_sleep_ms(10);
}

/* "CREATE ROLE" or "ALTER ROLE", with the verifier made here. */
static int give(struct service *s, const char *statement, const char *password)
{
	PGconn *c = connect_as(s, s->admin_user, s->admin_password);
	char *verifier = c ? PQencryptPasswordConn(c, password, s->user, "scram-sha-256") : NULL;
	char *name = c ? PQescapeIdentifier(c, s->user, strlen(s->user)) : NULL;
	char sql[600];
	int r = -1;

	if (verifier && name) {
		PGresult *result;

		(void) snprintf(sql, sizeof(sql), "%s %s LOGIN PASSWORD '%s'", statement, name, verifier);
		result = PQexec(c, sql);
		r = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : -1;
		PQclear(result);
	}
	if (r < 0)
		fprintf(stderr, "service postgresql: %s: %s\n", statement, c ? PQerrorMessage(c) : "no login as admin");
	PQfreemem(verifier);
	PQfreemem(name);
	if (c)
		finish(c);
	return r;
}

static int make_data(struct service *s)
{
	char initdb[200], data[300], config[340];
	const char *const argv[] = { initdb, "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile=/dev/stdin",
				     "--no-sync", "--no-locale", "-E", "UTF8", NULL };
	FILE *f;

	if (program("initdb", initdb, sizeof(initdb)) < 0)
		return -1;
	(void) snprintf(data, sizeof(data), "%s/data", s->folder);
	if (service_run(s, argv, s->admin_password) != 0)
		return -1;
	(void) snprintf(config, sizeof(config), "%s/postgresql.conf", data);
	f = fopen(config, "ae");
	if (!f)
		return -1;
	(void) fprintf(f, "port = %u\nunix_socket_directories = '%s'\n%s", s->port, s->folder, settings);
	return fclose(f) == 0 ? 0 : -1;
}

/* "Fast" shutdown: TERM alone would wait for the sessions that a test has left open. */
static void stop(struct service *s)
{
	if (s->pid > 0) {
		(void) kill(s->pid, SIGCONT);
		(void) kill(s->pid, SIGINT);
	}
	service_kill(s);
}

static int start(struct service *s, const char *password)
{
	char postgres[200], data[300];
	const char *const argv[] = { postgres, "-D", data, NULL };

	*s = (struct service){ .kind = &service_postgresql, .port = service_free_port() };
	(void) snprintf(s->user, sizeof(s->user), "app");
	(void) snprintf(s->admin_user, sizeof(s->admin_user), "postgres");
	(void) snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", s->port);
	service_password(s->admin_password);
	if (service_folder(s, "postgresql") < 0)
		return -1;
	(void) snprintf(data, sizeof(data), "%s/data", s->folder);
	if (program("postgres", postgres, sizeof(postgres)) < 0 || make_data(s) < 0 ||
	    service_spawn(s, argv, ready) < 0 || give(s, "CREATE ROLE", password) < 0) {
		stop(s);
		return -1;
	}
	return 0;
}

static int pause_it(struct service *s)
{
	return kill(s->pid, SIGSTOP);
}

static int resume(struct service *s)
{
	return kill(s->pid, SIGCONT);
}

static bool login(struct service *s, const char *user, const char *password)
{
	PGconn *c = connect_as(s, user, password);

	if (!c)
		return false;
	finish(c);
	return true;
}

static struct service_session *session(struct service *s, const char *user, const char *password)
{
	PGconn *c = connect_as(s, user, password);
	struct service_session *x;

	if (!c)
		return NULL;
	x = calloc(1, sizeof(*x));
	if (!x)
		abort();
	x->c = c;
	return x;
}

static bool session_alive(struct service_session *x)
{
	PGresult *r = PQexec(x->c, "SELECT 1");
	bool alive = PQresultStatus(r) == PGRES_TUPLES_OK;

	PQclear(r);
	return alive;
}

static void session_end(struct service_session *x)
{
	finish(x->c);
	free(x);
}

/* One password a role: two at once cannot be set up. */
static int set(struct service *s, const char *first, const char *second)
{
	return second ? -1 : give(s, "ALTER ROLE", first);
}

static bool logged(struct service *s, const char *text)
{
	char path[300];

	(void) snprintf(path, sizeof(path), "%s/log", s->folder);
	return service_file_has(path, text);
}

const struct service_kind service_postgresql = {
	.driver = "postgresql",
	.start = start,
	.stop = stop,
	.pause = pause_it,
	.resume = resume,
	.login = login,
	.session = session,
	.session_alive = session_alive,
	.session_end = session_end,
	.set = set,
	.logged = logged,
};
