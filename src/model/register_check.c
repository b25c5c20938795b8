#include "model/register_parts.h"
#include "base/mem.h"

static struct position at(const struct words *w, uint32_t i)
{
	return (struct position){ w->file, w->w[i].line, w->w[i].col };
}

static void check_organisation(struct loader *l)
{
	const char *approver = l->r->organisation.approver;

	if (!l->seen_organisation.file)
		problem(l, l->seen_version, "the register has no 'organisation': expected name, team and approver");
	else if (approver && !table_find(l, TABLE_ROLES, approver))
		problem(l, l->approver_at, "no role is called '%s'%s", approver,
			hint_table(l, approver, TABLE_ROLES));
}

static void check_people(struct loader *l)
{
	const struct table *t = &l->table[TABLE_PEOPLE];

	for (size_t i = 0; i < t->n; i++) {
		const struct words *w = &((const struct person_draft *)t->item[i])->roles;

		for (uint32_t k = 0; k < w->n; k++)
			if (!table_find(l, TABLE_ROLES, w->w[k].s))
				problem(l, at(w, k), "no role is called '%s'%s", w->w[k].s,
					hint_table(l, w->w[k].s, TABLE_ROLES));
	}
}

bool check_whom(struct loader *l, struct position where, const char *word)
{
	return !check_mail(word) || table_find(l, TABLE_PEOPLE, word) || table_find(l, TABLE_ROLES, word) ||
	       problem(l, where, "'%.60s' is neither a person, a role nor a mail address%s", word,
		       hint_table(l, word, TABLE_PEOPLE));
}

static void check_contacts(struct loader *l)
{
	const struct table *t = &l->table[TABLE_SYSTEMS];

	for (size_t i = 0; i < t->n; i++) {
		const struct words *w = &((const struct system_draft *)t->item[i])->contacts;

		for (uint32_t k = 0; k < w->n; k++)
			check_whom(l, at(w, k), w->w[k].s);
	}
}

/* "redis/password" belongs to "redis" when nothing else is said. */
static void find_system(struct loader *l, struct secret_draft *d)
{
	const char *slash = strchr(d->s.name, '/');
	const struct map *systems = &l->table[TABLE_SYSTEMS].names;
	uint32_t index = slash ? map_getn(systems, d->s.name, (size_t)(slash - d->s.name)) : MAP_NONE;

	if (index == MAP_NONE)
		problem(l, d->s.at, "secret '%s' names no system: expected 'system: NAME', or a name that begins with "
				    "one ('redis/password')", d->s.name);
	else
		d->s.system = index;
}

static void check_place(struct loader *l, struct map *places, const struct place **list, size_t *n,
			const struct place *p)
{
	const struct repository *repo;
	char *text;

	if (p->repository == NOTHING)
		return;
	repo = l->table[TABLE_REPOSITORIES].item[p->repository];
	if (repo->kind != REPOSITORY_PRIVATE && repo->kind != REPOSITORY_SSL_KEYS)
		problem(l, p->at, "the place lies in '%s', which is a public repository: expected one of kind private "
				  "or ssl-keys", repo->name);
	text = arena_printf(l->draft, "%u\n%s\n%s", p->repository, p->file, p->key ? p->key : "");
	if (map_put(places, text, (uint32_t)*n)) {
		list[(*n)++] = p;
		return;
	}

	const struct position *first = &list[map_get(places, text)]->at;

	problem(l, p->at, "the same place stands twice: the first is at %s:%u:%u; one place holds one secret",
		first->file, first->line, first->col);
}

static void check_places(struct loader *l)
{
	const struct table *t = &l->table[TABLE_SECRETS];
	_cleanup_(map_free) struct map places = MAP_INIT;
	_cleanup_(freep) const struct place **list = NULL;
	size_t n = 0, total = 0;

	for (size_t i = 0; i < t->n; i++)
		total += ((const struct secret_draft *)t->item[i])->s.n_places;
	list = mem_zero(total + 1, sizeof(struct place *));
	for (size_t i = 0; i < t->n && !enough(l); i++) {
		const struct secret_def *s = &((const struct secret_draft *)t->item[i])->s;

		for (uint32_t k = 0; k < s->n_places; k++)
			check_place(l, &places, list, &n, &s->places[k]);
	}
}

