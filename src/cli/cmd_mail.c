#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/mail_work.h"
#include "engine/mailed.h"
#include <string.h>

static struct mail_options o;

const struct opt *options_mail(struct cli *c)
{
	CLI_TABLE(OPT_STRING(0, "csv", &o.csv, "FILE", "send: recipients, with a header row"),
		  OPT_STRING(0, "column", &o.column, "NAME", "send: which column of --csv has the addresses"),
		  OPT_LIST(0, "wiki", &o.wikis, "DATA", "send: recipients are the accounts of this data set's wiki"),
		  OPT_LIST(0, "domains-of", &o.domains_of, "SECRET",
			   "send: recipients are the owners of the wikis at this key's domains"),
		  OPT_STRING(0, "channel", &o.channel, "NAME", "send: a mail channel of the register"),
		  OPT_FLAG(0, "dry-run", &o.dry_run, "send: show one message and how many it would reach"),
		  OPT_FLAG(0, "as-begun", &o.as_begun, "send: the rest gets the text that the first ones got"),
		  OPT_STRING(0, "rate", &o.rate, "N", "send: at most N recipients a minute"),
		  OPT_STRING(0, "at-once", &o.at_once, "N", "send: connections side by side, 1 to 16 (4)"),
		  OPT_STRING(0, "retry", &o.retry, "SECONDS", "send: first pause after a 4xx (60)"),
		  OPT_FLAG(0, "no-wait", &o.no_wait, "send: leave those that are deferred to a later run"),
		  OPT_STRING(0, "only", &o.only, "WORD", "status: sent, refused, deferred, unknown, planned"),
		  OPT_STRING('b', "because", &o.because, "TEXT", "settle, forget: why"),
		  OPT_FLAG(0, "unsettled", &o.unsettled, "forget: even if not everybody is settled"),
		  OPT_STRING('k', "key", &c->key_file, "FILE", "key file of this responder"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who does it, as the register names them"),
		  CLI_COMMON(c));
}

static void end(struct mail_work *w)
{
	law_state_free(&w->state);
	incident_free(w->incident);
	law_free(&w->law);
	ledger_close(w->ledger);
	seal_key_free(w->key);
	box_end(w->seal);
	free(w->context);
	explicit_bzero(&w->tag_key, sizeof(w->tag_key));
	session_close(&w->s);
	strv_free(&o.wikis);
	strv_free(&o.domains_of);
}

static int prepare(struct mail_work *w, int64_t number, struct err *e)
{
	int r = law_load(w->c, &w->law, e);

	if (r == 0)
		r = session_open(w->c, JOURNAL_WRITE, &w->s, e);
	if (r == 0)
		r = engine_incident(w->s.journal, number, &w->incident, e);
	if (r < 0)
		return r;
	w->context = engine_ledger_context(number);
	law_state_of(w->incident, &w->law, w->now_us, &w->state);
	return 0;
}

int mail_unseal(struct mail_work *w, bool must, struct err *e)
{
	const struct ledger_mailing *m = ledger_mailing(w->ledger);
	int r;

	if (w->seal || !m)
		return 0;
	if (!*m->key)
		return must ? err_set(e, ERR_REFUSED, "the addresses of this mailing were given up") : 0;
	r = w->key ? 0 : session_key(w->c, &w->key, e);
	if (r < 0)
		return r;
	if (!w->key)
		return must ? err_set(e, ERR_AUTH, "the addresses are sealed and there is no responder's key here; "
				      "name it with --key") : 0;
	_cleanup_(secret_freep) struct secret *opened = NULL;

	r = seal_open(w->key, m->key, w->context, &opened, e);
	if (r == 0)
		r = box_begin(opened, &w->seal, e);
	return r < 0 && must ? err_wrap(e, "the addresses of this mailing") : r < 0 ? 0 : r;
}

static const struct verb { const char *name; size_t words; int (*run)(struct mail_work *w, struct err *e); } verbs[] = {
	{ "count", 2, mail_count }, { "send", 2, mail_send }, { "status", 2, mail_status }, { "settle", 3, NULL },
	{ "forget", 2, mail_forget },
};

static const struct verb *verb_of(const struct strv *args)
{
	for (size_t k = 0; args->n && k < ARRAY_SIZE(verbs); k++)
		if (!strcmp(verbs[k].name, args->s[0]))
			return args->n == verbs[k].words ? &verbs[k] : NULL;
	return NULL;
}

static int no_verb(const struct command *self, const struct strv *args)
{
	const char *names[ARRAY_SIZE(verbs)], *near;

	for (size_t k = 0; k < ARRAY_SIZE(verbs); k++)
		names[k] = verbs[k].name;
	near = args->n ? text_nearest(args->s[0], names, ARRAY_SIZE(verbs)) : NULL;
	if (near && strcmp(near, args->s[0]) != 0)
		return cli_usage(self, "there is no '%s'; did you mean '%s'?", args->s[0], near);
	return cli_usage(self, "count, send, status or forget and the number of an incident are expected, or "
			 "settle, the number, and resend or sent");
}

int cmd_mail(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(end) struct mail_work w = { .c = c, .o = &o, .now_us = clock_now_us() };
	const struct command *self = cli_command("mail");
	const struct verb *verb;
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	verb = verb_of(&args);
	if (!verb)
		return no_verb(self, &args);
	if (cli_incident_number(args.s[1], &number, &e) < 0 || prepare(&w, number, &e) < 0)
		return cli_fail(&e);
	code = verb->run ? verb->run(&w, &e) : mail_settle(&w, args.s[2], &e);
	return code < 0 ? cli_fail(&e) : code;
}
