/* systems/NAME.yaml: each system and its secrets. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static void consumer(struct draft *d, struct draft_text *t, const struct drafted *s, const struct drafted_consumer *c)
{
	struct guess of = c->service ? guess_system_of_service(c->service) : (struct guess){ NULL, NULL };
	bool server = !strcmp(s->kind, "tls-key") || !strcmp(s->kind, "dkim-key") ||
	(of.is && !strcmp(of.is, s->system));

	draft_note(t, 6, "from: %s%s", c->from, c->exported ? "; goes through PuppetDB, whose catalogues hold it too"
		   : "");
	if (c->question) {
		/* who reads a file is asked once, whatever is in it */
		bool first = c->no_row || c->service || !c->file || map_put(&d->parts->asked, c->question, 0);

		if (first)
			draft_ask(d, t, 6, s->name, c->question);
		else
			draft_note(t, 6, "who reads %s is asked above, or in another file", c->file);
	}
	if (c->no_row)
		return;
	draft_put(t, "      - {hosts: ");
	if (c->group != NOTHING)
		draft_put(t, "%s", draft_word(d, d->parts->groups[c->group].name));
	else
		draft_host_list(d, t, c->hosts, c->n_hosts);
	if (c->file)
		draft_put(t, ", file: %s", draft_word(d, c->file));
	if (c->service)
		draft_put(t, ", service: %s, restart: %s%s", draft_word(d, c->service),
			  c->restart == RESTART_BY_PUPPET ? "puppet"
			  : c->restart == RESTART_BY_US ? "firebreak" : "none", server ? ", side: server" : "");
	draft_put(t, "}\n");
	d->counts.consumers += c->n_hosts;
}

static void places(struct draft *d, struct draft_text *t, const struct drafted *s)
{
	draft_put(t, "    places:\n");
	for (uint32_t k = 0; k < s->n_leaves; k++) {
		const struct leaf *l = draft_leaf(d, s->leaves[k]);
		const char *added = d->parts->added[s->leaves[k]];

		if (added || l->form == LEAF_EYAML)
			draft_note(t, 6, "%s%s%s", added ? "added by " : "", added ? added : "",
				   l->form == LEAF_EYAML ? added ? "; encrypted (eyaml)" : "encrypted (eyaml)" : "");
		draft_put(t, "      - {repository: %s, file: %s", l->repository, draft_word(d, l->file));
		if (l->key)
			draft_put(t, ", key: %s", draft_word(d, l->key));
		draft_put(t, "}\n");
		d->counts.places++;
	}
}

static void consumers(struct draft *d, struct draft_text *t, const struct drafted *s)
{
	uint32_t rows = 0;

	for (uint32_t k = 0; k < s->n_consumers; k++)
		rows += !s->consumers[k].no_row;
	if (!s->n_consumers)
		return;
	if (rows)
		draft_put(t, "    consumers:\n");
	for (uint32_t k = 0; k < s->n_consumers; k++)
		consumer(d, t, s, &s->consumers[k]);
}

static void secret(struct draft *d, struct draft_text *t, const struct drafted *s)
{
	for (size_t k = 0; k < s->questions.n; k++)
		draft_ask(d, t, 2, s->name, s->questions.s[k]);
	draft_put(t, "  %s:\n", draft_word(d, s->name));
	draft_note(t, 4, "kind guessed from %s; system guessed from %s", s->kind_by ? s->kind_by : "nothing",
		   s->system_by ? s->system_by : "nothing");
	draft_put(t, "    kind: %s\n", s->kind);
	places(d, t, s);
	if (s->accounts.n) {
		draft_put(t, "    accounts:\n");
		draft_ask(d, t, 6, s->name, s->account_question);
	}
	for (size_t k = 0; k < s->accounts.n; k++) {
		draft_put(t, "      - %s%s\n", s->accounts.s[k], k ? "   " DRAFT_SEEN : "");
		d->counts.accounts++;
	}
	consumers(d, t, s);
	if (s->n_halves)
		draft_put(t, "    public_halves:\n");
	for (uint32_t k = 0; k < s->n_halves; k++) {
		const struct survey_half *h = &d->parts->halves[s->halves[k]];

		draft_note(t, 6, "from: %s:%u, by the hash of the public key", h->file, h->half.line);
		draft_put(t, "      - {repository: %s, file: %s, what: %s}\n",
			  d->s->reg->repositories[h->repository].name,
			  draft_word(d, h->file), draft_word(d, h->half.what));
		d->counts.halves++;
	}
	d->counts.secrets++;
	d->counts.twins += s->n_leaves > 1;
}

