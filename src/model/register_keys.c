#include "model/register_parts.h"
#include "base/mem.h"
#include "base/text.h"

#define KEYS_MAX 32 /* of one table */
#define SHOWN 60    /* bytes of a wrong word that a text repeats */

static bool field_problem(struct loader *l, const struct yaml_node *n, const char *name, const char *expected)
{
	return problem_at(l, n, "'%s' is wrong: expected %s", name, expected);
}

bool plain_node(struct loader *l, const struct yaml_node *n)
{
	if (n->kind == YAML_ALIAS)
		return problem_at(l, n, "an alias ('*%.*s') stands here: a %s has none, write the value out",
				  SHOWN, n->text ? n->text : "", l->noun);
	if (n->anchored)
		return problem_at(l, n, "an anchor ('&') stands here: a %s has none, write each value out", l->noun);
	if (n->tagged)
		return problem_at(l, n, "a tag ('!') stands here: a %s has none, leave it away", l->noun);
	return true;
}

static bool key_node(struct loader *l, const struct yaml_node *n)
{
	if (!plain_node(l, n->key))
		return false;
	if (n->key->kind != YAML_SCALAR)
		return problem_at(l, n->key, "a key is a list or a map: expected a word");
	if (!strcmp(n->key->text, "<<") && n->key->style == YAML_PLAIN)
		return problem_at(l, n->key, "a merge key ('<<') stands here: a %s has none, write the keys out",
				  l->noun);
	return true;
}

static const struct key *find(const struct key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static const char *hint_keys(const struct key *keys, size_t n, const char *wrong)
{
	const char *words[KEYS_MAX];

	for (size_t i = 0; i < n; i++)
		words[i] = keys[i].name;
	return hint_words(wrong, words, n);
}

static bool take_pair(struct loader *l, const struct yaml_node *n, const struct key *k, void *item)
{
	if (!plain_node(l, n))
		return false;
	if (yaml_is_null(n))
		return problem_at(l, n->key, "'%s' has no value: give one, or leave the key away", k->name);
	return k->take(l, k, n, item);
}

bool take_map(struct loader *l, const struct yaml_node *n, const struct key *keys, size_t n_keys, void *item,
	      const char *what)
{
	const struct yaml_node *seen[KEYS_MAX] = { NULL };
	bool ok = true;

	if (!plain_node(l, n))
		return false;
	if (n->kind != YAML_MAP)
		return problem_at(l, n, "%s is no map: expected keys like '%s: ...'", what, keys[0].name);
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next) {
		if (!key_node(l, c)) {
			ok = false;
			continue;
		}

		const struct key *k = find(keys, n_keys, c->key->text);

		if (!k) {
			ok = problem_at(l, c->key, "unknown key '%.*s' in %s%s", SHOWN, c->key->text, what,
					hint_keys(keys, n_keys, c->key->text));
		} else if (seen[k - keys]) {
			ok = problem_at(l, c->key, "'%s' stands twice in %s: the first is on line %u", k->name, what,
					seen[k - keys]->line);
		} else {
			seen[k - keys] = c->key;
			ok = take_pair(l, c, k, item) && ok;
		}
	}
	for (size_t i = 0; i < n_keys; i++)
		if (keys[i].required && !seen[i])
			ok = problem_at(l, n, "%s has no '%s', which it needs", what, keys[i].name);
	return ok;
}

bool scalar(struct loader *l, const struct yaml_node *n, const char *what, const char **ret)
{
	if (!plain_node(l, n))
		return false;
	if (n->kind != YAML_SCALAR)
		return problem_at(l, n, "'%s' is a %s: expected one text", what,
				  n->kind == YAML_LIST ? "list" : "map");
	if (strlen(n->text) != n->len)
		return problem_at(l, n, "'%s' holds a NUL character", what);
	*ret = n->text;
	return true;
}

bool take_text(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	check_fn *check = k->check ? k->check : check_line;
	const char *text, *expected;

	if (!scalar(l, n, k->name, &text))
		return false;
	expected = check(text);
	if (expected)
		return field_problem(l, n, k->name, expected);
	*(const char **)((char *)item + k->offset) = arena_dupn(l->keep, text, n->len);
	return true;
}

