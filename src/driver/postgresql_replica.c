/*
 * A standby presents the value to its primary: what it presents stands in its primary_conninfo, or in a passfile that
 * the server does not show. Nothing is logged by looking: the statement does not hold the value, the answer does.
 */
#include "driver/postgresql.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

struct presented {
	const char *value;
	bool same;
};

static void options_freep(PQconninfoOption **o)
{
	PQconninfoFree(*o);
}

static int compare_lent(const char *bytes, size_t len, void *arg)
{
	struct presented *p = arg;

	p->same = strlen(p->value) == len && CRYPTO_memcmp(p->value, bytes, len) == 0;
	return 0;
}

static bool is_presented(const char *value, const struct secret *known)
{
	struct presented p = { .value = value };

	return known && secret_with(known, compare_lent, &p) == 0 && p.same;
}

int postgresql_replica_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	_cleanup_(postgresql_clear) PGresult *r = NULL;
	_cleanup_(options_freep) PQconninfoOption *options = NULL;
	const char *value = NULL;
	int st;

	if (postgresql_check(job, e) < 0)
		return -ERR_CONFIG;
	if (!job->admin_user)
		return err_set(e, ERR_REFUSED, "what standby '%s' presents stands in its primary_conninfo: name an "
			       "admin with pg_read_all_settings", job->address);
	st = postgresql_open(job, job->users[0], NULL, &s, e);
	if (st == 0)
		st = postgresql_query(&s, "SELECT current_setting('primary_conninfo')", NULL, 0, &r, e);
	if (st < 0)
		return st;
	options = PQconninfoParse(PQgetvalue(r, 0, 0), NULL);
	for (PQconninfoOption *o = options; o && o->keyword; o++) {
		if (strcmp(o->keyword, "password") == 0)
			value = o->val;
	}
	job_tried(job, "read primary_conninfo", value ? "it holds a password" : "it holds no password");
	if (!value) {
		ret->accepts = ACCEPTS_UNREACHABLE;
		(void) snprintf(ret->text, sizeof(ret->text), "primary_conninfo of '%s' holds no password: it is in a "
				"passfile, which the server does not show; look at that file on its "
				"host", job->address);
		return 0;
	}
	ret->accepts = accepts_of(is_presented(value, job->old), is_presented(value, job->new));
	(void) snprintf(ret->text, sizeof(ret->text), "standby '%s' presents %s", job->address,
			ret->accepts == ACCEPTS_OLD ? "the old value" : ret->accepts == ACCEPTS_NEW ? "the new value" :
			"another value than old and new");
	return 0;
}
