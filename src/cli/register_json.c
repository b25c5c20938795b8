#include "base/mem.h"
#include "model/severity.h"
#include "cli/register_show.h"

static json_t *texts(const struct names *n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n->n; i++)
		json_array_append_new(list, json_string(n->s[i]));
	return list;
}

static json_t *hosts(const struct firebreak_register *r, const struct indices *n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n->n; i++)
		json_array_append_new(list, json_string(r->hosts[n->i[i]].name));
	return list;
}

static json_t *place(const struct firebreak_register *r, const struct place *p)
{
	json_t *j = json_object();

	json_put(j, "repository", r->repositories[p->repository].name);
	json_put(j, "file", p->file);
	json_put(j, "key", p->key);
	return j;
}

static json_t *account(const struct firebreak_register *r, const struct account *a)
{
	json_t *j = json_object();

	json_put(j, "driver", a->driver);
	json_put(j, "address", a->address);
	json_object_set_new(j, "users", texts(&a->users));
	json_put(j, "role", a->role == ROLE_REPLICA ? "replica" : "accepts");
	json_put(j, "admin_user", a->admin_user);
	json_put(j, "admin_secret", a->admin_secret == NOTHING ? NULL : r->secrets[a->admin_secret].name);
	json_object_set_new(j, "from", hosts(r, &a->from));
	json_put(j, "host", a->host == NOTHING ? NULL : r->hosts[a->host].name);
	return j;
}

static json_t *consumer(const struct firebreak_register *r, const struct consumer *c)
{
	json_t *j = json_object();

	json_object_set_new(j, "hosts", hosts(r, &c->hosts));
	json_put(j, "file", c->file);
	json_put(j, "service", c->service);
	json_put(j, "restart", register_restart_name(c->restart));
	json_put(j, "side", c->side == SIDE_SERVER ? "server" : "client");
	return j;
}

static json_t *said(const char *a, const char *a_value, const char *b, const char *b_value, const char *c,
		    const char *c_value)
{
	json_t *j = json_object();

	json_put(j, a, a_value);
	json_put(j, b, b_value);
	if (c)
		json_put(j, c, c_value);
	return j;
}

static json_t *half(const struct firebreak_register *r, const struct public_half *h)
{
	json_t *j = said("repository", r->repositories[h->repository].name, "file", h->file, "what", h->what);

	json_put(j, "format", h->format);
	return j;
}

static json_t *secret(const struct firebreak_register *r, const struct secret_def *s)
{
	json_t *j = json_object(), *places = json_array(), *accounts = json_array(), *consumers = json_array();
	json_t *halves = json_array(), *outside = json_array(), *stored = json_array(), *opens = json_array();

	for (uint32_t i = 0; i < s->n_places; i++)
		json_array_append_new(places, place(r, &s->places[i]));
	for (uint32_t i = 0; i < s->n_accounts; i++)
		json_array_append_new(accounts, account(r, &s->accounts[i]));
	for (uint32_t i = 0; i < s->n_consumers; i++)
		json_array_append_new(consumers, consumer(r, &s->consumers[i]));
	for (uint32_t i = 0; i < s->n_public_halves; i++)
		json_array_append_new(halves, half(r, &s->public_halves[i]));
	for (uint32_t i = 0; i < s->n_externals; i++)
		json_array_append_new(outside, said("name", s->externals[i].name, "how", s->externals[i].how, NULL,
						    NULL));
	for (uint32_t i = 0; i < s->n_stored; i++)
		json_array_append_new(stored, said("address", s->stored[i].address, "table", s->stored[i].table, NULL,
						   NULL));
	for (uint32_t i = 0; i < s->opens.n; i++)
		json_array_append_new(opens, said("kind", ref_kind_name(s->opens.r[i].kind), "name",
						  register_name(r, s->opens.r[i]), NULL, NULL));
	json_put(j, "name", s->name);
	json_put(j, "kind", s->kind);
	json_put(j, "system", r->systems[s->system].name);
	json_put(j, "make", s->make);
	json_put(j, "note", s->note);
	json_put(j, "unused", s->unused);
	json_object_set_new(j, "places", places);
	json_object_set_new(j, "accounts", accounts);
	json_object_set_new(j, "consumers", consumers);
	json_object_set_new(j, "public_halves", halves);
	json_object_set_new(j, "external", outside);
	json_object_set_new(j, "stored", stored);
	json_object_set_new(j, "opens", opens);
	return j;
}

