#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/commands.h"
#include "cli/session.h"
#include <string.h>

static bool arg_dot, arg_cacao;

const struct opt *options_plan(struct cli *c)
{
	CLI_TABLE(OPT_FLAG(0, "dot", &arg_dot, "the graph of steps for Graphviz"),
		  OPT_FLAG(0, "cacao", &arg_cacao, "an OASIS CACAO v2.0 playbook"),
		  CLI_COMMON(c));
}

static void step_rows(struct buf *b, struct cli *c, const struct plan *p, const struct incident *i, uint32_t k)
{
	const struct step *s = &p->steps[k];
	const struct step_state *state = incident_step(i, s->id);
	enum outcome o = state ? state->outcome : OUTCOME_NONE;

	buf_printf(b, "%4u  ", k + 1);
	term_paint(b, c->colour, s->person ? TERM_YELLOW : TERM_BOLD, s->title);
	if (o != OUTCOME_NONE)
		buf_printf(b, "  [%s]", outcome_name(o));
	buf_str(b, "\n");
	if (s->n_after + s->n_behind) {
		buf_str(b, "      waits for");
		for (uint32_t n = 0; n < s->n_after + s->n_behind && n < 8; n++)
			buf_printf(b, " %u", (n < s->n_after ? s->after[n] : s->behind[n - s->n_after]) + 1);
		buf_str(b, s->n_after + s->n_behind > 8 ? " ...\n" : "\n");
	}
	buf_printf(b, "      why: %s\n", s->why);
	if (s->interrupts)
		buf_printf(b, "      interrupts: %s\n", s->interrupts);
	if (s->cannot)
		buf_printf(b, "      cannot: %s\n", s->cannot);
	if (s->person && s->text)
		buf_printf(b, "      a person: %s\n", s->text);
}

static void show_channels(const struct session *s, const struct incident *i, struct buf *b)
{
	_cleanup_(alert_state_free) struct alert_state state = { 0 };
	_cleanup_(buf_free) struct buf lines = BUF_INIT(1 << 20);

	alert_state_of(s->reg, i, clock_now_us(), &state);
	if (!state.off)
		alerts_channels(&state, &lines);
	if (lines.len)
		buf_printf(b, "\nNot to be trusted in this incident, so nothing is sent there:\n\n%s",
			   buf_text(&lines));
}

static void show(struct cli *c, const struct session *s, const struct plan *p, const struct incident *i)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64 << 20);
	uint32_t people = 0;

	for (uint32_t k = 0; k < p->n; k++)
		people += p->steps[k].person;
	buf_printf(&b, "Incident %lld, %s: %u steps, %u of them for a person\n\n", (long long)i->number,
		   mode_name(p->mode), p->n, people);
	for (uint32_t k = 0; k < p->n; k++)
		step_rows(&b, c, p, i, k);
	show_channels(s, i, &b);
	buf_str(&b, "\nWhat cannot be undone: a change of a value. The old one stays sealed in the journal and must "
		    "not come back; everything goes forward.\n");
	buf_printf(&b, "\nNext:\n\n  firebreak respond %lld\n", (long long)i->number);
	cli_print(&b);
}

static void show_json(const struct session *s, const struct plan *p, const struct incident *i)
{
	json_t *j = json_object();

	json_put_int(j, "incident", i->number);
	json_put(j, "mode", mode_name(p->mode));
	json_object_set_new(j, "steps", plan_json(p, s->reg));
	cli_json(j);
}

static void show_cacao(const struct plan *p, const struct incident *i)
{
	_cleanup_(freep) char *name = mem_printf("Firebreak incident %lld", (long long)i->number);

	cli_json(plan_cacao(p, name, i->declared_us));
}

static void show_dot(const struct plan *p)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64 << 20);

	plan_dot(p, &b);
	cli_print(&b);
}

int cmd_plan(struct cli *c, int argc, char **argv)
{
	_cleanup_(session_close) struct session s = { 0 };
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(plan_freep) struct plan *p = NULL;
	const struct command *self = cli_command("plan");
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse_incident(c, self, argc, argv, &number, &code))
		return code;
	if (session_open(c, JOURNAL_READ, &s, &e) < 0 || engine_incident(s.journal, number, &i, &e) < 0 ||
	    engine_plan(&s.en, i, &p, &e) < 0)
		return cli_fail(&e);
	if (arg_dot)
		show_dot(p);
	else if (arg_cacao)
		show_cacao(p, i);
	else if (c->json)
		show_json(&s, p, i);
	else
		show(c, &s, p, i);
	return EXIT_DONE;
}
