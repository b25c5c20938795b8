#include "base/mem.h"
#include "base/proc.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/law.h"
#include "cli/register_add.h"
#include "cli/register_show.h"
#include "cli/session.h"
#include "model/alert_check.h"
#include "model/contain_host.h"

#define DOT_MAX ((size_t)512 << 20)
#define DOT_LIMIT_MS 120000 /* a large graph takes the dot program that long */

static bool arg_svg;
static struct register_add arg_add;

const struct opt *options_register(struct cli *c)
{
	CLI_TABLE(OPT_FLAG(0, "svg", &arg_svg, "graph: draw it with the dot program"),
		  OPT_STRING(0, "secret", &arg_add.secret, "NAME", "add: a secret of this name; one more place of one "
			     "that is there"),
		  OPT_STRING(0, "kind", &arg_add.kind, "KIND", "add: its kind"),
		  OPT_STRING(0, "system", &arg_add.system, "NAME", "add: its system, when its name does not begin "
			     "with it"),
		  OPT_LIST(0, "consumer", &arg_add.consumers, "HOSTS:FILE[:SERVICE[:RESTART]]", "add: who is fed its "
			   "value"),
		  OPT_STRING(0, "unused", &arg_add.unused, "TEXT", "add: why it is kept although nothing reads it"),
		  OPT_STRING(0, "note", &arg_add.note, "TEXT", "add: a note"),
		  OPT_STRING(0, "not-secret", &arg_add.class, "CLASS", "add: it is no secret, but public or data"),
		  OPT_STRING(0, "why", &arg_add.why, "TEXT", "add: why it is none"),
		  OPT_LIST('R', "repository", &arg_add.repositories, "NAME=PATH", "add: look for consumers there"),
		  OPT_FLAG('n', "dry-run", &arg_add.dry_run, "add: show the entry, write nothing"), CLI_COMMON(c));
}

static json_t *json_of(const struct strv *texts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < texts->n; i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

		text_visible(&b, texts->s[i], strlen(texts->s[i]));
		json_array_append_new(list, json_string(buf_text(&b)));
	}
	return list;
}

static void print_problems(struct cli *c, const struct strv *problems)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	if (c->json) {
		json_t *j = json_object();

		json_object_set_new(j, "ok", json_boolean(false));
		json_object_set_new(j, "problems", json_of(problems));
		cli_json(j);
		return;
	}
	for (size_t i = 0; i < problems->n; i++) {
		text_visible(&b, problems->s[i], strlen(problems->s[i]));
		buf_char(&b, '\n');
	}
	cli_print(&b);
	if (problems->n >= REGISTER_PROBLEMS)
		cli_note("firebreak: these are the first %d; there may be more", REGISTER_PROBLEMS);
}

struct count { const char *one, *many; uint32_t n; };

static void print_counts(struct cli *c, const struct firebreak_register *r, const struct strv *warnings)
{
	const struct count counts[] = {
		{ "system", "systems", r->n_systems }, { "secret", "secrets", r->n_secrets },
		{ "host", "hosts", r->n_hosts },
		{ "repository", "repositories", r->n_repositories }, { "data set", "data sets", r->n_data },
		{ "closure", "closures", r->n_closures }, { "person", "people", r->n_people },
		{ "user", "users", r->n_users },
	};
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	if (c->json) {
		json_t *j = json_object(), *n = json_object();

		json_object_set_new(j, "ok", json_boolean(true));
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			json_put_int(n, counts[i].many, counts[i].n);
		json_object_set_new(j, "counts", n);
		json_put(j, "digest", r->digest);
		json_object_set_new(j, "problems", json_array());
		json_object_set_new(j, "warnings", json_of(warnings));
		cli_json(j);
		return;
	}
	for (size_t i = 0; i < warnings->n; i++) {
		buf_str(&b, "warning: ");
		text_visible(&b, warnings->s[i], strlen(warnings->s[i]));
		buf_char(&b, '\n');
	}
	buf_str(&b, "register: ");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		buf_printf(&b, "%u %s, ", counts[i].n, counts[i].n == 1 ? counts[i].one : counts[i].many);
	buf_str(&b, "no errors\n");
	cli_print(&b);
}

/* What a plan would stop at in the night. */
static void check_playbooks(struct cli *c, const struct firebreak_register *r, struct strv *problems)
{
	_cleanup_(playbooks_free) struct playbooks books = { 0 };
	struct err e = ERR_INIT;

	if (session_playbooks(c, &books, &e) < 0)
		strv_add(problems, e.text);
	for (uint32_t i = 0; !e.code && i < r->n_secrets && problems->n < REGISTER_PROBLEMS; i++) {
		const struct secret_def *s = &r->secrets[i];

		if (!playbooks_for(&books, s->kind))
			strv_addf(problems, "%s:%u:%u: no playbook names the kind '%s' of '%s': write one below "
				  "playbooks/, or correct the kind", s->at.file, s->at.line, s->at.col, s->kind,
				  s->name);
	}
}