/* The lists of the hosts that are asked for; NULL for the others. */
struct lists { const struct firebreak_register *r; json_t **list; };

static void add_name(uint32_t host, uint32_t secret, void *arg)
{
	struct lists *lists = arg;

	if (lists->list[host])
		json_array_append_new(lists->list[host], json_string(lists->r->secrets[secret].name));
}

static json_t *host(const struct firebreak_register *r, uint32_t index, json_t *secrets)
{
	json_t *j = json_object();

	json_put(j, "name", r->hosts[index].name);
	json_put(j, "address", r->hosts[index].address);
	json_put(j, "reach", r->hosts[index].reach == REACH_LOCAL ? "local" : "ssh");
	json_put(j, "apply", register_apply_name(r->hosts[index].configuration.apply));
	json_object_set_new(j, "secrets", secrets);
	return j;
}

/* From host `from` up to `to`, as a list. */
static json_t *some_hosts(const struct firebreak_register *r, uint32_t from, uint32_t to)
{
	_cleanup_(freep) json_t **list = mem_zero(r->n_hosts + 1, sizeof(json_t *));
	struct lists lists = { r, list };
	json_t *j = json_array();

	for (uint32_t i = from; i < to; i++)
		list[i] = json_array();
	register_on_hosts(r, add_name, &lists);
	for (uint32_t i = from; i < to; i++)
		json_array_append_new(j, host(r, i, list[i]));
	return j;
}

static json_t *system_of(const struct firebreak_register *r, const struct system *s)
{
	json_t *j = json_object();

	json_put(j, "name", s->name);
	json_put(j, "title", s->title);
	json_put(j, "page", s->page);
	json_object_set_new(j, "contacts", texts(&s->contacts));
	json_object_set_new(j, "hosts", hosts(r, &s->hosts));
	return j;
}

static json_t *data_set(const struct firebreak_register *r, const struct data_def *d)
{
	json_t *j = json_object();

	json_put(j, "name", d->name);
	json_put(j, "title", d->title);
	json_object_set_new(j, "categories", texts(&d->categories));
	json_put(j, "class", data_class_names[d->class]);
	if (d->people >= 0)
		json_put_int(j, "people", d->people);
	if (d->records >= 0)
		json_put_int(j, "records", d->records);
	json_put(j, "wiki", d->wiki);
	json_object_set_new(j, "address", json_boolean(d->address));
	json_put(j, "database", d->database.address);
	json_object_set_new(j, "domains", texts(&d->domains));
	json_object_set_new(j, "owners", texts(&d->owners));
	json_put(j, "system", d->system == NOTHING ? NULL : r->systems[d->system].name);
	return j;
}

static json_t *one_host(const struct firebreak_register *r, uint32_t index)
{
	json_t *list = some_hosts(r, index, index + 1), *j = json_incref(json_array_get(list, 0));

	json_decref(list);
	return j;
}

static json_t *refs(const struct firebreak_register *r, const struct refs *refs)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < refs->n; i++)
		json_array_append_new(list, json_string(register_name(r, refs->r[i])));
	return list;
}

