/* The files of the draft. Whatever comes from outside passes through draft_word or is a comment. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

#define GAPS_TOLD 20u

const char *draft_word(struct draft *d, const char *s)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	yaml_word(&b, s);
	return arena_dup(d->arena, buf_text(&b));
}

/* --- firebreak.yaml --- */

static void head(struct draft *d, struct draft_text *t)
{
	const struct gaps *g = &d->s->gaps;

	draft_note(t, 0, "A draft that `firebreak init` made out of repositories and manifests. A person has to read "
		   "it:");
	draft_note(t, 0, "what was not decided is marked DECIDE, above the entry that it is about. Take each mark out");
	draft_note(t, 0, "when it is decided. docs/formats/register.md tells what may stand here.");
	if (!g->n)
		return;
	draft_put(t, "#\n");
	draft_note(t, 0, "THIS DRAFT IS NOT WHOLE: %llu places could not be read, and what they hold is not in it.",
		   (unsigned long long)g->n + g->more);
	for (size_t i = 0; i < g->n && i < GAPS_TOLD; i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(8192);

		gap_say(&g->list[i], &b);
		draft_note(t, 0, "  not read: %s", buf_text(&b));
	}
	if (g->n > GAPS_TOLD)
		draft_note(t, 0, "  and more, which `firebreak init` tells");
}

static void repository(struct draft *d, struct draft_text *t, uint32_t i)
{
	static const char *const kinds[] = { [REPOSITORY_PRIVATE] = "private", [REPOSITORY_SSL_KEYS] = "ssl-keys",
		[REPOSITORY_PUPPET] = "puppet", [REPOSITORY_DNS] = "dns", [REPOSITORY_SSL] = "ssl" };
	const struct draft_repository *r = &d->repositories[i];
	enum repository_kind kind = d->s->reg->repositories[i].kind;

	if (r->local)
		draft_ask(d, t, 2, r->name, "where is it fetched from? It has no remote: this is a path of the "
			  "machine that made the draft");
	if (kind == REPOSITORY_PRIVATE || kind == REPOSITORY_SSL_KEYS)
		draft_ask(d, t, 2, r->name, "on which hosts does its clear content lie (the Puppet server)? Write "
			  "hosts: who is root there has all of it");
	draft_put(t, "  %s:\n    kind: %s\n    url: %s\n", r->name, kinds[kind], draft_word(d, r->url));
	if (r->branch)
		draft_put(t, "    branch: %s\n", draft_word(d, r->branch));
	if (r->eyaml_public && r->eyaml_private && (kind == REPOSITORY_PRIVATE || kind == REPOSITORY_SSL_KEYS))
		draft_put(t, "    eyaml: {public: %s, private: %s}\n", draft_word(d, r->eyaml_public),
			  draft_word(d, r->eyaml_private));
}

static void puppet_server(struct draft *d, struct draft_text *t)
{
	uint32_t host = draft_puppet_server(d);

	draft_ask(d, t, 0, "puppet", host == NOTHING
		  ? "which host is the Puppet server, whose CA signs the agents' certificates? Write puppet: "
		    "{server: HOST}: there the certificate of a lost host is revoked"
		  : "is this the host of Puppet's CA? There the certificate of a lost host is revoked. Where "
		    "PuppetDB is asked from another host, write database: HOST");
	if (host == NOTHING)
		draft_put(t, "\n");
	else
		draft_put(t, "puppet: {server: %s}\n\n", draft_word(d, d->parts->host_name[host]));
}

