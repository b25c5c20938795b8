/* Redis 7: what the driver can, what the register may say for it, and which value an account accepts now. */
#include "driver/redis_internal.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static int words(const char *address, const char *const *users, const json_t *options, struct err *e)
{
	const char *file = json_str(options, "file");
	const char *limit = json_str(options, "queue_limit");
	uint32_t seconds;

	if (!address || !*address)
		return err_set(e, ERR_CONFIG, "redis: the address is empty: expected host:port or unix:/path");
	for (size_t i = 0; users && users[i]; i++) {
		if (i == REDIS_USERS_MAX)
			return err_set(e, ERR_LIMIT, "redis: more than %u users for one account", REDIS_USERS_MAX);
		if (!*users[i] || strpbrk(users[i], " \t\r\n"))
			return err_set(e, ERR_CONFIG, "redis: '%s' is no user name: it must not be empty or hold "
				       "spaces", users[i]);
	}
	if (job_link_words("redis", options, e) < 0)
		return -ERR_CONFIG;
	if (file && file[0] != '/')
		return err_set(e, ERR_CONFIG, "redis: option file is '%s', expected the full path of redis.conf", file);
	if (limit && text_u32(limit, 1, 86400, &seconds) < 0)
		return err_set(e, ERR_CONFIG, "redis: option queue_limit is '%s', expected seconds from 1 to 86400",
			       limit);
	if (limit && !json_str(options, "queue"))
		return err_set(e, ERR_CONFIG, "redis: option queue_limit stands without queue");
	return 0;
}

struct look { bool old, new, open; };

/* Both values worked: is there a password at all? One more try with a value that nobody can have. */
static int look_if_open(struct redis *r, const char *user, struct look *ret, struct err *e)
{
	_cleanup_(secret_freep) struct secret *nobodys = NULL;
	enum redis_login login;
	int done = secret_random(32, "abcdefghijklmnopqrstuvwxyz0123456789", &nobodys, e);

	if (done == 0)
		done = redis_login(r, user, nobodys, "a value made up for this look", &login, e);
	if (done == 0)
		ret->open = login != REDIS_LOGIN_REFUSED;
	return done;
}

static int look_at(const struct driver_job *job, const char *user, struct look *ret, struct err *e)
{
	_cleanup_(redis_close) struct redis r = { 0 };
	enum redis_login login = REDIS_LOGIN_REFUSED;
	struct look l = { 0 };
	int done = redis_open(job, &r, e);

	if (done == 0 && job->old) {
		done = redis_login(&r, user, job->old, "the old value", &login, e);
		l.old = login != REDIS_LOGIN_REFUSED;
		l.open = login == REDIS_LOGIN_OPEN;
	}
	if (done == 0 && job->new) {
		done = redis_login(&r, user, job->new, "the new value", &login, e);
		l.new = login != REDIS_LOGIN_REFUSED;
		l.open |= login == REDIS_LOGIN_OPEN;
	}
	if (done == 0 && l.old && l.new && !l.open)
		done = look_if_open(&r, user, &l, e);
	if (done == 0)
		*ret = l;
	return done;
}

static void say(char *text, size_t size, const char *user, const struct look *l)
{
	static const char *const how[2][2] = {
		{ "refuses the old and the new value", "refuses the old value and accepts the new one" },
		{ "accepts the old value and refuses the new one", "accepts the old and the new value" },
	};
	size_t len = strlen(text);

	(void) snprintf(text + len, size - len, "%s'%s' %s", len ? "; " : "", user,
			l->open ? "accepts any value: it has no password" : how[l->old][l->new]);
}

int redis_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	const char *const *users = redis_users(job);
	enum accepts all = ACCEPTS_UNREACHABLE;
	char text[sizeof(ret->text)] = "";

	if (job->replica)
		return redis_replica_probe(job, ret, e);
	for (size_t i = 0; users[i]; i++) {
		struct look l = { 0 };

		if (look_at(job, users[i], &l, e) < 0) {
			ret->accepts = ACCEPTS_UNREACHABLE;
			(void) snprintf(ret->text, sizeof(ret->text), "%.299s", e->text);
			return 0;
		}
		all = i == 0 ? accepts_of(l.old, l.new) : accepts_together(all, accepts_of(l.old, l.new));
		say(text, sizeof(text), users[i], &l);
	}
	ret->accepts = all;
	memcpy(ret->text, text, sizeof(text));
	return 0;
}

const struct driver driver_redis = {
	.name = "redis",
	.verb = {
		[VERB_PROBE] = redis_probe,
		[VERB_CHANGE] = redis_change,
		[VERB_STAGE] = redis_stage,
		[VERB_RETIRE] = redis_retire,
		[VERB_CUT] = redis_cut,
		[VERB_INSPECT] = redis_inspect,
		[VERB_DRAIN] = redis_drain,
	},
	.words = words,
};
