#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"

static const char *arg_because;

const struct opt *options_answer(struct cli *c)
{
	CLI_TABLE(OPT_STRING('b', "because", &arg_because, "TEXT", "what was done, by whom, and how it was checked"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who answers, as the register names them"),
		  CLI_COMMON(c));
}

/* A person's word is none where the ledger of mail has it. */
static int not_mailed(const struct plan *p, const struct firebreak_register *reg, int64_t number, const char *id,
		      struct err *e)
{
	const struct step *step = &p->steps[map_get(&p->ids, id)];
	_cleanup_(buf_free) struct buf secret = BUF_INIT(1024);

	if (!step->mailed)
		return 0;
	text_shell(&secret, reg->secrets[step->secret].name);
	return err_set(e, ERR_REFUSED, "'%s' is done when the ledger of mail says so: firebreak mail send %lld "
		       "--domains-of %s; if they are told otherwise, --skip '%s' --because '...' of firebreak respond "
		       "leaves it out", id, (long long)number, buf_text(&secret), id);
}

/* All of them are known before the first is answered. */
static int answer(struct session *s, int64_t number, const struct strv *args, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL, *with_steps = NULL;
	_cleanup_(plan_freep) struct plan *p = NULL;
	_cleanup_(freep) const char **ids = mem_zero(args->n, sizeof(*ids));
	int r = engine_incident(s->journal, number, &i, e);

	if (r == 0)
		r = engine_plan(&s->en, i, &p, e);
	for (size_t k = 1; r == 0 && k < args->n; k++) {
		r = session_step(p, args->s[k], &ids[k], e);
		if (r == 0)
			r = not_mailed(p, s->reg, number, ids[k], e);
	}
	if (r == 0)
		r = engine_adopt(&s->en, number, p, &with_steps, e);
	for (size_t k = 1; r == 0 && k < args->n; k++)
		r = engine_decide(&s->en, with_steps, ROW_ANSWERED, ids[k], arg_because, e);
	return r;
}

int cmd_answer(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("answer");
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n < 2 || !arg_because)
		return cli_usage(self, "a number, a step or several, and --because 'what was done' are expected");
	if (cli_incident_number(args.s[0], &number, &e) < 0 || session_open(c, JOURNAL_WRITE, &s, &e) < 0 ||
	    answer(&s, number, &args, &e) < 0)
		return cli_fail(&e);
	cli_note("Kept in the journal. What waited for it goes on with: firebreak respond %s", args.s[0]);
	return EXIT_DONE;
}
