#include "base/text.h"
#include "cli/commands.h"
#include <stdio.h>

#define MAC_HEX 64

static const char *arg_anchor;

const struct opt *options_journal(struct cli *c)
{
	CLI_TABLE(OPT_STRING('a', "anchor", &arg_anchor, "ROW:HASH",
			     "verify: a head that was written down elsewhere, as in a report"),
		  CLI_COMMON(c));
}

static int parse_anchor(const char *text, struct journal_head *ret, struct err *e)
{
	const char *colon = text + strcspn(text, ": ");       /* a space is how it stands in a commit's trailer */
	struct journal_head head = { 0 };
	char row[24] = "";

	if (*colon && (size_t)(colon - text) < sizeof(row) && strlen(colon + 1) == MAC_HEX &&
	    strspn(colon + 1, "0123456789abcdefABCDEF") == MAC_HEX) {
		memcpy(row, text, (size_t)(colon - text));
		memcpy(head.mac, colon + 1, MAC_HEX);
	}
	if (text_i64(row, &head.seq) < 0 || head.seq < 1)
		return err_set(e, ERR_USAGE, "--anchor '%s': expected the number of a row, a colon and %d hex digits, "
			       "as they stand in a report (journal head) or a commit "
			       "(Firebreak-Journal)", text, MAC_HEX);
	*ret = head;
	return 0;
}

static void tell_whole(struct cli *c, int64_t rows, const struct journal_head *head)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	if (c->json) {
		json_t *j = json_object();

		json_object_set_new(j, "whole", json_boolean(true));
		json_put_int(j, "rows", rows);
		json_put(j, "head", head->mac);
		cli_json(j);
		return;
	}
	buf_printf(&b, "whole: %lld row%s", (long long)rows, rows == 1 ? "" : "s");
	if (head->seq)
		buf_printf(&b, ", head %lld:%s", (long long)head->seq, head->mac);
	buf_str(&b, arg_anchor ? ", and it has grown from the anchor\n"
			       : "\nA cut tail is seen only with --anchor ROW:HASH from a report or a commit.\n");
	cli_print(&b);
}

/* What a check finds is exit code 1, whatever kind of damage it is. */
static int tell_broken(struct cli *c, int64_t rows, const struct err *e)
{
	if (c->json) {
		json_t *j = json_object();

		json_object_set_new(j, "whole", json_boolean(false));
		json_put_int(j, "rows", rows);
		json_put(j, "problem", e->text);
		cli_json(j);
	} else {
		(void)cli_fail(e);
	}
	return EXIT_FAILED;
}

static int verify(struct cli *c, struct err *e)
{
	_cleanup_(journal_closep) struct journal *j = NULL;
	struct journal_head anchor, head;
	int64_t rows = 0;

	if (arg_anchor && parse_anchor(arg_anchor, &anchor, e) < 0)
		return cli_fail(e);
	if (cli_journal(c, JOURNAL_READ, &j, e) < 0 || journal_verify(j, arg_anchor ? &anchor : NULL, &rows, e) < 0 ||
	    journal_head(j, &head, e) < 0)
		return tell_broken(c, rows, e);
	tell_whole(c, rows, &head);
	return EXIT_DONE;
}

static int print_line(const char *text, void *arg _unused_)
{
	return fputs(text, stdout) < 0 || fputc('\n', stdout) == EOF ? -ERR_IO : 0;
}

static int export(struct cli *c, const char *number, struct err *e)
{
	_cleanup_(journal_closep) struct journal *j = NULL;
	int64_t incident = 0;
	int r = number ? cli_incident_number(number, &incident, e) : 0;

	if (r == 0)
		r = cli_journal(c, JOURNAL_READ, &j, e);
	if (r == 0)
		r = journal_export(j, incident, print_line, NULL, e);
	if (fflush(stdout) != 0 || ferror(stdout))
		r = err_errno(e, "write the rows to standard output");
	return r < 0 ? cli_fail(e) : EXIT_DONE;
}

int cmd_journal(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	const struct command *self = cli_command("journal");
	struct err e = ERR_INIT;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n == 1 && strcmp(args.s[0], "verify") == 0)
		return verify(c, &e);
	if ((args.n == 1 || args.n == 2) && strcmp(args.s[0], "export") == 0)
		return export(c, args.n == 2 ? args.s[1] : NULL, &e);
	return cli_usage(self, "one word is expected: verify or export");
}
