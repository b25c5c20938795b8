/* What the probe's answers show: silence is no refusal, and one open port is enough. And what came of a host. */
#include "register_help.h"
#include "base/json.h"
#include "fleet/contain_parts.h"

#define OPEN(a, p) "[\"" a "\"," #p ",\"open\"]"
#define REFUSED(a, p) "[\"" a "\"," #p ",\"refused\",\"Connection refused\"]"
#define SILENT(a, p) "[\"" a "\"," #p ",\"silent\",\"Connection timed out\"]"
#define NO_WAY(a, p) "[\"" a "\"," #p ",\"no way\",\"Network is unreachable\"]"
#define A "192.0.2.1"
#define B "2001:db8::1"

#define OWN(a, p) "[\"" a "\"," #p ",\"own\",\"the probe has this address itself\"]"

static void answers_are_judged_by_address(void **state _unused_)
{
	static const struct { enum contain_action action; enum contain_level level; size_t n, aside;
			      const char *answers; enum sched_answer want; const char *says; } rows[] = {
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, 0, REFUSED(A, 22) "," REFUSED(B, 22), SCHED_DONE, "at all 2 ports" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, 0, REFUSED(A, 22) "," OPEN(B, 22), SCHED_FAILED,
		  "in at " B " port 22" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, 0, REFUSED(A, 22) "," OPEN(A, 80) "," REFUSED(B, 22), SCHED_FAILED,
		  "port 80" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, 0, REFUSED(A, 22) "," SILENT(B, 22), SCHED_UNKNOWN,
		  "no refusal from " B },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, 0, REFUSED(A, 22) "," NO_WAY(B, 22), SCHED_UNKNOWN, "unreachable" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, 0, REFUSED(A, 22) "," OWN(B, 22), SCHED_UNKNOWN,
		  "has this address itself" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, 0, REFUSED(A, 22), SCHED_UNKNOWN, "it was not tried" },
		/* who is let in at the second is in, whatever the first one shows */
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, 0, SILENT(A, 22) "," OPEN(B, 22), SCHED_FAILED, "in at " B " port 22" },
		/* a firewall before ours is silent at one port, and ours refuses at the other */
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, 0, SILENT(A, 80) "," REFUSED(A, 22), SCHED_DONE,
		  "at 1 port and let in at none; 1 did not answer it, first " A " port 80: Connection timed out" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, 0, SILENT(A, 22), SCHED_UNKNOWN, "timed out" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 0, 0, "", SCHED_UNKNOWN, "no address" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, 0, "7,[],[\"" A "\"],[1,2,3,4],{}", SCHED_UNKNOWN, "not tried" },
		{ CONTAIN_ON, LEVEL_SSH, 1, 0, SILENT(A, 22), SCHED_UNKNOWN, "no refusal" },
		{ CONTAIN_ON, LEVEL_SHUTDOWN, 1, 0, SILENT(A, 22), SCHED_DONE, "switch itself off" },
		{ CONTAIN_ON, LEVEL_SHUTDOWN, 1, 0, OPEN(A, 22), SCHED_FAILED, "gets in" },
		{ CONTAIN_ON, LEVEL_SHUTDOWN, 1, 0, NO_WAY(A, 22), SCHED_UNKNOWN, "no refusal" },
		/* one that need not refuse must not let in either, and what it did not say is told */
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, 1, REFUSED(A, 22) "," OPEN(B, 22), SCHED_FAILED,
		  "in at " B " port 22" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, 1, REFUSED(A, 22) "," REFUSED(B, 22), SCHED_DONE, "at all 2 ports" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, 1, REFUSED(A, 22) "," SILENT(B, 22), SCHED_DONE,
		  "1 did not answer it, first "
		  B " port 22" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, 1, REFUSED(A, 22) "," OWN(B, 22), SCHED_DONE, "1 did not answer it" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, 1, REFUSED(A, 22), SCHED_DONE, "1 of its addresses was not tried" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 0, 2, REFUSED(A, 22) "," REFUSED(B, 22), SCHED_UNKNOWN, "no address" },
		{ CONTAIN_OFF, LEVEL_ISOLATE, 2, 0, REFUSED(A, 80) "," OPEN(B, 22), SCHED_DONE, "reaches " B },
		{ CONTAIN_OFF, LEVEL_ISOLATE, 2, 0, REFUSED(A, 22) "," SILENT(B, 22), SCHED_UNKNOWN, "own firewall" },
		{ CONTAIN_OFF, LEVEL_ISOLATE, 1, 1, REFUSED(A, 22) "," OWN(B, 22), SCHED_UNKNOWN, "own firewall" },
		{ CONTAIN_OFF, LEVEL_ISOLATE, 0, 0, "", SCHED_UNKNOWN, "own firewall" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		const struct contain_addresses a = { .list = { A, B }, .n = rows[k].n + rows[k].aside,
						     .needed = rows[k].n };
		_cleanup_(freep) char *text = mem_printf("[%s]", rows[k].answers);
		_cleanup_(json_freep) json_t *answers = NULL;
		char said[600] = "";
		struct err e = ERR_INIT;

		assert_int_equal(json_read("answers", text, strlen(text), 10000, &answers, &e), 0);
		if (contain_judge(rows[k].action, rows[k].level, &a, answers, said) != rows[k].want ||
		    !strstr(said, rows[k].says))
			fail_msg("row %zu: %s", k, said);
	}
}

