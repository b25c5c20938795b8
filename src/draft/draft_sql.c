/*
 * Users of databases, as public trees have them: a manifest's line "$wiki_password = lookup('passwords::db::wiki')",
 * and a template's line of SQL "'wiki'@'%' IDENTIFIED BY '<%= @wiki_password %>'" of the same module. Lines of other
 * shapes tell nothing here; what is found is asked for, not believed.
 */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include <ctype.h>
#include <string.h>

#define LINES_OF_A_KIND 20000u
#define LINE_MOST 1000u
#define USER_MOST 80u          /* MariaDB's names have 80 characters */

static const char *module_of(struct arena *a, const char *path)
{
	const char *at = strstr(path, "modules/"), *name = at ? at + 8 : "";

	return arena_dupn(a, name, strcspn(name, "/"));
}

static size_t word_len(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* The first quoted text behind `s` that is a key: of lookup({ 'name' => 'a::b' }) the one behind the word. */
static char *quoted_key(struct arena *a, const char *s)
{
	const char *quote = strpbrk(s, "'\"");

	while (quote) {
		size_t n = strcspn(quote + 1, "'\"");

		if (!quote[1 + n])
			return NULL;
		if (n && (n != 4 || memcmp(quote + 1, "name", 4) != 0))
			return arena_dupn(a, quote + 1, n);
		quote = strpbrk(quote + 2 + n, "'\"");
	}
	return NULL;
}

static void assignment(struct draft *d, const char *module, const char *line)
{
	struct draft_parts *p = d->parts;
	const char *s = line + strspn(line, " \t"), *asks = strstr(s, "lookup(");
	size_t n;
	char *key;

	asks = asks ? asks : strstr(s, "hiera(");
	n = *s == '$' ? word_len(s + 1) : 0;
	if (!n || !asks || s[1 + n + strspn(s + 1 + n, " \t")] != '=')
		return;
	key = quoted_key(d->arena, asks);
	if (key && GROW(p->asked_keys, p->n_asked_keys, p->cap_asked_keys, LINES_OF_A_KIND))
		p->asked_keys[p->n_asked_keys++] = (struct asked_key){ module, arena_dupn(d->arena, s + 1, n), key };
}

/* 'wiki' at s: its length, 0 when there is something else, or something that only a run knows. */
static size_t plain_name(const char *s)
{
	size_t n = *s == '\'' ? strcspn(s + 1, "'<$#{}\\ ,\"") : 0;

	return n && n <= USER_MOST && s[1 + n] == '\'' ? n : 0;
}

static void sql(struct draft *d, const char *module, const struct tree_file *f, const char *line, uint32_t number)
{
	struct draft_parts *p = d->parts;
	const char *at = strstr(line, "'@'"), *begin, *by, *variable;
	size_t user, host, n;

	if (!at)
		return;
	for (begin = at; begin > line && begin[-1] != '\''; begin--)
		;
	if (begin == line)
		return;
	begin--;
	user = plain_name(begin);
	host = plain_name(at + 2);
	by = strcasestr(at, "IDENTIFIED BY");
	variable = by ? strpbrk(by, "@$") : NULL;
	n = variable ? word_len(variable + 1) : 0;
	if (!user || !host || !n || begin + 1 + user != at || strpbrk(variable + 1, "@$") ||
	    !GROW(p->sql_users, p->n_sql_users, p->cap_sql_users, LINES_OF_A_KIND))
		return;
	p->sql_users[p->n_sql_users++] = (struct sql_user){ module, arena_dupn(d->arena, variable + 1, n),
		arena_dupn(d->arena, begin + 1, user), arena_dupn(d->arena, at + 3, host),
		arena_dup(d->arena, f->path), number };
}

void draft_look(const struct tree_file *f, void *draft)
{
	struct draft *d = draft;
	const char *end = f->bytes + f->len, *module = NULL;
	bool is_manifest = text_matches("*.pp", f->path);
	uint32_t number = 1;

	if (!text_is_utf8(f->path, strlen(f->path)) || check_line(f->path) ||
	    (!is_manifest && !strstr(f->path, "templates/")))
		return;
	for (const char *s = f->bytes; s < end; number++) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		size_t len = (size_t)((newline ? newline : end) - s);

		if (len < LINE_MOST && (is_manifest ? memchr(s, '$', len) : memchr(s, '@', len))) {
			_cleanup_(freep) char *line = mem_dupn(s, len);

			module = module ? module : module_of(d->arena, f->path);
			if (is_manifest)
				assignment(d, module, line);
			else
				sql(d, module, f, line, number);
		}
		s += len + 1;
	}
}
