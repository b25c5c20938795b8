#include "driver/redis_internal.h"
#include "base/digest.h"
#include <stdio.h>
#include <string.h>

const char *const *redis_users(const struct driver_job *job)
{
	static const char *const only_default[] = { "default", NULL };

	return job->users && job->users[0] ? job->users : only_default;
}

bool redis_is_default(const char *user)
{
	return strcmp(user, "default") == 0;
}

static int hash_with(const char *bytes, size_t len, void *arg)
{
	digest_sha256_hex(bytes, len, arg);
	return 0;
}

void redis_hash(const struct secret *s, char ret[REDIS_HASH_HEX + 1])
{
	(void) secret_with(s, hash_with, ret);
}

struct same { const char *bytes; size_t len; };

static int same_with(const char *bytes, size_t len, void *arg)
{
	const struct same *other = arg;
	unsigned char differs = 0;

	if (len != other->len)
		return 0;
	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)(bytes[i] ^ other->bytes[i]);
	return differs == 0;
}

bool redis_same(const struct secret *s, const char *bytes, size_t len)
{
	struct same other = { bytes, len };

	return s && bytes && secret_with(s, same_with, &other) == 1;
}

static void take_flags(const struct redis_reply *flags, struct redis_user *u)
{
	for (size_t i = 0; i < flags->n; i++) {
		if (!flags->item[i]->text)
			continue;
		if (strcmp(flags->item[i]->text, "on") == 0)
			u->on = true;
		if (strcmp(flags->item[i]->text, "nopass") == 0)
			u->nopass = true;
	}
}

static int take_hashes(const struct redis_reply *list, const char *user, struct redis_user *u, struct err *e)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct redis_reply *hash = list->item[i];

		if (hash->type != REDIS_TEXT || hash->len != REDIS_HASH_HEX)
			return err_set(e, ERR_REMOTE, "ACL GETUSER: a password of '%s' is not 64 characters of hash",
				       user);
		if (u->n == REDIS_HASHES_MAX)
			return err_set(e, ERR_LIMIT, "ACL GETUSER: '%s' has more than %u passwords", user,
				       REDIS_HASHES_MAX);
		(void) snprintf(u->hash[u->n++], sizeof(u->hash[0]), "%s", hash->text);
	}
	return 0;
}

int redis_user_get(struct redis *r, const char *user, struct redis_user *ret, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	struct redis_user u = { 0 };
	int done = redis_call(r, WORDS("ACL", "GETUSER", user), NULL, &reply, e);

	if (done < 0)
		return done;
	/* ACL SETUSER would make the user that is missing: this look is what keeps a typing error from doing that. */
	if (reply->type == REDIS_NIL)
		return err_set(e, ERR_REMOTE, "there is no user '%s' on this server: is the name in the register right",
			       user);
	if (reply->type == REDIS_ERROR && strncmp(reply->text, "NOPERM", 6) == 0)
		return err_set(e, ERR_REMOTE, "the login may not look at users (ACL GETUSER): name an admin that may");
	if (reply->type != REDIS_LIST)
		return redis_refused(reply, "ACL GETUSER", e);
	for (size_t i = 0; done == 0 && i + 1 < reply->n; i += 2) {
		const struct redis_reply *name = reply->item[i], *value = reply->item[i + 1];

		if (!name->text || value->type != REDIS_LIST)
			continue;
		if (strcmp(name->text, "flags") == 0)
			take_flags(value, &u);
		else if (strcmp(name->text, "passwords") == 0)
			done = take_hashes(value, user, &u, e);
	}
	if (done == 0)
		*ret = u;
	return done;
}

bool redis_user_has(const struct redis_user *u, const char *hash)
{
	for (uint32_t i = 0; i < u->n; i++) {
		if (strcmp(u->hash[i], hash) == 0)
			return true;
	}
	return false;
}
