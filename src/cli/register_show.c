#include "base/mem.h"
#include "model/severity.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/register_show.h"
#include <unistd.h>

static const char *const restart_names[] = { [RESTART_BY_PUPPET] = "puppet", [RESTART_BY_US] = "firebreak",
					     [RESTART_NONE] = "none" };
static const char *const repository_names[] = {
	[REPOSITORY_PRIVATE] = "private", [REPOSITORY_SSL_KEYS] = "ssl-keys", [REPOSITORY_PUPPET] = "puppet",
	[REPOSITORY_DNS] = "dns", [REPOSITORY_SSL] = "ssl" };

const char *register_restart_name(enum restart r)
{
	return restart_names[r];
}

const char *register_repository_name(enum repository_kind k)
{
	return repository_names[k];
}

void register_on_hosts(const struct firebreak_register *r, on_host_fn *use, void *arg)
{
	_cleanup_(freep) uint32_t *last = mem_zero(r->n_hosts + 1, sizeof(*last));

	for (uint32_t i = 0; i < r->n_secrets; i++)
		for (uint32_t k = 0; k < r->secrets[i].n_consumers; k++) {
			const struct indices *hosts = &r->secrets[i].consumers[k].hosts;

			for (uint32_t h = 0; h < hosts->n; h++)
				if (last[hosts->i[h]] != i + 1) {
					last[hosts->i[h]] = i + 1;
					use(hosts->i[h], i, arg);
				}
		}
}

static void cell(struct term_table *t, const char *s)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	if (s)
		text_visible(&b, s, strlen(s));
	term_table_add(t, buf_text(&b));
}

static void number(struct term_table *t, uint32_t n)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", n);
	term_table_add(t, text);
}

static void heading(struct cli *c, struct buf *b, const char *s)
{
	if (b->len)
		buf_char(b, '\n');
	term_paint(b, c->colour, TERM_BOLD, s);
	buf_char(b, '\n');
}

static void names_of(struct buf *b, const struct names *n)
{
	for (uint32_t i = 0; i < n->n; i++) {
		buf_str(b, i ? ", " : "");
		text_visible(b, n->s[i], strlen(n->s[i]));
	}
}

static void hosts_of(struct buf *b, const struct firebreak_register *r, const struct indices *hosts)
{
	for (uint32_t i = 0; i < hosts->n; i++)
		buf_printf(b, "%s%s", i ? ", " : "", r->hosts[hosts->i[i]].name);
}

static void systems_table(struct cli *c, const struct firebreak_register *r, struct buf *b)
{
	_cleanup_(freep) uint32_t *secrets = mem_zero(r->n_systems + 1, sizeof(*secrets));
	struct term_table *t = term_table_new(5);

	for (uint32_t i = 0; i < r->n_secrets; i++)
		secrets[r->secrets[i].system]++;
	heading(c, b, "Systems (secrets, hosts, contacts)");
	for (uint32_t i = 0; i < r->n_systems; i++) {
		_cleanup_(buf_free) struct buf contacts = BUF_INIT(1 << 20);

		cell(t, r->systems[i].name);
		cell(t, r->systems[i].title);
		number(t, secrets[i]);
		number(t, r->systems[i].hosts.n);
		names_of(&contacts, &r->systems[i].contacts);
		term_table_add(t, buf_text(&contacts));
	}
	term_table_print(t, b, term_width(STDOUT_FILENO));
}

static void count_one(uint32_t host, uint32_t secret, void *arg)
{
	(void)secret;
	((uint32_t *)arg)[host]++;
}

