/* What a guesser tries first. Values of up to WEAK_MAX bytes are looked at: a longer one is no password. */
#include "base/macro.h"
#include "scan/traits.h"
#include <string.h>

#define WEAK_MAX 256u

/*
 * Small on purpose: this is no list of a million leaked passwords (those are of people, these are of services) but
 * what programs ship with, what manuals show, and what stands for "somebody has to fill this in". A word is found
 * dressed up, too, so no "password1" or "P@ssw0rd" stands here. Where it comes from stands beside it.
 */
static const char *const words[] = {
	/* from every list of the most common ones, and from manuals */
	"password", "passwd", "passwort", "pass", "secret", "secretpassword", "mypassword", "mysecret", "letmein",
		"welcome",
	"qwerty", "iloveyou", "dragon", "monkey", "abc", "hello", "master", "default", "private", "public", "geheim",
	/* users that have no better idea */
	"admin", "administrator", "root", "toor", "user", "guest", "test", "testing", "demo", "sa", "service", "backup",
	/* to be filled in */
	"changeme", "pleasechange", "pleasechangeme", "changethis", "changeit", "change", "replaceme", "fixme", "todo",
		"example", "sample", "dummy",
		"placeholder",
	"yourpassword", "yoursecret", "yourpasswordhere", "insertpasswordhere", "foobar", "foo", "snakeoil",
		"notsecret", "none",
	"empty", "xxx", "xxxx", "redacted", "hidden",
	/* shipped: Redis' sample, Icinga, Grafana and Graylog (admin), PuppetDB, Bacula, Matomo, RabbitMQ (guest),
	 * Elastic (changeme), MinIO, Tomcat, iDRAC, Supermicro, Raspberry Pi, SNMP */
	"foobared", "redis", "icinga", "icingaadmin", "icingaweb", "grafana", "graylog", "puppet", "puppetdb",
		"bacula", "matomo",
	"piwik", "rabbitmq", "elastic", "minioadmin", "tomcat", "calvin", "raspberry", "mysql", "mariadb", "postgres",
	"postgresql", "mediawiki", "wiki", "roundcube", "phabricator", "mailman", "nagios", "zabbix", "salt", "ldap",
		"openldap",
	"cisco", "ubnt", "vagrant", "docker", "jenkins", "gitlab",
};

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char plain(char c)
{
	static const char dressed[] = "0134578@$!|+", undressed[] = "oieastbasilt";
	const char *at = c ? strchr(dressed, c) : NULL;

	return at ? undressed[at - dressed] : small(c);
}

/* Letters and digits only, in small: "P4ssw0rd!" and "change_me" and "Change-Me 2024". */
static size_t undress(const char *s, size_t len, bool letters, char ret[WEAK_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = letters ? plain(s[i]) : small(s[i]);

		if (is_letter(c) || is_digit(c))
			ret[n++] = c;
	}
	return n;
}

static bool is_word(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0)
			return true;
	return false;
}

/* As it stands, without the digits at its ends, and with its digits read as letters. */
bool weak_is_word(const char *s, size_t len)
{
	char text[WEAK_MAX];
	size_t n, from = 0, to;
	bool found;

	if (len == 0 || len > WEAK_MAX)
		return false;
	n = to = undress(s, len, false, text);
	while (from < to && is_digit(text[from]))
		from++;
	while (to > from && is_digit(text[to - 1]))
		to--;
	found = is_word(text, n) || is_word(text + from, to - from);
	if (!found) {
		for (to = len; to > 0 && !is_letter(small(s[to - 1])); to--)
			;
		n = undress(s, len, true, text);
		found = is_word(text, n);
		n = undress(s, to, true, text);
		found = found || is_word(text, n);
	}
	explicit_bzero(text, sizeof(text));
	return found;
}

/* A number of fewer than ten digits is as good as one of the list. */
bool weak_is_default(const char *s, size_t len)
{
	size_t digits = 0, others = 0;

	for (size_t i = 0; i < len && len <= WEAK_MAX; i++) {
		digits += is_digit(s[i]);
		others += is_letter(small(s[i]));
	}
	return (digits > 0 && digits < 10 && others == 0) || weak_is_word(s, len);
}