#define FIRST "\"contain\":{\"state\":\"waiting\",\"connection\":\"192.0.2.7 50001 10.0.0.1 22\",\"left\":0}"
#define HELD "\"contain\":{\"state\":\"confirmed\",\"connection\":\"192.0.2.7 50001 10.0.0.1 22\",\"left\":0}"
#define OVER "\"contain\":{\"state\":\"waiting\",\"falls_back\":true}"
#define LEFT "\"contain\":{\"state\":\"waiting\",\"connection\":\"192.0.2.7 50001 10.0.0.1 22\",\"left\":2}"
#define SECOND(state) "\"confirm\":{\"state\":\"" state "\",\"connection\":\"192.0.2.8 50001 10.0.0.1 22\"}"
#define SAME "\"confirm\":{\"state\":\"confirmed\",\"connection\":\"::ffff:192.0.2.7 50009 ::ffff:10.0.0.1 22\"}"
#define REFUSED_RELEASE "\"release\":{\"text\":\"\"}"
#define RELEASED "\"release\":{\"state\":\"undone\"}"

/* What the schedule says of one host, what the host said, and what comes of it. */
static void what_came_of_a_host_is_by_its_own_word(void **state _unused_)
{
	static const struct { struct contain_told told; const char *result, *text; enum contain_outcome want;
			      bool stands; const char *says; } rows[] = {
		/* contained */
		{ { .outcome = CONTAIN_PROVEN, .blocked = true, .confirmed = true }, FIRST "," SECOND("confirmed"),
		  "the probe was refused", CONTAIN_PROVEN, true, "the probe was refused" },
		{ { .outcome = CONTAIN_PROVEN, .blocked = true, .level = LEVEL_SESSIONS }, "\"contain\":{\"left\":0}",
		  "",
		  CONTAIN_PROVEN, false, "sessions are ended" },
		{ { .outcome = CONTAIN_PROVEN, .blocked = true, .level = LEVEL_PORT22, .crowd = true },
		  "\"contain\":{\"state\":\"armed\"}", "x", CONTAIN_PROVEN, true, "x" },
		/* what could not be ended is there still */
		{ { .outcome = CONTAIN_PROVEN, .blocked = true, .level = LEVEL_SESSIONS }, "\"contain\":{\"left\":2}",
		  "",
		  CONTAIN_FAILED, false, "2 of others' sessions and connections could not be ended: they go on" },
		{ { .outcome = CONTAIN_PROVEN, .blocked = true, .confirmed = true }, LEFT "," SECOND("confirmed"),
		  "the probe was refused", CONTAIN_FAILED, true,
		  "only freeze them, and they go on when it is released" },
		{ { .outcome = CONTAIN_PROVEN, .blocked = true, .level = LEVEL_SSH }, "\"contain\":{\"left\":1}", "x",
		  CONTAIN_FAILED, true, "could not be ended" },
		{ { .outcome = CONTAIN_PROVEN, .blocked = true, .confirmed = true, .kept = "no space" },
		  LEFT "," SECOND("confirmed"), "x", CONTAIN_FAILED, true, "no space; 2 of others'" },
		/* a confirmation that the host refused, or that nobody gave, is none */
		{ { .outcome = CONTAIN_FAILED, .blocked = true }, FIRST "," SECOND("waiting"), "older", CONTAIN_FAILED,
		  false, "did not confirm it, so the host lifts it by itself: older" },
		{ { .outcome = CONTAIN_FAILED, .blocked = true }, FIRST "," SECOND("undone"),
		  "its dead-man has undone it",
		  CONTAIN_FAILED, false, "its dead-man has undone it" },
		{ { .outcome = CONTAIN_FAILED, .blocked = true }, FIRST, "no route", CONTAIN_FAILED, false,
		  "lifts it by itself: no route" },
		/* what an earlier run confirmed has no dead-man any more */
		{ { .outcome = CONTAIN_FAILED, .blocked = true }, HELD, "no route", CONTAIN_FAILED, true,
		  "what was confirmed before stands" },
		{ { .outcome = CONTAIN_FAILED, .blocked = true }, HELD "," SECOND("undone"), "took the rules away",
		  CONTAIN_FAILED, false, "took the rules away" },
		/* what took the place of confirmed rules makes room for them again */
		{ { .outcome = CONTAIN_FAILED, .blocked = true }, OVER, "no route", CONTAIN_FAILED, true,
		  "so the host goes back by itself to the rules that were confirmed before: no route" },
		{ { .outcome = CONTAIN_FAILED, .blocked = true }, OVER "," SECOND("undone"), "took the rules away",
		  CONTAIN_FAILED, false, "took the rules away" },
		{ { .outcome = CONTAIN_UNKNOWN, .blocked = true }, OVER, "it went away", CONTAIN_UNKNOWN, true,
		  "or goes back by itself to those that were confirmed before" },
		/* its answer was lost: nobody knows whether it kept it */
		{ { .outcome = CONTAIN_UNKNOWN, .blocked = true }, FIRST, "it went away", CONTAIN_UNKNOWN, false,
		  "it keeps it, or lifts it by itself; run this again" },
		{ { .outcome = CONTAIN_UNKNOWN, .blocked = true, .confirmed = true }, FIRST "," SECOND("confirmed"),
		  "not shown: x", CONTAIN_UNKNOWN, true, "not shown: x" },
		{ { .outcome = CONTAIN_UNKNOWN }, "", "x", CONTAIN_UNKNOWN, false,
		  "its answer was lost: run this again" },
		{ { .outcome = CONTAIN_UNREACHABLE }, "", "x", CONTAIN_UNREACHABLE, false, "nothing was done there" },
		/* the way that made the block shows nothing more when it has another name */
		{ { .outcome = CONTAIN_PROVEN, .blocked = true, .confirmed = true }, FIRST "," SAME, "x",
		  CONTAIN_FAILED,
		  true, "its second path is its first one: the host saw both as ::ffff:192.0.2.7 50009" },
		/* a release */
		{ { .action = CONTAIN_OFF, .outcome = CONTAIN_PROVEN, .blocked = true }, RELEASED, "x", CONTAIN_PROVEN,
		  false, "x" },
		{ { .action = CONTAIN_OFF, .outcome = CONTAIN_UNKNOWN, .blocked = true }, RELEASED, "x",
		  CONTAIN_UNKNOWN,
		  false, "x" },
		{ { .action = CONTAIN_OFF, .outcome = CONTAIN_FAILED }, REFUSED_RELEASE, "incident 3 holds it",
		  CONTAIN_FAILED, true, "incident 3 holds it" },
		{ { .action = CONTAIN_OFF, .outcome = CONTAIN_FAILED }, RELEASED, "Puppet's agent stays disabled",
		  CONTAIN_FAILED, false, "stays disabled" },
		{ { .action = CONTAIN_OFF, .outcome = CONTAIN_UNREACHABLE }, "", "x", CONTAIN_UNREACHABLE, true, "x" },
		{ { .action = CONTAIN_OFF, .outcome = CONTAIN_UNKNOWN }, "", "x", CONTAIN_UNKNOWN, false, "x" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		_cleanup_(freep) char *text = mem_printf("{%s}", rows[k].result);
		_cleanup_(json_freep) json_t *result = NULL;
		struct contain_told told = rows[k].told;
		struct err e = ERR_INIT;
		enum contain_outcome got;
		char said[600];
		bool stands;

		assert_int_equal(json_read("result", text, strlen(text), 10000, &result, &e), 0);
		told.result = result;
		told.kept = told.kept ? told.kept : "";
		(void)snprintf(said, sizeof(said), "%s", rows[k].text);
		got = contain_verdict(&told, &stands, said);
		if (got != rows[k].want || stands != rows[k].stands || !strstr(said, rows[k].says))
			fail_msg("row %zu: %s, %s: %s", k, contain_outcome_word(told.action, got),
				 stands ? "stands" : "does not stand", said);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_of_a_host_is_by_its_own_word),
		cmocka_unit_test(answers_are_judged_by_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
