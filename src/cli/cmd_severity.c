#include "base/clock.h"
#include "base/env.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/law.h"
#include "engine/notice.h"
#include "report/law.h"

static const char *arg_in[SEVERITY_INS], *arg_because;

const struct opt *options_severity(struct cli *c)
{
	CLI_TABLE(OPT_STRING(0, "class", &arg_in[SEVERITY_CLASS], "WORD", "simple, behavioural, financial, sensitive"),
		  OPT_STRING(0, "context", &arg_in[SEVERITY_CONTEXT], "N", "what the context adds: -3 to +3"),
		  OPT_STRING(0, "identification", &arg_in[SEVERITY_IDENTIFICATION], "WORD", "negligible, limited, "
			     "significant, maximum"),
		  OPT_STRING(0, "confidentiality", &arg_in[SEVERITY_CONFIDENTIALITY], "WORD", "who has it: none, "
			     "known, unknown"),
		  OPT_STRING(0, "integrity", &arg_in[SEVERITY_INTEGRITY], "WORD", "altered: none, recoverable, lost"),
		  OPT_STRING(0, "availability", &arg_in[SEVERITY_AVAILABILITY], "WORD", "away: none, temporary, lost"),
		  OPT_STRING(0, "malice", &arg_in[SEVERITY_MALICE], "WORD", "meant to do harm: no, yes"),
		  OPT_STRING(0, "unintelligible", &arg_in[SEVERITY_UNINTELLIGIBLE], "WORD", "cannot be read by who has "
			     "it: no, yes"),
		  OPT_STRING(0, "people", &arg_in[SEVERITY_PEOPLE], "N", "people concerned, in place of the "
			     "register's"),
		  OPT_STRING(0, "records", &arg_in[SEVERITY_RECORDS], "N", "records concerned, likewise"),
		  OPT_STRING('b', "because", &arg_because, "TEXT", "why it is so; needed with each of these"),
		  CLI_COMMON(c));
}

static bool says_something(void)
{
	for (int k = 0; k < SEVERITY_INS; k++)
		if (arg_in[k])
			return true;
	return false;
}

static void show(struct cli *c, const struct law_state *s)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	if (c->json) {
		json_t *j = law_json(s);

		cli_json(json_incref(json_object_get(j, "severity")));
		json_decref(j);
		return;
	}
	scope_words(&s->scope, &b);
	buf_char(&b, '\n');
	law_show_severity(s, &b);
	cli_print(&b);
}

int cmd_severity(struct cli *c, int argc, char **argv)
{
	_cleanup_(journal_closep) struct journal *j = NULL;
	_cleanup_(incident_freep) struct incident *i = NULL, *after = NULL;
	_cleanup_(law_free) struct law law = { 0 };
	_cleanup_(law_state_free) struct law_state s = { 0 };
	_cleanup_(freep) char *who = env_identity(NULL);
	const struct command *self = cli_command("severity");
	struct engine en = { .who = who };
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse_incident(c, self, argc, argv, &number, &code))
		return code;
	if (arg_because && !says_something())
		return cli_usage(self, "--because '...' of what? say one of the inputs");
	if (law_load(c, &law, &e) < 0 ||
	    cli_journal(c, says_something() ? JOURNAL_WRITE : JOURNAL_READ, &j, &e) < 0 ||
	    engine_incident(j, number, &i, &e) < 0)
		return cli_fail(&e);
	en.journal = j;
	if ((says_something() && engine_assess(&en, i, arg_in, arg_because, &e) < 0) ||
	    engine_incident(j, number, &after, &e) < 0)
		return cli_fail(&e);
	law_state_of(after, &law, clock_now_us(), &s);
	show(c, &s);
	return EXIT_DONE;
}
