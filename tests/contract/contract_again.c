/*
 * Each call may be the second one: a first that was ended behind the moment in which it was in force, and before the
 * service had it for its next start. Recovery calls the verb once more, and relies on what is shown here.
 */
#include "contract.h"

/* In force, by a way of its own, and not kept: as a first call that was cut short leaves it. */
static void set(struct contract *c, const char *first, const char *second)
{
	CHECK(c->service->kind->set(c->service, first, second) == 0, "the service could not be set up");
}

static void accepts(const char *when, struct service *s, const struct contract *c, bool old, bool new)
{
	CHECK(s->kind->login(s, c->service->user, c->old) == old, "%s: the old value", when);
	CHECK(s->kind->login(s, c->service->user, c->new) == new, "%s: the new value", when);
}

static void second(struct contract *c, enum driver_verb verb, bool old)
{
	const char *const options[] = { "file", c->service->kept, NULL };
	struct service next;
	struct said s;

	accepts("before", c->service, c, old, true);
	s = contract_call(c, verb, (struct with){ .options = *c->service->kept ? options : NULL });
	CHECK(s.r == 0, "%s", s.e.text);
	accepts("now", c->service, c, old, true);
	if (!c->service->kind->next)
		return;
	CHECK(c->service->kind->next(c->service, &next) == 0, "what is kept does not start");
	accepts("at the next start", &next, c, old, true);
	service_kill(&next);
}

void case_a_change_in_force_that_was_not_kept_is_kept_by_the_second(struct contract *c)
{
	set(c, c->new, NULL);
	second(c, VERB_CHANGE, false);
}

void case_a_stage_in_force_that_was_not_kept_is_kept_by_the_second(struct contract *c)
{
	if (!c->facts->can_stage && (!c->facts->by_half || contract_half_is_one(c)))
		return;
	set(c, c->old, c->new);
	second(c, VERB_STAGE, true);
}

void case_a_retire_in_force_that_was_not_kept_is_kept_by_the_second(struct contract *c)
{
	if (!c->facts->can_stage && !c->facts->by_half)
		return;
	set(c, c->new, NULL);
	second(c, VERB_RETIRE, false);
}
