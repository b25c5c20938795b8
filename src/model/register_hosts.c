#include "model/register_parts.h"
#include "base/mem.h"

#define WHAT_MAX 200
#define LIMIT_S 600 /* of one apply, when nothing is said */

static const char *const reach_words[] = { [REACH_SSH] = "ssh", [REACH_LOCAL] = "local", NULL };
static const char *const apply_words[] = { [APPLY_AGENT] = "puppet-agent", [APPLY_LOCAL] = "puppet-apply",
					   [APPLY_COMMAND] = "command", [APPLY_NONE] = "none", NULL };
static const char *const repository_words[] = {
	[REPOSITORY_PRIVATE] = "private", [REPOSITORY_SSL_KEYS] = "ssl-keys", [REPOSITORY_PUPPET] = "puppet",
	[REPOSITORY_DNS] = "dns", [REPOSITORY_SSL] = "ssl", NULL };

const char *register_apply_name(enum apply a)
{
	return apply_words[a];
}

struct configuration_draft { struct configuration c; struct names logs; };

#define AT(field) offsetof(struct configuration_draft, field)
static const struct key configuration_keys[] = {
	{ "apply", take_choice, AT(c.apply), .required = true, .words = apply_words },
	{ "command", take_texts, AT(c.command) },
	{ "options", take_texts, AT(c.options) },
	{ "limit", take_seconds, AT(c.limit_s) },
	{ "logs", take_texts, AT(logs), .check = check_absolute },
};
#undef AT

static bool configuration(struct loader *l, const struct yaml_node *n, size_t n_keys, struct configuration_draft *d)
{
	d->c.limit_s = LIMIT_S;
	if (!take_map(l, n, configuration_keys, n_keys, d, "'configuration'"))
		return false;
	if (d->c.apply == APPLY_COMMAND && !d->c.command.n)
		return problem_at(l, n, "'apply: command' needs 'command: [program, word, ...]'");
	if (d->c.apply != APPLY_COMMAND && d->c.command.n)
		return problem_at(l, n, "'command' stands with 'apply: %s': expected 'apply: command'",
				  apply_words[d->c.apply]);
	if (d->c.options.n && d->c.apply != APPLY_AGENT && d->c.apply != APPLY_LOCAL)
		return problem_at(l, n, "'options' are words for Puppet: expected 'apply: puppet-agent' or "
					"'puppet-apply'");
	return true;
}

bool read_configuration(struct loader *l, const struct yaml_node *n)
{
	struct configuration_draft d = { 0 };

	if (l->seen_configuration.file)
		return problem_at(l, n, "'configuration' stands twice: the first is at %s:%u:%u",
				  l->seen_configuration.file, l->seen_configuration.line, l->seen_configuration.col);
	l->seen_configuration = position_of(l, n);
	if (!configuration(l, n, ARRAY_SIZE(configuration_keys), &d))
		return false;
	l->r->configuration = d.c;
	l->default_logs = d.logs;
	return true;
}

#define AT(field) offsetof(struct puppet_server, field)
static const struct key puppet_keys[] = {
	{ "server", take_late, AT(server), .late = LATE_HOST, .required = true },
	{ "database", take_late, AT(database), .late = LATE_HOST },
	{ "config", take_text, AT(config), .check = check_absolute },
};
#undef AT

bool read_puppet(struct loader *l, const struct yaml_node *n)
{
	struct puppet_server *p = &l->r->puppet;

	if (p->at.file)
		return problem_at(l, n, "'puppet' stands twice: the first is at %s:%u:%u", p->at.file, p->at.line,
				  p->at.col);
	p->at = position_of(l, n);
	return take_map(l, n, puppet_keys, ARRAY_SIZE(puppet_keys), p, "'puppet'");
}

bool take_configuration(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct configuration_draft d = { 0 };
	struct host_draft *h = item;

	/* a host's logs stand beside its configuration, not in it */
	if (!configuration(l, n, ARRAY_SIZE(configuration_keys) - 1, &d))
		return false;
	*(struct configuration *)((char *)item + k->offset) = d.c;
	h->own_configuration = true;
	return true;
}

#define AT(field) offsetof(struct host_draft, h.field)
static const struct key host_keys[] = {
	{ "address", take_text, AT(address), .check = check_address },
	{ "reach", take_choice, AT(reach), .words = reach_words },
	{ "configuration", take_configuration, AT(configuration) },
	{ "logs", take_texts, AT(logs), .check = check_absolute },
	{ "containment", take_containment, AT(containment) },
	{ "holds", take_late, AT(holds), .late = LATE_REFS, .limit = LIMIT_OPENS },
};
#undef AT

bool read_host(struct loader *l, const struct yaml_node *n, void *item)
{
	struct host_draft *d = item;
	char what[WHAT_MAX];
	bool ok;

	(void)snprintf(what, sizeof(what), "host '%s'", d->h.name);
	d->h.address = d->h.name;
	ok = !n || take_map(l, n, host_keys, ARRAY_SIZE(host_keys), d, what);
	d->own_logs = d->h.logs.n > 0;
	return ok;
}

bool read_group(struct loader *l, const struct yaml_node *n, void *item)
{
	struct group_draft *d = item;

	if (n->kind == YAML_MAP)
		return problem_at(l, n, "group '%s' is a map: expected a list of hosts, groups and patterns",
				  d->name);
	return list_words(l, n, LIMIT_HOSTS, check_host_word, &d->members);
}

struct eyaml { const char *public, *private; };

static bool take_eyaml(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	static const struct key keys[] = {
		{ "public", take_text, offsetof(struct eyaml, public), .required = true, .check = check_local_file },
		{ "private", take_text, offsetof(struct eyaml, private), .required = true,
		  .check = check_local_file },
	};
	struct repository *d = item;
	struct eyaml files = { NULL };

	(void)k;
	if (!take_map(l, n, keys, ARRAY_SIZE(keys), &files, "'eyaml'"))
		return false;
	d->eyaml_public = files.public;
	d->eyaml_private = files.private;
	return true;
}

#define AT(field) offsetof(struct repository, field)
static const struct key repository_keys[] = {
	{ "kind", take_choice, AT(kind), .required = true, .words = repository_words },
	{ "url", take_text, AT(url), .required = true, .check = check_url },
	{ "branch", take_text, AT(branch), .check = check_branch },
	{ "hosts", take_late, AT(hosts), .late = LATE_HOSTS },
	{ "serves", take_late, AT(serves), .late = LATE_HOSTS },
	{ "eyaml", take_eyaml, 0 },
};
#undef AT

bool read_repository(struct loader *l, const struct yaml_node *n, void *item)
{
	struct repository *d = item;
	char what[WHAT_MAX];

	(void)snprintf(what, sizeof(what), "repository '%s'", d->name);
	d->branch = "main";
	return take_map(l, n, repository_keys, ARRAY_SIZE(repository_keys), d, what);
}
