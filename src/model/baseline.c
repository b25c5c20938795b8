#include "model/baseline.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/drift.h"
#include <stdlib.h>
#include <string.h>

#define VERSION 1
#define SECTIONS_MAX 64u

struct baseline *baseline_new(const char *host, int64_t at_us)
{
	struct baseline *b = mem_zero(1, sizeof(*b));

	b->arena = arena_new();
	b->host = arena_dup(b->arena, host);
	b->at_us = at_us;
	return b;
}

struct baseline *baseline_free(struct baseline *b)
{
	if (!b)
		return NULL;
	for (uint32_t i = 0; i < b->n; i++)
		free(b->sections[i].items);
	free(b->sections);
	arena_free(b->arena);
	free(b);
	return NULL;
}

void baseline_freep(struct baseline **b)
{
	*b = baseline_free(*b);
}

static struct baseline_section *find(const struct baseline *b, const char *name)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (!strcmp(b->sections[i].name, name))
			return &b->sections[i];
	return NULL;
}

const struct baseline_section *baseline_section(const struct baseline *b, const char *name)
{
	return find(b, name);
}

static int want(struct baseline *b, const char *name, struct baseline_section **ret, struct err *e)
{
	const struct drift_section *known = drift_section(name);
	struct baseline_section *s = find(b, name);

	if (!known)
		return err_set(e, ERR_CONFIG, "baseline of '%s': there is no section '%.40s'", b->host, name);
	if (!s) {
		if (!GROW(b->sections, b->n, b->cap, SECTIONS_MAX))
			return err_set(e, ERR_LIMIT, "baseline of '%s': more than %u sections", b->host, SECTIONS_MAX);
		s = &b->sections[b->n++];
		*s = (struct baseline_section){ .name = known->name };
	}
	*ret = s;
	return 0;
}

static int check_text(const struct baseline *b, const char *section, const char *text, bool may_be_empty,
		      struct err *e)
{
	size_t len = strlen(text);

	if (len > BASELINE_TEXT_MAX)
		return err_set(e, ERR_LIMIT, "baseline of '%s', %s: a text is longer than %u bytes", b->host, section,
			       BASELINE_TEXT_MAX);
	if ((!len && !may_be_empty) || !text_is_utf8(text, len))
		return err_set(e, ERR_CONFIG, "baseline of '%s', %s: an empty text, or one that is no UTF-8", b->host,
			       section);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(e, ERR_CONFIG, "baseline of '%s', %s: a text with control characters", b->host,
				       section);
	return 0;
}

int baseline_add(struct baseline *b, const char *section, const char *key, const char *is, struct err *e)
{
	struct baseline_section *s;
	int r = want(b, section, &s, e);

	if (r < 0 || (r = check_text(b, section, key, false, e)) < 0 || (r = check_text(b, section, is, true, e)) < 0)
		return r;
	if (b->items >= BASELINE_ITEMS_MAX || !GROW(s->items, s->n, s->cap, BASELINE_ITEMS_MAX))
		return err_set(e, ERR_LIMIT, "baseline of '%s': more than %u items", b->host, BASELINE_ITEMS_MAX);
	s->items[s->n++] = (struct baseline_item){ arena_dup(b->arena, key), arena_dup(b->arena, is) };
	b->items++;
	return 0;
}

