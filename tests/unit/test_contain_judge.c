/* What the probe's answers show: silence is no refusal, and one open port is enough. */
#include "register_help.h"
#include "base/json.h"
#include "fleet/contain_parts.h"

#define OPEN(a, p) "[\"" a "\"," #p ",\"open\"]"
#define REFUSED(a, p) "[\"" a "\"," #p ",\"refused\",\"Connection refused\"]"
#define SILENT(a, p) "[\"" a "\"," #p ",\"silent\",\"Connection timed out\"]"
#define NO_WAY(a, p) "[\"" a "\"," #p ",\"no way\",\"Network is unreachable\"]"
#define A "192.0.2.1"
#define B "2001:db8::1"

static void answers_are_judged_by_address(void **state _unused_)
{
	static const struct { enum contain_action action; enum contain_level level; size_t n; const char *answers;
			      enum sched_answer want; const char *says; } rows[] = {
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, REFUSED(A, 22) "," REFUSED(B, 22), SCHED_DONE, "at all 2 ports" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, REFUSED(A, 22) "," OPEN(B, 22), SCHED_FAILED, "in at " B " port 22" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, REFUSED(A, 22) "," OPEN(A, 80) "," REFUSED(B, 22), SCHED_FAILED,
		  "port 80" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, REFUSED(A, 22) "," SILENT(B, 22), SCHED_UNKNOWN, "no refusal from " B },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, REFUSED(A, 22) "," NO_WAY(B, 22), SCHED_UNKNOWN, "unreachable" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 2, REFUSED(A, 22), SCHED_UNKNOWN, "it was not tried" },
		/* a firewall before ours is silent at one port, and ours refuses at the other */
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, SILENT(A, 80) "," REFUSED(A, 22), SCHED_DONE, "refused" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, SILENT(A, 22), SCHED_UNKNOWN, "timed out" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 0, "", SCHED_UNKNOWN, "no address" },
		{ CONTAIN_ON, LEVEL_ISOLATE, 1, "7,[],[\"" A "\"],[1,2,3,4],{}", SCHED_UNKNOWN, "not tried" },
		{ CONTAIN_ON, LEVEL_SSH, 1, SILENT(A, 22), SCHED_UNKNOWN, "no refusal" },
		{ CONTAIN_ON, LEVEL_SHUTDOWN, 1, SILENT(A, 22), SCHED_DONE, "switch itself off" },
		{ CONTAIN_ON, LEVEL_SHUTDOWN, 1, OPEN(A, 22), SCHED_FAILED, "gets in" },
		{ CONTAIN_ON, LEVEL_SHUTDOWN, 1, NO_WAY(A, 22), SCHED_UNKNOWN, "no refusal" },
		{ CONTAIN_OFF, LEVEL_ISOLATE, 2, REFUSED(A, 80) "," OPEN(B, 22), SCHED_DONE, "reaches " B },
		{ CONTAIN_OFF, LEVEL_ISOLATE, 2, REFUSED(A, 22) "," SILENT(B, 22), SCHED_UNKNOWN, "own firewall" },
		{ CONTAIN_OFF, LEVEL_ISOLATE, 0, "", SCHED_UNKNOWN, "own firewall" },
	};
	static const char *const addresses[] = { A, B };

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		_cleanup_(freep) char *text = mem_printf("[%s]", rows[k].answers);
		_cleanup_(json_freep) json_t *answers = NULL;
		char said[600] = "";
		struct err e = ERR_INIT;

		assert_int_equal(json_read("answers", text, strlen(text), 10000, &answers, &e), 0);
		if (contain_judge(rows[k].action, rows[k].level, addresses, rows[k].n, answers, said) != rows[k].want ||
		    !strstr(said, rows[k].says))
			fail_msg("row %zu: %s", k, said);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_judged_by_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
