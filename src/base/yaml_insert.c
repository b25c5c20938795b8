#include "base/yaml_insert.h"
#include "base/macro.h"
#include "base/yaml_path.h"
#include <string.h>
#include <strings.h>

struct insertion {
	const struct yaml_source *s;
	const struct yaml_node *target;
	size_t at;                     /* byte of the old text */
	struct buf bytes;
};

static void insertion_clear(struct insertion *x)
{
	buf_free(&x->bytes);
}

static const struct yaml_node *last_child(const struct yaml_node *n)
{
	const struct yaml_node *c = n->child;

	while (c && c->next)
		c = c->next;
	return c;
}

static bool is_flow(const struct yaml_source *s, const struct yaml_node *n)
{
	return s->text[n->start] == '[' || s->text[n->start] == '{';
}

/* Of a block's last element, its own last byte: libyaml lets a block end where the next thing begins. */
static size_t end_of(const struct yaml_source *s, const struct yaml_node *n)
{
	size_t key = n->key ? end_of(s, n->key) : 0, end = n->end;
	const struct yaml_node *last;

	if ((n->kind == YAML_MAP || n->kind == YAML_LIST) && !is_flow(s, n) && (last = last_child(n)))
		end = end_of(s, last);
	else if (n->kind == YAML_SCALAR && n->len == 0 && n->start == n->end)
		end = key;
	return end > key ? end : key;
}

static int find(const struct yaml_source *s, const char *const *path, struct yaml_node **ret, struct err *e)
{
	struct yaml_node *n = s->root;

	for (; *path; path++) {
		struct yaml_node *found = NULL;

		for (struct yaml_node *c = n && n->kind == YAML_MAP ? n->child : NULL; c; c = c->next) {
			if (!c->key || c->key->kind != YAML_SCALAR || strcmp(c->key->text, *path) != 0)
				continue;
			if (found)
				return yaml_err(e, s->name, c->key, "'%s' stands here a second time: take one out",
						*path);
			found = c;
		}
		if (!found)
			return yaml_err(e, s->name, n, "there is no '%s'", *path);
		n = found;
		if (n->anchored || n->tagged || n->kind == YAML_ALIAS)
			return yaml_err(e, s->name, n, "'%s' has an anchor, an alias or a tag: it is written by hand "
					"only", *path);
	}
	if (n && n->kind != YAML_MAP && n->kind != YAML_LIST)
		return yaml_err(e, s->name, n, "a list or a map with something in it is expected here");
	*ret = n;
	return 0;
}

/* In brackets: behind the last element, in the same line. */
static int in_brackets(struct insertion *x, const char *lines, struct err *e)
{
	const struct yaml_node *last = last_child(x->target);
	const char *text = x->target->kind == YAML_LIST && strncmp(lines, "- ", 2) == 0 ? lines + 2 : lines;
	size_t len = strlen(text);

	if (strchr(text, '\n') != text + len - 1)
		return yaml_err(e, x->s->name, x->target, "what stands in brackets takes one line, and this is more: "
				"write it in lines of its own first");
	x->at = last ? end_of(x->s, last) : x->target->start + 1;
	(void)buf_str(&x->bytes, last ? ", " : "");
	return buf_add(&x->bytes, text, len - 1);
}

/* In lines of its own: behind the line that the last element ends in, as far from the margin as the first one. */
static int in_lines(struct insertion *x, const char *lines, struct err *e)
{
	const struct yaml_node *n = x->target, *first = n ? n->child : NULL;
	const char *text = x->s->text;
	size_t indent = 0, end = first ? end_of(x->s, last_child(n)) : x->s->len;

	if (first)
		indent = (n->kind == YAML_MAP ? first->key->col : n->col) - 1;
	if (first && n->kind == YAML_LIST && text[n->start] != '-')
		return yaml_err(e, x->s->name, n, "a list of lines with dashes is expected here");
	while (end > 0 && end < x->s->len && text[end - 1] != '\n')
		end++;
	x->at = end;
	if (end > 0 && text[end - 1] != '\n')
		(void)buf_char(&x->bytes, '\n');
	for (const char *line = lines; *line;) {
		size_t len = strcspn(line, "\n") + 1;

		for (size_t i = 0; i < indent; i++)
			(void)buf_char(&x->bytes, ' ');
		(void)buf_add(&x->bytes, line, len);
		line += len;
	}
	return 0;
}

