#include "driver/redis_internal.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static int switch_by_hash(struct redis *r, const char *user, const char *hash, struct err *e)
{
	char rule[REDIS_HASH_HEX + 2];

	(void) snprintf(rule, sizeof(rule), "#%s", hash);
	return redis_do(r, WORDS("ACL", "SETUSER", user, "resetpass", rule), NULL, e);
}

static bool is_alone(const struct redis_user *u, const char *hash)
{
	return u->n == 1 && !u->nopass && redis_user_has(u, hash);
}

/* Exactly the new value and nothing beside it, as the server itself lists it. */
static int confirm(struct redis *r, const char *user, const char *hash, struct err *e)
{
	struct redis_user u;
	int done = redis_user_get(r, user, &u, e);

	/* A server whose requirepass is this value already (a change that was cut short) does nothing at CONFIG SET,
	 * and leaves the user whatever it holds beside it. */
	if (done == 0 && redis_is_default(user) && redis_user_has(&u, hash) && !is_alone(&u, hash)) {
		done = switch_by_hash(r, user, hash, e);
		if (done == 0)
			done = redis_user_get(r, user, &u, e);
	}
	if (done == 0 && !is_alone(&u, hash))
		done = err_set(e, ERR_REMOTE, "'%s' does not hold exactly the new value after the change: "
			       "is somebody else changing it", user);
	if (done < 0)
		e->effect = EFFECT_UNKNOWN;
	return done;
}

static bool has_config(struct redis *r, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	const char *value;
	size_t len;

	return redis_config(r, "maxclients", &reply, &value, &len, e) == 0;
}

/* requirepass and the user 'default' are two faces of one thing: CONFIG SET changes both, and drops every other
 * password of the user; ACL SETUSER would leave the old value in requirepass, and so in the file. */
static int switch_default(struct redis *r, const char *hash, struct driver_answer *a, struct err *e)
{
	int done;

	if (has_config(r, e))
		return redis_do(r, WORDS("CONFIG", "SET", "requirepass"), r->job->new, e);
	if (e->code == ERR_NET)
		return -ERR_NET;
	done = switch_by_hash(r, "default", hash, e);
	if (done == 0)
		job_finding(a, "high", "requirepass", "the server has no CONFIG for us, so 'default' was changed by "
			    "ACL: requirepass in memory and in its file still holds the old value in clear");
	return done;
}

static int change_user(struct redis *r, const char *user, const char *hash, struct driver_answer *a, struct err *e)
{
	struct redis_user u;
	int done = redis_user_get(r, user, &u, e);

	if (done < 0)
		return done;
	if (!u.on)
		job_finding(a, "info", "off", "'%s' is switched off: it has the new value and nobody can log in with "
			    "it", user);
	done = redis_is_default(user) ? switch_default(r, hash, a, e) : switch_by_hash(r, user, hash, e);
	return done == 0 ? confirm(r, user, hash, e) : done;
}

int redis_change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(redis_close) struct redis r = { 0 };
	const char *const *users = redis_users(job);
	char hash[REDIS_HASH_HEX + 1];
	size_t n = 0;
	int done;

	if (!job->new)
		return err_set(e, ERR_BUG, "redis: change without a new value");
	if (job->replica)
		return redis_replica_change(job, ret, e);
	done = redis_manage(job, false, &r, e);
	if (done < 0)
		return done;
	redis_hash(job->new, hash);
	for (; users[n]; n++) {
		done = change_user(&r, users[n], hash, ret, e);
		if (done < 0) {
			/* The users before this one have the new value already. */
			if (n > 0 && e->effect == EFFECT_NONE)
				e->effect = EFFECT_CHANGED;
			return err_wrap(e, "redis at '%s': change of '%s'", job->address, users[n]);
		}
	}
	done = redis_persist(&r, ret, e);
	if (done < 0) {
		e->effect = EFFECT_CHANGED;
		return err_wrap(e, "redis at '%s': the new value is in force, but keeping it", job->address);
	}
	(void) snprintf(ret->text, sizeof(ret->text), "%zu user%s at '%s' ha%s the new value and no other", n,
			n == 1 ? "" : "s", job->address, n == 1 ? "s" : "ve");
	return 0;
}
