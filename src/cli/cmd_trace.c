#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/hosts.h"
#include "cli/places.h"
#include "cli/reading.h"
#include "cli/trace_values.h"
#include "cli/unread.h"
#include "trace/trace.h"
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)256 << 20)
#define LIMIT_S 600u

static bool arg_stdin, arg_unreachable;
static const char *arg_incident, *arg_limit, *arg_at_once;
static struct strv arg_in, arg_hosts, arg_only, arg_repositories;

const struct opt *options_trace(struct cli *c)
{
	CLI_TABLE(OPT_STRING('i', "incident", &arg_incident, "N", "the values that this incident replaced; without "
			     "names all of them"),
		  OPT_FLAG(0, "stdin", &arg_stdin, "a value from standard input, or typed without echo"),
		  OPT_LIST(0, "in", &arg_in, "PATH", "look in this repository, folder or file of this machine as well"),
		  OPT_LIST('o', "only", &arg_only, "WHERE", "look only in repositories, hosts, backups, or nowhere "
			   "(--in)"),
		  OPT_LIST(0, "host", &arg_hosts, "HOST", "of the hosts only these; names, groups or patterns"),
		  OPT_LIST('R', "repository", &arg_repositories, "NAME=PATH", "read this repository there"),
		  OPT_FLAG(0, "unreachable", &arg_unreachable, "in histories also what no branch or tag leads to"),
		  OPT_STRING(0, "limit", &arg_limit, "SECONDS", "for each host or folder, 5 to 86400 (600)"),
		  OPT_STRING('j', "at-once", &arg_at_once, "N", "hosts at a time, 1 to 64 (16)"),
		  OPT_STRING('k', "key", &c->key_file, "FILE", "key file of this responder, for sealed values"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who looks, as the register names them"),
		  CLI_COMMON(c));
}

/* What is looked for and where, besides the values. */
struct looking {
	struct trace t;
	struct reading reading;
	struct survey survey;              /* for proposals */
	struct trace_at at[READING_AT_MAX];
	uint32_t *hosts;
	char *scanner;
	struct bar bar;
	char bar_words[200];
};

static void looking_clear(struct looking *l)
{
	trace_free(&l->t);
	survey_free(&l->survey);
	free(l->hosts);
	free(l->scanner);
	reading_end(&l->reading);
}

static int choose_hosts(const struct firebreak_register *reg, struct looking *l, struct err *e)
{
	int r = hosts_choose(reg, (const char *const *)arg_hosts.s, arg_hosts.n, "--host", &l->hosts, &l->t.n_hosts, e);

	l->t.hosts = l->hosts;
	return r;
}

static int choose_where(struct looking *l, struct err *e)
{
	static const char *const words[] = { "repositories", "hosts", "backups", "nowhere" };
	bool chosen[ARRAY_SIZE(words)] = { false };

	for (size_t i = 0; i < arg_only.n; i++) {
		size_t w = 0;

		while (w < ARRAY_SIZE(words) && strcmp(words[w], arg_only.s[i]) != 0)
			w++;
		if (w == ARRAY_SIZE(words)) {
			const char *near = text_nearest(arg_only.s[i], words, ARRAY_SIZE(words));

			return err_set(e, ERR_USAGE, "--only '%.60s': expected repositories, hosts, backups or "
				       "nowhere%s%s%s",
				       arg_only.s[i], near ? " (did you mean "
					       "'" : "", near ? near : "", near ? "'?)" : "");
		}
		chosen[w] = true;
	}
	l->t.repositories = !arg_only.n || chosen[0];
	l->t.n_hosts = !arg_only.n || chosen[1] ? l->t.n_hosts : 0;
	l->t.backups = !arg_only.n || chosen[2];
	return 0;
}

static int choose_repositories(struct cli *c, const struct firebreak_register *reg, struct looking *l, struct err *e)
{
	int r = reading_begin(c, reg, &arg_repositories, &l->reading, e);

	for (uint32_t i = 0; r == 0 && i < l->reading.n; i++)
		l->at[i] = (struct trace_at){ l->reading.at[i].repository, l->reading.at[i].path };
	l->t.ats = l->at;
	l->t.n_ats = l->reading.n;
	if (r == 0) {
		reading_give(&l->reading, reg, &l->survey);
		l->t.survey = &l->survey;
	}
	return r;
}

static int choose_limits(struct looking *l, struct err *e)
{
	uint32_t seconds = LIMIT_S;
	int r = cli_number("--limit", arg_limit, "number of seconds", 5, 86400, &seconds, e);

	l->t.limit_ms = (int64_t)seconds * 1000;
	l->t.at_once = 16;
	return r < 0 ? r : cli_at_once(arg_at_once, &l->t.at_once, e);
}

static int prepare(struct cli *c, struct session *s, struct looking *l, struct err *e)
{
	int r = choose_hosts(s->reg, l, e);

	if (r == 0)
		r = choose_where(l, e);
	if (r == 0)
		r = choose_repositories(c, s->reg, l, e);
	if (r == 0)
		r = choose_limits(l, e);
	if (r == 0)
		r = places_scanner(&l->scanner, e);
	l->t.en = &s->en;
	l->t.scanner = l->scanner;
	l->t.in = (const char *const *)arg_in.s;
	l->t.n_in = arg_in.n;
	l->t.unreachable = arg_unreachable;
	return r;
}

static void tell(const struct trace_progress *p, void *arg)
{
	struct looking *l = arg;

	(void)snprintf(l->bar_words, sizeof(l->bar_words), "%.150s, looked through", p->what);
	l->bar.what = l->bar_words;
	bar_tell(&l->bar, p->done, p->total);
}

static int journal(struct session *s, const struct trace_values *v, const struct trace *t, struct err *e)
{
	int r = 0;

	for (uint32_t k = 0; r == 0 && k < v->n_secrets; k++) {
		_cleanup_(json_freep) json_t *row = NULL;

		if (!v->incidents[k] || v->incidents[k]->closed_us)
			continue;
		row = trace_row(t, v->secrets[k]);
		r = engine_traced(&s->en, v->incidents[k]->number, row, e);
	}
	return r;
}

static void print(struct cli *c, const struct trace *t)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(OUTPUT_MAX), proposals = BUF_INIT(OUTPUT_MAX);

	if (c->json) {
		json_t *j = trace_json(t);

		json_object_set_new(j, "not_read", unread_json(&t->gaps));
		cli_json(j);
		return;
	}
	trace_text(t, c->colour, &b);
	trace_proposals(t, &proposals);
	if (proposals.len)
		(void)buf_printf(&b, "\nFor the register, once somebody has looked at them:\n\n%s",
				 buf_text(&proposals));
	cli_print(&b);
	unread_print(&t->gaps);
}

