/* Which value is accepted: what probe says, what change, stage and retire make of it. */
#include "contract.h"
#include "base/macro.h"
#include <stdio.h>
#include <string.h>

static void set(struct contract *c, const char *first, const char *second)
{
	CHECK(c->service->kind->set(c->service, first, second) == 0, "the service could not be set up");
}

static void accepts(struct contract *c, enum accepts wanted)
{
	struct said s = contract_call(c, VERB_PROBE, (struct with){ 0 });

	CHECK(s.r == 0, "%s", s.e.text);
	CHECK(s.a.accepts == wanted, "probe says '%s' instead of '%s': %s", accepts_name(s.a.accepts),
	      accepts_name(wanted), s.all);
	CHECK(!s.changing, "a probe that changes");
	CHECK(s.tries > 0, "a probe without a try");
	CHECK(s.a.text[0], "no sentence for people");
}

static void must(const struct said *s)
{
	CHECK(s->r == 0, "%s", s->e.text);
	CHECK(s->changing, "changed without a word of it before");
	CHECK(s->a.text[0], "no sentence for people");
}

void case_facts_and_verbs_agree(struct contract *c)
{
	static const enum driver_verb always[] = { VERB_PROBE, VERB_CHANGE, VERB_CUT, VERB_INSPECT };
	driver_fn *const *verb = c->driver->verb;

	CHECK(strcmp(c->driver->name, c->service->kind->driver) == 0, "'%s'", c->driver->name);
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		CHECK((verb[always[i]] != NULL) == (!c->facts->by_half || always[i] == VERB_PROBE ||
						    always[i] == VERB_INSPECT), "%s", driver_verb_name(always[i]));
	CHECK(c->facts->can_stage == (verb[VERB_STAGE] != NULL), "can_stage");
	CHECK(c->facts->can_stage == (verb[VERB_RETIRE] != NULL), "can_stage and retire");
	CHECK(c->facts->has_drain == (verb[VERB_DRAIN] != NULL), "has_drain");
	CHECK(c->facts->can_stage || c->facts->cannot[0], "cannot stage, and does not say so in words");
	CHECK(c->facts->interrupts[0], "who feels a change is not said");
}

void case_words_refuse_what_is_no_value_of_an_option(struct contract *c)
{
	const char *const users[] = { c->service->user, NULL };
	json_t *options = json_object();
	struct err e = ERR_INIT;

	CHECK(c->driver->words, "the register's words for '%s' are not checked", c->driver->name);
	CHECK(c->driver->words(c->service->address, users, options, &e) == 0, "%s", e.text);
	json_put(options, "tls", "perhaps");
	CHECK(c->driver->words(c->service->address, users, options, &e) < 0, "tls: perhaps was taken");
	CHECK(strstr(e.text, "perhaps") && e.code == ERR_CONFIG, "%s", e.text);
}

void case_probe_says_old(struct contract *c)
{
	accepts(c, ACCEPTS_OLD);
}

void case_probe_says_new(struct contract *c)
{
	set(c, c->new, NULL);
	accepts(c, ACCEPTS_NEW);
}

void case_probe_says_both(struct contract *c)
{
	if (c->service->kind->set(c->service, c->old, c->new) == 0) {
		accepts(c, ACCEPTS_BOTH);
		return;
	}
	/* One value only: "both" can still be met, when old and new are the same. */
	CHECK(!c->facts->can_stage && !c->facts->by_half,
	      "the service says it cannot hold two, the driver says it can");
	set(c, c->old, NULL);
	(void) snprintf(c->new, sizeof(c->new), "%s", c->old);
	accepts(c, ACCEPTS_BOTH);
}

void case_probe_says_neither(struct contract *c)
{
	set(c, c->other, NULL);
	accepts(c, ACCEPTS_NEITHER);
}

static void unreachable(const struct said *s)
{
	CHECK(s->a.accepts == ACCEPTS_UNREACHABLE, "'%s'", accepts_name(s->a.accepts));
	CHECK(s->r == 0 || s->e.code == ERR_NET, "%s", s->e.text);
	CHECK(s->r < 0 || strlen(s->a.text) > 20, "no sentence for people: '%s'", s->a.text);
}

void case_probe_does_not_take_a_wrong_port_for_a_refusal(struct contract *c)
{
	struct said s = contract_call(c, VERB_PROBE, (struct with){ .port = service_free_port() });

	unreachable(&s);
}

void case_probe_does_not_take_a_paused_server_for_a_refusal(struct contract *c)
{
	struct said s;

	CHECK(c->service->kind->pause(c->service) == 0, "pause");
	s = contract_call(c, VERB_PROBE, (struct with){ .limit_ms = 2500 });
	CHECK(c->service->kind->resume(c->service) == 0, "resume");
	unreachable(&s);
	accepts(c, ACCEPTS_OLD);
}

