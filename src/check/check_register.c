#include "check/check.h"
#include "model/playbook.h"

#define DAY_US (INT64_C(86400) * 1000000)

static bool has_secret(const struct firebreak_register *reg, uint32_t system)
{
	for (uint32_t i = 0; i < reg->n_secrets; i++)
		if (reg->secrets[i].system == system)
			return true;
	return false;
}

/* The page lists what is a serious incident when it leaks: each of its lines needs something that can be replaced. */
static void procedures(struct check *c)
{
	for (uint32_t i = 0; i < c->reg->n_systems; i++) {
		const struct system *s = &c->reg->systems[i];

		if (s->page && !has_secret(c->reg, i))
			check_at_register(c, RULE_NO_PROCEDURE, s->at, s->name, "register its secrets",
					  "'%s' has a section of the page and no secret: nothing can be done about it",
					  s->name);
	}
	for (uint32_t i = 0; c->playbooks && i < c->reg->n_secrets; i++) {
		const struct secret_def *s = &c->reg->secrets[i];

		if (!playbooks_for(c->playbooks, s->kind))
			check_at_register(c, RULE_NO_PROCEDURE, s->at, s->name, "write a playbook for the kind",
					  "no playbook names the kind '%s' of '%s'", s->kind, s->name);
	}
}

static void tested(struct check *c)
{
	for (uint32_t i = 0; i < c->reg->n_secrets; i++) {
		const struct secret_def *s = &c->reg->secrets[i];
		int64_t days = (c->now_us - c->last_tested_us[i]) / DAY_US;

		if (s->unused || (c->last_tested_us[i] && days <= c->reg->tested_within_days))
			continue;
		const char *next = arena_printf(c->arena, "firebreak drill %s", s->name);

		if (c->last_tested_us[i])
			check_at_register(c, RULE_UNTESTED, s->at, s->name, next,
					  "'%s' was last rotated or drilled %lld days ago, expected within %lld",
					  s->name, (long long)days, (long long)c->reg->tested_within_days);
		else
			check_at_register(c, RULE_UNTESTED, s->at, s->name, next, "'%s' was never rotated or drilled",
					  s->name);
	}
}

void check_register(struct check *c)
{
	procedures(c);
	if (c->reg->tested_within_days && c->last_tested_us)
		tested(c);
}
