#include "base/clock.h"
#include "base/env.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/law.h"
#include "cli/notice_external.h"
#include "cli/notice_site.h"
#include "engine/notice.h"
#include "report/law.h"
#include <string.h>

static const char *arg_word[WORDINGS], *arg_to, *arg_at, *arg_reference, *arg_because;
static bool arg_phased, arg_mistaken, arg_all_wikis, arg_again;
static struct strv arg_wikis, arg_channels;

const struct opt *options_notice(struct cli *c)
{
	CLI_TABLE(OPT_STRING('t', "to", &arg_to, "NAME", "an authority or a rung of the ladder"),
		  OPT_STRING(0, "at", &arg_at, "TIME", "sent: when it was; aware: since when (-3h, 2026-01-31T22:05Z)"),
		  OPT_STRING(0, "reference", &arg_reference, "TEXT", "sent: the far side's number, or where it stands"),
		  OPT_FLAG(0, "phased", &arg_phased, "draft, sent: one of several, the rest follows"),
		  OPT_FLAG(0, "mistaken", &arg_mistaken, "sent: what the journal says about --to does not count"),
		  OPT_STRING('b', "because", &arg_because, "TEXT", "sent, decide, aware: why"),
		  OPT_STRING(0, "nature", &arg_word[WORDS_NATURE], "TEXT", "word: what happened, in plain language"),
		  OPT_STRING(0, "subjects", &arg_word[WORDS_SUBJECTS], "TEXT", "word: whose data it is"),
		  OPT_STRING(0, "categories", &arg_word[WORDS_CATEGORIES], "TEXT", "word: what kinds of records"),
		  OPT_STRING(0, "consequences", &arg_word[WORDS_CONSEQUENCES], "TEXT", "word: what it may lead to"),
		  OPT_STRING(0, "measures", &arg_word[WORDS_MEASURES], "TEXT", "word: what was and will be done"),
		  OPT_STRING(0, "advice", &arg_word[WORDS_ADVICE], "TEXT", "word: what people can do"),
		  OPT_STRING(0, "late", &arg_word[WORDS_LATE], "TEXT", "word, sent: why after the deadline"),
		  OPT_LIST('w', "wiki", &arg_wikis, "NAME", "site, withdraw: on this wiki of the register; repeatable"),
		  OPT_FLAG(0, "all-wikis", &arg_all_wikis, "site, withdraw: on each wiki of the register"),
		  OPT_LIST('c', "channel", &arg_channels, "NAME", "external: over this channel; repeatable"),
		  OPT_FLAG(0, "again", &arg_again, "external: somebody has looked; say it once more"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who you are, as the register names them"),
		  CLI_COMMON(c));
}

struct at_work {
	struct cli *c;
	const struct strv *args;
	struct engine en;
	struct law law;
	struct journal *journal;
	struct incident *incident;
	struct law_state state;
	char *who;
	int64_t now_us;
};

static void at_work_end(struct at_work *w)
{
	law_state_free(&w->state);
	incident_free(w->incident);
	journal_close(w->journal);
	law_free(&w->law);
	free(w->who);
}

static int look(struct at_work *w, int64_t number, struct err *e)
{
	struct incident *fresh = NULL;
	int r = engine_incident(w->journal, number, &fresh, e);

	if (r < 0)
		return r;
	law_state_free(&w->state);
	incident_free(w->incident);
	w->incident = fresh;
	law_state_of(fresh, &w->law, w->now_us, &w->state);
	return 0;
}

static int show(struct at_work *w, struct err *e _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	if (w->c->json) {
		cli_json(law_json(&w->state));
		return EXIT_DONE;
	}
	buf_str(&b, "The clock:\n\n");
	law_show_clock(w->c, &w->state, &b);
	buf_str(&b, "\nWhat is in reach: ");
	scope_words(&w->state.scope, &b);
	buf_str(&b, "\n");
	law_show_wikis(&w->state, &b);
	if (w->state.scope.n_data)
		law_show_severity(&w->state, &b);
	buf_str(&b, "\nWho is told:\n\n");
	law_show_ladder(w->c, &w->state, &b);
	cli_print(&b);
	return EXIT_DONE;
}

/* After something was written: the clock as it is now. */
static int written(struct at_work *w, int r, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	if (r == 0)
		r = look(w, w->incident->number, e);
	if (r < 0)
		return r;
	if (w->c->json) {
		cli_json(law_json(&w->state));
		return EXIT_DONE;
	}
	buf_str(&b, "Kept in the journal.\n\n");
	law_show_clock(w->c, &w->state, &b);
	if (w->state.objection)
		buf_printf(&b, "\nStill open: %s\n", w->state.objection);
	cli_print(&b);
	return EXIT_DONE;
}

static int word(struct at_work *w, struct err *e)
{
	bool any = false;

	for (int k = 0; k < WORDINGS; k++)
		any |= arg_word[k] != NULL;
	if (!any)
		return cli_usage(cli_command("notice"), "say something: --nature '...', --consequences '...' or "
				 "another");
	return written(w, engine_word(&w->en, w->incident, arg_word, e), e);
}

static int sent(struct at_work *w, struct err *e)
{
	struct telling t = { .to = arg_to, .reference = arg_reference, .late = arg_word[WORDS_LATE],
			     .because = arg_because, .phased = arg_phased, .mistaken = arg_mistaken };

	if (!arg_to || !(arg_at || arg_mistaken))
		return cli_usage(cli_command("notice"), "--to NAME and --at TIME are expected: whom was it sent to, "
				 "and when");
	if (arg_at && clock_parse(arg_at, w->now_us, &t.at_us, e) < 0)
		return -ERR_USAGE;
	return written(w, engine_told(&w->en, w->incident, &w->law, &t, w->now_us, e), e);
}

static int decide(struct at_work *w, struct err *e)
{
	const char *yes = w->args->n == 4 ? w->args->s[3] : "";

	if (strcmp(yes, "yes") != 0 && strcmp(yes, "no") != 0)
		return cli_usage(cli_command("notice"), "a name (or authority, for all of them), then yes or no, and "
				 "--because 'why' are expected");
	return written(w, engine_decide_notice(&w->en, w->incident, &w->law, w->args->s[2], yes[0] == 'y', arg_because,
					       e), e);
}

static int aware(struct at_work *w, struct err *e)
{
	int64_t at_us;

	if (!arg_at)
		return cli_usage(cli_command("notice"), "--at TIME is expected: since when somebody was reasonably "
				 "certain");
	if (clock_parse(arg_at, w->now_us, &at_us, e) < 0)
		return -ERR_USAGE;
	return written(w, engine_aware(&w->en, w->incident, at_us, w->now_us, arg_because, e), e);
}

static int whom(const struct at_work *w, const struct deadline **ret, struct err *e)
{
	const struct authority *authority;
	const struct rung *rung;

	if (!arg_to && w->law.n_authorities > 1)
		return err_set(e, ERR_USAGE, "there are %u authorities: name one with --to; `firebreak notice show "
			       "%lld` lists them", w->law.n_authorities, (long long)w->incident->number);
	if (arg_to && law_audience(&w->law, arg_to, &authority, &rung, e) < 0)
		return -ERR_USAGE;
	if (arg_to && !authority)
		return err_set(e, ERR_USAGE, "'%s' is no authority: what people are told is 'draft %lld people'",
			       arg_to,
			       (long long)w->incident->number);
	*ret = &w->state.deadlines[arg_to ? authority - w->law.authorities : 0];
	return 0;
}

static int refuse(const struct at_work *w, const struct notice *n, const struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	(void)cli_fail(e);
	notice_missing(n, w->incident, &b);
	cli_note("What to type:\n\n%s", buf_text(&b));
	if (n->kind == NOTICE_AUTHORITY && !n->phased)
		cli_note("What is not known yet may follow: add --phased.");
	return EXIT_PERSON;
}

static int give(const struct at_work *w, const struct notice *n, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4 << 20);
	int whole = notice_lint(n, e);

	if (w->c->json) {
		json_t *j = notice_json(n, w->incident);

		json_object_set_new(j, "refused", json_boolean(whole < 0));
		cli_json(j);
		return whole < 0 ? EXIT_PERSON : EXIT_DONE;
	}
	if (whole < 0)
		return refuse(w, n, e);
	notice_text(n, w->incident, &b);
	cli_print(&b);
	if (n->n_gaps) {
		buf_clear(&b);
		notice_missing(n, w->incident, &b);
		cli_note("This notice has gaps, and names them. What to type when you know:\n\n%s", buf_text(&b));
	}
	return EXIT_DONE;
}

