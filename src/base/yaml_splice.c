#include "base/yaml_splice.h"
#include "base/yaml_scalar.h"

struct compare {
	const struct yaml_node *target;
	size_t from, to, put;  /* bytes from..to of the old text became `put` bytes */
	const char *value;
	size_t value_len;
};

static bool is_same_text(const struct yaml_node *n, const char *text, size_t len)
{
	return n->len == len && memcmp(n->text, text, len) == 0;
}

/* Everything behind the edit moved by the same number of bytes; nothing else moved. */
static bool is_same_place(const struct compare *c, const struct yaml_node *old, const struct yaml_node *new)
{
	size_t expected = old->start < c->to ? old->start : old->start - (c->to - c->from) + c->put;

	return new->start == expected;
}

static bool is_same(const struct compare *c, const struct yaml_node *old, const struct yaml_node *new)
{
	for (; old && new; old = old->next, new = new->next) {
		if (old->kind != new->kind || old->anchored != new->anchored || old->tagged != new->tagged ||
		    old->count != new->count || !is_same_place(c, old, new) || !old->key != !new->key)
			return false;
		if (old == c->target) {
			bool quoted = old->style == YAML_PLAIN && new->style == YAML_SINGLE;

			if (!is_same_text(new, c->value, c->value_len) || (old->style != new->style && !quoted))
				return false;
		} else if (old->style != new->style || !is_same_text(new, old->text, old->len)) {
			return false;
		}
		if ((old->key && !is_same(c, old->key, new->key)) || !is_same(c, old->child, new->child))
			return false;
	}
	return !old && !new;
}

static int splice(struct arena *a, const struct yaml_source *s, const char *const *path, const char *value,
		  size_t value_len, struct buf *ret, struct err *e)
{
	_cleanup_(yaml_edit_clear) struct yaml_edit edit = { 0 };
	_cleanup_(buf_free) struct buf text = BUF_WIPED(YAML_MAX);
	struct yaml_node *target, *root = NULL;

	int r = yaml_path_walk(s, path, YAML_OWN_BYTES, &target, e);
	if (r == 0)
		r = yaml_scalar_edit(s, target, value, value_len, &edit, e);
	if (r < 0)
		return r;

	(void)buf_add(&text, s->text, edit.from);
	(void)buf_add(&text, buf_text(&edit.bytes), edit.bytes.len);
	(void)buf_add(&text, s->text + edit.to, s->len - edit.to);
	if (text.over)
		return err_set(e, ERR_LIMIT, "%s: with the new value it is larger than %zu bytes", s->name, YAML_MAX);

	const struct compare c = { target, edit.from, edit.to, edit.bytes.len, value, value_len };
	struct err reading = ERR_INIT;

	if (yaml_parse(a, s->name, text.data, text.len, &root, &reading) < 0 || !root || !is_same(&c, s->root, root))
		return yaml_err(e, s->name, target, "the new value cannot stand here without changing more than "
				"itself: write the old value in double quotes first");
	if (buf_add(ret, text.data, text.len) < 0)
		return err_set(e, ERR_LIMIT, "%s: with the new value it is larger than %zu bytes", s->name, ret->max);
	return 0;
}

int yaml_splice(const char *name, const char *src, size_t len, const char *const *path, const char *value,
		size_t value_len, struct buf *ret, struct err *e)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct yaml_source s = { .name = name, .text = src, .len = len };

	int r = yaml_parse(a, name, src, len, &s.root, e);

	return r < 0 ? r : splice(a, &s, path, value, value_len, ret, e);
}