static int exit_code(const struct trace *t)
{
	if (t->gaps.n)
		return EXIT_NOT_KNOWN;
	for (uint32_t i = 0; i < t->n_found; i++)
		if (!t->found[i].declared)
			return EXIT_FAILED;
	return EXIT_DONE;
}

static bool needs_key(const struct trace_values *v)
{
	for (uint32_t k = 0; k < v->n_secrets; k++)
		if (v->incidents[k])
			return true;
	return false;
}

static int trace(struct cli *c, struct session *s, struct looking *l, const struct strv *words, struct err *e)
{
	_cleanup_(trace_values_free) struct trace_values v = { 0 };
	_cleanup_(seal_key_freep) struct seal_key *key = NULL;
	int64_t incident = 0;
	int r = arg_incident ? cli_incident_number(arg_incident, &incident, e) : 0;

	if (r == 0)
		r = prepare(c, s, l, e);
	if (r == 0)
		r = trace_values_choose(s, words, incident, &v, e);
	if (r == 0 && needs_key(&v))
		r = session_key(c, &key, e);
	if (r == 0)
		r = trace_values_read(s, key, &v, e);
	if (r == 0 && arg_stdin)
		r = trace_values_ask(&v, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < v.problems.n; i++)
		gaps_add(&l->t.gaps, &(struct gap){ .kind = UNREAD_KEY }, "%s", v.problems.s[i]);
	l->t.values = v.v;
	l->t.n_values = v.n;
	l->t.tell = tell;
	l->t.arg = l;
	l->bar = bar_begin("looked through");
	r = trace_run(&l->t, e);
	bar_end(&l->bar);
	if (r == 0)
		r = journal(s, &v, &l->t, e);
	if (r < 0)
		return r;
	print(c, &l->t);
	if (!secret_is_locked())
		cli_note("firebreak: memory with values cannot be locked here and may reach the swap: raise `ulimit "
			 "-l`");
	return exit_code(&l->t);
}

int cmd_trace(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	_cleanup_(looking_clear) struct looking l = { 0 };
	const struct command *self = cli_command("trace");
	struct err e = ERR_INIT;
	int code, r;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (!args.n && !arg_incident && !arg_stdin)
		return cli_usage(self, "the name of a secret is expected, or --incident N, or --stdin");
	if (secret_init(&e) < 0 || session_open_to_look(c, &s, &e) < 0)
		return cli_fail(&e);
	r = trace(c, &s, &l, &args, &e);
	strv_free(&arg_in);
	strv_free(&arg_hosts);
	strv_free(&arg_only);
	strv_free(&arg_repositories);
	return r < 0 ? cli_fail(&e) : r;
}
