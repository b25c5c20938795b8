#include "driver/mariadb.h"
#include "base/passhash.h"
#include <sodium.h>
#include <string.h>

struct making { struct mariadb_hash *to; bool good; };

static int make(const char *bytes, size_t len, void *arg)
{
	struct making *m = arg;

	m->good = !memchr(bytes, 0, len) && passhash_mysql_native(bytes, len, m->to->native) &&
		  passhash_mariadb_ed25519(bytes, len, m->to->ed25519);
	return 0;
}

int mariadb_hash(const struct secret *value, struct mariadb_hash *ret, struct err *e)
{
	struct mariadb_hash h = { 0 };
	struct making m = { .to = &h };

	if (!value) {
		*ret = h;
		return 0;
	}
	if (sodium_init() < 0)
		return err_set(e, ERR_BUG, "the cryptography library does not start");
	(void)secret_with(value, make, &m);
	if (!m.good)
		return err_set(e, ERR_REFUSED,
			       "a value for mariadb holds a zero byte; a password without one is expected");
	h.known = true;
	*ret = h;
	mariadb_hash_wipe(&h);
	return 0;
}

void mariadb_hash_wipe(struct mariadb_hash *h)
{
	explicit_bzero(h, sizeof(*h));
}

const char *mariadb_hash_for(const struct mariadb_hash *h, const char *plugin)
{
	if (!h->known)
		return NULL;
	if (strcmp(plugin, "mysql_native_password") == 0)
		return h->native;
	return strcmp(plugin, "ed25519") == 0 ? h->ed25519 : NULL;
}
