#include "model/register_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/severity.h"

#define WHAT_MAX 200

static bool take_contacts(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct system_draft *d = item;

	return take_texts(l, k, n, item) && list_words(l, n, LIMIT_WORDS, NULL, &d->contacts);
}

#define AT(field) offsetof(struct system_draft, s.field)
static const struct key system_keys[] = {
	{ "title", take_text, AT(title), .required = true },
	{ "page", take_text, AT(page) },
	{ "contacts", take_contacts, AT(contacts) },
	{ "hosts", take_late, AT(hosts), .late = LATE_HOSTS },
};
#undef AT

bool read_system(struct loader *l, const struct yaml_node *n, void *item)
{
	struct system_draft *d = item;
	char what[WHAT_MAX];

	(void)snprintf(what, sizeof(what), "system '%s'", d->s.name);
	return take_map(l, n, system_keys, ARRAY_SIZE(system_keys), d, what);
}

static const char *check_database(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return n && n <= 64 && !s[n] ? NULL : "letters, digits, '_' and '-', at most 64";
}

#define AT(field) offsetof(struct data_def, database.field)
static const struct key database_keys[] = {
	{ "address", take_text, AT(address), .required = true, .check = check_address },
	{ "name", take_text, AT(name), .required = true, .check = check_database },
	{ "prefix", take_text, AT(prefix), .check = check_database },
	{ "user", take_text, AT(user), .required = true, .check = check_word },
	{ "secret", take_late, AT(secret), .late = LATE_SECRET, .required = true },
	{ "tls", take_text, AT(tls), .check = check_word },
	{ "ca", take_text, AT(ca), .check = check_local_file },
};
#undef AT

static bool take_database(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	return take_map(l, n, database_keys, ARRAY_SIZE(database_keys), item, k->name);
}

static const char *check_domain(const char *s)
{
	return check_host_name(text_starts(s, "*.") ? s + 2 : s) ? "a domain of a-z, 0-9, '.' and '-', such as "
		"'wiki.example.org' or '*.example.org'" : NULL;
}

#define AT(field) offsetof(struct data_def, field)
static const struct key data_keys[] = {
	{ "title", take_text, AT(title), .required = true },
	{ "categories", take_texts, AT(categories) },
	{ "class", take_choice, AT(class), .words = data_class_names },
	{ "people", take_number, AT(people) },
	{ "records", take_number, AT(records) },
	{ "wiki", take_text, AT(wiki), .check = check_host_name },
	{ "domains", take_texts, AT(domains), .check = check_domain },
	{ "owners", take_texts, AT(owners), .check = check_line },
	{ "address", take_flag, AT(address) },
	{ "database", take_database, 0 },
	{ "system", take_late, AT(system), .late = LATE_SYSTEM },
};
#undef AT

bool read_data(struct loader *l, const struct yaml_node *n, void *item)
{
	struct data_def *d = item;
	char what[WHAT_MAX];

	(void)snprintf(what, sizeof(what), "data set '%s'", d->name);
	d->system = d->database.secret = NOTHING;
	d->people = d->records = -1;
	if (!take_map(l, n, data_keys, ARRAY_SIZE(data_keys), d, what))
		return false;
	if (d->owners.n && !d->database.address)
		return problem_at(l, n, "%s has 'owners' and no 'database': they are groups of a wiki, and its "
				  "database is asked who is in them", what);
	return true;
}

static bool take_kind(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct closure_draft *d = item;

	if (!take_text(l, k, n, item))
		return false;
	d->kind = (struct word){ d->c.kind, n->line, n->col };
	return true;
}

static bool take_secret(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	((struct closure_draft *)item)->has_secret = true;
	return take_late(l, k, n, item);
}

#define AT(field) offsetof(struct closure_draft, c.field)
static const struct key closure_keys[] = {
	{ "kind", take_kind, AT(kind), .check = check_host_name },
	{ "secret", take_secret, AT(secret), .late = LATE_SECRET },
	{ "reaches", take_late, AT(reaches), .late = LATE_REFS, .required = true, .limit = LIMIT_HOSTS },
	{ "why", take_text, AT(why), .required = true },
};
#undef AT

static bool read_closure(struct loader *l, const struct yaml_node *n)
{
	struct table *t = &l->table[TABLE_CLOSURES];
	struct closure_draft *d = arena_zero(l->draft, sizeof(*d));

	if (!GROW(t->item, t->n, t->cap, LIMIT_CLOSURES))
		return problem_at(l, n, "too many closures: at most %u are taken", LIMIT_CLOSURES);
	t->item[t->n++] = d;
	d->c.secret = NOTHING;
	d->c.at = position_of(l, n);
	if (!take_map(l, n, closure_keys, ARRAY_SIZE(closure_keys), d, "the closure"))
		return false;
	if (!d->c.kind == !d->has_secret)
		return problem_at(l, n, "the closure needs either 'kind' or 'secret'");
	return true;
}

bool read_closures(struct loader *l, const struct yaml_node *n)
{
	bool ok = true;

	if (n->kind != YAML_LIST)
		return problem_at(l, n, "'closures' is no list: expected '- kind: ...' for each closure");
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next)
		ok = read_closure(l, c) && ok;
	return ok;
}
