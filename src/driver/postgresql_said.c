#include "driver/postgresql.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static bool is_state(const char *s)
{
	return strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && s[5] == ':';
}

static void keep_line(struct postgresql *s, const char *text)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	text_visible(&b, text, strnlen(text, strcspn(text, "\n") < 180 ? strcspn(text, "\n") : 180));
	(void) snprintf(s->why, sizeof(s->why), "%s", buf_text(&b));
}

/* "connection to server at "db1", port 5432 failed: FATAL:  28P01: password authentication ...". The severity is in the
 * server's language; two spaces and five characters are not. */
static const char *find_state(const char *message)
{
	for (const char *p = strstr(message, ":  "); p; p = strstr(p + 1, ":  ")) {
		if (is_state(p + 3))
			return p + 3;
	}
	return NULL;
}

static enum postgresql_login sort(const struct postgresql *s, const char *message)
{
	/* 28000 comes from pg_hba.conf before the value is looked at, and from NOLOGIN behind it: the name of the
	 * server's function tells them apart in every language. */
	bool behind = strstr(message, "InitializeSessionUserId") != NULL;

	/* Whoever did not ask cannot have looked at it. */
	if (strcmp(s->state, "28P01") == 0)
		return s->asked ? LOGIN_WRONG : LOGIN_UNTOLD;
	if (strcmp(s->state, "28000") == 0)
		return behind && s->asked ? LOGIN_BARRED : LOGIN_UNTOLD;
	if (strcmp(s->state, "3D000") == 0 || strcmp(s->state, "42501") == 0 || strcmp(s->state, "55000") == 0)
		return s->asked ? LOGIN_RIGHT : LOGIN_UNTOLD;
	return LOGIN_AWAY;
}

void postgresql_said(struct postgresql *s, const char *message)
{
	const char *state = find_state(message);
	const char *failed = strstr(message, " failed: ");

	if (!state) {
		keep_line(s, failed ? failed + 9 : message);
		s->login = LOGIN_AWAY;
		return;
	}
	(void) snprintf(s->state, sizeof(s->state), "%.5s", state);
	keep_line(s, state + 7);
	s->login = sort(s, message);
}

void postgresql_answer(const struct postgresql *s, char ret[300])
{
	if (s->login == LOGIN_IN)
		(void) snprintf(ret, 300, "%s", s->asked ? "logged in" : "logged in, but the server asked for no "
				"password");
	else if (*s->state)
		(void) snprintf(ret, 300, "%s: %s", s->state, s->why);
	else
		(void) snprintf(ret, 300, "%s", s->why);
}

static const struct { const char *state, *sentence; } away_words[] = {
	{ "57P03", "the server is starting up, shutting down or in recovery: try again in a moment" },
	{ "57P01", "the server is shutting down: try again when it is back" },
	{ "53300", "the server has no connection left: end some, or raise max_connections" },
};

int postgresql_must(const struct postgresql *s, const char *who, struct err *e)
{
	const char *at = s->job->address;

	switch (s->login) {
	case LOGIN_IN:
		return 0;
	case LOGIN_WRONG:
		return err_set(e, ERR_AUTH, "login as %s on '%s' refused: the value is wrong, the role is unknown, or "
			       "it has expired (28P01); nothing has changed", who, at);
	case LOGIN_BARRED:
		return err_set(e, ERR_AUTH, "login as %s on '%s': the role may not log in (NOLOGIN); nothing has "
			       "changed", who, at);
	case LOGIN_RIGHT:
		return err_set(e, ERR_CONFIG, "login as %s on '%s': value accepted, then %s (%s); set option "
			       "'database' to one that it may enter", who, at, s->why, s->state);
	case LOGIN_UNTOLD:
		return err_set(e, ERR_REMOTE, "login as %s on '%s' refused before the value was looked at: %s (%s); "
			       "check pg_hba.conf for this host", who, at, s->why, s->state);
	case LOGIN_AWAY:
		break;
	}
	for (size_t i = 0; i < ARRAY_SIZE(away_words); i++) {
		if (strcmp(away_words[i].state, s->state) == 0)
			return err_set(e, ERR_NET, "'%s' cannot be used now: %s (%s)", at, away_words[i].sentence,
				       s->state);
	}
	return err_set(e, ERR_NET, "'%s' could not be reached: %s", at, s->why);
}

/* The owner of a database may set a search_path of their own for it: our statements then mean their functions. */
static int settle(struct postgresql *s, struct err *e)
{
	char limit[24];
	const char *params[] = { limit };
	_cleanup_(postgresql_clear) PGresult *r = NULL;

	(void) snprintf(limit, sizeof(limit), "%lld", (long long)job_left_ms(s->job));
	return postgresql_query(s, "SELECT pg_catalog.set_config('search_path', 'pg_catalog', false), "
				"pg_catalog.set_config('lock_timeout', $1, false), "
				"pg_catalog.set_config('statement_timeout', $1, false)", params, 1, &r, e);
}

static int opened(struct postgresql *s, const char *who, struct err *e)
{
	int r = postgresql_must(s, who, e);

	return r < 0 ? r : settle(s, e);
}

int postgresql_open(const struct driver_job *job, const char *user, const char *database, struct postgresql *ret,
		    struct err *e)
{
	const struct secret *own[] = { job->old, job->new };
	char who[120];

	if (job->admin_user) {
		(void) snprintf(who, sizeof(who), "admin '%s'", job->admin_user);
		if (postgresql_connect(job, job->admin_user, job->admin, database, ret, e) < 0)
			return -ERR_CONFIG;
		return opened(ret, who, e);
	}
	*ret = (struct postgresql){ .job = job, .login = LOGIN_AWAY };
	(void) snprintf(who, sizeof(who), "'%s' itself", user);
	if (!job->old && !job->new)
		return err_set(e, ERR_REFUSED, "nobody to log in as on '%s': no admin, and no value of '%s' is known",
			       job->address, user);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (!own[i])
			continue;
		if (postgresql_connect(job, user, own[i], database, ret, e) < 0)
			return -ERR_CONFIG;
		if (ret->login != LOGIN_WRONG)
			break;
	}
	return opened(ret, who, e);
}