/* Row and column of a key, half columns for the rows' offset; shifted digits are their digits. */
static bool key_at(char c, int *row, int *col)
{
	static const char *const rows[] = { "`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./" };
	static const char shifted[] = "~!@#$%^&*()_+{}|:\"<>?", unshifted[] = "`1234567890-=[]\\;',./";
	const char *at = c ? strchr(shifted, c) : NULL;

	c = at ? unshifted[at - shifted] : small(c);
	for (int r = 0; r < 4; r++) {
		const char *k = c ? strchr(rows[r], c) : NULL;

		if (k) {
			*row = r;
			*col = 2 * (int)(k - rows[r]) + (int[]){ 0, 3, 4, 5 }[r];
			return true;
		}
	}
	return false;
}

/* Is b what a finger, or a child that learns the alphabet, takes after a? */
static bool goes_on(char a, char b)
{
	int row_a, row_b, col_a, col_b;
	char x = small(a), y = small(b);

	if (x == y)
		return true;
	if (((is_letter(x) && is_letter(y)) || (is_digit(x) && is_digit(y))) && (y - x == 1 || x - y == 1))
		return true;
	if (!key_at(a, &row_a, &col_a) || !key_at(b, &row_b, &col_b))
		return false;
	if (row_a == row_b)
		return col_a - col_b == 2 || col_b - col_a == 2;
	return (row_a - row_b == 1 || row_b - row_a == 1) && col_a - col_b <= 1 && col_b - col_a <= 1;
}

bool weak_is_walk(const char *s, size_t len)
{
	size_t leaps = 0;

	if (len < 4 || len > WEAK_MAX)
		return false;
	for (size_t i = 1; i < len && leaps * 4 <= len - 1; i++)
		leaps += !goes_on(s[i - 1], s[i]);
	return leaps * 4 <= len - 1;
}

bool weak_is_repeated(const char *s, size_t len)
{
	bool seen[256] = { false };
	size_t different = 0;

	if (len < 2 || len > WEAK_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		different += !seen[(unsigned char)s[i]];
		seen[(unsigned char)s[i]] = true;
	}
	if ((len >= 6 && different <= 3) || (len >= 16 && different <= 4))
		return true;
	/* the last of several blocks may be cut */
	for (size_t piece = 1; piece <= len / 2; piece++)
		if ((len % piece == 0 || len >= 8) && memcmp(s, s + piece, len - piece) == 0)
			return true;
	return false;
}

/* The parts of "passwords::db::wiki-admin", each alone; and "hosts/db11.yaml". */
bool weak_is_named(const char *s, size_t len, const char *name)
{
	char text[WEAK_MAX], part[WEAK_MAX];
	bool found = false;
	size_t n;

	if (len == 0 || len > WEAK_MAX || !name)
		return false;
	n = undress(s, len, false, text);
	while (n > 0 && is_digit(text[n - 1]))
		n--;
	while (*name && !found && n >= 3) {
		size_t end = strcspn(name, ":./"), m = undress(name, end < WEAK_MAX ? end : WEAK_MAX, false, part);

		while (m > 0 && is_digit(part[m - 1]))
			m--;
		found = m == n && memcmp(part, text, n) == 0;
		name += end + (name[end] != '\0');
	}
	explicit_bzero(text, sizeof(text));
	return found;
}

/* log2 in hundredths, straight between the powers of two. */
static uint32_t log2_of(uint32_t n)
{
	uint32_t whole = 0, low = 1;

	while (low * 2 <= n) {
		low *= 2;
		whole++;
	}
	return whole * 100 + 100 * (n - low) / low;
}

uint32_t weak_bits(const char *s, size_t len)
{
	bool lower = false, upper = false, digit = false, other = false, hex = true;
	uint64_t quarters = 0, run = 0;
	uint32_t alphabet;

	for (size_t i = 0; i < len; i++) {
		lower = lower || is_letter(s[i]);
		upper = upper || (s[i] >= 'A' && s[i] <= 'Z');
		digit = digit || is_digit(s[i]);
		other = other || !(is_letter(small(s[i])) || is_digit(s[i]));
		hex = hex && (is_digit(s[i]) || (small(s[i]) >= 'a' && small(s[i]) <= 'f'));
		/* one step happens by chance, a second one right behind it hardly */
		run = i > 0 && goes_on(s[i - 1], s[i]) ? run + 1 : 0;
		quarters += run >= 2 ? 1 : 4;
	}
	alphabet = lower * 26u + upper * 26u + digit * 10u + other * 33u;
	if (hex && alphabet > 16)
		alphabet = 16;
	return len > WEAK_MAX ? UINT32_MAX : (uint32_t)(quarters * log2_of(alphabet) / 400);
}
