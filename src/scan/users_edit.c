#include "scan/users_edit.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/yaml.h"
#include <stdlib.h>
#include <string.h>

#define CUTS_MAX 100000u

struct cut { size_t from, to; const char *text; };      /* text: what stands there instead */
struct editing {
	const char *name, *src;
	size_t len;
	const struct users_edit *what;
	struct users_edited *done;
	struct cut *cuts;
	size_t n, cap;
	struct arena *arena;
	/* of the old tree: elements that go, scalars that become "absent", maps that get one more key */
	const struct yaml_node **gone, **absent, **more;
	size_t n_gone, cap_gone, n_absent, cap_absent, n_more, cap_more;
	struct err *e;
};

static void editing_end(struct editing *x)
{
	free(x->cuts);
	free(x->gone);
	free(x->absent);
	free(x->more);
	arena_free(x->arena);
}

static int cut(struct editing *x, size_t from, size_t to, const char *text)
{
	if (!GROW(x->cuts, x->n, x->cap, CUTS_MAX))
		return err_set(x->e, ERR_LIMIT, "%s: more than %u changes", x->name, CUTS_MAX);
	x->cuts[x->n++] = (struct cut){ from, to, text };
	return 0;
}

static void mark(const struct yaml_node ***list, size_t *n, size_t *cap, const struct yaml_node *node)
{
	if (GROW(*list, *n, *cap, CUTS_MAX))
		(*list)[(*n)++] = node;
}

#define MARK(x, list, node) mark(&(x)->list, &(x)->n_##list, &(x)->cap_##list, (node))

static bool has(const struct yaml_node *const *list, size_t n, const struct yaml_node *node)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == node)
			return true;
	return false;
}

static size_t line_start(const struct editing *x, size_t at)
{
	while (at > 0 && x->src[at - 1] != '\n')
		at--;
	return at;
}

/* Behind the newline of the line in which a node ends; a block scalar ends behind its own. */
static size_t line_end(const struct editing *x, size_t at)
{
	const char *nl = at && x->src[at - 1] == '\n' ? NULL : memchr(x->src + at, '\n', x->len - at);

	return at && x->src[at - 1] == '\n' ? at : nl ? (size_t)(nl - x->src) + 1 : x->len;
}

/* In brackets: what stays is written anew. */
static int cut_flow(struct editing *x, const struct yaml_node *list)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4 << 20);
	bool first = true;

	(void)buf_char(&b, '[');
	for (const struct yaml_node *c = list->child; c; c = c->next)
		if (!has(x->gone, x->n_gone, c)) {
			(void)buf_str(&b, first ? "" : ", ");
			(void)buf_add(&b, x->src + c->start, c->end - c->start);
			first = false;
		}
	(void)buf_char(&b, ']');
	return b.over ? err_set(x->e, ERR_LIMIT, "%s:%u:%u: the list is too long", x->name, list->line, list->col)
		: cut(x, list->start, list->end, arena_dup(x->arena, buf_text(&b)));
}

static int cut_block(struct editing *x, const struct yaml_node *list, size_t left)
{
	const char *colon = list->key ? memchr(x->src + list->key->end, ':', x->len - list->key->end) : NULL;
	int r = 0;

	if (!left && !colon)
		return yaml_err(x->e, x->name, list, "a list that has no name: expected 'NAME: [...]'");
	if (!left)
		r = cut(x, (size_t)(colon - x->src) + 1, (size_t)(colon - x->src) + 1, " []");
	for (const struct yaml_node *c = list->child; r == 0 && c; c = c->next)
		if (has(x->gone, x->n_gone, c))
			r = cut(x, line_start(x, c->start), line_end(x, c->end), "");
	return r;
}

typedef bool goes_fn(const struct users_edit *w, const char *text, size_t len);