void register_show_all(struct cli *c, const struct firebreak_register *r, struct buf *b)
{
	struct term_table *secrets = term_table_new(5), *hosts = term_table_new(4);
	_cleanup_(freep) uint32_t *counts = mem_zero(r->n_hosts + 1, sizeof(*counts));

	register_on_hosts(r, count_one, counts);
	systems_table(c, r, b);
	heading(c, b, "Secrets (places, accounts, consumers)");
	for (uint32_t i = 0; i < r->n_secrets; i++) {
		cell(secrets, r->secrets[i].name);
		cell(secrets, r->secrets[i].kind);
		number(secrets, r->secrets[i].n_places);
		number(secrets, r->secrets[i].n_accounts);
		number(secrets, r->secrets[i].n_consumers);
	}
	term_table_print(secrets, b, term_width(STDOUT_FILENO));
	heading(c, b, "Hosts (how applied, secrets on it)");
	for (uint32_t i = 0; i < r->n_hosts; i++) {
		cell(hosts, r->hosts[i].name);
		cell(hosts, r->hosts[i].address);
		cell(hosts, register_apply_name(r->hosts[i].configuration.apply));
		number(hosts, counts[i]);
	}
	term_table_print(hosts, b, term_width(STDOUT_FILENO));
}

static void row(struct buf *b, const char *name, const char *value)
{
	if (value && *value) {
		buf_printf(b, "  %-12s ", name);
		text_visible(b, value, strlen(value));
		buf_char(b, '\n');
	}
}

static void show_account(const struct firebreak_register *r, const struct account *a, struct buf *b)
{
	buf_printf(b, "  %-12s %s at ", a->role == ROLE_REPLICA ? "presented" : "accepted", a->driver);
	text_visible(b, a->address, strlen(a->address));
	buf_str(b, a->users.n ? " for " : "");
	names_of(b, &a->users);
	if (a->admin_user) {
		buf_str(b, ", changed by ");
		text_visible(b, a->admin_user, strlen(a->admin_user));
		if (a->admin_secret != NOTHING)
			buf_printf(b, " (%s)", r->secrets[a->admin_secret].name);
	}
	if (a->host != NOTHING)
		buf_printf(b, ", running on %s", r->hosts[a->host].name);
	buf_char(b, '\n');
}

static void show_consumer(const struct firebreak_register *r, const struct consumer *c, struct buf *b)
{
	buf_printf(b, "  %-12s ", "fed to");
	if (c->file)
		text_visible(b, c->file, strlen(c->file));
	if (c->service)
		buf_printf(b, "%s%s (restarted by %s)", c->file ? ", " : "", c->service,
			   c->restart == RESTART_NONE ? "nobody" : restart_names[c->restart]);
	buf_str(b, " on ");
	hosts_of(b, r, &c->hosts);
	buf_char(b, '\n');
}

static void show_secret(const struct firebreak_register *r, const struct secret_def *s, struct buf *b)
{
	row(b, "kind", s->kind);
	row(b, "system", r->systems[s->system].title);
	row(b, "note", s->note);
	for (uint32_t i = 0; i < s->n_places; i++) {
		buf_printf(b, "  %-12s %s: ", "kept in", r->repositories[s->places[i].repository].name);
		text_visible(b, s->places[i].file, strlen(s->places[i].file));
		buf_str(b, s->places[i].key ? ", key " : "");
		if (s->places[i].key)
			text_visible(b, s->places[i].key, strlen(s->places[i].key));
		buf_char(b, '\n');
	}
	for (uint32_t i = 0; i < s->n_accounts; i++)
		show_account(r, &s->accounts[i], b);
	for (uint32_t i = 0; i < s->n_consumers; i++)
		show_consumer(r, &s->consumers[i], b);
	for (uint32_t i = 0; i < s->n_public_halves; i++) {
		buf_printf(b, "  %-12s %s: ", "public half", r->repositories[s->public_halves[i].repository].name);
		text_visible(b, s->public_halves[i].what, strlen(s->public_halves[i].what));
		buf_printf(b, "%s%s%s\n", s->public_halves[i].format ? " (" : "",
			   s->public_halves[i].format ? s->public_halves[i].format : "",
			   s->public_halves[i].format ? ")" : "");
	}
	for (uint32_t i = 0; i < s->n_externals; i++) {
		buf_printf(b, "  %-12s ", "outside");
		text_visible(b, s->externals[i].name, strlen(s->externals[i].name));
		buf_str(b, ": ");
		text_visible(b, s->externals[i].how, strlen(s->externals[i].how));
		buf_char(b, '\n');
	}
	for (uint32_t i = 0; i < s->n_stored; i++) {
		buf_printf(b, "  %-12s ", "stored in");
		text_visible(b, s->stored[i].table, strlen(s->stored[i].table));
		buf_printf(b, " at %s\n", s->stored[i].address);
	}
}

