#include "scan/traits.h"
#include "base/text.h"
#include <string.h>

#define HEX "0123456789abcdefABCDEF"

static bool starts(const char *s, size_t len, const char *with)
{
	return len > strlen(with) && memcmp(s, with, strlen(with)) == 0;
}

static bool is_all(const char *s, size_t len, const char *of)
{
	for (size_t i = 0; i < len; i++)
		if (!s[i] || !strchr(of, s[i]))
			return false;
	return true;
}

/* crypt(5): "$id$..." with at least one further '$'. */
static bool is_crypt(const char *s, size_t len)
{
	static const char *const ids[] = { "$1$", "$2a$", "$2b$", "$2x$", "$2y$", "$5$", "$6$", "$7$", "$y$", "$gy$",
		"$sha1$",
					   "$argon2i$", "$argon2d$", "$argon2id$", "$apr1$", "$P$", "$H$", "$S$" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (starts(s, len, ids[i]))
			return len >= 20;
	return false;
}

static bool is_hash(const char *s, size_t len)
{
	static const char *const heads[] = { "SCRAM-SHA-256$", "SCRAM-SHA-1$", "pbkdf2_", "pbkdf2:", "scrypt:",
		"{SSHA}",
					     "{SSHA256}", "{SSHA512}", "{SHA}", "{SHA256}", "{SHA512}", "{CRYPT}",
						"{MD5}",
					     "{SMD5}", "{ARGON2}", "{PBKDF2" };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (starts(s, len, heads[i]))
			return true;
	/* mysql_native_password, md5 of PostgreSQL, MediaWiki's ":pbkdf2:" */
	return is_crypt(s, len) || (len == 41 && s[0] == '*' && is_all(s + 1, 40, HEX)) ||
	       (len == 35 && starts(s, len, "md5") && is_all(s + 3, 32, HEX)) || starts(s, len, ":pbkdf2:");
}

static enum strength strength_of(const char *s, size_t len, const struct traits *t)
{
	uint32_t bits;

	if (t->signs & (TRAIT_LINES | TRAIT_BINARY | TRAIT_HASH) || t->pems.n > 0)
		return STRENGTH_NONE;
	if (t->signs & (TRAIT_DEFAULT | TRAIT_WALK | TRAIT_REPEATED | TRAIT_NAMED))
		return STRENGTH_LOW;
	bits = weak_bits(s, len);
	return bits < TRAITS_LOW_BITS ? STRENGTH_LOW : bits < TRAITS_FAIR_BITS ? STRENGTH_FAIR : STRENGTH_HIGH;
}

void traits_of(const char *bytes, size_t len, const char *name, struct arena *a, struct traits *ret)
{
	*ret = (struct traits){ .len = len };
	if (len == 0) {
		ret->signs = TRAIT_EMPTY;
		return;
	}
	pem_look(bytes, len, a, &ret->pems);
	if (!text_is_utf8(bytes, len))
		ret->signs |= TRAIT_BINARY;
	if (memchr(bytes, '\n', len))
		ret->signs |= TRAIT_LINES;
	if (!(ret->signs & (TRAIT_BINARY | TRAIT_LINES)) && ret->pems.n == 0) {
		ret->signs |= is_hash(bytes, len) ? TRAIT_HASH : 0;
		ret->signs |= len < TRAITS_SHORT ? TRAIT_SHORT : 0;
		ret->signs |= weak_is_default(bytes, len) ? TRAIT_DEFAULT : 0;
		ret->signs |= weak_is_walk(bytes, len) ? TRAIT_WALK : 0;
		ret->signs |= weak_is_repeated(bytes, len) ? TRAIT_REPEATED : 0;
		ret->signs |= weak_is_named(bytes, len, name) ? TRAIT_NAMED : 0;
	}
	ret->strength = strength_of(bytes, len, ret);
}

const char *trait_name(enum trait t)
{
	static const char *const names[] = { "empty", "short", "default", "walk", "repeated", "named", "lines",
		"binary",
					     "hash", "built", "retyped", "number", "truth" };
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(names) && !((uint32_t)t >> i & 1))
		i++;
	return names[i];
}

const char *strength_name(enum strength s)
{
	static const char *const names[] = { "none", "low", "fair", "high" };

	return names[s];
}