static void farm(struct draft *d)
{
	struct draft_text *t = draft_file(d, "firebreak.yaml");

	head(d, t);
	draft_put(t, "register: 1\n\n");
	draft_ask(d, t, 0, "organisation", "who are you? The name stands in reports, the team's address is always "
		  "told, the role approver signs incident reports");
	draft_put(t, "organisation:\n  name: Our organisation\n  team: sre@example.org\n  approver: "
		  "engineering-manager\n\n");
	draft_ask(d, t, 0, "roles", "who works here, and as what? Write people: with roles, and root: true for the "
		  "roles that are root everywhere");
	draft_put(t, "roles:\n  engineering-manager:\n\n");
	draft_ask(d, t, 0, "configuration", "how is a run of Puppet started, and which logs may hold old values? "
		  "--show_diff writes them down");
	draft_put(t, "configuration:\n  apply: puppet-agent\n  limit: 1800\n  logs: [/var/log/puppet, "
		  "/var/log/syslog]\n\n");
	puppet_server(d, t);
	draft_put(t, "repositories:\n");
	for (uint32_t i = 0; i < d->s->reg->n_repositories; i++)
		repository(d, t, i);
}

/* --- hosts.yaml --- */

void draft_host_list(struct draft *d, struct draft_text *t, const uint32_t *hosts, uint32_t n)
{
	draft_put(t, "[");
	for (uint32_t i = 0; i < n; i++)
		draft_put(t, "%s%s", i ? ", " : "", draft_word(d, d->parts->host_name[hosts[i]]));
	draft_put(t, "]");
}

static const char *pattern_of(const struct draft *d, uint32_t host)
{
	return d->parts->sure_host[host] || !d->parts->host_name[host] ? NULL : d->feed->named[host].pattern;
}

static bool same_pattern(const struct draft *d, uint32_t a, uint32_t b)
{
	const struct feed_named *x = &d->feed->named[a], *y = &d->feed->named[b];

	return pattern_of(d, a) && pattern_of(d, b) && x->file == y->file && x->line == y->line && x->col == y->col;
}

static void ask_pattern(struct draft *d, struct draft_text *t, uint32_t host)
{
	const struct feed_named *n = &d->feed->named[host];
	uint32_t all = 0, last = host;

	for (uint32_t i = host; i < d->feed->n_hosts; i++)
		if (same_pattern(d, host, i)) {
			all++;
			last = i;
		}
	draft_ask(d, t, 2, d->parts->host_name[host],
		  arena_printf(d->arena, "which of these %u hosts are there (%s to %s)? All that is known is the "
			       "node block "
			       "/%s/: strike the others", all, d->parts->host_name[host], d->parts->host_name[last],
			       n->pattern));
}

static bool is_first(const struct draft *d, uint32_t host)
{
	for (uint32_t i = 0; i < host; i++)
		if (same_pattern(d, i, host))
			return false;
	return true;
}

static void hosts(struct draft *d)
{
	struct draft_text *t = draft_file(d, "hosts.yaml");
	const struct feed_named *before = NULL;

	if (!d->feed || !d->feed->n_hosts) {
		draft_ask(d, t, 0, "hosts", "which hosts are there? No node block and no file of Hiera data names "
			  "one; without hosts nothing is known to be fed");
		return;
	}
	for (uint32_t i = 0; i < d->s->manifest->n_facts; i++)
		if (d->s->manifest->facts[i].kind == FACT_NODE && !strcmp(d->s->manifest->facts[i].name, "default")) {
			draft_ask(d, t, 0, "hosts", "which hosts have no node block of their own and come under "
				  "'node default'? Add them: what they are fed is not known otherwise");
			break;
		}
	draft_put(t, "hosts:\n");
	for (uint32_t i = 0; i < d->feed->n_hosts; i++) {
		const struct feed_named *n = &d->feed->named[i];
		bool asked = pattern_of(d, i) != NULL;

		if (!d->parts->host_name[i])
			continue;
		if (n->file != MANIFEST_NONE && (!before || before->file != n->file || before->line != n->line))
			draft_note(t, 2, "from: %s:%u", d->s->manifest->files[n->file].path, n->line);
		if (n->file == MANIFEST_NONE && (!before || before->file != MANIFEST_NONE))
			draft_note(t, 2, "from: names of Hiera data");
		before = n;
		if (asked && is_first(d, i))
			ask_pattern(d, t, i);
		else if (!asked && !d->feed->host_known[i])
			draft_ask(d, t, 2, d->parts->host_name[i], "is there this host? Hiera data has a file of it, "
				  "and no node block is for it");
		draft_put(t, "  %s: {address: %s}%s\n", draft_word(d, d->parts->host_name[i]),
			  draft_word(d, d->feed->hosts[i].fqdn),
			  asked && !is_first(d, i) ? "   " DRAFT_SEEN : "");
		d->counts.hosts++;
	}
	draft_put(t, d->parts->n_groups ? "\n# lists of hosts that consumers share: give them names that say "
		  "something\n"
					  "groups:\n" : "");
	for (uint32_t i = 0; i < d->parts->n_groups; i++) {
		draft_put(t, "  %s: ", draft_word(d, d->parts->groups[i].name));
		draft_host_list(d, t, d->parts->groups[i].hosts, d->parts->groups[i].n_hosts);
		draft_put(t, "\n");
	}
	d->counts.groups = d->parts->n_groups;
}

