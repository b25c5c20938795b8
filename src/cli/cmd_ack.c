#include "base/env.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/commands.h"
#include <string.h>

static const char *arg_because;

const struct opt *options_ack(struct cli *c)
{
	CLI_TABLE(OPT_STRING('b', "because", &arg_because, "TEXT", "how it is known, when it is said for another"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who says it, as the register names them"), CLI_COMMON(c));
}

/* Who is meant when nobody is named: --as, or the user of this machine when the register has one of that name. */
static const char *self_of(const struct cli *c, const struct session *s)
{
	const char *user = c->as ? c->as : env_user();

	for (uint32_t k = 0; user && k < s->reg->n_people; k++)
		if (!strcmp(s->reg->people[k].name, user))
			return s->reg->people[k].name;
	return NULL;
}

static int acknowledge(struct cli *c, struct session *s, const struct strv *args, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL, *after = NULL;
	_cleanup_(alert_state_free) struct alert_state state = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	const char *party = args->n == 2 ? args->s[1] : self_of(c, s);
	int64_t number;
	int r;

	if (!party)
		return err_set(e, ERR_USAGE, "who has it? '%s' is nobody of the register: firebreak ack %s WHO",
			       env_user(), args->s[0]);
	r = cli_incident_number(args->s[0], &number, e);
	if (r == 0)
		r = engine_incident(s->journal, number, &i, e);
	if (r == 0)
		r = alert_acknowledge(&s->en, i, party, arg_because, e);
	if (r == 0)
		r = engine_incident(s->journal, number, &after, e);
	if (r < 0)
		return r;
	alert_state_of(s->reg, after, clock_now_us(), &state);
	if (c->json) {
		cli_json(alerts_json(&state));
		return 0;
	}
	buf_str(&b, "Kept in the journal: ");
	text_visible(&b, party, strlen(party));
	buf_str(&b, " has it.\n");
	alerts_show(c, &state, &b);
	cli_print(&b);
	return 0;
}

int cmd_ack(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("ack");
	struct err e = ERR_INIT;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n < 1 || args.n > 2)
		return cli_usage(self, "the number of an incident, and who has it, are expected");
	if (session_open(c, JOURNAL_WRITE, &s, &e) < 0 || acknowledge(c, &s, &args, &e) < 0)
		return cli_fail(&e);
	return EXIT_DONE;
}
