#include "base/yaml.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdarg.h>
#include <yaml.h>

#define DEPTH_MAX 64
#define NODES_MAX 20000000u
#define SHARED_TEXTS 512 /* slots for texts that stand again and again: keys, kinds */
#define SHARED_LEN 32

struct frame {
	struct yaml_node *node, *last, *key;
};

struct build {
	struct arena *arena;
	const char *name, *src;    /* src: behind the BOM */
	size_t len, bom;
	size_t byte, character;    /* one place of the source, counted both ways */
	struct frame stack[DEPTH_MAX];
	unsigned depth, nodes;
	struct yaml_node *root;
	const struct yaml_node *shared[SHARED_TEXTS];
};

__attribute__((format(printf, 5, 0)))
static int say(struct err *e, const char *name, size_t line, size_t col, const char *fmt, va_list args)
{
	char what[400];

	(void)vsnprintf(what, sizeof(what), fmt, args);
	return err_set(e, ERR_CONFIG, "%s:%zu:%zu: %s", name, line, col, what);
}

int (yaml_err)(struct err *e, const char *name, const struct yaml_node *n, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int r = say(e, name, n ? n->line : 1, n ? n->col : 1, fmt, args);
	va_end(args);
	return r;
}

_printf_(4, 5)
static int err_at_byte(struct err *e, const struct build *b, size_t byte, const char *fmt, ...)
{
	size_t line = 1, col = 1;
	va_list args;

	for (size_t i = 0; i < byte && i < b->len; i++) {
		if (b->src[i] == '\n') {
			line++;
			col = 1;
		} else if (((unsigned char)b->src[i] & 0xc0) != 0x80) {
			col++;
		}
	}
	va_start(args, fmt);
	int r = say(e, b->name, line, col, fmt, args);
	va_end(args);
	return r;
}

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t first_bad_byte(const char *s, size_t len)
{
	size_t at = 0;

	for (size_t n; at < len; at += n) {
		n = 1;
		while (n < 4 && at + n < len && is_inside(s[at + n]))
			n++;
		if (!text_is_utf8(s + at, n))
			break;
	}
	return at;
}

static int check_text(const struct build *b, struct err *e)
{
	if (text_is_utf8(b->src, b->len))
		return 0;

	size_t bad = first_bad_byte(b->src, b->len);

	if (b->src[bad] == '\0')
		return err_at_byte(e, b, bad, "a NUL byte stands here, so it is no text file");
	return err_at_byte(e, b, bad, "not UTF-8: save the file in that encoding");
}

/* libyaml's marks count characters; they come almost in order, so walking from the last one is linear in all. */
static uint32_t byte_at(struct build *b, size_t character)
{
	while (b->character < character && b->byte < b->len) {
		b->byte++;
		while (b->byte < b->len && is_inside(b->src[b->byte]))
			b->byte++;
		b->character++;
	}
	while (b->character > character) {
		b->byte--;
		while (is_inside(b->src[b->byte]))
			b->byte--;
		b->character--;
	}
	return (uint32_t)(b->byte + b->bom);
}

static void set_text(struct build *b, struct yaml_node *n, const char *text, size_t len)
{
	const struct yaml_node **slot = NULL;

	n->len = (uint32_t)len;
	if (len <= SHARED_LEN) {
		uint32_t hash = 2166136261u;

		for (size_t i = 0; i < len; i++)
			hash = (hash ^ (unsigned char)text[i]) * 16777619u;
		slot = &b->shared[(hash ^ hash >> 15) % SHARED_TEXTS];
		if (*slot && (*slot)->len == len && memcmp((*slot)->text, text, len) == 0) {
			n->text = (*slot)->text;
			return;
		}
		*slot = n;
	}
	n->text = arena_dupn(b->arena, text, len);
}

static enum yaml_style style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return YAML_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return YAML_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
		return YAML_LITERAL;
	case YAML_FOLDED_SCALAR_STYLE:
		return YAML_FOLDED;
	default:
		return YAML_PLAIN;
	}
}

static void attach(struct build *b, struct yaml_node *n)
{
	if (b->depth == 0) {
		b->root = n;
		return;
	}

	struct frame *f = &b->stack[b->depth - 1];

	if (f->node->kind == YAML_MAP && !f->key) {
		f->key = n;
		return;
	}
	n->key = TAKE(f->key);
	if (f->last)
		f->last->next = n;
	else
		f->node->child = n;
	f->last = n;
	f->node->count++;
}

