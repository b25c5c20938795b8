#include "model/register_halves.h"
#include "base/mem.h"

#define WHAT_MAX 200

static const char *const restart_words[] = { [RESTART_BY_PUPPET] = "puppet", [RESTART_BY_US] = "firebreak",
					     [RESTART_NONE] = "none", NULL };
static const char *const side_words[] = { [SIDE_CLIENT] = "client", [SIDE_SERVER] = "server", NULL };

bool take_elements(struct loader *l, const struct yaml_node *n, const char *what, uint32_t limit, size_t size,
		   element_fn *one, void **ret, uint32_t *ret_n)
{
	char *elements;
	bool ok = true;

	if (n->kind != YAML_LIST)
		return problem_at(l, n, "'%s' is no list: expected '- ...' for each entry", what);
	if (n->count > limit)
		return problem_at(l, n, "'%s' has %zu entries: at most %u are taken", what, (size_t)n->count, limit);
	elements = arena_zero(l->keep, n->count * size);
	*ret = elements;
	*ret_n = (uint32_t)n->count;
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next, elements += size)
		ok = one(l, c, elements) && ok;
	return ok;
}

#define AT(field) offsetof(struct place, field)
static const struct key place_keys[] = {
	{ "repository", take_late, AT(repository), .late = LATE_REPOSITORY, .required = true },
	{ "file", take_text, AT(file), .required = true, .check = check_inside },
	{ "key", take_text, AT(key) },
};
#undef AT

static bool read_place(struct loader *l, const struct yaml_node *n, void *element)
{
	((struct place *)element)->at = position_of(l, n);
	((struct place *)element)->repository = NOTHING;
	return take_map(l, n, place_keys, ARRAY_SIZE(place_keys), element, "the place");
}

static bool take_places(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct secret_def *s = item;

	return take_elements(l, n, k->name, LIMIT_PER_SECRET, sizeof(*s->places), read_place, (void **)&s->places,
			     &s->n_places);
}

#define AT(field) offsetof(struct consumer, field)
static const struct key consumer_keys[] = {
	{ "hosts", take_late, AT(hosts), .late = LATE_HOSTS, .required = true },
	{ "file", take_text, AT(file), .check = check_absolute },
	{ "service", take_text, AT(service), .check = check_service },
	{ "restart", take_choice, AT(restart), .words = restart_words },
	{ "restart_command", take_texts, AT(restart_command) },
	{ "side", take_choice, AT(side), .words = side_words },
};
#undef AT

static bool read_consumer(struct loader *l, const struct yaml_node *n, void *element)
{
	const struct yaml_node *said = yaml_get(n, "restart");
	struct consumer *c = element;

	c->at = position_of(l, n);
	if (!take_map(l, n, consumer_keys, ARRAY_SIZE(consumer_keys), c, "the consumer"))
		return false;
	if (!c->file && !c->service)
		return problem_at(l, n, "the consumer has neither 'file' nor 'service': say what holds the value");
	if (c->service && !said)
		return problem_at(l, n, "the consumer does not say who restarts '%s': expected 'restart: puppet', "
				  "'firebreak' or 'none'", c->service);
	if (!said)
		c->restart = c->restart_command.n ? RESTART_BY_US : RESTART_NONE;
	if (c->restart == RESTART_BY_US && !c->service && !c->restart_command.n)
		return problem_at(l, said, "'restart: firebreak' needs a 'service' or a 'restart_command'");
	if (c->restart != RESTART_BY_US && c->restart_command.n)
		return problem_at(l, n, "'restart_command' stands with 'restart: %s': expected 'restart: firebreak'",
				  restart_words[c->restart]);
	return true;
}

static bool take_consumers(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct secret_def *s = item;

	return take_elements(l, n, k->name, LIMIT_PER_SECRET, sizeof(*s->consumers), read_consumer,
			     (void **)&s->consumers, &s->n_consumers);
}

static const struct key external_keys[] = {
	{ "name", take_text, offsetof(struct external, name), .required = true },
	{ "how", take_text, offsetof(struct external, how), .required = true },
};

static bool read_external(struct loader *l, const struct yaml_node *n, void *element)
{
	((struct external *)element)->at = position_of(l, n);
	return take_map(l, n, external_keys, ARRAY_SIZE(external_keys), element, "the external consumer");
}

static bool take_externals(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct secret_def *s = item;

	return take_elements(l, n, k->name, LIMIT_PER_SECRET, sizeof(*s->externals), read_external,
			     (void **)&s->externals, &s->n_externals);
}

#define AT(field) offsetof(struct stored, field)
static const struct key stored_keys[] = {
	{ "address", take_text, AT(address), .required = true, .check = check_address },
	{ "table", take_text, AT(table), .required = true },
};
#undef AT

static bool read_stored(struct loader *l, const struct yaml_node *n, void *element)
{
	((struct stored *)element)->at = position_of(l, n);
	return take_map(l, n, stored_keys, ARRAY_SIZE(stored_keys), element, "the stored value");
}

static bool take_stored(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct secret_def *s = item;

	return take_elements(l, n, k->name, LIMIT_PER_SECRET, sizeof(*s->stored), read_stored, (void **)&s->stored,
			     &s->n_stored);
}

static bool take_system(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	((struct secret_draft *)item)->has_system = true;
	return take_late(l, k, n, item);
}

/* One server for each account: an address that is a list makes several accounts. */
static bool take_accounts(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct secret_def *s = item;
	uint32_t at = 0;
	size_t count = 0;
	bool ok = true;

	if (n->kind != YAML_LIST)
		return problem_at(l, n, "'%s' is no list: expected '- driver: ...' for each account", k->name);
	for (const struct yaml_node *c = n->child; c; c = c->next) {
		const struct yaml_node *address = yaml_get(c, "address");

		count += address && address->kind == YAML_LIST && address->count ? address->count : 1;
	}
	if (count > LIMIT_PER_SECRET)
		return problem_at(l, n, "'%s' has %zu entries: at most %u are taken", k->name, count,
				  LIMIT_PER_SECRET);
	s->accounts = arena_zero(l->keep, count * sizeof(*s->accounts));
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next)
		ok = read_account(l, c, s, &at) && ok;
	s->n_accounts = at;
	return ok;
}

#define AT(field) offsetof(struct secret_draft, s.field)
static const struct key secret_keys[] = {
	{ "kind", take_text, AT(kind), .required = true, .check = check_host_name },
	{ "system", take_system, AT(system), .late = LATE_SYSTEM },
	{ "make", take_make, AT(make) },
	{ "note", take_text, AT(note) },
	{ "unused", take_text, AT(unused) },
	{ "places", take_places, 0 },
	{ "accounts", take_accounts, 0 },
	{ "consumers", take_consumers, 0 },
	{ "public_halves", take_halves, 0 },
	{ "external", take_externals, 0 },
	{ "stored", take_stored, 0 },
	{ "opens", take_late, AT(opens), .late = LATE_REFS, .limit = LIMIT_OPENS },
};
#undef AT
_Static_assert(offsetof(struct secret_draft, s) == 0, "take_places and others get a secret_def");

bool read_secret(struct loader *l, const struct yaml_node *n, void *item)
{
	struct secret_draft *d = item;
	char what[WHAT_MAX];

	(void)snprintf(what, sizeof(what), "secret '%s'", d->s.name);
	d->s.system = NOTHING;
	return take_map(l, n, secret_keys, ARRAY_SIZE(secret_keys), d, what);
}