int baseline_read(struct baseline *b, const char *section, const char *why, struct err *e)
{
	struct baseline_section *s;
	int r = want(b, section, &s, e);

	if (r < 0 || (why && (r = check_text(b, section, why, false, e)) < 0))
		return r;
	s->read = true;
	if (why && !s->cut)
		s->cut = arena_dup(b->arena, why);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct baseline_item *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int by_name(const void *a, const void *b)
{
	const struct baseline_section *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int baseline_settle(struct baseline *b, struct err *e)
{
	if (b->n)
		qsort(b->sections, b->n, sizeof(*b->sections), by_name);
	for (uint32_t i = 0; i < b->n; i++) {
		struct baseline_section *s = &b->sections[i];

		if (s->n)
			qsort(s->items, s->n, sizeof(*s->items), by_key);
		for (uint32_t k = 1; k < s->n; k++)
			if (!strcmp(s->items[k - 1].key, s->items[k].key))
				return err_set(e, ERR_CONFIG, "baseline of '%s', %s: '%.200s' stands there twice",
					       b->host, s->name, s->items[k].key);
	}
	return 0;
}

static void add_line(struct buf *ret, json_t *line)
{
	json_line(ret, line);
	(void)buf_char(ret, '\n');
	json_decref(line);
}

void baseline_write(const struct baseline *b, struct buf *ret)
{
	json_t *head = json_object();

	json_put_int(head, "baseline", VERSION);
	json_put(head, "host", b->host);
	json_put_int(head, "at_us", b->at_us);
	add_line(ret, head);
	for (uint32_t i = 0; i < b->n; i++) {
		const struct baseline_section *s = &b->sections[i];
		json_t *line = json_object();

		json_put(line, "section", s->name);
		json_object_set_new(line, "read", json_boolean(s->read));
		json_put(line, "cut", s->cut);
		add_line(ret, line);
		for (uint32_t k = 0; k < s->n; k++)
			add_line(ret, json_pack("[ss]", s->items[k].key, s->items[k].is));
	}
}

struct parsing {
	const char *name, *section;
	struct baseline *b;
	unsigned line;
};

static int parse_head(struct parsing *p, const json_t *j, struct err *e)
{
	const char *host = json_str(j, "host");

	if (json_int(j, "baseline", 0) != VERSION || !host || json_int(j, "at_us", -1) < 0)
		return err_set(e, ERR_CONFIG, "%s:1: no baseline of version %d", p->name, VERSION);
	p->b = baseline_new(host, json_int(j, "at_us", 0));
	return 0;
}

static int parse_line(struct parsing *p, const json_t *j, struct err *e)
{
	const char *section = json_str(j, "section"), *key = json_string_value(json_array_get(j, 0)),
		   *is = json_string_value(json_array_get(j, 1));
	struct baseline_section *s;
	int r = 0;

	if (!p->b)
		return parse_head(p, j, e);
	if (section) {
		r = want(p->b, section, &s, e);
		if (r == 0 && json_is(j, "read"))
			r = baseline_read(p->b, section, json_str(j, "cut"), e);
		if (r == 0)
			p->section = drift_section(section)->name;
	} else if (p->section && key && is) {
		r = baseline_add(p->b, p->section, key, is, e);
	} else {
		return err_set(e, ERR_CONFIG, "%s:%u: a section, or an item of one, is expected", p->name, p->line);
	}
	return r < 0 ? err_wrap(e, "%s:%u", p->name, p->line) : 0;
}

static int parse_all(struct parsing *p, const char *text, size_t len, struct err *e)
{
	while (len) {
		_cleanup_(json_freep) json_t *j = NULL;
		const char *end = memchr(text, '\n', len);
		int r;

		p->line++;
		if (!end)
			return err_set(e, ERR_CONFIG, "%s:%u: cut in the middle of a line", p->name, p->line);
		r = json_read(p->name, text, (size_t)(end - text), (size_t)4 * BASELINE_TEXT_MAX, &j, e);
		if (r < 0 || (r = parse_line(p, j, e)) < 0)
			return r;
		len -= (size_t)(end - text) + 1;
		text = end + 1;
	}
	return p->b ? baseline_settle(p->b, e) : err_set(e, ERR_CONFIG, "%s: an empty file is no baseline", p->name);
}

int baseline_parse(const char *name, const char *text, size_t len, struct baseline **ret, struct err *e)
{
	struct parsing p = { .name = name };
	int r = parse_all(&p, text, len, e);

	if (r < 0) {
		baseline_free(p.b);
		return r;
	}
	*ret = p.b;
	return 0;
}
