#include "draft/guess.h"
#include "base/macro.h"
#include <ctype.h>
#include <string.h>

#define PARTS_MAX 32u
#define PART_MAX 40u
#define RANDOM_LEAST 20u  /* bytes */

/* A name's parts: what stands between anything but letters and digits, in lower case. More, or longer ones, are cut. */
struct parts { char part[PARTS_MAX][PART_MAX]; unsigned n; };

static void split(const char *name, struct parts *ret)
{
	size_t len = 0;

	ret->n = 0;
	for (const char *s = name;; s++) {
		if (isalnum((unsigned char)*s) && ret->n < PARTS_MAX) {
			if (len < PART_MAX - 1)
				ret->part[ret->n][len++] = (char)tolower((unsigned char)*s);
			continue;
		}
		if (len)
			ret->part[ret->n++][len] = '\0';
		len = 0;
		if (!*s)
			return;
	}
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && !strcmp(s + n - m, with);
}

static bool has_word(const struct parts *p, const char *word, size_t len)
{
	char w[PART_MAX];

	if (len >= sizeof(w))
		return false;
	memcpy(w, word, len);
	w[len] = '\0';
	for (unsigned i = 0; i < p->n; i++) {
		const char *part = p->part[i];

		if (!strcmp(part, w) || (len >= 4 && (!strncmp(part, w, len) || ends(part, w))) ||
		    (len >= 5 && strstr(part, w)))
			return true;
	}
	return false;
}

static bool has_all(const struct parts *p, const char *words)
{
	for (const char *s = words; *s;) {
		size_t len = strcspn(s, " ");

		if (!has_word(p, s, len))
			return false;
		s += len + (s[len] == ' ');
	}
	return true;
}

static struct guess by_rows(const struct guess_row *rows, const char *name)
{
	struct parts p;

	split(name, &p);
	for (; rows->words; rows++)
		if (has_all(&p, rows->words))
			return (struct guess){ rows->is, rows->words };
	return (struct guess){ NULL, NULL };
}

struct guess guess_system(const char *name)
{
	return by_rows(guess_systems, name);
}

struct guess guess_kind(const char *name)
{
	return by_rows(guess_kinds, name);
}

struct guess guess_system_of_path(const char *path)
{
	return by_rows(guess_paths, path);
}

struct guess guess_kind_of_path(const char *path)
{
	return by_rows(guess_path_kinds, path);
}

struct guess guess_system_of_service(const char *service)
{
	for (const struct guess_row *r = guess_services; r->words; r++)
		if (!strcmp(r->words, service))
			return (struct guess){ r->is, r->words };
	return (struct guess){ NULL, NULL };
}

const struct guess_system_fact *guess_system_fact(const char *name)
{
	for (const struct guess_system_fact *f = guess_facts; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static struct guess by_words(const char *const *words, const struct parts *p)
{
	for (; *words; words++)
		if (has_word(p, *words, strlen(*words)))
			return (struct guess){ *words, *words };
	return (struct guess){ NULL, NULL };
}

static bool any_private(const struct traits *t)
{
	for (uint32_t i = 0; i < t->pems.n; i++)
		if (t->pems.list[i].kind == PEM_PRIVATE || t->pems.list[i].kind == PEM_OTHER)
			return true;
	return t->pems.more;
}

static enum guess_class class_of_file(const char *path, const struct traits *t, const struct parts *p,
				      struct guess *ret_why)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	for (const char *const *f = guess_public_files; *f; f++)
		if (!strcmp(base, *f) && !(t->signs & TRAIT_BINARY)) {
			*ret_why = (struct guess){ *f, *f };
			return GUESS_PUBLIC;
		}
	for (const char *const *s = guess_data_suffixes; *s; s++)
		if (ends(base, *s)) {
			*ret_why = (struct guess){ *s, *s };
			return GUESS_DATA;
		}
	*ret_why = by_words(guess_secret_words, p);
	if (ret_why->is)
		return GUESS_SECRET;
	*ret_why = by_words(guess_data_words, p);
	return ret_why->is ? GUESS_DATA : GUESS_UNKNOWN;
}

enum guess_class guess_class(const char *name, bool is_file, const struct traits *t, struct guess *ret_why)
{
	struct parts p;

	split(name, &p);
	*ret_why = (struct guess){ NULL, NULL };
	if (any_private(t)) {
		*ret_why = (struct guess){ "private key", "private key" };
		return GUESS_SECRET;
	}
	if (t->pems.n) {
		*ret_why = (struct guess){ "nothing but public keys or certificates", "public" };
		return GUESS_PUBLIC;
	}
	if (is_file)
		return class_of_file(name, t, &p, ret_why);
	*ret_why = by_words(guess_secret_words, &p);
	if (ret_why->is || t->signs & TRAIT_HASH)
		return GUESS_SECRET;
	*ret_why = by_words(guess_data_words, &p);
	/* A long random text is no telephone number and no network, whatever its key is called. */
	return ret_why->is && (t->strength != STRENGTH_HIGH || t->len < RANDOM_LEAST) ? GUESS_DATA : GUESS_UNKNOWN;
}

static bool is_dull(const char *part, const char *system)
{
	size_t n = strlen(part), m = strlen(system);

	for (const char *const *w = guess_dull_words; *w; w++)
		if (!strcmp(part, *w))
			return true;
	return !strcmp(part, system) || (n >= 4 && m >= 4 && !strncmp(part, system, n < m ? n : m));
}

static bool is_before(const struct parts *p, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (!strcmp(p->part[i], p->part[at]))
			return true;
	return false;
}

void guess_short_name(const char *name, const char *system, char *ret, size_t size)
{
	struct parts p;
	size_t len = 0;

	split(name, &p);
	*ret = '\0';
	for (unsigned i = 0; i < p.n; i++) {
		size_t n = strlen(p.part[i]);

		if (is_dull(p.part[i], system) || is_before(&p, i) || len + n + 2 > size)
			continue;
		if (len)
			ret[len++] = '-';
		memcpy(ret + len, p.part[i], n + 1);
		len += n;
	}
}
