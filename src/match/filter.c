#include "match/filter_parts.h"
#include "base/macro.h"
#include <string.h>

static bool lower(char c) { return c >= 'a' && c <= 'z'; }
static bool upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool digit(char c) { return c >= '0' && c <= '9'; }

/* log2 in 1/65536, by squaring: the mantissa's square tells the next bit. */
static uint64_t log2_fixed(uint64_t n)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(n);
	uint64_t mantissa = n << (63 - whole) >> 32, ret = (uint64_t)whole << 16;

	for (uint64_t bit = 1u << 15; bit; bit >>= 1) {
		mantissa = mantissa * mantissa >> 31;
		if (mantissa >> 32) {
			mantissa >>= 1;
			ret |= bit;
		}
	}
	return ret;
}

uint32_t filter_entropy(const char *s, size_t len)
{
	size_t count[256] = { 0 };
	uint64_t sum = 0;

	if (len == 0)
		return 0;
	for (size_t i = 0; i < len; i++)
		count[(unsigned char)s[i]]++;
	for (size_t i = 0; i < ARRAY_SIZE(count); i++)
		if (count[i])
			sum += count[i] * log2_fixed(count[i]);
	return (uint32_t)((log2_fixed(len) - sum / len) * 100 >> 16);
}

struct classes { size_t lower, upper, digit, other; };

static struct classes classes_of(const char *s, size_t len)
{
	struct classes c = { 0 };

	for (size_t i = 0; i < len; i++)
		++*(lower(s[i]) ? &c.lower : upper(s[i]) ? &c.upper : digit(s[i]) ? &c.digit : &c.other);
	return c;
}

static bool mixed(const char *s, size_t len)
{
	struct classes c = classes_of(s, len);

	return c.digit > 0 && c.lower + c.upper > 0;
}

/* Which letters follow which: pairs that are one in 2,000 or more of all pairs in the names and texts of a Debian 12's
 * libraries of Python, Perl and Ruby and their documents. Bit 0 is 'a'. */
static const uint32_t pairs[26] = {
	0x1bebd6e, 0x1164b11, 0x01e5d9d, 0x01e493f, 0x1eff97f, 0x01a4931, 0x01e7991, 0x00a4111,
	0x2aef87f, 0x0000010, 0x0040111, 0x11cc93f, 0x014d91b, 0x03eed7d, 0x07efd6f, 0x11ecd99,
	0x0100000, 0x13efd7d, 0x11ecdb5, 0x11ed9bd, 0x00eb93f, 0x0000111, 0x0024191, 0x0088114,
	0x00c9840, 0x0000010,
};
#define BREAKS_EACH 6 /* one break in so many letters is still a name */

static bool rare(char a, char b)
{
	return !(pairs[(a | 0x20) - 'a'] >> ((b | 0x20) - 'a') & 1);
}

/* A name of a program is words, with '_', '-', '.', ':' or '/' between them and digits behind them. Chance breaks
 * that again and again: pairs of letters that no word has, letters behind digits, capitals where no word begins. */
static bool is_name(const char *s, size_t len)
{
	size_t breaks = 0, letters = 0;

	for (size_t i = 0; i < len; i++) {
		bool letter = lower(s[i]) || upper(s[i]);
		char before = i > 0 ? s[i - 1] : ' ', after = i + 1 < len ? s[i + 1] : 'a';

		if (!letter && !digit(s[i]) && !strchr(" _-.:/\\[]@$?&+=,;", s[i]))
			return false;
		if (letter && (lower(before) || upper(before)))
			breaks += rare(before, s[i]) + (lower(before) && upper(s[i]) && !lower(after)) +
				  (i > 1 && upper(before) && upper(s[i - 2]) && lower(s[i]));
		breaks += letter && digit(before);
		letters += letter;
	}
	return breaks * BREAKS_EACH <= letters;
}

/* id_token_jwt, PROXY_PASSWORD, self.proxy: letters of one case with something between them. */
static bool is_joined(const char *s, size_t len)
{
	struct classes c = classes_of(s, len);

	for (size_t i = 0; i < len; i++)
		if (!lower(s[i]) && !upper(s[i]) && !strchr("_-.:", s[i]))
			return false;
	return c.other > 0 && (!c.lower || !c.upper);
}

static bool not_a_name(const char *s, size_t len)
{
	return !is_name(s, len) && !is_joined(s, len);
}

/* Calls, members, operators, paths, addresses: what stands on the right of an '=' in programs. */
static bool not_code(const char *s, size_t len)
{
	static const char *const signs[] = {
		"()", "->", "::", "=>", "==", "!=", "&&", "||", "://", "[]", "</", "/>", "\\n", "{}", "]]", "+=", "':",
		"\":", "`",
	};
	const char *open = memchr(s, '(', len);

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (memmem(s, len, signs[i], strlen(signs[i])))
			return false;
	if (open && open > s && (lower(open[-1]) || upper(open[-1]) || open[-1] == '_'))
		return false;
	if (len > 1 && (s[0] == '/' || s[0] == '~' || (s[0] == '.' && (s[1] == '/' || s[1] == '.'))))
		return false;
	return len == 0 || (s[0] != '&' && s[0] != '*' && s[0] != '(' && s[0] != '[' && s[0] != '|' && s[0] != '>' &&
			    s[0] != '\\' && s[len - 1] != '(' && s[len - 1] != '[' && s[len - 1] != '{');
}

/* Armour may stand in quotes, with its newlines written out; what else programs and templates have does not stand in
 * it. */
static bool is_block(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr("{}<>[]$*`|%#", s[i]))
			return false;
	return true;
}

/* What a general rule takes: not a word, not a number, not code. */
static bool is_password(const char *s, size_t len)
{
	struct classes c = classes_of(s, len);
	unsigned kinds = (c.lower > 0) + (c.upper > 0) + (c.digit > 0) + (c.other > 0);

	return len >= 6 && kinds >= 2 && c.lower + c.upper > 0 && !memmem(s, len, "passw", 5) && not_code(s, len) &&
	       not_a_name(s, len);
}

const struct filter filters[] = {
	{ "base64", filter_base64, "is base64 with its padding" },
	{ "base64-32", filter_base64_32, "is base64 of 32 bytes" },
	{ "base64-64", filter_base64_64, "is base64 of 64 bytes" },
	{ "bech32", filter_bech32, "ends in the checksum of Bech32 (BIP 173)" },
	{ "block", is_block, "has no sign of a template or a program in it" },
	{ "crc62", filter_crc62, "ends in the CRC-32 of what stands behind the last '_', in six digits of base 62" },
	{ "jwt", filter_jwt, "two parts are JSON objects in base64url, the first with \"alg\"" },
	{ "mixed", mixed, "has letters and digits" },
	{ "no-name", not_a_name, "is no name of a program or words: letters follow each other as chance has it" },
	{ "not-code", not_code, "is no call, member, operator, path or address" },
	{ "number64", filter_number64, "is base64 of digits up to the first '.'" },
	{ "openssh", filter_openssh, "is a whole block of OpenSSH's own format" },
	{ "pair64", filter_pair64, "is base64 of 'user:password', and the password is no placeholder" },
	{ "password", is_password, "has six bytes or more of two kinds, and is no name, number or code" },
	{ "pem", filter_pem, "is a whole PEM block: base64 of one ASN.1 SEQUENCE of just that length" },
	{ "pgp", filter_pgp, "is a whole armoured block that begins with a secret key" },
};
const size_t filters_count = ARRAY_SIZE(filters);