static int draft(struct at_work *w, struct err *e)
{
	const char *kind = w->args->n == 3 ? w->args->s[2] : "";
	bool people = strcmp(kind, "people") == 0;
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	_cleanup_(notice_free) struct notice n = { 0 };
	struct controller controller;
	struct notice_facts f = { .incident = w->incident, .law = &w->law, .scope = &w->state.scope,
				  .severity = &w->state.severity, .controller = &controller, .phased = arg_phased };
	int r;

	if (!people && strcmp(kind, "authority") != 0)
		return cli_usage(cli_command("notice"), "draft N authority, or draft N people, is expected");
	if (people && arg_phased)
		return cli_usage(cli_command("notice"), "people are told once and whole: --phased is for an authority");
	r = people ? 0 : whom(w, &f.deadline, e);
	if (r == 0)
		r = cli_register(w->c, &reg, e);
	if (r < 0)
		return r;
	controller = (struct controller){ reg->organisation.name, reg->organisation.contact };
	f.reg = reg;
	notice_of(people ? NOTICE_PEOPLE : NOTICE_AUTHORITY, &f, &n);
	return give(w, &n, e);
}

static const struct verb {
	const char *name;
	bool writes;
	size_t min, max;                /* words */
	int (*run)(struct at_work *w, struct err *e);   /* an exit code, or a negative error */
} verbs[] = {
	{ "show", false, 2, 2, show }, { "draft", false, 3, 3, draft }, { "word", true, 2, 2, word },
	{ "sent", true, 2, 2, sent }, { "decide", true, 3, 4, decide }, { "aware", true, 2, 2, aware },
};