/* Hosts on which a service of the system is told of something; else those with files of it. */
static void system_hosts(struct draft *d, const char *name, bool *ret)
{
	bool any = false;

	for (unsigned pass = 0; pass < 2 && !any; pass++)
		for (uint32_t i = 0; i < d->parts->n_secrets; i++)
			for (uint32_t k = 0; k < d->parts->secrets[i].n_consumers; k++) {
				const struct drafted_consumer *c = &d->parts->secrets[i].consumers[k];
				struct guess g = { NULL, NULL };

				if (pass == 0 && c->service)
					g = guess_system_of_service(c->service);
				/* SQL about a system lies where its database is */
				if (pass == 1 && c->file && !strstr(c->file, ".sql") &&
				    !strcmp(d->parts->secrets[i].system, name))
					g = guess_system_of_path(c->file);
				for (uint32_t h = 0; g.is && !strcmp(g.is, name) && h < c->n_hosts; h++)
					any = ret[c->hosts[h]] = true;
			}
}

static void system_head(struct draft *d, struct draft_text *t, const char *name)
{
	const struct guess_system_fact *f = guess_system_fact(name);
	uint32_t n_hosts = d->feed ? d->feed->n_hosts : 0, n = 0;
	_cleanup_(freep) bool *here = mem_zero(n_hosts + 1, sizeof(*here));
	_cleanup_(freep) uint32_t *list = mem_zero(n_hosts + 1, sizeof(*list));

	system_hosts(d, name, here);
	for (uint32_t i = 0; i < n_hosts; i++)
		if (here[i])
			list[n++] = i;
	draft_put(t, "systems:\n");
	draft_ask(d, t, 2, name, n ? "on which hosts does it run? These have a service or a file of it; who are "
		  "its contacts?" : "on which hosts does it run (hosts), and who are its contacts?");
	draft_ask(d, t, 2, name, "what does the holder of its secrets reach next, and what is held there of people? No "
		  "repository says so: write opens: of the secrets, with hosts, systems and data sets (data:)");
	draft_put(t, "  %s:\n    title: %s\n", draft_word(d, name), draft_word(d, f ? f->title : name));
	if (f && f->page)
		draft_put(t, "    page: %s\n", draft_word(d, f->page));
	if (n) {
		draft_put(t, "    hosts: ");
		draft_host_list(d, t, list, n);
		draft_put(t, "\n");
	}
	d->counts.systems++;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void draft_systems(struct draft *d)
{
	_cleanup_(freep) const char **names = mem_zero(d->parts->n_secrets + 1, sizeof(*names));
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->parts->n_secrets; i++)
		names[n++] = d->parts->secrets[i].system;
	qsort(names, n, sizeof(*names), by_text);
	for (uint32_t i = 0; i < n; i++) {
		struct draft_text *t;

		if (i && !strcmp(names[i], names[i - 1]))
			continue;
		t = draft_file(d, arena_printf(d->arena, "systems/%s.yaml", names[i]));
		system_head(d, t, names[i]);
		draft_put(t, "\nsecrets:\n");
		for (uint32_t k = 0; k < d->parts->n_secrets; k++)
			if (!strcmp(d->parts->secrets[k].system, names[i]))
				secret(d, t, &d->parts->secrets[k]);
	}
}