/* Elements of a list of texts, for which `goes` says so. *n counts them. */
static int clean(struct editing *x, const struct yaml_node *list, goes_fn *goes, uint32_t *n)
{
	size_t left = 0, gone = x->n_gone;

	if (!list || yaml_is_null(list))
		return 0;
	if (list->kind != YAML_LIST)
		return yaml_err(x->e, x->name, list, "a list was expected here: take it out by hand");
	for (const struct yaml_node *c = list->child; c; c = c->next) {
		if (c->kind != YAML_SCALAR)
			return yaml_err(x->e, x->name, c, "a text was expected here: take it out by hand");
		if (goes(x->what, c->text, c->len))
			MARK(x, gone, c);
		else
			left++;
	}
	if (x->n_gone == gone)
		return 0;
	*n += (uint32_t)(x->n_gone - gone);
	return x->src[list->start] == '[' ? cut_flow(x, list) : cut_block(x, list, left);
}

static bool all_go(const struct users_edit *w _unused_, const char *text _unused_, size_t len _unused_)
{
	return true;
}

static bool user_goes(const struct users_edit *w, const char *text, size_t len)
{
	for (size_t i = 0; i < w->n_users; i++)
		if (strlen(w->users[i]) == len && !memcmp(w->users[i], text, len))
			return true;
	return false;
}

static bool key_goes(const struct users_edit *w, const char *text, size_t len)
{
	char fingerprint[SSHKEY_FINGERPRINT];
	struct sshkey_line key;

	if (!sshkey_of_line(text, len, &key) || !sshkey_fingerprint(key.base64, key.base64_len, fingerprint))
		return false;
	for (size_t i = 0; i < w->n_fingerprints; i++)
		if (!strcmp(w->fingerprints[i], fingerprint))
			return true;
	return false;
}

/* A new first key, in the way in which the others stand. */
static int add_ensure(struct editing *x, const struct yaml_node *person)
{
	const struct yaml_node *first = person->child;
	size_t at;

	MARK(x, more, person);
	if (x->src[person->start] == '{')
		return cut(x, person->start + 1, person->start + 1,
			   arena_printf(x->arena, first ? "%s: absent, " : "%s: absent", x->what->ensure));
	at = line_start(x, first->key->start);
	return cut(x, first->key->start, first->key->start,
		   arena_printf(x->arena, "%s: absent\n%.*s", x->what->ensure, (int)(first->key->start - at),
				x->src + at));
}

static int end_person(struct editing *x, const struct yaml_node *person)
{
	const struct yaml_node *ensure;

	if (person->kind != YAML_MAP)
		return yaml_err(x->e, x->name, person, "a map was expected of the user '%s': write '%s: absent' there "
						       "by "
				"hand", person->key->text, x->what->ensure);
	ensure = yaml_get(person, x->what->ensure);
	if (ensure && ensure->kind != YAML_SCALAR)
		return yaml_err(x->e, x->name, ensure, "'%s' is no text: write 'absent' there by hand",
			x->what->ensure);
	if (ensure && !strcmp(ensure->text, "absent"))
		return 0;
	x->done->users++;
	if (!ensure)
		return add_ensure(x, person);
	MARK(x, absent, ensure);
	return cut(x, ensure->start, ensure->end, "absent");
}

static int find(const struct editing *x, struct yaml_node *root, const char *const *path, const struct yaml_node **ret)
{
	struct yaml_node *n = root;

	for (; n && *path; path++) {
		struct yaml_node *below = yaml_get(n, *path);

		if (!below)
			return yaml_err(x->e, x->name, n, "there is no '%s' here, where the register says that users "
							  "stand",
					*path);
		n = below;
	}
	if (!n || n->kind != YAML_MAP)
		return yaml_err(x->e, x->name, n, "a map was expected here, where the register says that users stand");
	*ret = n;
	return 0;
}

