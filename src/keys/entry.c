#include "keys/entry.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"
#include <string.h>

#define TEXT_MAX ((size_t)32 << 20)
#define ENTRY_MAX 300u

struct found { const struct yaml_node *parent, *node; bool two; };

static const struct yaml_node *named(const struct yaml_node *in, const char *word, size_t len)
{
	for (const struct yaml_node *n = in->child; n; n = n->next) {
		const struct yaml_node *is = in->kind == YAML_MAP ? n->key : n;

		if (is && is->kind == YAML_SCALAR && is->len == len && !memcmp(is->text, word, len))
			return n;
	}
	return NULL;
}

/* A key may have slashes of its own: then two entries can have the same name here. */
static struct found find(const struct yaml_node *top, const char *entry)
{
	struct found f = { .two = false };

	while (top && (top->kind == YAML_MAP || top->kind == YAML_LIST)) {
		const struct yaml_node *n = named(top, entry, strlen(entry));
		const char *slash = strchr(entry, '/');

		if (n)
			f = (struct found){ top, n, f.node != NULL };
		if (!slash || top->kind != YAML_MAP)
			break;
		top = named(top, entry, (size_t)(slash - entry));
		entry = slash + 1;
	}
	return f;
}

static bool is_flow(const char *text, const struct yaml_node *n)
{
	return text[n->start] == '{' || text[n->start] == '[';
}

/* Behind the last byte that is the entry's own: what libyaml counts to a block may be comments of the next one. */
static size_t end_of(const char *text, const struct yaml_node *n)
{
	const struct yaml_node *last = n->child;

	if (!last || is_flow(text, n))
		return n->end;
	while (last->next)
		last = last->next;
	return end_of(text, last);
}

struct lines { size_t from, to; };

static int lines_of(const char *file, const char *text, size_t len, const struct found *f, struct lines *ret,
		    struct err *e)
{
	const struct yaml_node *n = f->node;
	size_t start = n->key ? n->key->start : n->start, from = start, to = end_of(text, n), behind;
	bool own = !is_flow(text, f->parent), dash = false;

	if (n->anchored || (n->key && n->key->anchored))
		return yaml_err(e, file, n, "others may point to this entry by its anchor: take it out by hand");
	while (from > 0 && text[from - 1] != '\n') {
		char c = text[--from];

		own = own && (c == ' ' || (c == '-' && !n->key && !dash));
		dash = dash || c == '-';
	}
	while (to > start && (text[to - 1] == '\n' || text[to - 1] == ' ' || text[to - 1] == '\r'))
		to--;
	behind = to + strspn(text + to, " \t\r");
	own = own && (behind >= len || text[behind] == '\n' || text[behind] == '#');
	if (!own)
		return yaml_err(e, file, n, "the entry has no lines of its own, so it cannot become a comment: take it "
				"out by hand");
	while (to < len && text[to] != '\n')
		to++;
	*ret = (struct lines){ from, to < len ? to + 1 : len };
	return 0;
}

/* All but one element. */
static bool is_same(const struct yaml_node *with, const struct yaml_node *without, const struct yaml_node *but)
{
	for (;; with = with->next, without = without->next) {
		if (with && with == but)
			with = with->next;
		if (!with || !without)
			return !with && !without;
		if (with->kind != without->kind || with->style != without->style || with->len != without->len ||
		    (with->len && memcmp(with->text, without->text, with->len) != 0) || !with->key != !without->key ||
		    (with->key && !is_same(with->key, without->key, NULL)) ||
		    !is_same(with->child, without->child, but))
			return false;
	}
	return true;
}

static int mark_of(const char *entry, char **ret, struct err *e)
{
	if (!entry || !*entry || strlen(entry) > ENTRY_MAX || strpbrk(entry, "\n\r"))
		return err_set(e, ERR_CONFIG, "the entry's name must be one line of 1 to %u characters", ENTRY_MAX);
	*ret = mem_printf("#pulled by firebreak, %s: ", entry);
	return 0;
}