void case_probe_changes_nothing(struct contract *c)
{
	for (int i = 0; i < 12; i++)
		accepts(c, ACCEPTS_OLD);
	CHECK(contract_login(c, c->old), "twelve probes locked the account");
}

void case_change_ends_the_old_value_at_once(struct contract *c)
{
	struct said s = contract_call(c, VERB_CHANGE, (struct with){ 0 });

	must(&s);
	CHECK(contract_login(c, c->new), "the new value is refused");
	CHECK(!contract_login(c, c->old), "the old value is accepted");
	accepts(c, ACCEPTS_NEW);
}

void case_change_twice_is_one_change(struct contract *c)
{
	for (int i = 0; i < 2; i++) {
		struct said s = contract_call(c, VERB_CHANGE, (struct with){ 0 });

		CHECK(s.r == 0, "time %d: %s", i + 1, s.e.text);
		CHECK(contract_login(c, c->new) && !contract_login(c, c->old), "time %d", i + 1);
	}
}

void case_change_takes_any_characters(struct contract *c)
{
	static const char awkward[] = "q'u\"o\\t%s $HOME;-- #{x} \xc3\xa9 !";
	struct said s;

	/* a key is made, and not chosen */
	if (c->service->kind->value)
		return;
	s = contract_call(c, VERB_CHANGE, (struct with){ .new = awkward });

	must(&s);
	CHECK(contract_login(c, awkward), "the value was not set as it is");
	CHECK(!contract_login(c, c->old), "the old value is accepted");
	s = contract_call(c, VERB_PROBE, (struct with){ .new = awkward });
	CHECK(s.a.accepts == ACCEPTS_NEW, "probe says '%s'", accepts_name(s.a.accepts));
}

void case_change_by_the_account_itself(struct contract *c)
{
	for (int i = 0; i < 2; i++) {
		struct said s = contract_call(c, VERB_CHANGE, (struct with){ .itself = true });

		CHECK(s.r == 0, "time %d: %s", i + 1, s.e.text);
		CHECK(contract_login(c, c->new) && !contract_login(c, c->old), "time %d", i + 1);
	}
}

void case_change_finishes_what_a_crash_left(struct contract *c)
{
	if (c->service->kind->set(c->service, c->old, c->new) == 0) {
		struct said s = contract_call(c, VERB_CHANGE, (struct with){ 0 });

		must(&s);
		accepts(c, ACCEPTS_NEW);
	}
	set(c, c->other, NULL);
	struct said s = contract_call(c, VERB_CHANGE, (struct with){ 0 });

	/* where one file holds one half, somebody else's is nothing to write over */
	if (contract_half_is_one(c)) {
		CHECK(s.r == -ERR_CONFLICT && contract_login(c, c->other), "somebody else's value was replaced");
		return;
	}
	must(&s);
	CHECK(contract_login(c, c->new), "the new value is refused");
	/* a public place holds the halves of any number of keys, and says in words that it does */
	CHECK(contract_login(c, c->other) == c->facts->by_half, "somebody else's value is accepted");
}

void case_stage_and_retire_or_a_declared_cannot(struct contract *c)
{
	if (!c->facts->can_stage && (!c->facts->by_half || contract_half_is_one(c))) {
		CHECK(!c->driver->verb[VERB_STAGE] && c->facts->cannot[0], "no declared cannot");
		return;
	}
	for (int i = 0; i < 2; i++) {
		struct said s = contract_call(c, VERB_STAGE, (struct with){ 0 });

		CHECK(s.r == 0, "stage, time %d: %s", i + 1, s.e.text);
		CHECK(contract_login(c, c->old) && contract_login(c, c->new), "staged, time %d", i + 1);
	}
	accepts(c, ACCEPTS_BOTH);
	for (int i = 0; i < 2; i++) {
		struct said s = contract_call(c, VERB_RETIRE, (struct with){ 0 });

		CHECK(s.r == 0, "retire, time %d: %s", i + 1, s.e.text);
		CHECK(!contract_login(c, c->old) && contract_login(c, c->new), "retired, time %d", i + 1);
	}
	accepts(c, ACCEPTS_NEW);
}

/* Whichever of the two the service got first. */
void case_retire_ends_the_old_value_in_any_order(struct contract *c)
{
	struct said s;

	if (!c->driver->verb[VERB_RETIRE] && !c->facts->by_half)
		return;
	set(c, c->new, c->old);
	s = contract_call(c, VERB_RETIRE, (struct with){ 0 });
	must(&s);
	accepts(c, ACCEPTS_NEW);
}

void case_retire_does_not_lock_out_when_nothing_is_staged(struct contract *c)
{
	struct said s;

	/* a public half is withdrawn before there is another: that is what it is for */
	if (!c->driver->verb[VERB_RETIRE])
		return;
	s = contract_call(c, VERB_RETIRE, (struct with){ 0 });
	CHECK(s.r < 0 && s.e.effect == EFFECT_NONE, "retired without a staged value: %s", s.all);
	CHECK(contract_login(c, c->old), "locked out");
}
