#include "keys/zone.h"
#include "base/mem.h"
#include "base/text.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 65536u
#define OWNED_MAX 3u       /* owner, TTL and class before the type */

struct reading {
	struct zone *z;
	size_t at;
	uint32_t line;
	char origin[ZONE_NAME_MAX], owner[ZONE_NAME_MAX];
	struct zone_word *words;       /* of the entry in hand */
	uint32_t n;
	size_t cap;
	struct err *e;
};

static int wrong(const struct reading *r, const char *what)
{
	return err_set(r->e, ERR_CONFIG, "%s:%u: %s", r->z->name, r->line, what);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One word: quoted, or up to a blank, a bracket, a comment or the line's end. A backslash takes the next byte along. */
static int word(struct reading *r)
{
	const struct zone *z = r->z;
	size_t from = r->at;
	bool quoted = z->text[from] == '"', closed = false;

	for (r->at += quoted; r->at < z->len && !closed; r->at++) {
		char c = z->text[r->at];

		if (c == '\\' && r->at + 1 < z->len)
			r->at++;
		else if (quoted && c == '\n')
			return wrong(r, "a quoted string does not end on its line");
		else if (!quoted && (is_blank(c) || strchr("\n();\"", c)))
			break;
		closed = quoted && c == '"';
	}
	if (quoted && !closed)
		return wrong(r, "a quoted string does not end");
	if (!GROW(r->words, r->n, r->cap, WORDS_MAX))
		return wrong(r, "a record has more than 65536 words");
	r->words[r->n++] = (struct zone_word){ from, r->at };
	return 0;
}

/* The words up to the end of the entry: a line's end outside of brackets. */
static int entry(struct reading *r)
{
	const struct zone *z = r->z;
	uint32_t begun = r->line;
	int depth = 0;

	r->n = 0;
	while (r->at < z->len) {
		char c = z->text[r->at];

		if (c == '\n') {
			r->at++;
			r->line++;
			if (depth == 0)
				return 0;
		} else if (c == ';') {
			while (r->at < z->len && z->text[r->at] != '\n')
				r->at++;
		} else if (c == '(' || c == ')') {
			depth += c == '(' ? 1 : -1;
			r->at++;
			if (depth < 0)
				return wrong(r, "')' stands without '('");
		} else if (is_blank(c)) {
			r->at++;
		} else if (word(r) < 0) {
			return -ERR_CONFIG;
		}
	}
	r->line = depth ? begun : r->line;
	return depth ? wrong(r, "'(' has no ')'") : 0;
}

static bool is_word(const struct reading *r, uint32_t i, const char *word)
{
	size_t len = strlen(word);

	return i < r->n && r->words[i].to - r->words[i].from == len &&
	       !strncasecmp(r->z->text + r->words[i].from, word, len);
}

/* "3600", and BIND's "1h30m". */
static bool is_ttl(const struct reading *r, uint32_t i, int64_t *ret)
{
	static const struct { char unit; int64_t s; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
	};
	int64_t sum = 0, number = 0;
	bool digits = false;

	if (i >= r->n || r->words[i].to - r->words[i].from > 20)
		return false;
	for (size_t at = r->words[i].from; at < r->words[i].to; at++) {
		char c = r->z->text[at];
		size_t u = 0;

		if (isdigit((unsigned char)c)) {
			number = number * 10 + (c - '0');
			digits = true;
		} else {
			while (u < ARRAY_SIZE(units) && units[u].unit != tolower((unsigned char)c))
				u++;
			if (u == ARRAY_SIZE(units) || !digits)
				return false;
			sum += number * units[u].s;
			number = 0;
			digits = at + 1 == r->words[i].to;
		}
		if (number > UINT32_MAX || sum > UINT32_MAX)
			return false;
	}
	*ret = sum + number;
	return digits;
}

static int absolute(const struct reading *r, uint32_t i, char ret[ZONE_NAME_MAX])
{
	const char *from = r->z->text + r->words[i].from;
	size_t len = r->words[i].to - r->words[i].from;
	bool dot = len > 0 && from[len - 1] == '.', at = len == 1 && *from == '@';
	_cleanup_(freep) char *text = NULL;

	if (len >= ZONE_NAME_MAX)
		return wrong(r, "a name is longer than 253 bytes");
	text = mem_printf("%.*s%s%s", at ? 0 : (int)(len - dot), from, dot || at || !*r->origin ? "" : ".",
			  dot ? "" : r->origin);
	if (strlen(text) >= ZONE_NAME_MAX)
		return wrong(r, "a name is longer than 253 bytes");
	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

static int directive(struct reading *r)
{
	struct zone *z = r->z;

	if (is_word(r, 0, "$INCLUDE"))
		z->includes = true;
	else if (is_word(r, 0, "$ORIGIN"))
		return r->n > 1 ? absolute(r, 1, r->origin) : wrong(r, "$ORIGIN names nothing");
	else if (is_word(r, 0, "$TTL") && !is_ttl(r, 1, &z->ttl_s))
		return wrong(r, "$TTL has no time");
	return 0;
}

static int record(struct reading *r, bool named, uint32_t line)
{
	struct zone *z = r->z;
	struct zone_record x = { .line = line, .ttl_s = z->ttl_s, .end = r->at };
	uint32_t i = 0;

	if (named && absolute(r, i++, r->owner) < 0)
		return -ERR_CONFIG;
	for (uint32_t k = 0; k < OWNED_MAX - 1; k++) {
		if (is_ttl(r, i, &x.ttl_s) || is_word(r, i, "IN") || is_word(r, i, "CH") || is_word(r, i, "HS"))
			i++;
	}
	if (i >= r->n || !*r->owner)
		return wrong(r, *r->owner ? "a record without a type" : "the first record has no name");
	if (!GROW(z->records, z->n, z->cap, ZONE_RECORDS_MAX))
		return err_set(r->e, ERR_LIMIT, "%s: more than %u records", z->name, ZONE_RECORDS_MAX);
	char *type = arena_dupn(z->arena, z->text + r->words[i].from, r->words[i].to - r->words[i].from);

	for (char *c = type; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	x.owner = arena_dup(z->arena, r->owner);
	x.type = type;
	x.n_words = r->n - i - 1;
	x.words = arena_zero(z->arena, (x.n_words + 1) * sizeof(*x.words));
	memcpy(x.words, r->words + i + 1, x.n_words * sizeof(*x.words));
	z->records[z->n++] = x;
	return 0;
}

static int read_all(struct reading *r)
{
	const struct zone *z = r->z;

	while (r->at < z->len) {
		bool named = !is_blank(z->text[r->at]);
		uint32_t line = r->line;
		int x = entry(r);

		if (x == 0 && r->n > 0)
			x = z->text[r->words[0].from] == '$' ? directive(r) : record(r, named, line);
		if (x < 0)
			return x;
	}
	return 0;
}

int zone_read(const char *name, const char *text, size_t len, const char *origin, struct zone *ret, struct err *e)
{
	struct reading r = { .z = ret, .line = 1, .e = e };

	*ret = (struct zone){ .arena = arena_new(), .name = name, .text = text, .len = len, .ttl_s = -1 };
	if (len > ZONE_MAX || memchr(text, '\0', len))
		return err_set(e, ERR_CONFIG, "%s: no zone file: %s", name, len > ZONE_MAX ? "too large"
			       : "a NUL byte stands in it");
	if (strlen(origin) >= ZONE_NAME_MAX)
		return err_set(e, ERR_CONFIG, "%s: the name of the zone is longer than 253 bytes", name);
	(void)snprintf(r.origin, sizeof(r.origin), "%s", origin);
	if (*r.origin && r.origin[strlen(r.origin) - 1] == '.')
		r.origin[strlen(r.origin) - 1] = '\0';
	int x = read_all(&r);

	free(r.words);
	return x;
}

void zone_clear(struct zone *z)
{
	free(z->records);
	arena_free(z->arena);
	*z = (struct zone){ 0 };
}

void zone_txt(const struct zone *z, const struct zone_record *r, struct buf *ret)
{
	for (uint32_t i = 0; i < r->n_words; i++) {
		bool quoted = z->text[r->words[i].from] == '"';
		const char *s = z->text + r->words[i].from + quoted, *end = z->text + r->words[i].to - quoted;

		for (; s < end; s++) {
			if (*s != '\\' || s + 1 == end) {
				(void)buf_char(ret, *s);
			} else if (end - s > 3 && isdigit((unsigned char)s[1]) && isdigit((unsigned char)s[2]) &&
				   isdigit((unsigned char)s[3])) {
				(void)buf_char(ret, (char)((s[1] - '0') * 100 + (s[2] - '0') * 10 + (s[3] - '0')));
				s += 3;
			} else {
				(void)buf_char(ret, *++s);
			}
		}
	}
}