static void count(struct buf *b, const char *name, int64_t n)
{
	if (n < 0)
		buf_printf(b, "  %-12s not known\n", name);
	else
		buf_printf(b, "  %-12s %lld\n", name, (long long)n);
}

static void show_user(const struct firebreak_register *r, uint32_t index, struct buf *b)
{
	const struct user_def *u = &r->users[index];

	row(b, "person", u->person == NOTHING ? "nobody's in particular" : r->people[u->person].full);
	row(b, "root", register_user_is_root(r, index) ? "yes" : "no");
	row(b, "evicted by", u->end == USER_REMOVE ? "removing the account" : "locking the account");
	buf_printf(b, "  %-12s ", "on");
	if (u->hosts.n)
		hosts_of(b, r, &u->hosts);
	else
		buf_str(b, "all hosts");
	buf_char(b, '\n');
	for (uint32_t i = 0; i < u->keys.n; i++)
		row(b, "key", r->ssh_keys[u->keys.i[i]].fingerprint);
}

static void show_key(const struct firebreak_register *r, const struct ssh_key *k, struct buf *b)
{
	row(b, "public key", k->line ? k->line : "not known, only its fingerprint");
	row(b, "private half", k->secret == NOTHING ? "not in this register" : r->secrets[k->secret].name);
	for (uint32_t i = 0; i < k->users.n; i++)
		row(b, "logs in as", r->users[k->users.i[i]].account);
}

static void show_other(const struct firebreak_register *r, struct ref ref, struct buf *b)
{
	_cleanup_(buf_free) struct buf list = BUF_INIT(1 << 20);

	if (ref.kind == REF_HOST) {
		row(b, "address", r->hosts[ref.index].address);
		row(b, "applied by", register_apply_name(r->hosts[ref.index].configuration.apply));
	} else if (ref.kind == REF_SYSTEM) {
		row(b, "title", r->systems[ref.index].title);
		names_of(&list, &r->systems[ref.index].contacts);
		row(b, "contacts", buf_text(&list));
	} else if (ref.kind == REF_USER) {
		show_user(r, ref.index, b);
	} else if (ref.kind == REF_SSH_KEY) {
		show_key(r, &r->ssh_keys[ref.index], b);
	} else {
		row(b, "title", r->data[ref.index].title);
		names_of(&list, &r->data[ref.index].categories);
		row(b, "categories", buf_text(&list));
		row(b, "class", data_class_names[r->data[ref.index].class]);
		count(b, "people", r->data[ref.index].people);
		count(b, "records", r->data[ref.index].records);
		row(b, "wiki", r->data[ref.index].wiki ? r->data[ref.index].wiki : "all");
		row(b, "addresses", r->data[ref.index].address ? "yes" : "no");
	}
}

int register_show_one(struct cli *c, const struct firebreak_register *r, struct ref ref, struct buf *b, struct err *e)
{
	_cleanup_(blast_free) struct blast blast = { NULL, 0 };
	_cleanup_(graph_freep) struct graph *g = NULL;
	int done = graph_build(r, &g, e);

	if (done == 0)
		done = graph_blast(g, &ref, 1, &blast, e);
	if (done < 0)
		return done;
	buf_printf(b, "%s ", ref_kind_name(ref.kind));
	term_paint(b, c->colour, TERM_BOLD, register_name(r, ref));
	buf_char(b, '\n');
	if (ref.kind == REF_SECRET)
		show_secret(r, &r->secrets[ref.index], b);
	else
		show_other(r, ref, b);
	buf_printf(b, "\nIts holder reaches %u more%s\n", blast.n - 1, blast.n > 1 ? ":" : "");
	for (uint32_t i = 1; i < blast.n; i++) {
		_cleanup_(buf_free) struct buf path = BUF_INIT(1 << 16);

		blast_path(g, &blast, i, &path);
		buf_printf(b, "  %s\n    ", register_name(r, blast.m[i].ref));
		text_visible(b, buf_text(&path), path.len);
		buf_char(b, '\n');
	}
	return 0;
}
