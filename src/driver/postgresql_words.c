#include "driver/postgresql.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const struct { const char *word, *sslmode; } tls_words[] = {
	{ "no", "disable" },
	{ "yes", "require" },
	{ "verify-ca", "verify-ca" },
	{ "verify-full", "verify-full" },
};

static const char *sslmode_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(tls_words); i++) {
		if (strcmp(tls_words[i].word, word) == 0)
			return tls_words[i].sslmode;
	}
	return NULL;
}

static int check_user(const char *user, struct err *e)
{
	if (!*user)
		return err_set(e, ERR_CONFIG, "an empty role name: expected the name of a role under 'users'");
	if (!text_is_utf8(user, strlen(user)))
		return err_set(e, ERR_CONFIG, "a role name under 'users' is not valid utf-8");
	if (strlen(user) > POSTGRESQL_NAME_MAX)
		return err_set(e, ERR_CONFIG, "role '%.40s...' has more than %u bytes: the server would cut it and "
			       "mean another role", user, POSTGRESQL_NAME_MAX);
	return 0;
}

int postgresql_words(const char *address, const char *const *users, const json_t *options, struct err *e)
{
	const char *tls = options ? json_str(options, "tls") : NULL;
	const char *database = options ? json_str(options, "database") : NULL;
	size_t n = 0;

	if (!address || !*address)
		return err_set(e, ERR_CONFIG, "no address: expected 'host:port' or the path of a unix socket");
	for (; users && users[n]; n++) {
		if (n >= POSTGRESQL_USERS_MAX)
			return err_set(e, ERR_CONFIG, "more than %u roles under 'users'", POSTGRESQL_USERS_MAX);
		if (check_user(users[n], e) < 0)
			return -ERR_CONFIG;
	}
	if (n == 0)
		return err_set(e, ERR_CONFIG, "no role under 'users': a password in postgresql belongs to a role");
	if (tls && !sslmode_of(tls))
		return err_set(e, ERR_CONFIG, "option 'tls' is '%.40s': expected no, yes, verify-ca or verify-full",
			       tls);
	if (database && (!*database || strlen(database) > POSTGRESQL_NAME_MAX ||
			 !text_is_utf8(database, strlen(database))))
		return err_set(e, ERR_CONFIG, "option 'database' is no database name of 1 to %u bytes",
			       POSTGRESQL_NAME_MAX);
	return 0;
}

int postgresql_check(const struct driver_job *job, struct err *e)
{
	return postgresql_words(job->address, job->users, job->options, e);
}

/* "db1:5432" -> "db1", "[::1]:5432" -> "::1", "db1" -> "db1" */
static void host_of(const char *address, char *ret, size_t size)
{
	const char *end = strrchr(address, ':');
	const char *start = address;

	if (*address == '[') {
		start++;
		end = strchr(start, ']');
	} else if (end && strchr(address, ':') != end) {
		end = NULL;
	}
	(void) snprintf(ret, size, "%.*s", end ? (int)(end - start) : (int)strlen(start), start);
}

static bool is_numeric(const char *host)
{
	struct in6_addr any;

	return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

static bool is_here(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (text_starts(host, "127.") && is_numeric(host));
}

/* libpq wants the folder and the number of a socket, not its path. */
static int where_socket(const char *path, uint16_t port, struct postgresql_where *w, struct err *e)
{
	static const char name[] = "/.s.PGSQL.";
	const char *found = strstr(path, name);
	uint32_t number = port ? port : 5432;
	size_t len = found ? (size_t)(found - path) : strlen(path);

	if ((found && text_u32(found + strlen(name), 1, 65535, &number) < 0) || len == 0 || len >= sizeof(w->host))
		return err_set(e, ERR_CONFIG, "socket '%.100s': expected a folder or FOLDER/.s.PGSQL.PORT", path);
	(void) snprintf(w->host, sizeof(w->host), "%.*s", (int)len, path);
	(void) snprintf(w->port, sizeof(w->port), "%u", number);
	w->sslmode = "disable";
	return 0;
}

/* Always one explicit mode: libpq's "prefer" shows a wrong password twice. */
static const char *pick_sslmode(const struct postgresql_where *w, const char *tls)
{
	if (w->ca && (!tls || strcmp(tls, "yes") == 0))
		return "verify-full";
	if (tls)
		return sslmode_of(tls);
	return is_here(w->host) ? "disable" : "require";
}

static bool is_socket(const char *address)
{
	return *address == '/' || text_starts(address, "unix:");
}

int postgresql_where(const struct driver_job *job, struct postgresql_where *ret, struct err *e)
{
	struct postgresql_where w = { .ca = job_option(job, "ca") };

	/* The register's own socket on this machine; the near end of a forward has another name. */
	if (job->at.unix_path && is_socket(job->address) && strstr(job->address, job->at.unix_path)) {
		if (where_socket(job->at.unix_path, job->at.port, &w, e) < 0)
			return -ERR_CONFIG;
		*ret = w;
		return 0;
	}
	w.relayed = job->at.unix_path;
	host_of(is_socket(job->address) ? "localhost" : job->address, w.host, sizeof(w.host));
	/* The near end of a forward: connect there, but hold the certificate against the register's name. */
	if (!w.relayed && is_numeric(job->at.host) && strcmp(job->at.host, w.host) != 0)
		(void) snprintf(w.hostaddr, sizeof(w.hostaddr), "%s", job->at.host);
	else if (!w.relayed)
		(void) snprintf(w.host, sizeof(w.host), "%s", job->at.host);
	(void) snprintf(w.port, sizeof(w.port), "%u", job->at.port ? job->at.port : 5432u);
	w.sslmode = is_socket(job->address) ? "disable" : pick_sslmode(&w, job_option(job, "tls"));
	*ret = w;
	return 0;
}
