#include "match/filter.h"
#include "base/macro.h"
#include "base/text.h"
#include "scan/traits.h"
#include <string.h>

#define WORDS_UP_TO ((size_t)200) /* what is longer holds any short word by chance */

#define DRESSED_UP_TO ((size_t)40)
#define RUN_LEAST ((size_t)8)      /* bytes: six keys side by side come by chance, once in a hundred values */
#define VARIABLE_MAX ((size_t)100)

/* Anywhere in the value, in small letters. */
static const char *const inside[] = {
	"example", "changeme", "change_me", "change-me", "change me", "changethis", "change_this", "change-this",
	"placeholder", "redacted", "replaceme", "replace_", "replace-", "replace me", "xxxx", "****", "...", "____",
	"yourpass", "yoursecret", "yourtoken", "yourkey", "yourapi", "your_", "your-", "your ", "youruser",
	"insert_", "insert-", "insert ", "dummy", "foobar", "not_a_real", "notreal", "not-real", "thisisnot",
	"fixme", "snakeoil", "deadbeef", "s3cr3t", "s3cret", "p4ssw0rd", "p@ssw0rd", "passw0rd", "hunter2",
	"correcthorse", "qwerty", "asdfgh", "123456", "98765432", "abcdefg", "abc123", "letmein", "mypass",
	"my_pass", "my-pass", "mysecret", "my_secret", "my-secret", "mytoken", "my_token", "my-token", "my_key",
	"my-key", "my_api", "my-api", "mykey", "topsecret", "top-secret", "top_secret", "verysecret", "very_secret",
	"very-secret", "supersecret", "super_secret", "super-secret", "somepass", "some_pass", "some-pass",
	"somesecret", "some_secret", "some-secret", "fakepass", "fake_", "fake-", "_here", "-here", "goes-here",
	"bogus", "sample", "\xe2\x80\xa6", "longandrandom", "testpass", "test_pass", "test-pass", "testtoken",
	"test_token", "test-token", "testsecret", "test_secret", "test-secret", "testkey", "test_key", "test-key",
	"secretpass", "secret_pass", "24bytedeskey", "notasecret", "not-a-secret", "not_a_secret", "anypass",
	"lorem", "blabla", "blahblah",
};

/* The whole value, without digits and marks behind it, besides the list of scan/traits_weak.c: what names a field or a
 * product, and is nobody's password. */
static const char *const whole[] = {
	"", "passphrase", "pwd", "pw", "tester", "null", "nil", "true", "false", "undef", "undefined",
	"string", "token", "key", "value", "username", "required", "optional", "unset", "disabled", "enabled",
	"masked", "bar", "baz", "nobody", "anonymous", "anon", "yes", "no", "on", "off", "secure", "unknown",
	"prompt", "ask", "login", "nopass", "nopassword", "blank", "me", "api_key", "apikey", "api-key",
	"access_token", "bytes", "str", "int", "text", "data", "type", "name", "secrets", "passwords",
	"credentials", "keepass", "ubuntu", "debian", "openstack", "kubernetes", "wordpress", "drupal",
	"joomla", "secretkey", "secret_key", "secret-key", "restpass", "secretarchiverapikey", "pmapass", "s",
	"p", "a",
};

/* Something else puts the value there. */
static const char *const begins[] = {
	"enc[", "!vault", "vault:", "op://", "ref+", "env:", "{cipher}", "arn:aws:", "secret:/", "${", "$(", "$[",
	"{{", "{%", "<%", "%{", "#{", "%(", "@@", "((", "[[", "%s", "%d", "%v", "%@", "$$", "&lt;", "\\(",
	"\\u003c",
};
static const char *const holds[] = { "${", "#{", "<%", "{{", "%{", "$(", "%s", "\"+", "'+", "\".", "'.", "{0}",
					    "{<}" /* a sample of a rule */ };

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool letter(char c)
{
	return small(c) >= 'a' && small(c) <= 'z';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool words_fit(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (memmem(s, len, inside[i], strlen(inside[i])))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (len >= strlen(begins[i]) && memcmp(s, begins[i], strlen(begins[i])) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(holds); i++)
		if (memmem(s, len, holds[i], strlen(holds[i])))
			return true;
	while (len > 0 && (digit(s[len - 1]) || strchr("!.,;:*?_-", s[len - 1])))
		len--;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		if (strlen(whole[i]) == len && memcmp(s, whole[i], len) == 0)
			return true;
	return false;
}

/* @proxy_pass: nothing else that stands in quotes or behind a sign is an '@' and small letters alone */
static bool is_member(const char *s, size_t len)
{
	size_t i = 1;

	while (i < len && ((s[i] >= 'a' && s[i] <= 'z') || s[i] == '_'))
		i++;
	return s[0] == '@' && i == len;
}

/* $password, $::role::password, $this->password, @password@, %PASSWORD%, __PASSWORD__, <password>, [password] */
static bool is_variable(const char *s, size_t len)
{
	static const char open[] = "@%_<[{(", close[] = "@%_>]})";
	const char *pair = strchr(open, s[0]);

	if (len >= 3 && len <= VARIABLE_MAX && pair && s[len - 1] == close[pair - open])
		return true;
	if (is_member(s, len))
		return true;
	if (s[0] != '$' || len < 2 || !(letter(s[1]) || s[1] == '_' || s[1] == ':'))
		return false;
	return !memchr(s + 1, '$', len - 1);
}

bool filter_is_placeholder(const char *s, size_t len)
{
	char lower[WORDS_UP_TO];

	size_t begin = len < WORDS_UP_TO ? len : WORDS_UP_TO;

	if (len == 0 || is_variable(s, len) || weak_is_repeated(s, begin) ||
	    (len >= RUN_LEAST && weak_is_walk(s, begin)))
		return true;
	if (len > WORDS_UP_TO)
		return false;
	if (len <= DRESSED_UP_TO && weak_is_word(s, len))
		return true;
	for (size_t i = 0; i < len; i++)
		lower[i] = small(s[i]);
	bool fits = words_fit(lower, len);

	explicit_bzero(lower, sizeof(lower));
	return fits;
}