/* The same tree, but for one child more at the end of the target; and nothing moved but what stands behind it. */
static bool is_same(const struct insertion *x, const struct yaml_node *old, const struct yaml_node *new, bool more)
{
	for (; old && new; old = old->next, new = new->next) {
		bool target = old == x->target;
		size_t start = old->start + (old->start >= x->at ? x->bytes.len : 0);

		if (old->kind != new->kind || old->style != new->style || old->anchored != new->anchored ||
		    old->tagged != new->tagged || new->start != start || old->len != new->len ||
		    (old->len && memcmp(old->text, new->text, old->len) != 0) || new->count != old->count + target ||
		    !old->key != !new->key || (old->key && !is_same(x, old->key, new->key, false)) ||
		    !is_same(x, old->child, new->child, target))
			return false;
	}
	return !old && (more ? new && !new->next : !new);
}

int yaml_insert(const char *name, const char *src, size_t len, const char *const *path, const char *lines,
		struct buf *ret, struct err *e)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct yaml_source s = { .name = name, .text = src, .len = len };
	_cleanup_(insertion_clear) struct insertion x = { .s = &s, .bytes = BUF_INIT(1 << 20) };
	struct yaml_node *target = NULL, *root = NULL;
	struct err reading = ERR_INIT;
	_cleanup_(buf_free) struct buf text = BUF_INIT(YAML_MAX);
	int r = yaml_parse(a, name, src, len, &s.root, e);

	if (r == 0)
		r = find(&s, path, &target, e);
	x.target = target;
	if (r == 0)
		r = target && is_flow(&s, target) ? in_brackets(&x, lines, e) : in_lines(&x, lines, e);
	if (r < 0)
		return r;
	(void)buf_add(&text, src, x.at);
	(void)buf_add(&text, buf_text(&x.bytes), x.bytes.len);
	(void)buf_add(&text, src + x.at, len - x.at);
	if (text.over || x.bytes.over)
		return err_set(e, ERR_LIMIT, "%s: with one entry more it is too large", name);
	if (yaml_parse(a, name, text.data, text.len, &root, &reading) < 0 || !root ||
	    (target && !is_same(&x, s.root, root, false)))
		return yaml_err(e, name, target, "an entry cannot be put here without changing more than itself: "
				"write it by hand");
	return buf_add(ret, text.data, text.len) < 0 ? err_set(e, ERR_LIMIT, "%s: with one entry more it is too large",
		name) : 0;
}

static bool is_plain(const char *s)
{
	/* what YAML might take for something else than text is quoted */
	static const char *const others[] = { "true", "false", "yes", "no", "on", "off", "null", "y", "n" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcasecmp(s, others[i]) == 0)
			return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") == strlen(s) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/") > 0;
}

/* What may not stand in a scalar as it is, or would end its line (YAML 1.1, 5.1 and 5.4), and what is not seen, or
 * turns the text around. */
static bool is_escaped(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0xfff0;
}

static size_t code_point(const char *s, uint32_t *ret)
{
	unsigned char first = (unsigned char)*s;
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	*ret = n == 1 ? first : first & (0xffu >> (n + 1));
	for (size_t i = 1; i < n && s[i]; i++)
		*ret = *ret << 6 | ((unsigned char)s[i] & 0x3f);
	return n;
}

static bool needs_escapes(const char *s)
{
	uint32_t c;

	for (; *s; s += code_point(s, &c)) {
		(void)code_point(s, &c);
		if (is_escaped(c))
			return true;
	}
	return false;
}

void yaml_word(struct buf *b, const char *s)
{
	bool escapes = needs_escapes(s);
	uint32_t c;
	size_t n;

	if (is_plain(s)) {
		(void)buf_str(b, s);
		return;
	}
	(void)buf_char(b, escapes ? '"' : '\'');
	for (; *s; s += n) {
		n = code_point(s, &c);
		if (escapes && is_escaped(c))
			(void)buf_printf(b, "\\U%08X", c);
		else if (escapes && (c == '"' || c == '\\'))
			(void)buf_printf(b, "\\%c", *s);
		else if (!escapes && c == '\'')
			(void)buf_str(b, "''");
		else
			(void)buf_add(b, s, strnlen(s, n));
	}
	(void)buf_char(b, escapes ? '"' : '\'');
}
