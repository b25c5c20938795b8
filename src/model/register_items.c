#include "model/register_parts.h"
#include "base/mem.h"

const struct section sections[] = {
	{ "people", "person", TABLE_PEOPLE, sizeof(struct person_draft), offsetof(struct person_draft, p.at),
	  LIMIT_PEOPLE, check_host_name, read_person, false, NULL },
	{ "roles", "role", TABLE_ROLES, sizeof(struct role_def), offsetof(struct role_def, at),
	  LIMIT_PEOPLE, check_host_name, read_role, true, NULL },
	{ "channels", "channel", TABLE_CHANNELS, sizeof(struct channel), offsetof(struct channel, at),
	  LIMIT_PEOPLE, check_host_name, read_channel, false, NULL },
	{ "wikis", "wiki", TABLE_WIKIS, sizeof(struct wiki), offsetof(struct wiki, at),
	  LIMIT_WIKIS, check_host_name, read_wiki, false, NULL },
	{ "issuers", "issuer", TABLE_ISSUERS, sizeof(struct issuer), offsetof(struct issuer, at),
	  LIMIT_ISSUERS, check_host_name, read_issuer, false, NULL },
	{ "hosts", "host", TABLE_HOSTS, sizeof(struct host_draft), offsetof(struct host_draft, h.at),
	  LIMIT_HOSTS, check_host_name, read_host, true, NULL },
	{ "groups", "group", TABLE_GROUPS, sizeof(struct group_draft), offsetof(struct group_draft, at),
	  LIMIT_GROUPS, check_host_name, read_group, false, NULL },
	{ "repositories", "repository", TABLE_REPOSITORIES, sizeof(struct repository),
	  offsetof(struct repository, at), LIMIT_REPOSITORIES, check_host_name, read_repository, false, NULL },
	{ "systems", "system", TABLE_SYSTEMS, sizeof(struct system_draft), offsetof(struct system_draft, s.at),
	  LIMIT_SYSTEMS, check_host_name, read_system, false, NULL },
	{ "secrets", "secret", TABLE_SECRETS, sizeof(struct secret_draft), offsetof(struct secret_draft, s.at),
	  LIMIT_SECRETS, check_name, read_secret, false, NULL },
	{ "data", "data set", TABLE_DATA, sizeof(struct data_def), offsetof(struct data_def, at),
	  LIMIT_DATA, check_name, read_data, false, NULL },
	{ "users", "user", TABLE_USERS, sizeof(struct user_def), offsetof(struct user_def, at),
	  LIMIT_USERS, check_user, read_user, true, "user/" },
};
const size_t sections_count = ARRAY_SIZE(sections);

void *table_find(const struct loader *l, enum table_name t, const char *name)
{
	uint32_t i = map_get(&l->table[t].names, name);

	return i == MAP_NONE ? NULL : l->table[t].item[i];
}

/* The item, entered under its name before its body is read: a mistake in the body does not make others of the name. */
static void *enter(struct loader *l, const struct section *s, const struct yaml_node *key)
{
	struct table *t = &l->table[s->table];
	struct position at = position_of(l, key);
	const char *expected = s->check(key->text);

	if (expected || strlen(key->text) != key->len) {
		problem(l, at, "'%.60s' is no name of a %s: expected %s", key->text, s->one,
			expected ? expected : "a name");
		return NULL;
	}

	char *name = arena_printf(l->keep, "%s%s", s->prefix ? s->prefix : "", key->text);
	const char *old = table_find(l, s->table, name);

	if (old) {
		const struct position *first = (const struct position *)(old + s->at);

		problem(l, at, "%s '%s' stands twice: the first is at %s:%u:%u", s->one, key->text, first->file,
			first->line, first->col);
		return NULL;
	}
	if (!GROW(t->item, t->n, t->cap, s->limit)) {
		problem(l, at, "too many %s: at most %u are taken", s->name, s->limit);
		return NULL;
	}

	char *item = arena_zero(l->draft, s->size);

	*(const char **)item = name;
	*(struct position *)(item + s->at) = at;
	map_put(&t->names, *(const char **)item, (uint32_t)t->n);
	t->item[t->n++] = item;
	return item;
}

bool read_section(struct loader *l, const struct section *s, const struct yaml_node *n)
{
	bool ok = true;

	if (n->kind != YAML_MAP)
		return problem_at(l, n, "'%s' is no map: expected 'NAME: ...' for each %s", s->name, s->one);
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next) {
		if (!plain_node(l, c->key) || !plain_node(l, c)) {
			ok = false;
			continue;
		}
		if (c->key->kind != YAML_SCALAR) {
			ok = problem_at(l, c->key, "the name of a %s is a list or a map: expected a word", s->one);
			continue;
		}

		bool bare = yaml_is_null(c);
		void *item = enter(l, s, c->key);

		if (!item)
			ok = false;
		else if (bare && !s->bare)
			ok = problem_at(l, c->key, "%s '%s' has nothing below it: its keys are expected there",
					s->one, c->key->text);
		else
			ok = s->read(l, bare ? NULL : c, item) && ok;
	}
	return ok;
}
