#include "model/posture.h"
#include "base/text.h"
#include "model/posture_parts.h"
#include "model/register_parts.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct claim_fact claim_facts[CLAIMS] = {
	[CLAIM_PORTS] = { "ports", "Firewalls exist to keep port access limited",
		"Give input a policy of drop, for IPv4 and for IPv6, and let in what has to come in." },
	[CLAIM_BANS] = { "bans", "failed SSH attempts eventually result in port bans for specific IPs",
		"Start fail2ban with its jail for sshd (or sshguard), and see that its rules stand before those that "
		"let ssh in." },
	[CLAIM_CIPHERS] = { "ciphers", "secure ciphers are used",
		"Take what is named out of Ciphers, MACs, KexAlgorithms and HostKeyAlgorithms in sshd_config, and "
		"restart sshd." },
	[CLAIM_ROOT] = { "root", "the root user can not be logged into",
		"Set `PermitRootLogin no`, under each Match too, and restart sshd." },
	[CLAIM_UPDATES] = { "updates", "Security updates are also ran regularly",
		"Install what is pending, let unattended-upgrades run, and restart what still runs old code." },
};

const char *const claim_result_names[CLAIM_RESULTS] = { "untold", "true", "false" };
const char *const claim_result_words[CLAIM_RESULTS] = { "could not be told", "is true", "is not true" };

static void (*const judges[CLAIMS])(struct judge *j) = {
	[CLAIM_PORTS] = judge_ports, [CLAIM_BANS] = judge_bans, [CLAIM_CIPHERS] = judge_ciphers,
	[CLAIM_ROOT] = judge_root, [CLAIM_UPDATES] = judge_updates,
};

int claim_parse(const char *id, enum claim *ret)
{
	for (int k = 0; id && k < CLAIMS; k++)
		if (strcmp(claim_facts[k].id, id) == 0) {
			*ret = (enum claim)k;
			return 0;
		}
	return -ERR_CONFIG;
}

int claim_result_parse(const char *name, enum claim_result *ret)
{
	for (int k = 0; name && k < CLAIM_RESULTS; k++)
		if (strcmp(claim_result_names[k], name) == 0) {
			*ret = (enum claim_result)k;
			return 0;
		}
	return -ERR_CONFIG;
}

/* One sentence that says no outweighs all, one that cannot tell outweighs those that say yes. */
void claim_say(struct judge *j, enum claim_result r, const char *fmt, ...)
{
	struct claim_state *c = &j->to->claims[j->claim];
	char text[600];
	va_list ap;

	if (!c->n_said || r == CLAIM_FALSE || (r == CLAIM_UNTOLD && c->result == CLAIM_TRUE))
		c->result = r;
	if (c->n_said == CLAIM_SAID_MAX) {
		c->more++;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->said[c->n_said++] = (struct claim_said){ r, arena_dup(j->to->arena, text) };
}

void posture_judge(const json_t *facts, const struct posture_rules *rules, int64_t now_us, struct posture *ret)
{
	*ret = (struct posture){ .arena = arena_new() };
	for (int k = 0; k < CLAIMS; k++) {
		struct judge j = { facts, rules, now_us, ret, (enum claim)k };
		struct claim_state *c = &ret->claims[k];

		judges[k](&j);
		if (!c->n_said)
			claim_say(&j, CLAIM_UNTOLD, "the host said nothing about it");
		if (c->more)
			c->said[c->n_said++] = (struct claim_said){ c->result,
				arena_printf(ret->arena, "and %u more like these", c->more) };
	}
}

void posture_free(struct posture *p)
{
	arena_free(p->arena);
	*p = (struct posture){ 0 };
}

static bool take_version(struct loader *l, const struct key *k, const struct yaml_node *n, void *item _unused_)
{
	const char *text;

	if (!scalar(l, n, k->name, &text))
		return false;
	return strcmp(text, "1") == 0 ||
	       problem_at(l, n, "'posture: %.60s' is a format that is not known here: expected 'posture: 1'", text);
}

static bool take_hours(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;
	uint32_t hours;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (text_u32(text, 1, 8760, &hours) < 0)
		return problem_at(l, n, "'%s' is wrong: expected hours from 1 to 8760", k->name);
	*(int64_t *)((char *)item + k->offset) = hours;
	return true;
}

#define AT(field) offsetof(struct posture_rules, field)
static const struct key keys[] = {
	{ "posture", take_version, 0, .required = true },
	{ "source", take_text, AT(source), .required = true },
	{ "kex", take_texts, AT(kex), .required = true },
	{ "host-keys", take_texts, AT(host_keys), .required = true },
	{ "ciphers", take_texts, AT(ciphers), .required = true },
	{ "macs", take_texts, AT(macs), .required = true },
	{ "lists-hours", take_hours, AT(lists_hours), .required = true },
};
#undef AT

int posture_rules_read(struct posture_rules *ret, const struct source *file, struct err *e)
{
	_cleanup_(arena_freep) struct arena *draft = arena_new(), *tree = arena_new();
	struct yaml_node *root = NULL;

	*ret = (struct posture_rules){ .arena = arena_new() };
	struct loader l = { .keep = ret->arena, .draft = draft, .noun = "file of rules",
			    .file = arena_dup(ret->arena, file->name) };
	int r = yaml_parse(tree, l.file, file->text, file->len, &root, e);

	if (r < 0)
		return r;
	if (!root)
		return err_set(e, ERR_CONFIG, "%s: the file is empty: expected 'posture: 1'", file->name);
	(void)take_map(&l, root, keys, ARRAY_SIZE(keys), ret, "the file");
	return l.n_problems ? err_set(e, ERR_CONFIG, "%s", l.first.text) : 0;
}

void posture_rules_free(struct posture_rules *r)
{
	arena_free(r->arena);
	*r = (struct posture_rules){ 0 };
}
