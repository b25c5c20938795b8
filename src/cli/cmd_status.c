#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/commands.h"
#include "cli/contain_work.h"
#include "cli/drill_lines.h"
#include "cli/places.h"
#include "cli/pull_words.h"
#include "cli/status_law.h"
#include "engine/engine.h"
#include <string.h>

static bool arg_all;

const struct opt *options_status(struct cli *c)
{
	CLI_TABLE(OPT_FLAG('a', "all", &arg_all, "closed incidents too; every step of one incident"), CLI_COMMON(c));
}

struct all {
	struct incident **i;
	uint32_t n;
	size_t cap;
	struct err *e;
};

static void all_free(struct all *a)
{
	for (uint32_t k = 0; k < a->n; k++)
		incident_free(a->i[k]);
	free(a->i);
}

static int take(const struct row *row, void *arg)
{
	struct all *a = arg;

	if (!row->incident)
		return 0;
	for (uint32_t k = a->n; k-- > 0;)
		if (a->i[k]->number == row->incident)
			return incident_add(a->i[k], row, a->e);
	if (!GROW(a->i, a->n, a->cap, 100000))
		return err_set(a->e, ERR_LIMIT, "more than 100000 incidents in one journal");
	a->i[a->n++] = incident_new(row->incident);
	return incident_add(a->i[a->n - 1], row, a->e);
}

static void what_words(struct buf *b, const struct incident *i)
{
	buf_str(b, i->drill ? "drill of " : "");
	for (uint32_t k = 0; k < i->n_what; k++)
		buf_printf(b, "%s%s", k ? ", " : "", i->what[k]);
}

static json_t *incident_json(const struct incident *i)
{
	struct counts n = incident_counts(i);
	json_t *j = json_object(), *what = json_array();

	json_put_int(j, "incident", i->number);
	for (uint32_t k = 0; k < i->n_what; k++)
		json_array_append_new(what, json_string(i->what[k]));
	json_object_set_new(j, "what", what);
	json_object_set_new(j, "drill", json_boolean(i->drill));
	if (i->drilled)
		json_object_set_new(j, "drilled", json_deep_copy(i->drilled));
	json_put(j, "state", incident_state_words(incident_state(i)));
	json_put(j, "because", i->because);
	if (i->n_pulled)
		json_object_set_new(j, "pulled", pull_json(i));
	json_put_int(j, "declared_us", i->declared_us);
	json_put_int(j, "aware_us", i->aware_us);
	json_put_int(j, "steps", n.total);
	for (int o = 0; o < OUTCOMES; o++)
		json_put_int(j, outcome_name((enum outcome)o), n.by[o]);
	json_put_int(j, "person_waiting", n.person_waiting);
	json_object_set_new(j, "clock", status_law_json(i));
	return j;
}

/* What a host's sshd answered before an eviction changed anything; of each run that asked. */
static json_t *asked_json(const struct step_state *s)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < s->n_asked; k++)
		json_array_append_new(list, json_deep_copy(s->asked[k]));
	return list;
}

static json_t *steps_json(const struct incident *i)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];
		json_t *j = json_object();

		json_put(j, "id", s->id);
		json_put(j, "do", s->what);
		json_put(j, "title", s->title);
		json_put(j, "outcome", outcome_name(s->outcome));
		json_put(j, "text", s->text);
		json_put_int(j, "attempts", s->n_deeds);
		json_put(j, "host", s->host);
		if (s->n_deeds && s->deeds[s->n_deeds - 1].result)
			json_object_set_new(j, "result", json_deep_copy(s->deeds[s->n_deeds - 1].result));
		if (s->n_asked)
			json_object_set_new(j, "asked", asked_json(s));
		json_array_append_new(list, j);
	}
	return list;
}

static void list(const struct all *a)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(16 << 20);
	struct term_table *t = term_table_new(5);
	uint32_t shown = 0;

	for (uint32_t k = 0; k < a->n; k++) {
		const struct incident *i = a->i[k];
		_cleanup_(buf_free) struct buf what = BUF_INIT(8192), when = BUF_INIT(64), clock = BUF_INIT(1000);
		_cleanup_(freep) char *number = mem_printf("%lld", (long long)i->number);

		if (!status_law_shows(arg_all, i))
			continue;
		what_words(&what, i);
		clock_format(&when, i->declared_us);
		status_law_column(i, &clock);
		term_table_add(t, number);
		term_table_add(t, buf_text(&when));
		term_table_add(t, buf_text(&clock));
		term_table_add(t, buf_text(&what));
		term_table_add(t, incident_state_words(incident_state(i)));
		shown++;
	}
	term_table_print(t, &b, term_width(1));
	for (uint32_t k = 0; k < a->n; k++)
		alerts_short(a->i[k], &b);
	for (uint32_t k = 0; k < a->n; k++)
		contain_short(a->i[k], &b);
	if (!shown)
		buf_str(&b, "No open incident.\n\nSomething leaked? Type:\n\n  firebreak declare WHAT --because 'what "
			"happened'\n");
	cli_print(&b);
}

static enum term_colour colour_of(enum outcome o)
{
	return o == OUTCOME_PROVEN || o == OUTCOME_ANSWERED ? TERM_GREEN : o == OUTCOME_FAILED ? TERM_RED
		: o == OUTCOME_UNKNOWN || o == OUTCOME_UNREACHABLE || o == OUTCOME_STARTED ? TERM_YELLOW : TERM_DIM;
}

