#include "model/register_halves.h"
#include "base/mem.h"

#define OPTIONS_MAX 32 /* of one account or public half */

static const char *const role_words[] = { [ROLE_ACCEPTS] = "accepts", [ROLE_REPLICA] = "replica", NULL };

/* Looked at when the rest of the account is known. */
static bool take_afterwards(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	(void)l, (void)k, (void)n, (void)item;
	return true;
}

static bool take_admin(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	static const struct key keys[] = {
		{ "user", take_text, offsetof(struct account, admin_user), .required = true, .check = check_word },
		{ "secret", take_late, offsetof(struct account, admin_secret), .late = LATE_SECRET },
	};

	(void)k;
	return take_map(l, n, keys, ARRAY_SIZE(keys), item, "'admin'");
}

static const struct driver_words *driver_of(const struct loader *l, const char *name)
{
	for (size_t i = 0; i < l->n_drivers; i++)
		if (!strcmp(l->drivers[i].name, name))
			return &l->drivers[i];
	return NULL;
}

static bool take_driver(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text, *names[64];
	size_t count = 0;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (!l->n_drivers || driver_of(l, text))
		return take_text(l, k, n, item);
	for (; count < l->n_drivers && count < ARRAY_SIZE(names); count++)
		names[count] = l->drivers[count].name;
	return problem_at(l, n, "no driver is called '%.60s'%s", text, hint_words(text, names, count));
}

static bool option_known(struct loader *l, const char *whose, const char *const *known, const struct yaml_node *n)
{
	size_t count = 0;

	for (; known && known[count]; count++)
		if (!strcmp(known[count], n->key->text))
			return true;
	return !known || problem_at(l, n->key, "%s has no option '%.60s'%s", whose, n->key->text,
				    count ? hint_words(n->key->text, known, count) : "");
}

bool read_options(struct loader *l, const struct yaml_node *n, const char *whose, const char *const *known,
		  const json_t **ret)
{
	json_t *options = json_object();
	bool ok = true;

	json_array_append_new(l->r->options, options);
	*ret = options;
	if (n->kind != YAML_MAP)
		return problem_at(l, n, "'options' is no map: expected 'NAME: text' for each option");
	if (n->count > OPTIONS_MAX)
		return problem_at(l, n, "'options' has %zu entries: at most %d are taken", (size_t)n->count,
				  OPTIONS_MAX);
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next) {
		const char *name, *text;

		if (!scalar(l, c->key, "the name of an option", &name) || !scalar(l, c, name, &text) ||
		    !option_known(l, whose, known, c)) {
			ok = false;
			continue;
		}
		if (json_object_get(options, name))
			ok = problem_at(l, c->key, "'%.60s' stands twice in 'options'", name);
		else if (check_line(text))
			ok = problem_at(l, c, "'%.60s' is wrong: expected %s", name, check_line(text));
		else
			json_put(options, name, text);
	}
	return ok;
}

static bool account_options(struct loader *l, const struct yaml_node *n, struct account *a)
{
	const struct driver_words *d = a->driver ? driver_of(l, a->driver) : NULL;
	char whose[100] = "the driver";

	if (d)
		(void)snprintf(whose, sizeof(whose), "driver '%s'", d->name);
	return read_options(l, n, whose, d ? d->options : NULL, &a->options);
}

#define AT(field) offsetof(struct account, field)
static const struct key account_keys[] = {
	{ "driver", take_driver, AT(driver), .required = true, .check = check_name },
	{ "address", take_afterwards, 0, .required = true },
	{ "users", take_texts, AT(users), .check = check_line },
	{ "role", take_choice, AT(role), .words = role_words },
	{ "admin", take_admin, 0 },
	{ "from", take_late, AT(from), .late = LATE_HOSTS },
	{ "host", take_late, AT(host), .late = LATE_HOST },
	{ "options", take_afterwards, 0 },
};
#undef AT

bool read_account(struct loader *l, const struct yaml_node *n, struct secret_def *s, uint32_t *at)
{
	const struct yaml_node *address = yaml_get(n, "address"), *options = yaml_get(n, "options");
	struct account *a = &s->accounts[*at];
	size_t first_late = l->n_late;
	struct words w;

	a->admin_secret = a->host = NOTHING;
	a->at = position_of(l, n);
	if (!take_map(l, n, account_keys, ARRAY_SIZE(account_keys), a, "the account"))
		return false;
	if (address->kind == YAML_MAP || (address->kind == YAML_LIST && !address->count))
		return problem_at(l, address, "'address' is wrong: expected an address or a list of addresses");
	if (!list_words(l, address, LIMIT_PER_SECRET, check_address, &w) ||
	    (options && !account_options(l, options, a)))
		return false;
	for (uint32_t i = 0; i < w.n; i++) {
		a[i] = a[0];
		a[i].address = arena_dup(l->keep, w.w[i].s);
	}
	for (size_t i = first_late; i < l->n_late; i++) {
		l->late[i].copies = w.n - 1;
		l->late[i].stride = sizeof(*a);
	}
	*at += w.n;
	return true;
}
