#include "base/clock.h"
#include "base/mem.h"
#include "cli/alerts.h"
#include "cli/commands.h"
#include <string.h>

#define OPEN_MAX 100000u

static struct strv arg_again;

const struct opt *options_alert(struct cli *c)
{
	CLI_TABLE(OPT_LIST(0, "again", &arg_again, "WHO", "tell this one once more, whatever came of the last time"),
		  CLI_COMMON(c));
}

/* Numbers of the incidents that are not closed. */
struct open { int64_t *n; size_t count, cap; };

static void open_free(struct open *o)
{
	free(o->n);
}

static int collect(const struct row *row, void *arg)
{
	struct open *o = arg;

	if (row->kind == ROW_DECLARED && GROW(o->n, o->count, o->cap, OPEN_MAX))
		o->n[o->count++] = row->incident;
	for (size_t k = 0; row->kind == ROW_CLOSED && k < o->count; k++)
		if (o->n[k] == row->incident)
			o->n[k--] = o->n[--o->count];
	return 0;
}

static int show(struct cli *c, struct session *s, const struct open *open, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(16 << 20);
	json_t *all = json_array();
	int r = 0;

	for (size_t k = 0; r == 0 && k < open->count; k++) {
		_cleanup_(incident_freep) struct incident *i = NULL;
		_cleanup_(alert_state_free) struct alert_state state = { 0 };
		json_t *j;

		r = engine_incident(s->journal, open->n[k], &i, e);
		if (r < 0)
			break;
		alert_state_of(s->reg, i, clock_now_us(), &state);
		buf_printf(&b, "Incident %lld\n", (long long)i->number);
		alerts_show(c, &state, &b);
		j = alerts_json(&state);
		json_put_int(j, "incident", i->number);
		json_array_append_new(all, j);
	}
	if (!open->count)
		buf_str(&b, "No open incident: nobody is to be told.\n");
	if (r == 0 && c->json)
		cli_json(json_incref(all));
	else if (r == 0)
		cli_print(&b);
	json_decref(all);
	return r;
}

static int run(struct cli *c, struct session *s, const struct open *open, struct err *e)
{
	struct alerts_done all = { 0 };
	int r;

	for (size_t k = 0; k < open->count; k++) {
		struct alerts_done one;

		alerts_do(s, open->n[k], &arg_again, &one);
		all.busy |= one.busy;
		all.failed |= one.failed;
		all.counts.unknown += one.counts.unknown + one.counts.left_unknown;
		all.counts.unreached += one.counts.unreached;
		all.counts.untold += one.counts.untold;
	}
	r = show(c, s, open, e);
	if (r < 0)
		return r;
	return all.failed || all.counts.untold ? EXIT_FAILED : all.counts.unreached ? EXIT_PERSON : all.busy ? EXIT_BUSY
	     : all.counts.unknown ? EXIT_NOT_KNOWN : EXIT_DONE;
}

int cmd_alert(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	_cleanup_(open_free) struct open open = { 0 };
	const struct command *self = cli_command("alert");
	struct err e = ERR_INIT;
	int code, r = 0;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n > 1 || (arg_again.n && args.n != 1))
		return cli_usage(self, arg_again.n ? "--again needs the number of an incident"
						    : "at most one number of an incident is expected");
	if (args.n) {
		(void)GROW(open.n, open.count, open.cap, OPEN_MAX);
		r = cli_incident_number(args.s[0], &open.n[open.count++], &e);
	}
	if (r == 0)
		r = args.n ? session_open(c, JOURNAL_WRITE, &s, &e) : session_open_to_look(c, &s, &e);
	if (r == 0 && !args.n && s.journal)
		r = journal_each(s.journal, 0, 0, collect, &open, &e);
	r = r == 0 ? run(c, &s, &open, &e) : r;
	strv_free(&arg_again);
	return r < 0 ? cli_fail(&e) : r;
}
