#include "base/digest.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "cli/commands.h"
#include "cli/law.h"
#include "engine/engine.h"
#include "report/report.h"
#include <unistd.h>

#define REPORT_MAX ((size_t)64 << 20)

static const char *arg_output;

const struct opt *options_report(struct cli *c)
{
	CLI_TABLE(OPT_STRING('o', "output", &arg_output, "FILE", "write the draft to FILE and its hash to the journal"),
		  CLI_COMMON(c));
}

static int draft(struct cli *c, const struct report *r, struct buf *ret, struct err *e)
{
	_cleanup_(json_freep) json_t *j = c->json ? report_json(r) : NULL;

	if (j)
		json_pretty(ret, j);
	else
		report_markdown(r, ret);
	return ret->over ? err_set(e, ERR_LIMIT, "the report has more than %zu MiB", REPORT_MAX >> 20) : 0;
}

/* The file first: a hash in the journal always has a text that belongs to it. */
static int keep(struct journal *j, int64_t number, const struct buf *text, struct err *e)
{
	_cleanup_(freep) char *who = env_identity(NULL);
	char sha256[65];
	int r = fs_write_atomic(arg_output, text->data, text->len, 0600, e);

	if (r < 0)
		return r;
	digest_sha256_hex(text->data, text->len, sha256);
	r = engine_reported(j, number, who, sha256, e);
	if (r < 0)
		return r;
	cli_note("The draft lies in '%s' (sha256 %s). What a person must write is marked [TO WRITE].", arg_output,
		 sha256);
	return 0;
}

int cmd_report(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(journal_closep) struct journal *j = NULL;
	_cleanup_(report_freep) struct report *r = NULL;
	_cleanup_(law_free) struct law law = { 0 };
	_cleanup_(buf_free) struct buf text = BUF_INIT(REPORT_MAX);
	const struct command *self = cli_command("report");
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n != 1)
		return cli_usage(self, "the number of an incident is expected");
	if (cli_incident_number(args.s[0], &number, &e) < 0 ||
	    cli_journal(c, arg_output ? JOURNAL_WRITE : JOURNAL_READ, &j, &e) < 0 ||
	    report_load(j, number, &r, &e) < 0 || law_load(c, &law, &e) < 0)
		return cli_fail(&e);
	r->law = &law;
	if (draft(c, r, &text, &e) < 0)
		return cli_fail(&e);
	if (arg_output)
		return keep(j, number, &text, &e) < 0 ? cli_fail(&e) : EXIT_DONE;
	cli_print(&text);
	if (term_is_terminal(STDOUT_FILENO))
		cli_note("\nThis draft was only shown. To keep it, with its hash in the journal:\n\n"
			 "  firebreak report %lld --output incident-%lld.md", (long long)number, (long long)number);
	return EXIT_DONE;
}