static int external(struct cli *c, int64_t number, const struct site_choice *choice _unused_, struct err *e)
{
	return notice_external(c, number, &arg_channels, arg_again, e);
}

static const struct site_verb {
	const char *name;
	int (*run)(struct cli *c, int64_t number, const struct site_choice *choice, struct err *e);
} site_verbs[] = {
	{ "site", notice_site }, { "withdraw", notice_withdraw }, { "external", external },
};

static const struct site_verb *site_verb_of(const struct strv *args)
{
	for (size_t k = 0; args->n == 2 && k < ARRAY_SIZE(site_verbs); k++)
		if (!strcmp(site_verbs[k].name, args->s[0]))
			return &site_verbs[k];
	return NULL;
}

/* They write on wikis, and need all that one needs for that. */
static int on_wikis(struct cli *c, const struct site_verb *verb, const char *number_text)
{
	const struct site_choice choice = { &arg_wikis, arg_all_wikis };
	struct err e = ERR_INIT;
	int64_t number;
	int r = cli_incident_number(number_text, &number, &e);

	if (r == 0)
		r = verb->run(c, number, &choice, &e);
	strv_free(&arg_wikis);
	strv_free(&arg_channels);
	return r < 0 ? cli_fail(&e) : EXIT_DONE;
}

static const struct verb *verb_of(const struct strv *args)
{
	for (size_t k = 0; args->n && k < ARRAY_SIZE(verbs); k++)
		if (!strcmp(verbs[k].name, args->s[0]))
			return args->n >= verbs[k].min && args->n <= verbs[k].max ? &verbs[k] : NULL;
	return NULL;
}

static int no_verb(const struct command *self, const struct strv *args)
{
	const char *names[ARRAY_SIZE(verbs) + ARRAY_SIZE(site_verbs)], *near;
	size_t n = 0;

	for (size_t k = 0; k < ARRAY_SIZE(verbs); k++)
		names[n++] = verbs[k].name;
	for (size_t k = 0; k < ARRAY_SIZE(site_verbs); k++)
		names[n++] = site_verbs[k].name;
	near = args->n ? text_nearest(args->s[0], names, n) : NULL;
	if (near && strcmp(near, args->s[0]) != 0)
		return cli_usage(self, "there is no '%s'; did you mean '%s'?", args->s[0], near);
	return cli_usage(self, "one of show, draft, word, sent, decide, aware, site, withdraw or external, and the "
			 "number of an incident are expected");
}

/* Who says it: a login, or a person of the register. */
static int identity(struct cli *c, char **ret, struct err *e)
{
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	int r = c->as ? cli_register(c, &reg, e) : 0;
	uint32_t k = 0;

	if (r < 0)
		return r;
	while (c->as && k < reg->n_people && strcmp(reg->people[k].name, c->as) != 0)
		k++;
	if (c->as && k == reg->n_people)
		return err_set(e, ERR_USAGE, "--as '%s': the register knows nobody of that name", c->as);
	*ret = env_identity(c->as);
	return 0;
}

int cmd_notice(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(at_work_end) struct at_work w = { .c = c, .args = &args, .now_us = clock_now_us() };
	const struct command *self = cli_command("notice");
	const struct verb *verb;
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (site_verb_of(&args))
		return on_wikis(c, site_verb_of(&args), args.s[1]);
	verb = verb_of(&args);
	if (!verb)
		return no_verb(self, &args);
	if (identity(c, &w.who, &e) < 0)
		return cli_fail(&e);
	w.en.who = w.who;
	if (cli_incident_number(args.s[1], &number, &e) < 0 || law_load(c, &w.law, &e) < 0 ||
	    cli_journal(c, verb->writes ? JOURNAL_WRITE : JOURNAL_READ, &w.journal, &e) < 0)
		return cli_fail(&e);
	w.en.journal = w.journal;
	if (look(&w, number, &e) < 0)
		return cli_fail(&e);
	code = verb->run(&w, &e);
	return code < 0 ? cli_fail(&e) : code;
}