static void step_line(struct buf *b, struct cli *c, const struct incident *i, uint32_t k)
{
	const struct step_state *s = &i->steps[k];

	buf_printf(b, "%4u  ", k + 1);
	term_paint(b, c->colour, colour_of(s->outcome), outcome_name(s->outcome));
	for (size_t n = strlen(outcome_name(s->outcome)); n < 12; n++)
		buf_char(b, ' ');
	text_visible(b, s->title, strlen(s->title));
	buf_str(b, "\n");
	if (s->text && s->outcome != OUTCOME_PROVEN) {
		buf_str(b, "                  ");
		text_visible(b, s->text, strlen(s->text));
		buf_str(b, "\n");
	}
	if (s->person && s->outcome == OUTCOME_NONE) {
		buf_printf(b, "                  firebreak answer %lld ", (long long)i->number);
		text_shell(b, s->id);
		buf_str(b, " --because 'what was done'\n");
	}
}

static void head(struct buf *b, struct cli *c, const struct incident *i)
{
	_cleanup_(freep) char *title = mem_printf("Incident %lld", (long long)i->number);
	_cleanup_(buf_free) struct buf when = BUF_INIT(64);
	struct counts n = incident_counts(i);

	clock_format(&when, i->declared_us);
	term_paint(b, c->colour, TERM_BOLD, title);
	buf_str(b, ": ");
	what_words(b, i);
	buf_printf(b, "\ndeclared %s by ", buf_text(&when));
	text_visible(b, i->who, strlen(i->who));
	buf_str(b, "\nbecause ");
	text_visible(b, i->because, strlen(i->because));
	buf_printf(b, "\nstate: %s; %u of %u steps settled\n\n", incident_state_words(incident_state(i)),
		   n.by[OUTCOME_PROVEN] + n.by[OUTCOME_ANSWERED] + n.by[OUTCOME_SKIPPED], n.total);
}

/* With the register, who is due; without one, what the journal has. */
static void told(struct cli *c, const struct incident *i, struct buf *b, json_t *x)
{
	_cleanup_(register_freep) struct firebreak_register *r = NULL;
	_cleanup_(alert_state_free) struct alert_state s = { 0 };
	struct err e = ERR_INIT;

	if (cli_register(c, &r, &e) < 0) {
		alerts_show_bare(i, b);
		return;
	}
	alert_state_of(r, i, clock_now_us(), &s);
	if (!s.off || i->alerts.n)
		alerts_show(c, &s, b);
	if (x)
		json_object_set_new(x, "alerts", alerts_json(&s));
}

static void one(struct cli *c, const struct incident *i)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(64 << 20);
	enum incident_state state = incident_state(i);

	head(&b, c, i);
	status_law_lines(c, i, &b);
	drill_lines(i, &b);
	for (uint32_t k = 0; k < i->n_steps; k++)
		if (arg_all || i->n_steps <= 60 || i->steps[k].outcome != OUTCOME_PROVEN)
			step_line(&b, c, i, k);
	contain_show(c, i, &b);
	if (i->n_pulled)
		buf_str(&b, "\n");
	pull_lines(i, &b);
	told(c, i, &b, NULL);
	if (state == INCIDENT_DECLARED || state == INCIDENT_OPEN || state == INCIDENT_NOT_KNOWN)
		buf_printf(&b, "\nNext:\n\n  firebreak respond %lld\n", (long long)i->number);
	else if (state == INCIDENT_DONE)
		buf_printf(&b, "\nNext:\n\n  firebreak report %lld\n", (long long)i->number);
	cli_print(&b);
}

static int show_all(struct cli *c, struct journal *j, struct err *e)
{
	_cleanup_(all_free) struct all a = { .e = e };
	int r = journal_each(j, 0, 0, take, &a, e);
	json_t *list_json;

	if (r < 0)
		return r;
	if (!c->json) {
		list(&a);
		return 0;
	}
	list_json = json_array();
	for (uint32_t k = 0; k < a.n; k++)
		if (status_law_shows(arg_all, a.i[k]))
			json_array_append_new(list_json, incident_json(a.i[k]));
	cli_json(list_json);
	return 0;
}

/* A calm first day: nothing was ever declared on this machine. */
static bool journal_is_there(struct cli *c)
{
	const char *folder;
	struct err e = ERR_INIT;

	return places_state(c, &folder, &e) < 0 || journal_exists(folder);
}

static void show_nothing(struct cli *c)
{
	const struct all none = { 0 };

	if (c->json)
		cli_json(json_array());
	else
		list(&none);
}

static int show_one(struct cli *c, struct journal *j, const char *number, struct err *e)
{
	_cleanup_(buf_free) struct buf ignored = BUF_INIT(1 << 20);
	_cleanup_(incident_freep) struct incident *i = NULL;
	int64_t n;
	int r = cli_incident_number(number, &n, e);

	if (r == 0)
		r = engine_incident(j, n, &i, e);
	if (r != 0)
		return r;
	if (c->json) {
		json_t *x = incident_json(i);

		json_object_set_new(x, "list", steps_json(i));
		json_object_set_new(x, "hosts", contain_json(i));
		status_law_whole(i, x);
		told(c, i, &ignored, x);
		cli_json(x);
	} else {
		one(c, i);
	}
	return 0;
}

int cmd_status(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(journal_closep) struct journal *j = NULL;
	const struct command *self = cli_command("status");
	struct err e = ERR_INIT;
	int code, r;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n > 1)
		return cli_usage(self, "at most one number of an incident is expected");
	if (!args.n && !journal_is_there(c)) {
		show_nothing(c);
		return EXIT_DONE;
	}
	if (cli_journal(c, JOURNAL_READ, &j, &e) < 0)
		return cli_fail(&e);
	status_law_load(c);
	r = args.n ? show_one(c, j, args.s[0], &e) : show_all(c, j, &e);
	return r < 0 ? cli_fail(&e) : status_law_end() ? EXIT_DONE : EXIT_BAD_INPUT;
}
