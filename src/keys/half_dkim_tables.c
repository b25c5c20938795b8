/*
 * OpenDKIM's own tables as files of a repository. A line of the KeyTable, "NAME DOMAIN:SELECTOR:FILE", is found by the
 * key's file on the mail server; it gets the new selector, and where NAME was made of the old selector a new name too,
 * in the SigningTable as well.
 */
#include "base/mem.h"
#include "keys/dkim.h"
#include "keys/half.h"
#include <string.h>

#define FIELD_MAX 1024
#define RENAMED_MAX 64u

struct renaming { char from[FIELD_MAX], to[FIELD_MAX]; };
struct tables {
	const struct half_work *w;
	char selector[DKIM_SELECTOR];
	struct renaming *renamed;
	uint32_t n;
	size_t cap;
	unsigned found, changed;
	struct err *e;
};

struct line { const char *at; size_t len, name, blank; };      /* name: bytes of the first field; blank: behind it */

static struct line line_at(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);
	struct line l = { .at = text, .len = end ? (size_t)(end - text) + 1 : len };

	while (l.name < l.len && !strchr(" \t\r\n", l.at[l.name]))
		l.name++;
	while (l.name + l.blank < l.len && strchr(" \t", l.at[l.name + l.blank]))
		l.blank++;
	return l;
}

/* DOMAIN, SELECTOR and FILE of a KeyTable's line; false for comments, blank lines, other forms. */
static bool fields_of(const struct line *l, char domain[FIELD_MAX], char selector[FIELD_MAX], char file[FIELD_MAX])
{
	char rest[3 * FIELD_MAX];
	size_t from = l->name + l->blank, len = l->len - from;

	if (!l->name || *l->at == '#' || len >= sizeof(rest))
		return false;
	(void)snprintf(rest, sizeof(rest), "%.*s", (int)len, l->at + from);
	rest[strcspn(rest, " \t\r\n")] = '\0';
	char *first = strchr(rest, ':'), *second = first ? strchr(first + 1, ':') : NULL;

	if (!second || (size_t)(first - rest) >= FIELD_MAX || (size_t)(second - first) >= FIELD_MAX ||
	    strlen(second) >= FIELD_MAX)
		return false;
	(void)snprintf(domain, FIELD_MAX, "%.*s", (int)(first - rest), rest);
	(void)snprintf(selector, FIELD_MAX, "%.*s", (int)(second - first - 1), first + 1);
	(void)snprintf(file, FIELD_MAX, "%s", second + 1);
	return true;
}

static int rename_key(struct tables *t, const char *from, const char *to)
{
	if (strlen(from) >= FIELD_MAX || strlen(to) >= FIELD_MAX ||
	    !GROW(t->renamed, t->n, t->cap, RENAMED_MAX))
		return err_set(t->e, ERR_LIMIT, "%s: more than %u names of one key, or one that is too long",
			       t->w->files[0].path, RENAMED_MAX);
	(void)snprintf(t->renamed[t->n].from, FIELD_MAX, "%s", from);
	(void)snprintf(t->renamed[t->n++].to, FIELD_MAX, "%s", to);
	return 0;
}

static int key_line(struct tables *t, const struct line *l, struct buf *out)
{
	char domain[FIELD_MAX], selector[FIELD_MAX], file[FIELD_MAX];
	const char *tail;

	if (!fields_of(l, domain, selector, file) || strcmp(file, half_option(t->w, "key")) != 0)
		return buf_add(out, l->at, l->len);
	t->found++;
	if (!strcmp(selector, t->selector))
		return buf_add(out, l->at, l->len);
	t->changed++;
	_cleanup_(freep) char *name = mem_dupn(l->at, l->name);
	_cleanup_(freep) char *usual = mem_printf("%s._domainkey.%s", selector, domain);
	_cleanup_(freep) char *new = strcmp(name, usual) ? mem_dup(name)
							 : mem_printf("%s._domainkey.%s", t->selector, domain);

	if (strcmp(name, new) != 0 && rename_key(t, name, new) < 0)
		return -ERR_LIMIT;
	tail = l->at + l->name + l->blank + strlen(domain) + strlen(selector) + strlen(file) + 2;
	(void)buf_printf(out, "%s%.*s%s:%s:%s", new, (int)l->blank, l->at + l->name, domain, t->selector, file);
	return buf_add(out, tail, (size_t)(l->at + l->len - tail));
}

/* "PATTERN NAME": who signs with a key that has another name now. */
static int signing_line(struct tables *t, const struct line *l, struct buf *out)
{
	size_t from = l->name + l->blank, len = 0;

	while (from + len < l->len && !strchr(" \t\r\n", l->at[from + len]))
		len++;
	for (uint32_t i = 0; *l->at != '#' && len && i < t->n; i++) {
		if (strlen(t->renamed[i].from) != len || memcmp(l->at + from, t->renamed[i].from, len) != 0)
			continue;
		(void)buf_add(out, l->at, from);
		(void)buf_str(out, t->renamed[i].to);
		return buf_add(out, l->at + from + len, l->len - from - len);
	}
	return buf_add(out, l->at, l->len);
}

static int each_line(struct tables *t, const struct half_file *f, int (*one)(struct tables *, const struct line *,
									     struct buf *))
{
	for (size_t at = 0; at < f->len;) {
		struct line l = line_at(f->text + at, f->len - at);

		if (one(t, &l, f->ret) < 0)
			return t->e && t->e->code ? -(int)t->e->code
						  : err_set(t->e, ERR_LIMIT, "%s is too large", f->path);
		at += l.len;
	}
	return 0;
}

static void tables_clear(struct tables *t)
{
	free(t->renamed);
}

static int publish(const struct half_work *w, struct half_said *ret, struct err *e)
{
	_cleanup_(tables_clear) struct tables t = { .w = w, .e = e };
	int r;

	dkim_selector(w->new, t.selector);
	r = each_line(&t, &w->files[0], key_line);
	if (r == 0 && w->n > 1)
		r = each_line(&t, &w->files[1], signing_line);
	if (r < 0)
		return r;
	if (!t.found)
		return err_set(e, ERR_CONFLICT, "%s: no line names the key's file '%.200s': nothing would sign with "
			       "the new key", w->files[0].path, half_option(w, "key"));
	if (t.n && w->n < 2)
		return err_set(e, ERR_CONFIG, "%s: the key's name '%.100s' changes, and the SigningTable that names it "
			       "is not known: add the option 'signing_table'", w->files[0].path, t.renamed[0].from);
	for (size_t i = 0; i < w->n; i++)
		if (!t.changed || (w->files[i].ret->len == w->files[i].len &&
				   !memcmp(w->files[i].ret->data, w->files[i].text, w->files[i].len)))
			buf_clear(w->files[i].ret);
	(void)snprintf(ret->text, sizeof(ret->text), "%u line%s of the KeyTable sign%s with selector '%s'", t.found,
		       t.found == 1 ? "" : "s", t.found == 1 ? "s" : "", t.selector);
	return 0;
}

const struct half_writer half_dkim_tables = { .name = "dkim-tables", .publish = publish };