static json_t *user(const struct firebreak_register *r, uint32_t index)
{
	const struct user_def *u = &r->users[index];
	json_t *j = json_object(), *keys = json_array();

	json_put(j, "name", u->name);
	json_put(j, "account", u->account);
	json_put(j, "person", u->person == NOTHING ? NULL : r->people[u->person].name);
	json_object_set_new(j, "root", json_boolean(register_user_is_root(r, index)));
	json_put(j, "evict", u->end == USER_REMOVE ? "remove" : "lock");
	json_object_set_new(j, "hosts", u->hosts.n ? hosts(r, &u->hosts) : json_string("*"));
	for (uint32_t i = 0; i < u->keys.n; i++)
		json_array_append_new(keys, json_string(r->ssh_keys[u->keys.i[i]].fingerprint));
	json_object_set_new(j, "keys", keys);
	json_object_set_new(j, "opens", refs(r, &u->opens));
	return j;
}

static json_t *ssh_key(const struct firebreak_register *r, const struct ssh_key *k)
{
	json_t *j = json_object(), *users = json_array();

	json_put(j, "name", k->name);
	json_put(j, "fingerprint", k->fingerprint);
	json_put(j, "key", k->line);
	json_put(j, "secret", k->secret == NOTHING ? NULL : r->secrets[k->secret].name);
	for (uint32_t i = 0; i < k->users.n; i++)
		json_array_append_new(users, json_string(r->users[k->users.i[i]].account));
	json_object_set_new(j, "users", users);
	return j;
}

static json_t *thing(const struct firebreak_register *r, struct ref ref)
{
	switch (ref.kind) {
	case REF_HOST:
		return one_host(r, ref.index);
	case REF_SECRET:
		return secret(r, &r->secrets[ref.index]);
	case REF_SYSTEM:
		return system_of(r, &r->systems[ref.index]);
	case REF_USER:
		return user(r, ref.index);
	case REF_SSH_KEY:
		return ssh_key(r, &r->ssh_keys[ref.index]);
	case REF_DATA:
	case REF_KINDS:
		break;
	}
	return data_set(r, &r->data[ref.index]);
}

static json_t *all_of(const struct firebreak_register *r, enum ref_kind kind, uint32_t n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(list, thing(r, (struct ref){ kind, i }));
	return list;
}

json_t *register_json_all(const struct firebreak_register *r)
{
	json_t *j = json_object();

	json_put(j, "digest", r->digest);
	json_object_set_new(j, "systems", all_of(r, REF_SYSTEM, r->n_systems));
	json_object_set_new(j, "secrets", all_of(r, REF_SECRET, r->n_secrets));
	json_object_set_new(j, "hosts", some_hosts(r, 0, r->n_hosts));
	json_object_set_new(j, "data", all_of(r, REF_DATA, r->n_data));
	json_object_set_new(j, "users", all_of(r, REF_USER, r->n_users));
	json_object_set_new(j, "ssh_keys", all_of(r, REF_SSH_KEY, r->n_ssh_keys));
	return j;
}

static json_t *member(const struct firebreak_register *r, const struct graph *g, const struct blast *blast,
		      uint32_t i)
{
	_cleanup_(buf_free) struct buf path = BUF_INIT(1 << 16);
	json_t *j = json_object();

	blast_path(g, blast, i, &path);
	json_put(j, "kind", ref_kind_name(blast->m[i].ref.kind));
	json_put(j, "name", register_name(r, blast->m[i].ref));
	json_put_int(j, "depth", blast->m[i].depth);
	json_put(j, "path", buf_text(&path));
	return j;
}

int register_json_one(const struct firebreak_register *r, struct ref ref, json_t **ret, struct err *e)
{
	_cleanup_(blast_free) struct blast blast = { NULL, 0 };
	_cleanup_(graph_freep) struct graph *g = NULL;
	json_t *j, *reaches;
	int done = graph_build(r, &g, e);

	if (done == 0)
		done = graph_blast(g, &ref, 1, &blast, e);
	if (done < 0)
		return done;
	j = json_object();
	reaches = json_array();
	json_put(j, "is", ref_kind_name(ref.kind));
	json_object_set_new(j, ref_kind_name(ref.kind), thing(r, ref));
	for (uint32_t i = 1; i < blast.n; i++)
		json_array_append_new(reaches, member(r, g, &blast, i));
	json_object_set_new(j, "reaches", reaches);
	*ret = j;
	return 0;
}
