#include "driver/dovecot_internal.h"
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#define BLOWFISH_COST 10
#define BLOWFISH_MAX 72u       /* what bcrypt reads of a value; the rest would not count */

struct crypting { const char *setting; char hash[DOVECOT_HASH_MAX]; };

/* 0 and the hash, or -ERR_CONFIG when the library does not take value or setting. */
static int crypt_lent(const char *bytes, size_t len, void *arg)
{
	struct crypting *c = arg;
	void *room = NULL;
	int size = 0, r = -ERR_CONFIG;
	const char *hash = memchr(bytes, '\0', len) ? NULL : crypt_ra(bytes, c->setting, &room, &size);

	if (hash && *hash != '*' && strlen(hash) < sizeof(c->hash)) {
		memcpy(c->hash, hash, strlen(hash) + 1);
		r = 0;
	}
	if (room && size > 0)
		explicit_bzero(room, (size_t)size);
	free(room);
	return r;
}

int dovecot_hash(const struct secret *value, const char *scheme, char ret[DOVECOT_HASH_MAX], struct err *e)
{
	bool blowfish = scheme && !strcmp(scheme, "BLF-CRYPT");
	char *setting = crypt_gensalt_ra(blowfish ? "$2y$" : "$6$", blowfish ? BLOWFISH_COST : 0, NULL, 0);
	struct crypting c = { .setting = setting };
	int r;

	if (!setting)
		return err_set(e, ERR_BUG, "no salt could be made for a hash");
	if (blowfish && secret_len(value) > BLOWFISH_MAX) {
		free(setting);
		return err_set(e, ERR_CONFIG, "the value is longer than the %u bytes that BLF-CRYPT looks at: use "
			       "SHA512-CRYPT", BLOWFISH_MAX);
	}
	r = secret_with(value, crypt_lent, &c);
	free(setting);
	if (r < 0)
		return err_set(e, ERR_CONFIG, "the value cannot be hashed: is it longer than 512 bytes");
	memcpy(ret, c.hash, sizeof(c.hash));
	return 0;
}

bool dovecot_hash_is(const struct secret *value, const char *hash, size_t len)
{
	const char *brace = len && *hash == '{' ? memchr(hash, '}', len) : NULL;
	char setting[DOVECOT_HASH_MAX];
	struct crypting c = { .setting = setting };
	unsigned char differs = 0;

	if (brace) {
		len -= (size_t)(brace + 1 - hash);
		hash = brace + 1;
	}
	if (!len || *hash != '$' || len >= sizeof(setting))
		return false;
	memcpy(setting, hash, len);
	setting[len] = '\0';
	if (secret_with(value, crypt_lent, &c) < 0 || strlen(c.hash) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)(c.hash[i] ^ setting[i]);
	return differs == 0;
}
