#include "report/redact.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/register.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#define WORD_MAX 300u          /* longer than any name of a host; a longer word is one of no kind that is known */
#define LABEL_MIN ((size_t)3)  /* "db" of db.example.org is a word of the language, too */

struct redactor {
	const struct names *show;
	struct arena *arena;
	struct strv paths;     /* addresses of accounts that are sockets or files */
	struct map names;      /* lower case: hosts, their addresses, first labels; value 1: a domain of theirs */
};

enum { NAME_HOST, NAME_DOMAIN };

static char *lower(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_dupn(a, s, len);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static bool is_number(const char *s)
{
	return s[strspn(s, "0123456789.:")] == '\0';
}

/* "db11.example.org": that name, "db11", and whatever ends in ".example.org". Ports and sockets are left away. */
static void add_host(struct redactor *r, const char *name)
{
	size_t n = name ? strcspn(name, ":/ ") : 0;
	char *host, *dot;

	if (!n || n > WORD_MAX || is_number(name))
		return;
	host = lower(r->arena, name, n);
	if (strcmp(host, "localhost") == 0)
		return;
	(void)map_put(&r->names, host, NAME_HOST);
	dot = strchr(host, '.');
	if (!dot)
		return;
	if ((size_t)(dot - host) >= LABEL_MIN)
		(void)map_put(&r->names, arena_dupn(r->arena, host, (size_t)(dot - host)), NAME_HOST);
	/* A domain of one label is everybody's. */
	if (strchr(dot + 1, '.'))
		(void)map_put(&r->names, dot + 1, NAME_DOMAIN);
}

static void add_address(struct redactor *r, const char *address)
{
	if (address && address[0] == '/' && address[1])
		strv_add(&r->paths, address);
	else
		add_host(r, address);
}

static void add_register(struct redactor *r, const struct firebreak_register *reg)
{
	for (uint32_t k = 0; k < reg->n_hosts; k++) {
		add_host(r, reg->hosts[k].name);
		add_host(r, reg->hosts[k].address);
	}
	for (uint32_t k = 0; k < reg->n_secrets; k++)
		for (uint32_t a = 0; a < reg->secrets[k].n_accounts; a++)
			add_address(r, reg->secrets[k].accounts[a].address);
}

struct redactor *redactor_new(const struct firebreak_register *reg, const struct incident *i)
{
	struct redactor *r = mem_zero(1, sizeof(*r));

	r->arena = arena_new();
	r->show = &reg->publish.show;
	add_register(r, reg);
	for (uint32_t k = 0; k < i->n_steps; k++) {
		add_host(r, i->steps[k].host);
		add_address(r, i->steps[k].account);
	}
	for (uint32_t k = 0; k < i->n_members; k++)
		if (i->members[k].kind && strcmp(i->members[k].kind, "host") == 0)
			add_host(r, i->members[k].name);
	return r;
}

struct redactor *redactor_free(struct redactor *r)
{
	if (!r)
		return NULL;
	map_free(&r->names);
	strv_free(&r->paths);
	arena_free(r->arena);
	free(r);
	return NULL;
}

void redactor_freep(struct redactor **r)
{
	*r = redactor_free(*r);
}

static bool is_shown(const struct redactor *r, const char *word)
{
	for (uint32_t k = 0; k < r->show->n; k++)
		if (text_matches(r->show->s[k], word))
			return true;
	return false;
}

static bool is_host(const struct redactor *r, const char *word)
{
	if (map_get(&r->names, word) == NAME_HOST)
		return true;
	for (const char *dot = strchr(word, '.'); dot; dot = strchr(dot + 1, '.'))
		if (map_get(&r->names, dot + 1) == NAME_DOMAIN)
			return true;
	return false;
}

/* Four numbers, or fewer and a wildcard as databases write networks: "10.0.%". A version has neither. */
static bool is_ipv4(const char *word)
{
	struct in_addr a;
	size_t n = strspn(word, "0123456789.");

	return inet_pton(AF_INET, word, &a) == 1 ||
	       (n > 1 && word[n - 1] == '.' && strchr(word, '.') && (word[n] == '%' || word[n] == '*') && !word[n + 1]);
}

static bool is_ipv6(const char *word)
{
	struct in6_addr a;
	char bare[WORD_MAX + 1];
	size_t n = strcspn(word, "%");

	memcpy(bare, word, n);
	bare[n] = '\0';
	return inet_pton(AF_INET6, bare, &a) == 1 && strlen(bare) > 2;
}

static const char *instead_of(const struct redactor *r, const char *s, size_t len)
{
	char word[WORD_MAX + 1];

	if (len > WORD_MAX)
		return NULL;
	for (size_t k = 0; k < len; k++)
		word[k] = (char)tolower((unsigned char)s[k]);
	word[len] = '\0';
	if (is_shown(r, word))
		return NULL;
	if (strchr(word, '@') && word[0] != '@')
		return "[address]";
	if (is_ipv4(word) || is_ipv6(word))
		return "[address]";
	return is_host(r, word) ? "[host]" : NULL;
}

static bool is_of(const char *more, char c)
{
	return c && (isalnum((unsigned char)c) || strchr(more, c));
}

/* The longest reading first: "a:b" as an IPv6 address or a login, then what stands between the colons. */
static size_t word_at(const struct redactor *r, const char *s, struct buf *b)
{
	static const char *const with[] = { "._-@:%*+", "._-@%*+", "._-%*", "._-", "." };

	for (size_t k = 0; k < ARRAY_SIZE(with); k++) {
		size_t n = 0;

		while (is_of(with[k], s[n]))
			n++;
		while (n && strchr("._-:+", s[n - 1]))
			n--;

		/* A host and its port are two words; of a login all goes. */
		bool colon = memchr(s, ':', n) != NULL, at = memchr(s, '@', n) != NULL;
		const char *instead = n && (!colon || !at) ? instead_of(r, s, n) : NULL;

		if (instead) {
			buf_str(b, instead);
			return n;
		}
	}
	return 0;
}

static size_t path_at(const struct redactor *r, const char *s, struct buf *b)
{
	for (size_t k = 0; *s == '/' && k < r->paths.n; k++)
		if (text_starts(s, r->paths.s[k]) && !is_shown(r, r->paths.s[k])) {
			buf_str(b, "[address]");
			return strlen(r->paths.s[k]);
		}
	return 0;
}

void redact(const struct redactor *r, const char *s, struct buf *b)
{
	while (*s) {
		size_t n = is_of("_", *s) || *s == ':' ? word_at(r, s, b) : path_at(r, s, b);

		if (n) {
			s += n;
			continue;
		}
		/* Not one of them: over it, to where the next word may begin. */
		do
			buf_char(b, *s++);
		while (*s && isalnum((unsigned char)s[-1]) && isalnum((unsigned char)*s));
	}
}