/* An address may show another secret for each name that it is asked for: then its accounts are told apart by that. */
static void check_account(struct loader *l, struct map *accounts, const struct account **list, size_t *n,
			  const struct secret_def *s, const struct account *a, const char *user)
{
	const char *asked = json_str(a->options, "name");
	char *text = arena_printf(l->draft, "%s\n%s\n%d\n%s", a->driver, a->address, (int)a->role, user);

	/* the same words may mean another server when seen from another host */
	for (uint32_t i = 0; i < a->from.n; i++)
		text = arena_printf(l->draft, "%s\n%u", text, a->from.i[i]);
	char *of_name = arena_printf(l->draft, "%s\nname %s", text, asked ? asked : "");
	char *of_secret = arena_printf(l->draft, "%s\nsecret %s", text, s->name);
	bool same_name = !map_put(accounts, of_name, (uint32_t)*n);

	if (map_put(accounts, of_secret, (uint32_t)*n) && !same_name) {
		list[(*n)++] = a;
		return;
	}

	const struct position *first = &list[map_get(accounts, same_name ? of_name : of_secret)]->at;

	problem(l, a->at, "account '%s' at '%s' stands twice: the first is at %s:%u:%u; one account has one secret",
		user, a->address, first->file, first->line, first->col);
}

static void check_accounts(struct loader *l)
{
	const struct table *t = &l->table[TABLE_SECRETS];
	_cleanup_(map_free) struct map accounts = MAP_INIT;
	_cleanup_(freep) const struct account **list = NULL;
	size_t n = 0, total = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct secret_def *s = &((const struct secret_draft *)t->item[i])->s;

		for (uint32_t k = 0; k < s->n_accounts; k++)
			total += s->accounts[k].users.n + 1;
	}
	list = mem_zero(total + 1, sizeof(struct account *));
	for (size_t i = 0; i < t->n && !enough(l); i++) {
		const struct secret_def *s = &((const struct secret_draft *)t->item[i])->s;

		for (uint32_t k = 0; k < s->n_accounts; k++) {
			const struct account *a = &s->accounts[k];

			for (uint32_t u = 0; u < a->users.n; u++)
				check_account(l, &accounts, list, &n, s, a, a->users.s[u]);
			if (!a->users.n)
				check_account(l, &accounts, list, &n, s, a, "");
		}
	}
}

/* The address is how an inspection is known to have looked at that server: one that no account has is a wrong word. */
static void check_stored(struct loader *l)
{
	const struct table *t = &l->table[TABLE_SECRETS];
	_cleanup_(map_free) struct map seen = MAP_INIT;
	_cleanup_(freep) const char **words = NULL;
	size_t n = 0, total = 0, stored = 0;

	for (size_t i = 0; i < t->n; i++) {
		total += ((const struct secret_draft *)t->item[i])->s.n_accounts;
		stored += ((const struct secret_draft *)t->item[i])->s.n_stored;
	}
	words = mem_zero(total + 1, sizeof(*words));
	for (size_t i = 0; i < t->n && stored; i++) {
		const struct secret_def *s = &((const struct secret_draft *)t->item[i])->s;

		for (uint32_t k = 0; k < s->n_accounts; k++)
			if (s->accounts[k].address && map_put(&seen, s->accounts[k].address, (uint32_t)n))
				words[n++] = s->accounts[k].address;
	}
	for (size_t i = 0; i < t->n && stored && !enough(l); i++) {
		const struct secret_def *s = &((const struct secret_draft *)t->item[i])->s;

		for (uint32_t k = 0; k < s->n_stored; k++)
			if (s->stored[k].address && map_get(&seen, s->stored[k].address) == MAP_NONE)
				problem(l, s->stored[k].at, "no account has the address '%s'%s", s->stored[k].address,
					hint_words(s->stored[k].address, words, n));
	}
}

/* A rule for a kind that nothing has would never be followed: more likely a wrong word than a plan. */
static void check_closures(struct loader *l)
{
	const struct table *t = &l->table[TABLE_CLOSURES], *secrets = &l->table[TABLE_SECRETS];
	_cleanup_(map_free) struct map kinds = MAP_INIT;
	_cleanup_(freep) const char **words = mem_zero(secrets->n + 1, sizeof(*words));
	size_t n = 0;

	for (size_t i = 0; i < secrets->n && t->n; i++) {
		const char *kind = ((const struct secret_draft *)secrets->item[i])->s.kind;

		if (kind && map_put(&kinds, kind, (uint32_t)n))
			words[n++] = kind;
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct closure_draft *d = t->item[i];

		if (d->c.kind && map_get(&kinds, d->c.kind) == MAP_NONE)
			problem(l, (struct position){ d->c.at.file, d->kind.line, d->kind.col },
				"no secret has the kind '%s'%s", d->c.kind, hint_words(d->c.kind, words, n));
	}
}

void check_whole(struct loader *l)
{
	const struct table *t = &l->table[TABLE_SECRETS];

	check_organisation(l);
	check_people(l);
	check_contacts(l);
	check_channels(l);
	for (size_t i = 0; i < t->n && !enough(l); i++) {
		struct secret_draft *d = t->item[i];

		if (!d->has_system)
			find_system(l, d);
	}
	check_closures(l);
	check_places(l);
	check_not_secret(l);
	check_accounts(l);
	check_stored(l);
	check_publish(l);
}