/* Neither shall the clock stop at a wrong file. */
static void check_law(struct cli *c, struct strv *problems)
{
	_cleanup_(law_free) struct law law = { 0 };
	struct err e = ERR_INIT;

	if (law_load(c, &law, &e) < 0)
		strv_add(problems, e.text);
}

static int check(struct cli *c)
{
	_cleanup_(register_freep) struct firebreak_register *r = NULL;
	_cleanup_(strv_free) struct strv problems = STRV_INIT, warnings = STRV_INIT;
	struct err e = ERR_INIT;

	if (cli_register_all(c, &problems, &r, &e) == 0) {
		check_playbooks(c, r, &problems);
		check_law(c, &problems);
		if (alert_check(r, &warnings, &e) < 0)
			strv_add(&problems, e.text);
		contain_check(r, &warnings);
	}
	if (r && !problems.n) {
		print_counts(c, r, &warnings);
		return EXIT_DONE;
	}
	if (!problems.n)
		return cli_fail(&e);
	print_problems(c, &problems);
	return EXIT_FAILED;
}

static int show(struct cli *c, const struct firebreak_register *r, const char *name, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(DOT_MAX);
	json_t *j = NULL;
	struct ref ref;
	int done = name ? register_resolve(r, name, &ref, e) : 0;

	if (done < 0)
		return done;
	if (c->json) {
		if (name)
			done = register_json_one(r, ref, &j, e);
		else
			j = register_json_all(r);
		if (j)
			cli_json(j);
		return done;
	}
	if (name)
		done = register_show_one(c, r, ref, &b, e);
	else
		register_show_all(c, r, &b);
	if (done == 0)
		cli_print(&b);
	return done;
}

static int draw(const struct buf *dot, struct err *e)
{
	static const char *const argv[] = { "dot", "-Tsvg", NULL };
	struct proc_job job = { .argv = argv, .input = dot->data, .input_len = dot->len, .limit_ms = DOT_LIMIT_MS,
				.output_max = DOT_MAX };
	_cleanup_(proc_result_free) struct proc_result result = { 0 };
	char line[200];

	if (proc_run(&job, &result, e) < 0)
		return err_wrap(e, "drawing needs the program 'dot' (Debian: graphviz)");
	if (result.timed_out)
		return err_set(e, ERR_LIMIT, "'dot' took more than %d s: the graph is too large to draw; without "
					     "--svg it is printed for other programs", DOT_LIMIT_MS / 1000);
	if (result.status)
		return err_set(e, ERR_IO, "'dot' ended with %d: %s", result.status, proc_last_line(&result, line));
	cli_print(&result.out);
	return 0;
}

static int graph(struct cli *c, const struct firebreak_register *r, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(DOT_MAX);
	_cleanup_(graph_freep) struct graph *g = NULL;
	int done = graph_build(r, &g, e);

	if (done < 0)
		return done;
	if (c->json) {
		cli_json(graph_json(g));
		return 0;
	}
	graph_dot(g, &b);
	if (b.over)
		return err_set(e, ERR_LIMIT, "the graph is larger than %zu MB", DOT_MAX >> 20);
	if (arg_svg)
		return draw(&b, e);
	cli_print(&b);
	return 0;
}

static int add(struct cli *c, const char *place, const char *key)
{
	struct err e = ERR_INIT;

	arg_add.place = place;
	arg_add.key = key;
	return register_add(c, &arg_add, &e) < 0 ? cli_fail(&e) : EXIT_DONE;
}

int cmd_register(struct cli *c, int argc, char **argv)
{
	_cleanup_(register_freep) struct firebreak_register *r = NULL;
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	const struct command *self = cli_command("register");
	struct err e = ERR_INIT;
	const char *verb;
	int code, done;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	verb = args.n ? args.s[0] : "";
	if (arg_svg && (strcmp(verb, "graph") != 0 || c->json))
		return cli_usage(self, "--svg goes with graph, and not with --json");
	if (!strcmp(verb, "check") && args.n == 1)
		return check(c);
	if (!strcmp(verb, "add") && (args.n == 2 || args.n == 3))
		return add(c, args.s[1], args.n == 3 ? args.s[2] : NULL);
	if (!(!strcmp(verb, "show") && args.n <= 2) && !(!strcmp(verb, "graph") && args.n == 1))
		return cli_usage(self, "expected check, show [NAME], graph or add REPOSITORY:FILE [KEY]");
	done = cli_register(c, &r, &e);
	if (done == 0)
		done = !strcmp(verb, "show") ? show(c, r, args.n == 2 ? args.s[1] : NULL, &e) : graph(c, r, &e);
	return done < 0 ? cli_fail(&e) : EXIT_DONE;
}
