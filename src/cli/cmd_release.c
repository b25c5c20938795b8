#include "base/mem.h"
#include "cli/commands.h"
#include "cli/contain_work.h"
#include <string.h>

const struct opt *options_release(struct cli *c)
{
	CLI_TABLE(OPT_STRING(0, "as", &c->as, "PERSON", "who does it, as the register names them"), CLI_COMMON(c));
}

int cmd_release(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	const struct command *self = cli_command("release");
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n < 2)
		return cli_usage(self, "the number of an incident and at least one host are expected");
	return contain_work(c, self, CONTAIN_OFF, NULL, &args);
}
