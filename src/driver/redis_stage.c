#include "driver/redis_internal.h"
#include <stdio.h>
#include <string.h>

/* A later command that was refused does not undo the one before it. */
static int partly(int done, struct err *e)
{
	if (done < 0 && e->effect == EFFECT_NONE)
		e->effect = EFFECT_CHANGED;
	return done;
}

static int set_hash(struct redis *r, const char *user, char sign, const char *hash, struct err *e)
{
	char rule[REDIS_HASH_HEX + 2];

	(void) snprintf(rule, sizeof(rule), "%c%s", sign, hash);
	return redis_do(r, WORDS("ACL", "SETUSER", user, rule), NULL, e);
}

/* What the server lists now, not what the commands meant. `gone` may be NULL. */
static int look_again(struct redis *r, const char *user, const char *there, const char *gone, struct err *e)
{
	struct redis_user u;
	int done = redis_user_get(r, user, &u, e);

	if (done == 0 && (!redis_user_has(&u, there) || (gone && redis_user_has(&u, gone))))
		done = err_set(e, ERR_REMOTE, "'%s' does not hold what was just set: is somebody else changing it",
			       user);
	if (done < 0)
		e->effect = EFFECT_UNKNOWN;
	return done;
}

static int stage_user(struct redis *r, const char *user, struct driver_answer *a _unused_, struct err *e)
{
	char old[REDIS_HASH_HEX + 1], new[REDIS_HASH_HEX + 1];
	struct redis_user u;
	int done = redis_user_get(r, user, &u, e);

	redis_hash(r->job->new, new);
	if (done < 0 || redis_user_has(&u, new))
		return done;
	/* The first password ends "nopass"; without the old one beside it, everybody would stand outside at once. */
	if (u.nopass && r->job->old) {
		redis_hash(r->job->old, old);
		done = set_hash(r, user, '#', old, e);
		if (done == 0)
			done = partly(set_hash(r, user, '#', new, e), e);
	} else {
		done = set_hash(r, user, '#', new, e);
	}
	return done == 0 ? look_again(r, user, new, NULL, e) : done;
}

/* CONFIG SET requirepass drops all but the new value; what else was there is put back. */
static int retire_default(struct redis *r, const struct redis_user *u, const char *old, const char *new,
			  struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	const char *value;
	size_t len;
	int done;

	if (redis_config(r, "requirepass", &reply, &value, &len, e) < 0)
		return e->code == ERR_NET ? -ERR_NET : redis_user_has(u, old) ? set_hash(r, "default", '!', old, e) : 0;
	/* Then CONFIG SET would do nothing, and leave the old value beside it. */
	if (redis_same(r->job->new, value, len))
		return redis_user_has(u, old) ? set_hash(r, "default", '!', old, e) : 0;
	done = redis_do(r, WORDS("CONFIG", "SET", "requirepass"), r->job->new, e);
	for (uint32_t i = 0; done == 0 && i < u->n; i++) {
		if (strcmp(u->hash[i], old) != 0 && strcmp(u->hash[i], new) != 0)
			done = partly(set_hash(r, "default", '#', u->hash[i], e), e);
	}
	return done;
}

static int retire_user(struct redis *r, const char *user, struct driver_answer *a, struct err *e)
{
	char old[REDIS_HASH_HEX + 1], new[REDIS_HASH_HEX + 1];
	struct redis_user u;
	uint32_t others;
	int done = redis_user_get(r, user, &u, e);

	if (done < 0)
		return done;
	redis_hash(r->job->new, new);
	redis_hash(r->job->old, old);
	if (!redis_user_has(&u, new))
		return err_set(e, ERR_REFUSED, "the new value is not staged: taking the old one away would lock it "
			       "out; stage it first, or change it at once");
	if (redis_is_default(user))
		done = retire_default(r, &u, old, new, e);
	else if (redis_user_has(&u, old))
		done = set_hash(r, user, '!', old, e);
	if (done == 0)
		done = look_again(r, user, new, old, e);
	others = u.n - 1 - (redis_user_has(&u, old) ? 1 : 0);
	if (done == 0 && others > 0)
		job_finding(a, "warning", "other-password", "'%s' accepts other passwords beside the new one: %u", user,
			    others);
	return done;
}

static int for_users(const struct driver_job *job, const char *doing,
		     int (*one)(struct redis *, const char *, struct driver_answer *, struct err *),
		     struct driver_answer *ret, struct err *e)
{
	_cleanup_(redis_close) struct redis r = { 0 };
	const char *const *users = redis_users(job);
	int done = redis_manage(job, false, &r, e);

	if (done < 0)
		return done;
	for (size_t i = 0; users[i]; i++) {
		done = one(&r, users[i], ret, e);
		if (done < 0) {
			(void) err_wrap(e, "redis at '%s': %s for '%s'", job->address, doing, users[i]);
			return i > 0 ? partly(done, e) : done;
		}
	}
	done = partly(redis_persist(&r, ret, e), e);
	return done < 0 ? err_wrap(e, "redis at '%s': done, but keeping it", job->address) : 0;
}

static int replica_cannot(const struct driver_job *job, struct err *e)
{
	return err_set(e, ERR_REFUSED, "redis at '%s': a replica presents one value to its primary: change it instead",
		       job->address);
}

int redis_stage(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	int done;

	if (!job->new)
		return err_set(e, ERR_BUG, "redis: stage without a new value");
	if (job->replica)
		return replica_cannot(job, e);
	done = for_users(job, "staging the new value", stage_user, ret, e);
	if (done == 0)
		(void) snprintf(ret->text, sizeof(ret->text), "'%s' accepts the new value beside what it accepted "
				"before", job->address);
	return done;
}

int redis_retire(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	int done;

	if (!job->new || !job->old)
		return err_set(e, ERR_BUG, "redis: retire needs the old and the new value");
	if (job->replica)
		return replica_cannot(job, e);
	done = for_users(job, "retiring the old value", retire_user, ret, e);
	if (done == 0)
		(void) snprintf(ret->text, sizeof(ret->text), "'%s' accepts the old value no longer", job->address);
	return done;
}