static int edit_people(struct editing *x, struct yaml_node *root)
{
	const struct yaml_node *people;
	int r = find(x, root, x->what->people, &people);

	if (r < 0)
		return r;
	x->done->unknown = (uint32_t)x->what->n_users;
	for (const struct yaml_node *c = people->child; r == 0 && c; c = c->next) {
		bool theirs = user_goes(x->what, c->key->text, c->key->len);

		if (theirs) {
			x->done->unknown--;
			r = end_person(x, c);
		}
		if (r == 0 && c->kind == YAML_MAP)
			r = clean(x, yaml_get(c, x->what->keys), theirs ? all_go : key_goes, &x->done->keys);
	}
	return r;
}

static int edit_groups(struct editing *x, struct yaml_node *root)
{
	const struct yaml_node *groups;
	int r = x->what->groups && *x->what->groups ? find(x, root, x->what->groups, &groups) : 1;

	if (r)
		return r < 0 ? r : 0;
	for (const struct yaml_node *c = groups->child; r == 0 && c; c = c->next)
		if (c->kind == YAML_MAP)
			r = clean(x, yaml_get(c, x->what->members), user_goes, &x->done->memberships);
	return r;
}

static bool same(const struct editing *x, const struct yaml_node *old, const struct yaml_node *new);

static bool same_children(const struct editing *x, const struct yaml_node *old, const struct yaml_node *new)
{
	const struct yaml_node *a = old->child, *b = new->child;

	if (has(x->more, x->n_more, old)) {
		if (!b || strcmp(b->key->text, x->what->ensure) != 0 || b->kind != YAML_SCALAR ||
		    strcmp(b->text, "absent") != 0)
			return false;
		b = b->next;
	}
	for (; a; a = a->next) {
		if (has(x->gone, x->n_gone, a))
			continue;
		if (!b || !same(x, a, b) || (!a->key) != (!b->key) || (a->key && !same(x, a->key, b->key)))
			return false;
		b = b->next;
	}
	return !b;
}

static bool same(const struct editing *x, const struct yaml_node *old, const struct yaml_node *new)
{
	if (old->kind != new->kind)
		return false;
	if (has(x->absent, x->n_absent, old))
		return !strcmp(new->text, "absent");
	if (old->kind == YAML_SCALAR || old->kind == YAML_ALIAS)
		return old->len == new->len && !memcmp(old->text, new->text, old->len);
	return same_children(x, old, new);
}

static int by_place(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static int splice(struct editing *x, const struct yaml_node *root, struct buf *ret)
{
	struct yaml_node *again = NULL;
	size_t at = 0;
	int r;

	if (x->n)
		qsort(x->cuts, x->n, sizeof(*x->cuts), by_place);
	for (size_t i = 0; i < x->n; i++) {
		(void)buf_add(ret, x->src + at, x->cuts[i].from - at);
		(void)buf_str(ret, x->cuts[i].text);
		at = x->cuts[i].to;
	}
	(void)buf_add(ret, x->src + at, x->len - at);
	if (ret->over)
		return err_set(x->e, ERR_LIMIT, "%s: the new text is too long", x->name);
	r = yaml_parse(x->arena, x->name, ret->data, ret->len, &again, x->e);
	if (r < 0 || !again || !same(x, root, again))
		return err_set(x->e, ERR_BUG, "%s: the edited text does not say what was meant: nothing was written; "
					      "edit it by "
			       "hand", x->name);
	return 0;
}

int users_edit(const char *name, const char *text, size_t len, const struct users_edit *what, struct buf *ret,
	       struct users_edited *done, struct err *e)
{
	_cleanup_(editing_end) struct editing x = { .name = name, .src = text, .len = len, .what = what, .done = done,
						    .arena = arena_new(), .e = e };
	struct yaml_node *root = NULL;
	int r = yaml_parse(x.arena, name, text, len, &root, e);

	*done = (struct users_edited){ 0 };
	if (r == 0 && !root)
		r = err_set(e, ERR_CONFIG, "%s: the file is empty, where the register says that users stand", name);
	if (r == 0)
		r = edit_people(&x, root);
	if (r == 0)
		r = edit_groups(&x, root);
	return r == 0 ? splice(&x, root, ret) : r;
}
