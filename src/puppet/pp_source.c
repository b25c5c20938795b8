/* An expression, written down again for people: "passwords::${title}". */
#include "puppet/manifest_parts.h"
#include "base/buf.h"
#include <string.h>

#define SOURCE_MAX 200

static void put(struct buf *b, const struct pp_node *n);

static void list(struct buf *b, const struct pp_node *n, const char *open, const char *close)
{
	(void)buf_str(b, open);
	for (const struct pp_node *k = n; k && !b->over; k = k->next) {
		if (k != n)
			(void)buf_str(b, ", ");
		put(b, k);
	}
	(void)buf_str(b, close);
}

static void name(struct buf *b, const struct pp_node *n)
{
	(void)buf_add(b, n->text, n->len);
}

static void parts(struct buf *b, const struct pp_node *n)
{
	for (const struct pp_node *k = n->a; k && !b->over; k = k->next) {
		if (k->kind == PP_STRING) {
			name(b, k);
			continue;
		}
		(void)buf_str(b, "${");
		if (k->kind == PP_VAR)
			name(b, k);
		else
			put(b, k);
		(void)buf_char(b, '}');
	}
}

static void put(struct buf *b, const struct pp_node *n)
{
	if (b->over)
		return;
	switch ((enum pp_kind)n->kind) {
	case PP_UNDEF: (void)buf_str(b, "undef"); return;
	case PP_DEFAULT: (void)buf_str(b, "default"); return;
	case PP_BOOL: (void)buf_str(b, n->num ? "true" : "false"); return;
	case PP_STRING: name(b, n); return;
	case PP_INTERPOLATE: parts(b, n); return;
	case PP_REGEX: (void)buf_char(b, '/'); name(b, n); (void)buf_char(b, '/'); return;
	case PP_VAR: (void)buf_char(b, '$'); name(b, n); return;
	case PP_NUMBER: case PP_NAME: case PP_TYPE: name(b, n); return;
	case PP_ARRAY: list(b, n->a, "[", "]"); return;
	case PP_ACCESS: put(b, n->a); list(b, n->b, "[", "]"); return;
	case PP_CALL: name(b, n); list(b, n->b, "(", ")"); return;
	case PP_METHOD: put(b, n->a); (void)buf_char(b, '.'); name(b, n);
		if (n->b)
			list(b, n->b, "(", ")");
		return;
	default: (void)buf_str(b, "..."); return;
	}
}

const char *pp_source(struct arena *a, const struct pp_node *n)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SOURCE_MAX);

	put(&b, n);
	return arena_printf(a, "%s%s", buf_text(&b), b.over ? "..." : "");
}
