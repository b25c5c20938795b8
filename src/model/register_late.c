#include "model/register_parts.h"
#include "base/mem.h"
#include "base/text.h"

#define SHOWN 60

struct kind { const char *prefix, *one; enum table_name table; enum ref_kind kind; };
static const struct kind kinds[] = {
	{ "secret", "secret", TABLE_SECRETS, REF_SECRET },
	{ "host", "host", TABLE_HOSTS, REF_HOST },
	{ "system", "system", TABLE_SYSTEMS, REF_SYSTEM },
	{ "data", "data set", TABLE_DATA, REF_DATA },
	{ "user", "user", TABLE_USERS, REF_USER },
	{ "ssh-key", "ssh key", TABLE_SSH_KEYS, REF_SSH_KEY },
};

struct list { struct ref *r; size_t n, cap; uint32_t limit; };

static void list_free(struct list *list)
{
	free(list->r);
}

static struct position at(const struct words *w, uint32_t i)
{
	return (struct position){ w->file, w->w[i].line, w->w[i].col };
}

static const struct kind *kind_of_prefix(const char *word, const char **rest)
{
	const char *colon = strchr(word, ':');

	for (size_t i = 0; colon && i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].prefix) == (size_t)(colon - word) && text_starts(word, kinds[i].prefix)) {
			*rest = colon + 1;
			return &kinds[i];
		}
	return NULL;
}

static bool unknown(struct loader *l, struct position where, const char *word, const struct kind *k, const char *rest)
{
	if (k)
		return problem(l, where, "no %s is called '%.*s'%s", k->one, SHOWN,
			       rest, hint_table(l, rest, k->table));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *hint = hint_table(l, word, kinds[i].table);

		if (text_starts(hint, " (did"))
			return problem(l, where, "no secret, host, system, data set, user or ssh key is called "
						 "'%.*s'%s", SHOWN, word, hint);
	}
	return problem(l, where, "no secret, host, system, data set, user or ssh key is called '%.*s'", SHOWN, word);
}

/* A word without prefix may be any of these, but only one of them. */
static bool find_any(struct loader *l, struct position where, const char *word, struct ref *ret)
{
	const struct kind *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint32_t index = map_get(&l->table[kinds[i].table].names, word);

		if (index == MAP_NONE)
			continue;
		if (found)
			return problem(l, where, "'%s' is a %s and a %s: write '%s:%s' or '%s:%s'", word, found->one,
				       kinds[i].one, found->prefix, word, kinds[i].prefix, word);
		found = &kinds[i];
		*ret = (struct ref){ kinds[i].kind, index };
	}
	return found || unknown(l, where, word, NULL, NULL);
}

static bool add(struct loader *l, struct list *list, struct position where, struct ref ref)
{
	if (!GROW(list->r, list->n, list->cap, list->limit))
		return problem(l, where, "more than %u things are named here: at most %u are taken; a closure rule "
					 "says 'all hosts' once", list->limit, list->limit);
	list->r[list->n++] = ref;
	return true;
}

static bool add_hosts(struct loader *l, struct list *list, const struct words *w, uint32_t i, const char *word)
{
	struct word one = { word, w->w[i].line, w->w[i].col };
	struct words alone = { w->file, &one, 1 };
	struct indices hosts;

	if (!hosts_of_words(l, &alone, &hosts))
		return false;
	for (uint32_t h = 0; h < hosts.n; h++)
		if (!add(l, list, at(w, i), (struct ref){ REF_HOST, hosts.i[h] }))
			return false;
	return true;
}

static bool add_word(struct loader *l, struct list *list, const struct words *w, uint32_t i)
{
	const char *word = w->w[i].s, *rest = word;
	const struct kind *k = kind_of_prefix(word, &rest);
	struct ref ref;

	if (k && k->kind == REF_HOST)
		return add_hosts(l, list, w, i, rest);
	if (k) {
		uint32_t index = map_get(&l->table[k->table].names, rest);

		return index == MAP_NONE ? unknown(l, at(w, i), word, k, rest)
			: add(l, list, at(w, i), (struct ref){ k->kind, index });
	}
	return find_any(l, at(w, i), word, &ref) && add(l, list, at(w, i), ref);
}

