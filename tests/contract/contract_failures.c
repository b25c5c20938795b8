/* What goes wrong is told in one sentence with its effect, and nothing has moved. */
#include "contract.h"
#include "base/macro.h"
#include <stdio.h>
#include <string.h>

static const enum driver_verb managing[] = { VERB_CHANGE, VERB_STAGE, VERB_RETIRE, VERB_CUT, VERB_INSPECT };

/* Each verb that needs a server, with something wrong: the same kind of failure from all of them. */
static void each_fails(struct contract *c, struct with with, enum err_code code, const char *names)
{
	for (size_t i = 0; i < ARRAY_SIZE(managing); i++) {
		struct said s;

		if (!c->driver->verb[managing[i]])
			continue;
		s = contract_call(c, managing[i], with);
		CHECK(s.r < 0, "%s did not fail", driver_verb_name(managing[i]));
		CHECK(s.e.effect == EFFECT_NONE, "%s: effect '%s': %s", driver_verb_name(managing[i]),
		      effect_name(s.e.effect), s.e.text);
		CHECK(s.e.code == code, "%s: '%s' instead of '%s': %s", driver_verb_name(managing[i]),
		      err_code_name(s.e.code), err_code_name(code), s.e.text);
		CHECK(!names || strstr(s.e.text, names), "%s: '%s' is not named: %s", driver_verb_name(managing[i]),
		      names, s.e.text);
	}
}

static void untouched(struct contract *c)
{
	CHECK(contract_login(c, c->old), "the old value is refused");
	CHECK(!contract_login(c, c->new), "the new value is accepted");
}

void case_wrong_admin_credential_changes_nothing(struct contract *c)
{
	if (c->facts->by_half)
		return;
	/* Where the way to the service's host is what manages it, that way is what can fail. */
	if (c->service->kind->by_host)
		each_fails(c, (struct with){ .host_away = true }, ERR_NET, "away-host");
	else
		each_fails(c, (struct with){ .admin_password = "Not-The-Admin-s-Value" }, ERR_AUTH,
			   c->service->admin_user);
	untouched(c);
}

void case_unknown_user_changes_nothing(struct contract *c)
{
	struct with with = { .user = "nobody_of_this_name" };
	struct said s;

	if (!c->facts->by_half) {
		s = contract_call(c, VERB_CHANGE, with);
		CHECK(s.r < 0 && s.e.effect == EFFECT_NONE, "%s", s.all);
		CHECK(strstr(s.e.text, with.user), "not named: %s", s.e.text);
	}
	CHECK(!c->service->kind->login(c->service, with.user, c->new), "the unknown user was made");
	s = contract_call(c, VERB_PROBE, with);
	CHECK(s.a.accepts == ACCEPTS_NEITHER || s.r < 0, "'%s'", accepts_name(s.a.accepts));
	untouched(c);
}

void case_wrong_port_changes_nothing(struct contract *c)
{
	each_fails(c, (struct with){ .port = service_free_port() }, ERR_NET, NULL);
	untouched(c);
}

void case_paused_server_is_told_in_time(struct contract *c)
{
	CHECK(c->service->kind->pause(c->service) == 0, "pause");
	each_fails(c, (struct with){ .limit_ms = 1500 }, ERR_NET, NULL);
	CHECK(c->service->kind->resume(c->service) == 0, "resume");
	untouched(c);
}

void case_no_clear_text_in_the_logs_of_the_service(struct contract *c)
{
	static const enum driver_verb verbs[] = { VERB_PROBE, VERB_STAGE, VERB_RETIRE, VERB_CHANGE, VERB_PROBE,
						  VERB_CUT, VERB_INSPECT };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (c->driver->verb[verbs[i]] || (c->facts->by_half && verbs[i] == VERB_CHANGE))
			(void) contract_call(c, verbs[i], (struct with){ 0 });
	}
	CHECK(contract_login(c, c->new), "the new value is refused");
	CHECK(!c->service->kind->logged(c->service, c->new), "the new value stands in the service's logs");
	CHECK(!c->service->kind->logged(c->service, c->service->admin_password), "the admin's value stands in the "
	      "logs");
}