static void comment(const char *text, size_t len, const struct lines *l, const char *mark, struct buf *ret)
{
	(void)buf_add(ret, text, l->from);
	for (size_t at = l->from; at < l->to;) {
		const char *end = memchr(text + at, '\n', l->to - at);
		size_t n = end ? (size_t)(end - text) + 1 - at : l->to - at;

		(void)buf_str(ret, mark);
		(void)buf_add(ret, text + at, n);
		at += n;
	}
	(void)buf_add(ret, text + l->to, len - l->to);
}

/* false: no line has the mark. */
static bool uncomment(const char *text, size_t len, const char *mark, struct buf *ret)
{
	bool any = false;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) + 1 - at : len - at, skip = 0;

		if (n >= strlen(mark) && !memcmp(text + at, mark, strlen(mark)))
			skip = strlen(mark);
		any = any || skip;
		(void)buf_add(ret, text + at + skip, n - skip);
		at += n;
	}
	return any;
}

static int give(const char *file, const struct buf *text, struct buf *ret, struct err *e)
{
	return text->over || buf_add(ret, text->data, text->len) < 0
		? err_set(e, ERR_LIMIT, "%s: it is larger than is written", file) : 0;
}

int entry_pull(const char *file, const char *text, size_t len, const char *entry, struct buf *ret, struct err *e)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(buf_free) struct buf out = BUF_INIT(TEXT_MAX), back = BUF_INIT(TEXT_MAX);
	_cleanup_(freep) char *mark = NULL;
	struct yaml_node *root = NULL, *after = NULL;
	struct lines l;
	int r = mark_of(entry, &mark, e);

	if (r == 0)
		r = yaml_parse(a, file, text, len, &root, e);
	if (r < 0)
		return r;
	struct found f = find(root, entry);

	if (!f.node)
		return uncomment(text, len, mark, &out) ? 0
			: err_set(e, ERR_CONFLICT, "%s: there is no entry '%.200s'", file, entry);
	if (f.two)
		return err_set(e, ERR_REFUSED, "%s: two entries can be meant by '%.200s': take it out by hand", file,
			       entry);
	if (f.parent->count < 2)
		return err_set(e, ERR_REFUSED, "%s: entry '%.200s' is the only one there: take it out by hand", file,
			       entry);
	if (lines_of(file, text, len, &f, &l, e) < 0) {
		if (e)
			e->code = ERR_REFUSED;
		return -ERR_REFUSED;
	}
	comment(text, len, &l, mark, &out);
	struct err why = ERR_INIT;
	bool same = !out.over && yaml_parse(a, file, buf_text(&out), out.len, &after, &why) == 0 && after &&
		    is_same(root, after, f.node) && uncomment(buf_text(&out), out.len, mark, &back) &&
		    back.len == len && !memcmp(buf_text(&back), text, len);

	return same ? give(file, &out, ret, e)
		    : err_set(e, ERR_REFUSED, "%s: entry '%.200s' cannot become a comment without changing more than "
			      "itself: take it out by hand", file, entry);
}

int entry_restore(const char *file, const char *text, size_t len, const char *entry, struct buf *ret, struct err *e)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(buf_free) struct buf out = BUF_INIT(TEXT_MAX);
	_cleanup_(freep) char *mark = NULL;
	struct yaml_node *root = NULL, *after = NULL;
	struct err why = ERR_INIT;
	int r = mark_of(entry, &mark, e);

	if (r == 0)
		r = yaml_parse(a, file, text, len, &root, e);
	if (r < 0 || find(root, entry).node)
		return r;
	if (!uncomment(text, len, mark, &out))
		return err_set(e, ERR_CONFLICT, "%s: there is no entry '%.200s', and no comment of ours that has it: "
			       "put it in by hand", file, entry);
	if (yaml_parse(a, file, buf_text(&out), out.len, &after, &why) == 0) {
		struct found f = find(after, entry);

		if (f.node && !f.two && is_same(after, root, f.node))
			return give(file, &out, ret, e);
	}
	return err_set(e, ERR_REFUSED, "%s: the comment that has entry '%.200s' was changed and cannot be put back: "
		       "put the entry in by hand", file, entry);
}
