#include "notify/address.h"
#include "base/macro.h"
#include <string.h>

#define LOCAL_MAX 64u
#define LABEL_MAX 63u

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* atext of RFC 5322, and the dot between two of them. */
static bool is_local(char c)
{
	return is_letter_or_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static const char *local_wrong(const char *s, size_t len, size_t *at)
{
	if (!len)
		return "a name in front of the '@' is expected";
	if (len > LOCAL_MAX)
		return "the name in front of the '@' is longer than 64 bytes";
	for (*at = 0; *at < len; ++*at) {
		if (!is_local(s[*at]))
			return "letters, digits and !#$%&'*+-/=?^_`{|}~. are taken in front of the '@', unquoted and "
			       "in ASCII";
		if (s[*at] == '.' && (*at == 0 || *at + 1 == len || s[*at + 1] == '.'))
			return "a dot stands between two other characters";
	}
	if (s[0] == '-') {
		*at = 0;
		return "an address does not begin with '-' here: programs would take it for an option";
	}
	return NULL;
}

static const char *domain_wrong(const char *s, size_t len, size_t *at)
{
	size_t label = 0;

	if (!len)
		return "a domain behind the '@' is expected";
	for (size_t i = 0; i <= len; i++) {
		*at = i < len ? i : len - 1;
		if (i == len || s[i] == '.') {
			if (!label || label > LABEL_MAX || s[i - 1] == '-')
				return "each part of a domain has 1 to 63 letters, digits or '-' inside";
			label = 0;
			continue;
		}
		if (!is_letter_or_digit(s[i]) && (s[i] != '-' || !label))
			return "letters, digits, '-' and '.' are taken in a domain (an international one in its "
			       "xn-- form)";
		label++;
	}
	return NULL;
}

const char *mail_address_wrong(const char *s, size_t len, size_t *ret_at)
{
	const char *sign = memchr(s, '@', len), *wrong;
	size_t local = sign ? (size_t)(sign - s) : len, at = 0;

	if (!len)
		wrong = "an address is expected";
	else if (len > MAIL_ADDRESS_MAX)
		wrong = "an address has at most 254 bytes";
	else if (!sign)
		wrong = "there is no '@'";
	else
		wrong = local_wrong(s, local, &at);
	if (!wrong) {
		at = 0;
		wrong = domain_wrong(sign + 1, len - local - 1, &at);
		at += local + 1;
	}
	if (wrong && ret_at)
		*ret_at = at;
	return wrong;
}

void mail_address_same(const char *s, size_t len, char *ret)
{
	bool domain = false;

	for (size_t i = 0; i < len; i++) {
		ret[i] = domain && s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + ('a' - 'A')) : s[i];
		domain |= s[i] == '@';
	}
	ret[len] = '\0';
}
