#include "cli/commands.h"
#include "report/report.h"

#define TIMELINE_MAX ((size_t)256 << 20)

const struct opt *options_timeline(struct cli *c)
{
	CLI_TABLE(CLI_COMMON(c));
}

static int show(struct cli *c, const struct report *r, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(TIMELINE_MAX);

	if (c->json) {
		cli_json(report_timeline_json(r));
		return 0;
	}
	report_timeline(r, &b);
	if (b.over)
		return err_set(e, ERR_LIMIT, "the timeline has more than %zu MiB", TIMELINE_MAX >> 20);
	cli_print(&b);
	return 0;
}

int cmd_timeline(struct cli *c, int argc, char **argv)
{
	_cleanup_(journal_closep) struct journal *j = NULL;
	_cleanup_(report_freep) struct report *r = NULL;
	const struct command *self = cli_command("timeline");
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse_incident(c, self, argc, argv, &number, &code))
		return code;
	if (cli_journal(c, JOURNAL_READ, &j, &e) < 0 || report_load(j, number, &r, &e) < 0 || show(c, r, &e) < 0)
		return cli_fail(&e);
	return EXIT_DONE;
}