bool list_words(struct loader *l, const struct yaml_node *n, uint32_t limit, check_fn *check, struct words *ret)
{
	const struct yaml_node *c = n->kind == YAML_LIST ? n->child : n;
	size_t count = n->kind == YAML_LIST ? n->count : 1;
	struct words w = { .file = l->file };

	if (count > limit)
		return problem_at(l, n, "%zu entries stand here: at most %u are taken", count, limit);
	w.w = arena_zero(l->draft, count * sizeof(*w.w));
	for (; c && w.n < count && !enough(l); c = c->next) {
		const char *text, *expected;

		if (!scalar(l, c, "an entry of the list", &text))
			return false;
		expected = check ? check(text) : NULL;
		if (expected)
			return problem_at(l, c, "'%.*s' is wrong: expected %s", SHOWN, text, expected);
		w.w[w.n++] = (struct word){ arena_dupn(l->draft, text, c->len), c->line, c->col };
	}
	*ret = w;
	return true;
}

bool take_texts(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct names *ret = (struct names *)((char *)item + k->offset);
	struct words w;

	if (!list_words(l, n, k->limit ? k->limit : LIMIT_WORDS, k->check ? k->check : check_line, &w))
		return false;
	if (!w.n)
		return problem_at(l, n, "'%s' is an empty list: fill it, or leave the key away", k->name);
	ret->s = arena_zero(l->keep, w.n * sizeof(*ret->s));
	for (ret->n = 0; ret->n < w.n; ret->n++)
		ret->s[ret->n] = arena_dup(l->keep, w.w[ret->n].s);
	return true;
}

bool take_choice(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;
	size_t count = 0;

	if (!scalar(l, n, k->name, &text))
		return false;
	for (; k->words[count]; count++)
		if (!strcmp(k->words[count], text)) {
			*(unsigned int *)((char *)item + k->offset) = (unsigned int)count;
			return true;
		}
	return problem_at(l, n, "'%s' cannot be '%.*s'%s", k->name, SHOWN, text, hint_words(text, k->words, count));
}

bool take_flag(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return field_problem(l, n, k->name, "true or false");
	*(bool *)((char *)item + k->offset) = text[0] == 't';
	return true;
}

bool take_number(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;
	int64_t number;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (text_i64(text, &number) < 0 || number < 0)
		return field_problem(l, n, k->name, "a whole number, 0 or more");
	*(int64_t *)((char *)item + k->offset) = number;
	return true;
}

bool take_seconds(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;
	uint32_t seconds;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (text_u32(text, 1, 86400, &seconds) < 0)
		return field_problem(l, n, k->name, "seconds from 1 to 86400");
	*(int64_t *)((char *)item + k->offset) = seconds;
	return true;
}

void late_add(struct loader *l, enum late_what what, struct words words, uint32_t limit, void *target)
{
	if (!GROW(l->late, l->n_late, l->cap_late, LIMIT_EDGES))
		return;
	l->late[l->n_late++] = (struct late){ .what = what, .limit = limit, .words = words, .target = target };
}

bool take_late(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	bool several = k->late == LATE_HOSTS || k->late == LATE_REFS || k->late == LATE_CHANNELS;
	struct words w;

	if (!several && n->kind != YAML_SCALAR)
		return problem_at(l, n, "'%s' is a %s: expected one name", k->name,
				  n->kind == YAML_LIST ? "list" : "map");
	if (n->kind == YAML_MAP)
		return problem_at(l, n, "'%s' is a map: expected a list of names", k->name);
	if (!list_words(l, n, k->limit ? k->limit : LIMIT_WORDS, k->check, &w))
		return false;
	if (k->required && !w.n)
		return problem_at(l, n, "'%s' is an empty list: at least one name is expected", k->name);
	late_add(l, k->late, w, k->limit ? k->limit : LIMIT_WORDS, (char *)item + k->offset);
	return true;
}
