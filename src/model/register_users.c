#include "base/mem.h"
#include "base/sshkey.h"
#include "model/register_parts.h"

#define WHAT_MAX 200
#define KEYS_PER_USER 64u

static const char *const end_words[] = { [USER_LOCK] = "lock", [USER_REMOVE] = "remove", NULL };

static const char *check_fingerprint(const char *s)
{
	return sshkey_is_fingerprint(s) ? NULL
		: "a fingerprint as ssh-keygen -l shows it ('SHA256:...', 43 characters)";
}

static bool take_root(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct user_def *u = item;
	const struct key flag = { .name = k->name };
	bool root;

	if (!take_flag(l, &flag, n, &root))
		return false;
	u->root = root ? USER_ROOT : USER_NO_ROOT;
	return true;
}

#define AT(field) offsetof(struct ssh_key, field)
static const struct key key_keys[] = {
	{ "key", take_text, AT(line), .check = check_ssh_key },
	{ "fingerprint", take_text, AT(fingerprint), .check = check_fingerprint },
	{ "secret", take_late, AT(secret), .late = LATE_SECRET },
};
#undef AT

/* One key may stand below several users: it is one key then. */
static bool enter_key(struct loader *l, const struct yaml_node *n, struct ssh_key *d, uint32_t *ret)
{
	struct table *t = &l->table[TABLE_SSH_KEYS];
	uint32_t at = map_get(&t->names, d->name);

	if (at != MAP_NONE) {
		struct ssh_key *first = t->item[at];

		first->line = first->line ? first->line : d->line;
		*ret = at;
		return !yaml_get(n, "secret") ||
		       problem_at(l, yaml_get(n, "secret"), "this key stands at %s:%u:%u too: its 'secret' is told at "
				  "the first", first->at.file, first->at.line, first->at.col);
	}
	if (!GROW(t->item, t->n, t->cap, LIMIT_SSH_KEYS))
		return problem_at(l, n, "too many ssh keys: at most %u are taken", LIMIT_SSH_KEYS);
	map_put(&t->names, d->name, (uint32_t)t->n);
	*ret = (uint32_t)t->n;
	t->item[t->n++] = d;
	return true;
}

static bool read_key(struct loader *l, const struct yaml_node *n, void *element)
{
	struct ssh_key *d = arena_zero(l->draft, sizeof(*d));
	char of_line[SSHKEY_FINGERPRINT];

	d->secret = NOTHING;
	d->at = position_of(l, n);
	if (!take_map(l, n, key_keys, ARRAY_SIZE(key_keys), d, "the key"))
		return false;
	if (!d->line == !d->fingerprint)
		return problem_at(l, n, "a key needs either 'key', the public key, or 'fingerprint'");
	if (d->line) {
		const char *base64 = strchr(d->line, ' ') + 1;

		if (!sshkey_fingerprint(base64, strlen(base64), of_line))
			return problem_at(l, n, "'key' is wrong: its base64 is no public key of OpenSSH");
		d->fingerprint = of_line;
	}
	d->name = arena_printf(l->keep, "ssh-key/%s", d->fingerprint);
	d->fingerprint = d->name + strlen("ssh-key/");
	return enter_key(l, n, d, element);
}

static bool take_keys(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct user_def *u = item;

	return take_elements(l, n, k->name, KEYS_PER_USER, sizeof(*u->keys.i), read_key, (void **)&u->keys.i,
			     &u->keys.n);
}

#define AT(field) offsetof(struct user_def, field)
static const struct key user_keys[] = {
	{ "person", take_late, AT(person), .late = LATE_PERSON },
	{ "hosts", take_late, AT(hosts), .late = LATE_HOSTS },
	{ "keys", take_keys, 0 },
	{ "root", take_root, 0 },
	{ "evict", take_choice, AT(end), .words = end_words },
	{ "opens", take_late, AT(opens), .late = LATE_REFS, .limit = LIMIT_OPENS },
};
#undef AT

bool read_user(struct loader *l, const struct yaml_node *n, void *item)
{
	struct user_def *u = item;
	char what[WHAT_MAX];

	u->person = NOTHING;
	u->account = u->name + strlen("user/");
	(void)snprintf(what, sizeof(what), "user '%s'", u->account);
	return !n || take_map(l, n, user_keys, ARRAY_SIZE(user_keys), u, what);
}

const char *check_user(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n && n <= 32 && !s[n] && *s != '-' && *s != '.' && !(*s >= '0' && *s <= '9') ? NULL
		: "the name of an account on hosts: a-z, 0-9, '_', '.' and '-', at most 32, beginning with a letter "
		  "or '_'";
}

#define AT(field) offsetof(struct users_data, field)
static const struct key data_keys[] = {
	{ "repository", take_late, AT(repository), .late = LATE_REPOSITORY, .required = true },
	{ "file", take_text, AT(file), .required = true, .check = check_inside },
	{ "people", take_texts, AT(people), .required = true },
	{ "groups", take_texts, AT(groups) },
	{ "keys", take_text, AT(keys) },
	{ "ensure", take_text, AT(ensure) },
	{ "members", take_text, AT(members) },
};
#undef AT

bool read_users_data(struct loader *l, const struct yaml_node *n)
{
	struct users_data *d = &l->r->users_data;

	if (d->at.file)
		return problem_at(l, n, "'users_data' stands twice: the first is at %s:%u:%u", d->at.file, d->at.line,
				  d->at.col);
	*d = (struct users_data){ .repository = NOTHING, .keys = "ssh_keys", .ensure = "ensure", .members = "members",
				  .at = position_of(l, n) };
	return take_map(l, n, data_keys, ARRAY_SIZE(data_keys), d, "'users_data'");
}

static void each_key(struct loader *l, bool put)
{
	const struct table *users = &l->table[TABLE_USERS], *keys = &l->table[TABLE_SSH_KEYS];

	for (uint32_t u = 0; u < users->n; u++) {
		const struct user_def *of = users->item[u];

		for (uint32_t i = 0; i < of->keys.n; i++) {
			struct indices *back = &((struct ssh_key *)keys->item[of->keys.i[i]])->users;

			if (put)
				back->i[back->n] = u;
			back->n++;
		}
	}
}

/* Users tell which keys they have; what a key opens is asked of the key. */
void settle_ssh_keys(struct loader *l)
{
	const struct table *keys = &l->table[TABLE_SSH_KEYS];

	each_key(l, false);
	for (size_t k = 0; k < keys->n; k++) {
		struct indices *back = &((struct ssh_key *)keys->item[k])->users;

		back->i = arena_zero(l->keep, (back->n + 1) * sizeof(*back->i));
		back->n = 0;
	}
	each_key(l, true);
}

bool register_user_is_root(const struct firebreak_register *r, uint32_t user)
{
	const struct user_def *u = &r->users[user];

	if (u->root != USER_ROOT_BY_ROLE)
		return u->root == USER_ROOT;
	if (u->person == NOTHING)
		return false;
	for (uint32_t i = 0; i < r->people[u->person].roles.n; i++)
		for (uint32_t k = 0; k < r->n_roles; k++)
			if (r->roles[k].root && !strcmp(r->roles[k].name, r->people[u->person].roles.s[i]))
				return true;
	return false;
}
