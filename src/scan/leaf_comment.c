/* Values that were left in comments: "# old: ...", "# a::password: ..." of Hiera data. They leak like any other. */
#include "base/mem.h"
#include "scan/leaf_walk.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VALUE_LEAST 4u
#define RANGES_MAX 20000000u

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.-";

/* Of a key, in small letters: each would be a secret's, or says that something was one. */
static const char *const telling[] = { "pass", "pwd", "secret", "token", "credential", "apikey", "api_key",
				      "private_key",
	"salt", "old", "previous", "former", "was", "before", "backup" };

struct range { uint32_t from, to; };
struct ranges { struct range *r; size_t n, cap; };

/* What is text of the document, in its order: a '#' in there is none of a comment. */
static void note(const struct yaml_node *n, struct map *keys, struct ranges *l)
{
	for (; n; n = n->next) {
		if (n->key) {
			if (n->key->kind == YAML_SCALAR && !memchr(n->key->text, '\0', n->key->len))
				(void)map_put(keys, n->key->text, 1);
			if (GROW(l->r, l->n, l->cap, RANGES_MAX))
				l->r[l->n++] = (struct range){ n->key->start, n->key->end };
		}
		if (n->kind == YAML_SCALAR && n->end > n->start && GROW(l->r, l->n, l->cap, RANGES_MAX))
			l->r[l->n++] = (struct range){ n->start, n->end };
		note(n->child, keys, l);
	}
}

static bool is_telling(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling); i++) {
		const char *at = strcasestr(key, telling[i]);
		size_t len = strlen(telling[i]);

		/* Short words are whole parts of a name: "old" is not in "threshold". */
		if (at && (len > 3 || ((at == key || strchr("_:.-", at[-1])) && (!at[len] || strchr("_:.-", at[len])))))
			return true;
	}
	return false;
}

/* As strspn; the file has no NUL behind it. */
static size_t span(const char *s, const char *end, const char *set)
{
	size_t n = 0;

	while (s + n < end && s[n] && strchr(set, s[n]))
		n++;
	return n;
}

static bool is_stand_in(const char *s, size_t len)
{
	static const char *const words[] = { "true", "false", "null", "none" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (len == strlen(words[i]) && strncasecmp(s, words[i], len) == 0)
			return true;
	return strchr("<%[{&*|>", *s) || memmem(s, len, "...", 3) || (len > 4 && memcmp(s, "ENC[", 4) == 0) ||
	       span(s, s + len, (const char[]){ *s, '\0' }) == len;
}

/* One word, or a text in quotes, that is no stand-in for one; NULL otherwise. */
static const char *value_of(const char *s, const char *end, size_t *ret_len)
{
	bool quoted = s < end && (*s == '\'' || *s == '"');
	const char *stop = quoted ? memchr(s + 1, *s, (size_t)(end - s - 1)) : s, *rest;

	while (!quoted && stop < end && !strchr(" \t\r", *stop))
		stop++;
	rest = stop && !quoted ? stop + span(stop, end, " \t\r") : end;
	s += quoted;
	if (!stop || (rest < end && *rest != '#') || stop - s < (ptrdiff_t)VALUE_LEAST)
		return NULL;
	if (is_stand_in(s, (size_t)(stop - s)))
		return NULL;
	*ret_len = (size_t)(stop - s);
	return s;
}

/* "# - 'key': ": the key, and *ret_value behind it. */
static char *key_of(const char *s, const char *end, const char **ret_value)
{
	char quote;
	size_t len;

	s += span(s, end, "# \t-");
	quote = s < end && (*s == '\'' || *s == '"') ? *s : '\0';
	s += quote != '\0';
	len = span(s, end, letters);
	while (!quote && len && s[len - 1] == ':')
		len--;
	*ret_value = s + len + (quote != '\0');
	if (!len || *ret_value + 2 >= end || (quote && s[len] != quote) || (*ret_value)[0] != ':' ||
	    (*ret_value)[1] != ' ')
		return NULL;
	*ret_value += 1 + span(*ret_value + 1, end, " ");
	return mem_dupn(s, len);
}

static void one_comment(struct leaf_file *f, const struct map *keys, const char *s, const char *end, uint32_t line,
			uint32_t col)
{
	const char *value;
	size_t len = 0;
	_cleanup_(freep) char *key = key_of(s, end, &value);

	value = key && value < end ? value_of(value, end, &len) : NULL;
	if (!value || (map_get(keys, key) == MAP_NONE && !is_telling(key)))
		return;
	if (!GROW(f->ret->comments, f->ret->n_comments, f->ret->cap_comments, LEAF_COMMENTS_MAX)) {
		if (!f->comments_full)
			leaf_gap(f, UNREAD_LARGE, line, col, "more than %u comments with values: the rest is not "
				 "looked at",
				 LEAF_COMMENTS_MAX);
		f->comments_full = true;
		return;
	}
	struct leaf_comment *c = &f->ret->comments[f->ret->n_comments++];

	*c = (struct leaf_comment){ .repository = f->r->s.repository, .file = f->path, .line = line, .col = col,
				    .key = arena_dup(f->ret->arena, key) };
	digest_tag_bytes(f->r->s.key, value, len, c->tag);
}

void leaf_comments(struct leaf_file *f, const char *src, size_t len, const struct yaml_node *root)
{
	_cleanup_(map_free) struct map keys = MAP_INIT;
	struct ranges l = { .n = 0 };
	uint32_t line = 1;
	size_t begin = 0, next = 0;

	note(root, &keys, &l);
	for (size_t i = 0; i < len; i++) {
		while (next < l.n && l.r[next].to <= i)
			next++;
		bool text = next < l.n && i >= l.r[next].from;

		if (src[i] == '\n') {
			line++;
			begin = i + 1;
		} else if (src[i] == '#' && !text && (i == begin || src[i - 1] == ' ' || src[i - 1] == '\t')) {
			const char *end = memchr(src + i, '\n', len - i);

			one_comment(f, &keys, src + i, end ? end : src + len, line, (uint32_t)(i - begin + 1));
		}
	}
	free(l.r);
}
