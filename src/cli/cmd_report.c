#include "base/digest.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/law.h"
#include "cli/report_approve.h"
#include "engine/engine.h"
#include <unistd.h>

static const char *arg_output, *arg_draft, *arg_format, *arg_ssh_key;
static bool arg_public, arg_discard, arg_dry_run;

const struct opt *options_report(struct cli *c)
{
	CLI_TABLE(OPT_STRING('o', "output", &arg_output, "FILE", "write the draft to FILE; what a person wrote in it "
			     "stays"),
		  OPT_FLAG(0, "discard", &arg_discard, "give up what was changed outside of the marks of --output"),
		  OPT_STRING('d', "draft", &arg_draft, "FILE", "the draft that a person has written in"),
		  OPT_STRING('f', "format", &arg_format, "FORMAT", "show the finished text: wikitext, markdown or "
			     "html"),
		  OPT_FLAG(0, "public", &arg_public, "the text for everybody: redacted by rule"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who you are, as the register names them"),
		  OPT_STRING(0, "ssh-key", &arg_ssh_key, "FILE", "approve: your key, or the public half of one that "
			     "your agent has"),
		  OPT_FLAG(0, "dry-run", &arg_dry_run, "publish: check all, write nothing"),
		  CLI_COMMON(c));
}

struct writing {
	struct cli *c;
	struct journal *journal;
	struct law law;
	struct report *report;         /* as of now */
	struct report_file file;       /* --draft, or what stands in --output; path NULL: none */
	int64_t number;
};

static void writing_end(struct writing *w)
{
	report_file_close(&w->file);
	report_free(w->report);
	law_free(&w->law);
	journal_close(w->journal);
}

static const struct hands *hands_of(const struct writing *w)
{
	return w->file.path ? &w->file.hands : NULL;
}

static int too_long(struct err *e)
{
	return err_set(e, ERR_LIMIT, "the report has more than %zu MiB", DRAFT_MAX >> 20);
}

/* The draft as of now, with what a person wrote. */
static int draft(struct writing *w, struct buf *ret, struct err *e)
{
	json_t *j = w->c->json ? report_json(w->report, hands_of(w)) : NULL;

	if (j)
		json_pretty(ret, j);
	else
		report_draft(w->report, hands_of(w), ret);
	json_decref(j);
	return ret->over ? too_long(e) : 0;
}

static int finished(struct writing *w, struct buf *ret, struct err *e)
{
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	_cleanup_(redactor_freep) struct redactor *redactor = NULL;
	const struct report *r = w->file.path ? w->file.report : w->report;
	int format = 0, code;

	while (report_formats[format] && strcmp(report_formats[format], arg_format) != 0)
		format++;
	if (!report_formats[format])
		return err_set(e, ERR_USAGE, "--format '%s': expected wikitext, markdown or html", arg_format);
	if (arg_public) {
		code = cli_register(w->c, &reg, e);
		if (code < 0)
			return code;
		redactor = redactor_new(reg, r->incident);
	}
	return report_text(r, hands_of(w), redactor, (enum report_format)format, ret, e);
}

static int read_file(struct writing *w, const char *path, struct err *e)
{
	return report_file_open(w->journal, w->number, path, &w->law, &w->file, e);
}

/* The file first: a hash in the journal always has a text that belongs to it. */
static int keep(struct writing *w, struct err *e)
{
	_cleanup_(freep) char *who = env_identity(w->c->as);
	_cleanup_(buf_free) struct buf text = BUF_INIT(DRAFT_MAX);
	_cleanup_(json_freep) json_t *sections = NULL;
	char sha256[65];
	int r = fs_exists(arg_output) ? read_file(w, arg_output, e) : 0;

	if (r == 0 && w->file.path && !arg_discard)
		r = report_file_whole(&w->file, e);
	if (r == 0)
		r = draft(w, &text, e);
	if (r == 0)
		r = fs_write_atomic(arg_output, text.data, text.len, 0600, e);
	if (r < 0)
		return r;
	digest_sha256_hex(text.data, text.len, sha256);
	sections = hands_digests(hands_of(w));
	r = engine_reported(w->journal, w->number, who, sha256, sections, e);
	if (r < 0)
		return r;
	cli_note("The draft lies in '%s' (sha256 %s). What a person must write is marked [TO WRITE]: %zu of %d "
		 "sections are written.", arg_output, sha256, json_object_size(sections), HANDS);
	return 0;
}

static int show(struct writing *w, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(DRAFT_MAX);
	int r = arg_draft ? read_file(w, arg_draft, e) : 0;

	if (r == 0)
		r = arg_format ? finished(w, &text, e) : draft(w, &text, e);
	if (r < 0)
		return r;
	cli_print(&text);
	if (!arg_format && term_is_terminal(STDOUT_FILENO))
		cli_note("\nThis draft was only shown. To keep it, with its hash in the journal:\n\n"
			 "  firebreak report %lld --output incident-%lld.md", (long long)w->number,
			 (long long)w->number);
	return 0;
}

static int approve(struct cli *c, int64_t number, struct err *e)
{
	if (!arg_draft || !c->as || !arg_ssh_key)
		return cli_usage(cli_command("report"), "approve needs --draft FILE, --as PERSON and --ssh-key FILE");
	return report_approve(c, number, arg_draft, arg_ssh_key, e);
}

static int publish(struct cli *c, int64_t number, struct err *e)
{
	if (!arg_draft)
		return cli_usage(cli_command("report"), "publish needs --draft FILE: the draft that was approved");
	return report_publish(c, number, arg_draft, arg_dry_run, e);
}

static const struct verb {
	const char *name;
	int (*run)(struct cli *c, int64_t number, struct err *e);    /* an exit code, or a negative error */
} verbs[] = {
	{ "approve", approve }, { "publish", publish },
};

static int with_verb(struct cli *c, const struct strv *args)
{
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	for (size_t k = 0; k < ARRAY_SIZE(verbs); k++) {
		if (strcmp(verbs[k].name, args->s[1]) != 0)
			continue;
		if (arg_output || arg_format || arg_public || arg_discard || c->json)
			return cli_usage(cli_command("report"), "'%s' works on the draft of --draft as it is: leave "
					 "the options of drafting away", args->s[1]);
		code = cli_incident_number(args->s[0], &number, &e);
		if (code == 0)
			code = verbs[k].run(c, number, &e);
		return code < 0 ? cli_fail(&e) : code;
	}
	return cli_usage(cli_command("report"), "'%s' is nothing that can be done with a report: expected approve "
			 "or publish",
			 args->s[1]);
}

int cmd_report(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(writing_end) struct writing w = { .c = c };
	const struct command *self = cli_command("report");
	struct err e = ERR_INIT;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n == 2)
		return with_verb(c, &args);
	if (args.n != 1)
		return cli_usage(self, "the number of an incident is expected");
	if (arg_output && (arg_draft || arg_format || c->json))
		return cli_usage(self, "--output writes the draft and reads what stands in it: it goes with none of "
				 "--draft, --format and --json");
	if (arg_ssh_key || arg_dry_run)
		return cli_usage(self, "--ssh-key goes with approve, --dry-run with publish");
	if ((arg_public || c->json) && c->json == (arg_format != NULL))
		return cli_usage(self, "--public goes with --format, and --json with neither");
	if (cli_incident_number(args.s[0], &w.number, &e) < 0 ||
	    cli_journal(c, arg_output ? JOURNAL_WRITE : JOURNAL_READ, &w.journal, &e) < 0 ||
	    report_load(w.journal, w.number, &w.report, &e) < 0 || law_load(c, &w.law, &e) < 0)
		return cli_fail(&e);
	w.report->law = &w.law;
	return (arg_output ? keep(&w, &e) : show(&w, &e)) < 0 ? cli_fail(&e) : EXIT_DONE;
}
