#include "model/register_parts.h"
#include "base/mem.h"

#define WHAT_MAX 200

/* A section that may stand once in the whole register. */
static bool once(struct loader *l, struct position *seen, const struct yaml_node *n, const char *what)
{
	if (seen->file)
		return problem_at(l, n, "'%s' stands twice: the first is at %s:%u:%u", what, seen->file, seen->line,
				  seen->col);
	*seen = position_of(l, n);
	return true;
}

bool read_version(struct loader *l, const struct yaml_node *n)
{
	const char *text;

	l->seen_version = position_of(l, n);
	if (!scalar(l, n, "register", &text))
		return false;
	if (strcmp(text, "1") != 0)
		return problem_at(l, n, "'register: %.60s' is a format that is not known here: expected 'register: "
					"1'", text);
	return true;
}

static bool take_approver(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	l->approver_at = position_of(l, n);
	return take_text(l, k, n, item);
}

#define AT(field) offsetof(struct organisation, field)
static const struct key organisation_keys[] = {
	{ "name", take_text, AT(name), .required = true },
	{ "team", take_text, AT(team), .required = true, .check = check_mail },
	{ "approver", take_approver, AT(approver), .required = true, .check = check_host_name },
	{ "contact", take_text, AT(contact) },
	{ "channels", take_late, AT(channels), .late = LATE_CHANNELS, .limit = LIMIT_CHANNELS },
	{ "log", take_late, AT(log), .late = LATE_CHANNELS, .limit = LIMIT_CHANNELS },
	{ "repeat", take_minutes, AT(repeat_min) },
	{ "escalation", take_escalation, 0 },
};
#undef AT

bool read_organisation(struct loader *l, const struct yaml_node *n)
{
	return once(l, &l->seen_organisation, n, "organisation") &&
	       take_map(l, n, organisation_keys, ARRAY_SIZE(organisation_keys), &l->r->organisation,
			"'organisation'");
}

bool read_ssh_config(struct loader *l, const struct yaml_node *n)
{
	static const struct key key = { "ssh_config", take_text, offsetof(struct firebreak_register, ssh_config),
					.check = check_local_file };

	return once(l, &l->seen_ssh_config, n, "ssh_config") && take_text(l, &key, n, l->r);
}

static const struct key check_keys[] = {
	{ "tested_within", take_number, offsetof(struct firebreak_register, tested_within_days), .required = true },
};

bool read_check(struct loader *l, const struct yaml_node *n)
{
	return once(l, &l->seen_check, n, "check") &&
	       take_map(l, n, check_keys, ARRAY_SIZE(check_keys), l->r, "'check'");
}

static bool take_roles(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct person_draft *d = item;

	return take_texts(l, k, n, item) && list_words(l, n, LIMIT_WORDS, NULL, &d->roles);
}

#define AT(field) offsetof(struct person_draft, p.field)
static const struct key person_keys[] = {
	{ "name", take_text, AT(full), .required = true },
	{ "mail", take_text, AT(mail), .check = check_mail },
	{ "irc", take_text, AT(irc), .check = check_irc_word },
	{ "channels", take_late, AT(channels), .late = LATE_CHANNELS, .limit = LIMIT_CHANNELS },
	{ "roles", take_roles, AT(roles), .check = check_host_name },
	{ "key", take_text, AT(key), .check = check_responder_key },
	{ "ssh", take_text, AT(ssh), .check = check_ssh_key },
};
#undef AT

bool read_person(struct loader *l, const struct yaml_node *n, void *item)
{
	struct person_draft *d = item;
	char what[WHAT_MAX];

	(void)snprintf(what, sizeof(what), "person '%s'", d->p.name);
	return take_map(l, n, person_keys, ARRAY_SIZE(person_keys), d, what);
}

static const char *const contain_words[] = { "all", "crowd-control", "none", NULL };

static bool take_contain(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct role_def *d = item;
	bool ok = take_choice(l, k, n, item);

	d->contain += ok;
	return ok;
}

static const struct key role_keys[] = {
	{ "root", take_flag, offsetof(struct role_def, root) },
	{ "contain", take_contain, offsetof(struct role_def, contain), .words = contain_words },
};

bool read_role(struct loader *l, const struct yaml_node *n, void *item)
{
	struct role_def *d = item;
	char what[WHAT_MAX];

	(void)snprintf(what, sizeof(what), "role '%s'", d->name);
	return !n || take_map(l, n, role_keys, ARRAY_SIZE(role_keys), d, what);
}