/* --- not-secret.yaml --- */

static void not_secret(struct draft *d)
{
	struct draft_text *t = draft_file(d, "not-secret.yaml");

	draft_note(t, 0, "What looks as if it were no secret. Each is a proposal: move it to a secret's places if it "
		   "is one.");
	draft_put(t, d->parts->n_proposals ? "not_secret:\n" : "");
	for (uint32_t i = 0; i < d->parts->n_proposals; i++) {
		const struct drafted_proposal *p = &d->parts->proposals[i];
		const struct leaf *l = draft_leaf(d, p->leaf);

		if (d->parts->added[p->leaf])
			draft_note(t, 2, "added by %s", d->parts->added[p->leaf]);
		draft_ask(d, t, 2, p->key ? p->key : l->file, arena_printf(d->arena, "is this really no secret? %s; "
									   "say why in your own words", p->why));
		draft_put(t, "  - repository: %s\n    file: %s\n", l->repository, draft_word(d, l->file));
		if (p->key)
			draft_put(t, "    key: %s\n", draft_word(d, p->key));
		draft_put(t, "    class: %s\n    why: %s\n", p->class == NOT_SECRET_PUBLIC ? "public" : "data",
			  draft_word(d, p->why));
		d->counts.not_secret++;
	}
}

/* --- decide.yaml: questions that are about no entry --- */

static void undecided(struct draft *d)
{
	const struct manifest *m = d->s->manifest;
	struct draft_text *t = draft_file(d, "decide.yaml");

	draft_note(t, 0, "Questions that belong to no entry: what manifests ask for is known at run time only.");
	if (!m)
		draft_ask(d, t, 0, "puppet", "which manifests feed these secrets? None were given (--puppet)");
	for (uint32_t i = 0; m && i < m->n_facts; i++) {
		const struct fact *f = &m->facts[i];

		if (f->kind == FACT_LOOKUP && f->flags & FACT_AT_RUN_TIME && !(f->flags & FACT_RESOLVED))
			draft_ask(d, t, 0, f->name, arena_printf(d->arena, "which keys does %s ask for at %s:%u? It "
								 "is %s",
				  f->how, m->files[f->file].path, f->line, f->name));
	}
	for (uint32_t i = 0; m && i < m->n_gaps; i++)
		if (m->gaps[i].kind == GAP_UNDECIDED)
			draft_ask(d, t, 0, m->gaps[i].text, m->gaps[i].file == MANIFEST_NONE
				  ? arena_printf(d->arena, "what about this: %s?", m->gaps[i].text)
				  : arena_printf(d->arena, "what does %s:%u do? %s", m->files[m->gaps[i].file].path,
						 m->gaps[i].line, m->gaps[i].text));
}

void draft_write(struct draft *d)
{
	farm(d);
	hosts(d);
	not_secret(d);
	draft_systems(d);
	undecided(d);
}
