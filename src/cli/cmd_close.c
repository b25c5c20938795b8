#include "base/env.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/law.h"
#include "engine/engine.h"

static const char *arg_because;

const struct opt *options_close(struct cli *c)
{
	CLI_TABLE(OPT_STRING('b', "because", &arg_because, "TEXT", "a last word for the journal"), CLI_COMMON(c));
}

int cmd_close(struct cli *c, int argc, char **argv)
{
	_cleanup_(journal_closep) struct journal *j = NULL;
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(buf_free) struct buf clock = BUF_INIT(1 << 20);
	_cleanup_(freep) char *who = env_identity(NULL);
	const struct command *self = cli_command("close");
	struct engine en = { .who = who };
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse_incident(c, self, argc, argv, &number, &code))
		return code;
	if (cli_journal(c, JOURNAL_WRITE, &j, &e) < 0 || engine_incident(j, number, &i, &e) < 0)
		return cli_fail(&e);
	en.journal = j;
	if (engine_close(&en, i, arg_because, &e) < 0)
		return cli_fail(&e);
	law_remind(c, i, &clock);
	cli_note("Incident %lld is closed. Its report: firebreak report %lld%s%s", (long long)number, (long long)number,
		 clock.len ? "\n\nNot done yet, and `firebreak status` goes on to show it:\n" : "", buf_text(&clock));
	return EXIT_DONE;
}