static void refs(struct loader *l, const struct late *late, struct refs *ret)
{
	_cleanup_(list_free) struct list list = { .limit = late->limit };
	bool ok = true;

	for (uint32_t i = 0; i < late->words.n && !enough(l); i++)
		ok = add_word(l, &list, &late->words, i) && ok;
	if (!ok || !list.n)
		return;
	ret->r = arena_zero(l->keep, list.n * sizeof(*ret->r));
	memcpy(ret->r, list.r, list.n * sizeof(*ret->r));
	ret->n = (uint32_t)list.n;
	l->expanded += list.n;
}

static void one_name(struct loader *l, const struct late *late, enum table_name t, const char *what, uint32_t *ret)
{
	const char *word = late->words.w[0].s;
	uint32_t index = map_get(&l->table[t].names, word);

	if (index == MAP_NONE)
		problem(l, at(&late->words, 0), "no %s is called '%.*s'%s", what, SHOWN, word,
			hint_table(l, word, t));
	else
		*ret = index;
}

static void channels(struct loader *l, const struct late *late, struct indices *ret)
{
	uint32_t *list = arena_zero(l->keep, (late->words.n + 1) * sizeof(*list)), n = 0;

	for (uint32_t i = 0; i < late->words.n && !enough(l); i++) {
		uint32_t index = map_get(&l->table[TABLE_CHANNELS].names, late->words.w[i].s);

		if (index == MAP_NONE)
			problem(l, at(&late->words, i), "no channel is called '%.*s'%s", SHOWN, late->words.w[i].s,
				hint_table(l, late->words.w[i].s, TABLE_CHANNELS));
		else
			list[n++] = index;
	}
	*ret = (struct indices){ list, n };
}

static void resolve(struct loader *l, const struct late *late)
{
	size_t size = sizeof(uint32_t);

	switch (late->what) {
	case LATE_SYSTEM:
		one_name(l, late, TABLE_SYSTEMS, "system", (uint32_t *)late->target);
		break;
	case LATE_REPOSITORY:
		one_name(l, late, TABLE_REPOSITORIES, "repository", (uint32_t *)late->target);
		break;
	case LATE_PERSON:
		one_name(l, late, TABLE_PEOPLE, "person", (uint32_t *)late->target);
		break;
	case LATE_ISSUER:
		one_name(l, late, TABLE_ISSUERS, "issuer", (uint32_t *)late->target);
		break;
	case LATE_SECRET:
		one_name(l, late, TABLE_SECRETS, "secret", (uint32_t *)late->target);
		break;
	case LATE_HOST:
		one_name(l, late, TABLE_HOSTS, "host", (uint32_t *)late->target);
		break;
	case LATE_HOSTS:
		size = sizeof(struct indices);
		hosts_of_words(l, &late->words, (struct indices *)late->target);
		break;
	case LATE_REFS:
		size = sizeof(struct refs);
		refs(l, late, (struct refs *)late->target);
		break;
	case LATE_CHANNELS:
		size = sizeof(struct indices);
		channels(l, late, (struct indices *)late->target);
		break;
	}
	for (uint32_t i = 1; i <= late->copies; i++)
		memcpy(late->target + i * late->stride, late->target, size);
}

void resolve_late(struct loader *l)
{
	for (size_t i = 0; i < l->n_late && !enough(l); i++) {
		resolve(l, &l->late[i]);
		if (l->expanded > LIMIT_EDGES) {
			problem(l, (struct position){ l->late[i].words.file, 1, 1 },
				"the register names more than %u things "
				"after its patterns: use closures for what reaches everything", LIMIT_EDGES);
			return;
		}
	}
}
