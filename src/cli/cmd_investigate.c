#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/hosts.h"
#include "cli/session.h"
#include "fleet/investigate.h"
#include "model/clues.h"
#include <string.h>

#define OUTPUT_MAX ((size_t)64 << 20)
#define BEFORE_US ((int64_t)86400000000)        /* of the window, before it was suspected */
#define AT_ONCE_USUAL 16u
#define LIMIT_USUAL 300u

static const char *arg_from, *arg_until, *arg_at_once, *arg_limit;
static struct strv arg_packages;

const struct opt *options_investigate(struct cli *c)
{
	CLI_TABLE(OPT_STRING(0, "from", &arg_from, "TIME",
		"the window begins: 2026-11-20T10:00Z, -3d; a day before it was "
			     "suspected"),
		  OPT_STRING(0, "until", &arg_until, "TIME", "and ends: now"),
		  OPT_LIST('p', "package", &arg_packages, "NAME", "hold only this package's files against their sums"),
		  OPT_STRING(0, "limit", &arg_limit, "SECONDS", "for each host, 10 to 3600 (300)"),
		  OPT_STRING('j', "at-once", &arg_at_once, "N", "hosts at a time, 1 to 64 (16)"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who looks, as the register names them"), CLI_COMMON(c));
}

struct telling {
	struct cli *c;
	struct bar *bar;
	json_t *all;
	uint32_t unreached, not_read, clues;
};

static void shown(struct buf *b, const char *s)
{
	text_visible(b, s ? s : "", s ? strlen(s) : 0);
}

static void head(const struct cli *c, const json_t *body, struct buf *b)
{
	int64_t off = json_int(body, "clock_off_us", 0);
	_cleanup_(buf_free) struct buf span = BUF_INIT(64);

	term_paint(b, c->colour, TERM_BOLD, json_str(body, "host"));
	if (json_str(body, "text")) {
		(void)buf_printf(b, ": %s: ", json_str(body, "outcome"));
		shown(b, json_str(body, "text"));
	}
	(void)buf_str(b, "\n  from ");
	clock_format(b, json_int(body, "from_us", 0));
	(void)buf_str(b, " to ");
	clock_format(b, json_int(body, "until_us", 0));
	if (off) {
		text_duration(&span, off < 0 ? -off : off);
		(void)buf_printf(b, "; its clock is %s %s: its times are corrected by that", buf_text(&span),
				 off < 0 ? "behind ours" : "ahead of ours");
	}
	(void)buf_char(b, '\n');
}

static const char *answer_words(const char *answer)
{
	if (answer && strcmp(answer, "something") == 0)
		return "";
	return answer && strcmp(answer, "nothing") == 0 ? " nothing that says so" :
		" not known: not everything could be "
		"read";
}

static void clues_text(const struct cli *c, const json_t *body, struct buf *b)
{
	const json_t *answers = json_object_get(body, "answers"), *list = json_object_get(body, "clues");

	for (int q = 0; q < CLUE_QUESTIONS; q++) {
		(void)buf_printf(b, "  %s%s\n", clue_facts[q].words, answer_words(json_str(answers, clue_facts[q].id)));
		for (size_t k = 0; k < json_array_size(list); k++) {
			const json_t *one = json_array_get(list, k);
			bool alarm = json_is(one, "alarm");

			if (!json_str(one, "question") || strcmp(json_str(one, "question"), clue_facts[q].id) != 0)
				continue;
			(void)buf_str(b, "    ");
			term_paint(b, c->colour && alarm, TERM_RED, alarm ? "! " : "- ");
			shown(b, json_str(one, "text"));
			(void)buf_char(b, '\n');
		}
	}
	if (json_int(body, "more", 0))
		(void)buf_printf(b, "  and %lld more\n", (long long)json_int(body, "more", 0));
}

static void lists_text(const json_t *body, struct buf *b)
{
	const json_t *not_read = json_object_get(body, "not_read"), *trusted = json_object_get(body, "trusted");
	const json_t *next = json_object_get(body, "next");

	if (json_array_size(not_read))
		(void)buf_str(b, "  not read, or with holes:\n");
	for (size_t k = 0; k < json_array_size(not_read); k++) {
		(void)buf_str(b, "    ");
		shown(b, json_str(json_array_get(not_read, k), "what"));
		(void)buf_str(b, ": ");
		shown(b, json_str(json_array_get(not_read, k), "why"));
		(void)buf_char(b, '\n');
	}
	for (size_t k = 0; k < json_array_size(trusted); k++) {
		(void)buf_str(b, k ? "    " : "  trusted of the host:\n    ");
		shown(b, json_string_value(json_array_get(trusted, k)));
		(void)buf_char(b, '\n');
	}
	for (size_t k = 0; k < json_array_size(next); k++) {
		(void)buf_str(b, k ? "    " : "  if it was not them:\n    ");
		shown(b, json_string_value(json_array_get(next, k)));
		(void)buf_char(b, '\n');
	}
}

static void tell(const struct host *host _unused_, const json_t *body, void *arg)
{
	struct telling *t = arg;
	_cleanup_(buf_free) struct buf b = BUF_INIT(OUTPUT_MAX);

	t->unreached += strcmp(json_str(body, "outcome"), "done") != 0;
	t->not_read += json_array_size(json_object_get(body, "not_read")) > 0;
	t->clues += json_array_size(json_object_get(body, "clues")) > 0;
	if (t->c->json) {
		json_array_append_new(t->all, json_deep_copy(body));
		return;
	}
	bar_end(t->bar);
	head(t->c, body, &b);
	clues_text(t->c, body, &b);
	lists_text(body, &b);
	cli_print(&b);
}

static void on_progress(uint32_t done, uint32_t running _unused_, uint32_t total, void *arg)
{
	struct telling *t = arg;

	bar_tell(t->bar, done, total);
}

static int window(const struct incident *i, struct investigating *how, struct err *e)
{
	int64_t now = clock_now_us(), since = i->suspected_us ? i->suspected_us : i->declared_us;

	how->from_us = since - BEFORE_US;
	how->until_us = now;
	if (arg_from && clock_parse(arg_from, now, &how->from_us, e) < 0)
		return err_wrap(e, "--from");
	if (arg_until && clock_parse(arg_until, now, &how->until_us, e) < 0)
		return err_wrap(e, "--until");
	if (how->from_us >= how->until_us)
		return err_set(e, ERR_USAGE, "the window ends before it begins: --from has to lie before --until");
	return 0;
}

static int limits(struct investigating *how, struct err *e)
{
	uint32_t seconds = LIMIT_USUAL;
	int r = cli_number("--limit", arg_limit, "number of seconds", 10, 3600, &seconds, e);

	how->limit_ms = (int64_t)seconds * 1000;
	how->at_once = AT_ONCE_USUAL;
	return r < 0 ? r : cli_at_once(arg_at_once, &how->at_once, e);
}

static int look(struct cli *c, struct session *s, int64_t number, const struct strv *args, struct telling *t,
		struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(freep) char *warden = NULL, *scout = NULL;
	_cleanup_(freep) uint32_t *hosts = NULL;
	struct bar bar = bar_begin("hosts");
	struct alerts_done told;
	struct investigating how = { .ssh_config = s->reg->ssh_config, .tell = tell, .progress = on_progress, .arg = t,
				     .packages = (const char *const *)arg_packages.s, .n_packages = arg_packages.n };
	uint32_t n = 0;
	int r = engine_incident(s->journal, number, &i, e);

	if (r == 0 && i->closed_us)
		r = err_set(e, ERR_REFUSED, "incident %lld is closed", (long long)number);
	if (r < 0 || (r = hosts_programs(&warden, &scout, e)) < 0 || (r = window(i, &how, e)) < 0 ||
	    (r = limits(&how, e)) < 0)
		return r;
	r = hosts_choose(s->reg, (const char *const *)args->s + 1, args->n - 1, NULL, &hosts, &n, e);
	if (r < 0)
		return r;
	how.warden = warden;
	how.scout = scout;
	t->bar = &bar;
	r = fleet_investigate(&s->en, i, &how, hosts, n, e);
	bar_end(&bar);
	t->bar = NULL;
	if (r == 0)
		alerts_do(s, number, NULL, &told);
	if (r == 0 && c->json)
		cli_json(json_incref(t->all));
	return r;
}

int cmd_investigate(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("investigate");
	struct telling t = { .c = c };
	struct err e = ERR_INIT;
	int64_t number;
	int code, r;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n < 2)
		return cli_usage(self, "the number of an incident and at least one host are expected");
	if (cli_incident_number(args.s[0], &number, &e) < 0 || session_open(c, JOURNAL_WRITE, &s, &e) < 0)
		return cli_fail(&e);
	t.all = json_array();
	r = look(c, &s, number, &args, &t, &e);
	json_decref(t.all);
	strv_free(&arg_packages);
	if (r < 0)
		return cli_fail(&e);
	return t.unreached || t.not_read ? EXIT_NOT_KNOWN : t.clues ? EXIT_PERSON : EXIT_DONE;
}
