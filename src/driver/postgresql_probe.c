#include "driver/postgresql.h"
#include <stdio.h>

struct seen {
	bool works, barred, untold;
	char why[300];
};

static int try_value(const struct driver_job *job, const char *user, const struct secret *value, const char *which,
		     struct seen *ret, struct err *e)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	char what[160];

	if (postgresql_connect(job, user, value, NULL, &s, e) < 0)
		return -ERR_CONFIG;
	*ret = (struct seen){
		.works = s.login == LOGIN_RIGHT || (s.login == LOGIN_IN && s.asked),
		.barred = s.login == LOGIN_BARRED,
		.untold = s.login == LOGIN_UNTOLD || s.login == LOGIN_AWAY || (s.login == LOGIN_IN && !s.asked),
	};
	postgresql_answer(&s, ret->why);
	(void) snprintf(what, sizeof(what), "login as '%s' with the %s value", user, which);
	job_tried(job, what, ret->why);
	return 0;
}

/* The server says "wrong password" for an unknown, an expired and a passwordless role alike: only somebody who may look
 * can tell. Not being able to look leaves the general sentence. */
static void explain_neither(const struct driver_job *job, const char *user, bool barred, struct driver_answer *a)
{
	_cleanup_(postgresql_close) struct postgresql s = { 0 };
	struct postgresql_role role = { 0 };
	struct err e = ERR_INIT;

	(void) snprintf(a->text, sizeof(a->text), barred ?
		"role '%s' may not log in at all (NOLOGIN); one of the two values is still its password" :
		"role '%s' refuses both values: another password, expired or unknown, which the server does not tell "
		"apart at a login", user);
	if (!job->admin_user || postgresql_open(job, user, NULL, &s, &e) < 0 ||
	    postgresql_role(&s, user, &role, &e) < 0)
		return;
	if (!role.found)
		(void) snprintf(a->text, sizeof(a->text), "there is no role '%s' on this server", user);
	else if (!role.can_login)
		(void) snprintf(a->text, sizeof(a->text), "role '%s' may not log in at all (NOLOGIN)%s", user,
				barred ? "; one of the two values is still its password" : "");
	else if (role.expired)
		(void) snprintf(a->text, sizeof(a->text), "role '%s' has expired (VALID UNTIL %s): no value opens it",
				user, role.valid_until);
}

static const char *const sentences[] = {
	[ACCEPTS_UNREACHABLE] = "cannot be told",
	[ACCEPTS_OLD] = "accepts the old value and not the new one",
	[ACCEPTS_NEW] = "accepts the new value and refuses the old one",
	[ACCEPTS_BOTH] = "accepts both values",
	[ACCEPTS_NEITHER] = "accepts neither value",
};

static int probe_user(const struct driver_job *job, const char *user, struct driver_answer *a, struct err *e)
{
	struct seen old = { 0 }, new = { 0 };
	enum accepts now;

	/* Old first: the last login is then one that works, when things are as they should be. */
	if (job->old && try_value(job, user, job->old, "old", &old, e) < 0)
		return -ERR_CONFIG;
	if (!old.untold && job->new && try_value(job, user, job->new, "new", &new, e) < 0)
		return -ERR_CONFIG;
	if (old.untold || new.untold) {
		a->accepts = ACCEPTS_UNREACHABLE;
		(void) snprintf(a->text, sizeof(a->text), "nothing can be told about role '%s' from here: %.190s", user,
				old.untold ? old.why : new.why);
		return 0;
	}
	now = accepts_of(old.works, new.works);
	a->accepts = now;
	if (now == ACCEPTS_NEITHER)
		explain_neither(job, user, old.barred || new.barred, a);
	else
		(void) snprintf(a->text, sizeof(a->text), "role '%s' %s", user, sentences[now]);
	return 0;
}

/* Which of two roles' answers stands for both: the one that is further from done. */
static bool is_worse(enum accepts a, enum accepts than)
{
	static const int done[] = {
		[ACCEPTS_UNREACHABLE] = 0, [ACCEPTS_NEITHER] = 1, [ACCEPTS_OLD] = 2, [ACCEPTS_BOTH] = 3,
		[ACCEPTS_NEW] = 4,
	};

	return done[a] < done[than];
}

int postgresql_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	struct driver_answer worst = { 0 };

	if (postgresql_check(job, e) < 0)
		return -ERR_CONFIG;
	if (!job->old && !job->new)
		return err_set(e, ERR_REFUSED, "nothing to try on '%s': neither the old nor the new value is known",
			       job->address);
	for (size_t i = 0; job->users[i]; i++) {
		struct driver_answer one = { 0 };

		if (probe_user(job, job->users[i], &one, e) < 0)
			return -ERR_CONFIG;
		if (i == 0 || is_worse(one.accepts, worst.accepts))
			worst = one;
	}
	ret->accepts = worst.accepts;
	(void) snprintf(ret->text, sizeof(ret->text), "%s", worst.text);
	return 0;
}
