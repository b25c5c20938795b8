/* What is open: it lives through a change, ends with a cut, and an inspection names it. */
#include "contract.h"
#include "base/macro.h"
#include <stdio.h>
#include <string.h>

#define MANY 8

static struct service_session *open_session(struct contract *c, const char *user, const char *password)
{
	struct service_session *x = c->service->kind->session(c->service, user, password);

	CHECK(x, "no session as '%s'", user);
	CHECK(c->service->kind->session_alive(x), "the session is dead from the start");
	return x;
}

/* What a public half decides has no sessions: its driver says so and has no cut. */
static bool has_none(const struct contract *c)
{
	CHECK(!c->facts->by_half || (c->facts->cannot[0] && !c->facts->can_list_sessions), "no declared cannot");
	return c->facts->by_half;
}

void case_sessions_live_through_a_change_and_end_with_the_cut(struct contract *c)
{
	if (has_none(c))
		return;
	struct service_session *x = open_session(c, c->service->user, c->old);
	struct said s = contract_call(c, VERB_CHANGE, (struct with){ 0 });

	CHECK(s.r == 0, "%s", s.e.text);
	CHECK(c->service->kind->session_alive(x), "the change alone ended the session: then this suite is wrong");
	s = contract_call(c, VERB_CUT, (struct with){ 0 });
	CHECK(s.r == 0 && s.a.count >= 1 && s.a.left == 0, "count %u left %u: %s", s.a.count, s.a.left, s.all);
	CHECK(!c->service->kind->session_alive(x), "the session outlived the cut");
	c->service->kind->session_end(x);
	CHECK(contract_login(c, c->new), "the honest application cannot come back");
}

void case_cut_ends_every_session_and_looks_again(struct contract *c)
{
	struct service_session *x[MANY];
	struct said s;

	if (has_none(c))
		return;
	for (size_t i = 0; i < MANY; i++)
		x[i] = open_session(c, c->service->user, c->old);
	s = contract_call(c, VERB_CUT, (struct with){ 0 });
	CHECK(s.r == 0, "%s", s.e.text);
	CHECK(s.changing, "cut without a word of it before");
	CHECK(s.a.count == MANY && s.a.left == 0, "count %u left %u of %d", s.a.count, s.a.left, MANY);
	for (size_t i = 0; i < MANY; i++) {
		CHECK(!c->service->kind->session_alive(x[i]), "session %zu outlived the cut", i);
		c->service->kind->session_end(x[i]);
	}
	s = contract_call(c, VERB_CUT, (struct with){ 0 });
	CHECK(s.r == 0 && s.a.count == 0 && s.a.left == 0, "nothing to cut, and count is %u: %s", s.a.count, s.all);
}

/* A service that cannot tell whose a session is has no choice; its words say so, and the others may come back. */
void case_cut_spares_other_users(struct contract *c)
{
	if (has_none(c))
		return;
	struct service_session *other = open_session(c, c->service->admin_user, c->service->admin_password);
	struct service_session *x = open_session(c, c->service->user, c->old);
	struct said s = contract_call(c, VERB_CUT, (struct with){ 0 });

	CHECK(s.r == 0, "%s", s.e.text);
	CHECK(!c->service->kind->session_alive(x), "the session outlived the cut");
	if (c->facts->can_list_sessions)
		CHECK(c->service->kind->session_alive(other), "somebody else's session was cut");
	else
		CHECK(c->facts->cannot[0] && c->service->kind->login(c->service, c->service->admin_user,
								       c->service->admin_password),
		      "somebody else cannot come back");
	c->service->kind->session_end(x);
	c->service->kind->session_end(other);
}

void case_inspect_names_an_open_session(struct contract *c)
{
	struct service_session *x = c->facts->by_half ? NULL : open_session(c, c->service->user, c->old);
	struct said s = contract_call(c, VERB_INSPECT, (struct with){ 0 });
	bool named = false;

	CHECK(s.r == 0, "%s", s.e.text);
	CHECK(!s.changing, "an inspection that changes");
	CHECK(s.a.count == json_array_size(s.a.findings), "count %u of %zu findings", s.a.count,
	      json_array_size(s.a.findings));
	for (size_t i = 0; i < json_array_size(s.a.findings); i++) {
		const json_t *f = json_array_get(s.a.findings, i);
		const char *detail = json_str(f, "detail");

		CHECK(json_str(f, "what") && json_str(f, "severity") && detail, "a finding without its words");
		named |= strstr(detail, c->service->user) && (c->facts->by_half || strstr(detail, "127.0.0.1"));
	}
	CHECK(named, "no finding names '%s' and where from: %s", c->service->user, s.all);
	if (!x)
		return;
	CHECK(c->service->kind->session_alive(x), "the inspection ended the session");
	c->service->kind->session_end(x);
}