static int add_node(struct build *b, const yaml_event_t *ev, struct err *e)
{
	if (++b->nodes > NODES_MAX) {
		(void)err_at_byte(e, b, byte_at(b, ev->start_mark.index) - b->bom, "more than %u values", NODES_MAX);
		if (e)
			e->code = ERR_LIMIT;
		return -ERR_LIMIT;
	}

	struct yaml_node *n = arena_zero(b->arena, sizeof(*n));

	n->line = (uint32_t)ev->start_mark.line + 1;
	n->col = (uint32_t)ev->start_mark.column + 1;
	n->start = byte_at(b, ev->start_mark.index);
	n->end = byte_at(b, ev->end_mark.index);
	if (ev->type == YAML_SCALAR_EVENT) {
		n->kind = YAML_SCALAR;
		n->style = style_of(ev->data.scalar.style);
		n->anchored = ev->data.scalar.anchor != NULL;
		n->tagged = ev->data.scalar.tag != NULL;
		set_text(b, n, (const char *)ev->data.scalar.value, ev->data.scalar.length);
	} else if (ev->type == YAML_ALIAS_EVENT) {
		const char *anchor = (const char *)ev->data.alias.anchor;

		n->kind = YAML_ALIAS;
		set_text(b, n, anchor, strlen(anchor));
	} else {
		bool map = ev->type == YAML_MAPPING_START_EVENT;

		n->kind = map ? YAML_MAP : YAML_LIST;
		n->anchored = (map ? ev->data.mapping_start.anchor : ev->data.sequence_start.anchor) != NULL;
		n->tagged = (map ? ev->data.mapping_start.tag : ev->data.sequence_start.tag) != NULL;
		n->text = "";
		if (b->depth == DEPTH_MAX)
			return yaml_err(e, b->name, n, "nested more than %d deep", DEPTH_MAX);
		attach(b, n);
		b->stack[b->depth++] = (struct frame){ .node = n };
		return 0;
	}
	attach(b, n);
	return 0;
}

static int parser_err(const struct build *b, const yaml_parser_t *p, struct err *e)
{
	const char *problem = p->problem ? p->problem : "not YAML";

	if (p->error == YAML_READER_ERROR)
		return err_at_byte(e, b, p->problem_offset, "%s", problem);

	struct yaml_node at = {
		.line = (uint32_t)p->problem_mark.line + 1,
		.col = (uint32_t)p->problem_mark.column + 1,
	};

	if (!p->context)
		return yaml_err(e, b->name, &at, "%s", problem);
	return yaml_err(e, b->name, &at, "%s, %s that starts in line %zu", problem, p->context,
			p->context_mark.line + 1);
}

/* One event; *done becomes true behind the last one. */
static int take_event(struct build *b, const yaml_event_t *ev, unsigned *documents, bool *done, struct err *e)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents > 1)
			return err_at_byte(e, b, byte_at(b, ev->start_mark.index) - b->bom,
					   "a second document starts here: one is accepted in a file");
		return 0;
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return add_node(b, ev, e);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		if (b->depth == 0)
			return err_set(e, ERR_BUG, "%s: something ends that has not begun", b->name);
		b->stack[--b->depth].node->end = byte_at(b, ev->end_mark.index);
		return 0;
	case YAML_STREAM_END_EVENT:
		*done = true;
		return 0;
	default:
		return 0;
	}
}

static void event_clear(yaml_event_t *ev)
{
	/* Hiera files hold private values; the arena is the caller's, this copy is ours. */
	if (ev->type == YAML_SCALAR_EVENT && ev->data.scalar.value)
		explicit_bzero(ev->data.scalar.value, ev->data.scalar.length);
	yaml_event_delete(ev);
}

static void parser_clear(yaml_parser_t *p)
{
	if (p->raw_buffer.start)
		explicit_bzero(p->raw_buffer.start, (size_t)(p->raw_buffer.end - p->raw_buffer.start));
	if (p->buffer.start)
		explicit_bzero(p->buffer.start, (size_t)(p->buffer.end - p->buffer.start));
	yaml_parser_delete(p);
}

int yaml_parse(struct arena *a, const char *name, const char *src, size_t len, struct yaml_node **ret, struct err *e)
{
	_cleanup_(parser_clear) yaml_parser_t parser = { 0 };
	unsigned documents = 0;
	bool done = false;

	if (len > YAML_MAX)
		return err_set(e, ERR_LIMIT, "%s:1:1: %zu bytes: at most %zu are accepted", name, len, YAML_MAX);

	size_t bom = len >= 3 && memcmp(src, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	if (!yaml_parser_initialize(&parser))
		return err_set(e, ERR_IO, "out of memory for the YAML parser");

	_cleanup_(freep) struct build *b = mem_zero(1, sizeof(*b));

	*b = (struct build){ .arena = a, .name = name, .src = src + bom, .len = len - bom, .bom = bom };

	int r = check_text(b, e);
	if (r < 0)
		return r;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)b->src, b->len);
	while (!done) {
		_cleanup_(event_clear) yaml_event_t event = { 0 };

		if (!yaml_parser_parse(&parser, &event))
			return parser_err(b, &parser, e);
		r = take_event(b, &event, &documents, &done, e);
		if (r < 0)
			return r;
	}

	const struct yaml_node *root = b->root;
	bool empty = root && root->kind == YAML_SCALAR && root->start == root->end;

	*ret = empty ? NULL : b->root;
	return 0;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	size_t len = strlen(key);

	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (struct yaml_node *n = map->child; n; n = n->next)
		if (n->key->kind == YAML_SCALAR && n->key->len == len && memcmp(n->key->text, key, len) == 0)
			return n;
	return NULL;
}

bool yaml_is_null(const struct yaml_node *n)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	if (!n)
		return true;
	if (n->kind != YAML_SCALAR || n->style != YAML_PLAIN || n->tagged)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (n->len == strlen(words[i]) && memcmp(n->text, words[i], n->len) == 0)
			return true;
	return false;
}
