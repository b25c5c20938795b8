#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "cli/unread.h"
#include "scan/leaf.h"
#include "search/search.h"
#include "version.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)256 << 20)
#define PROBLEMS_MAX 1000u

static struct strv arg_rules;
static const char *arg_since, *arg_accepted, *arg_check;
static bool arg_history, arg_unreachable, arg_sarif;

const struct opt *options_scan(struct cli *c)
{
	CLI_TABLE(OPT_FLAG(0, "history", &arg_history, "all commits of the repository, not the files as they lie"),
		  OPT_FLAG(0, "unreachable", &arg_unreachable,
			   "with --history: also what no branch, tag or HEAD leads to"),
		  OPT_STRING(0, "since", &arg_since, "REV", "only what commits between REV and HEAD brought; for CI"),
		  OPT_LIST(0, "rules", &arg_rules, "FILE", "the team's rules, over the shipped ones"),
		  OPT_STRING(0, "accepted", &arg_accepted, "FILE", "findings that are accepted, with reasons"),
		  OPT_STRING(0, "check-rules", &arg_check, "FILE", "compile a file of rules and try its samples"),
		  OPT_FLAG(0, "sarif", &arg_sarif, "answer in SARIF 2.1.0, for code hosts"), CLI_COMMON(c));
}

/* The whole of one command. */
struct scanned {
	struct search_options o;
	struct search s;
	struct accepted accepted;
	struct digest_key key;
	struct bar bar;
	char *scanner, *rules, *path;
};

static void scanned_clear(struct scanned *s)
{
	search_free(&s->s);
	accepted_free(&s->accepted);
	explicit_bzero(&s->key, sizeof(s->key));
	free(s->scanner);
	free(s->rules);
	free(s->path);
}

static int find_tools(struct scanned *s, struct err *e)
{
	static const char *const rules[] = { "../share/firebreak/rules/secrets.yaml", "../../rules/secrets.yaml",
		NULL };
	int r = places_scanner(&s->scanner, e);

	return r < 0 ? r : places_find("the file of rules is", rules, &s->rules, e);
}

static bool has(const char *folder, const char *name)
{
	_cleanup_(freep) char *path = fs_join(folder, name);

	return fs_exists(path);
}

static int find_path(struct scanned *s, const char *given, struct err *e)
{
	struct stat st;

	s->path = realpath(given, NULL);
	if (!s->path || stat(s->path, &st) < 0)
		return err_set(e, ERR_USAGE, "'%s': %s", given, strerror(errno));
	s->o.path = s->path;
	s->o.tree = S_ISDIR(st.st_mode) && has(s->path, ".git");
	if (!s->o.history && S_ISDIR(st.st_mode) && has(s->path, "HEAD") && has(s->path, "objects") &&
	    has(s->path, "refs"))
		return err_set(e, ERR_USAGE, "'%s' is a bare repository: --history looks through its commits", given);
	return 0;
}

/* The same tags wherever this file of accepted findings is. */
static void key_of_salt(struct scanned *s)
{
	_cleanup_(buf_free) struct buf bytes = BUF_INIT(DIGEST_KEY_LEN);
	struct digest_key salt = { { 0 } };

	if (text_hex_decode(&bytes, s->accepted.salt, strlen(s->accepted.salt)) == 0)
		memcpy(salt.bytes, bytes.data, DIGEST_KEY_LEN);
	digest_key_for(&salt, SEARCH_TAG_PURPOSE, &s->key);
}

static int read_key(struct cli *c, struct scanned *s, struct err *e)
{
	struct digest_key installation;
	const char *state;
	int r;

	if (s->accepted.salt) {
		key_of_salt(s);
		return 0;
	}
	r = places_state(c, &state, e);
	if (r == 0)
		r = fs_mkdirs(state, 0700, e);
	if (r < 0)
		return r;
	_cleanup_(freep) char *file = fs_join(state, "journal.key");

	r = digest_key_open(file, true, &installation, e);
	if (r == 0)
		digest_key_for(&installation, LEAF_TAG_PURPOSE, &s->key);
	explicit_bzero(&installation, sizeof(installation));
	return r;
}

static void print_problems(const struct strv *problems)
{
	for (size_t i = 0; i < problems->n; i++)
		cli_note("%s", problems->s[i]);
}

static int read_accepted(struct scanned *s, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ACCEPTED_BYTES);
	_cleanup_(strv_free) struct strv problems = STRV_INIT;
	int r = fs_read(arg_accepted, &text, e);

	if (r < 0)
		return r;
	r = accepted_read(&(const struct source){ arg_accepted, buf_text(&text), text.len }, &s->accepted, &problems,
			  e);
	if (r < 0 && problems.n > 1)
		print_problems(&problems);
	s->o.accepted = &s->accepted;
	return r;
}

static void progress(const struct scanner_progress *p, void *arg)
{
	bar_tell(arg, p->done, p->total);
}

static int scan(struct cli *c, struct scanned *s, const char *path, struct err *e)
{
	int r;

	s->o.history = arg_history || arg_since;
	s->o.unreachable = arg_unreachable;
	s->o.since = arg_since;
	s->o.team_rules = &arg_rules;
	s->o.key = &s->key;
	s->o.progress = progress;
	s->o.arg = &s->bar;
	r = find_tools(s, e);
	if (r == 0)
		r = find_path(s, path, e);
	if (r == 0 && arg_accepted)
		r = read_accepted(s, e);
	if (r == 0)
		r = read_key(c, s, e);
	if (r < 0)
		return r;
	s->o.scanner = s->scanner;
	s->o.shipped_rules = s->rules;
	s->bar = bar_begin("read");
	r = search_run(&s->o, &s->s, e);
	bar_end(&s->bar);
	return r;
}

/* What was accepted and is gone may be taken out; a part of the history does not tell. */
static void print_unused(const struct accepted *a)
{
	for (uint32_t i = 0; i < a->n && !arg_since; i++)
		if (!a->line[i].used)
			cli_note("%s:%u:%u: fits no finding any more: take it out", a->line[i].at.file,
				 a->line[i].at.line, a->line[i].at.col);
}

static void print(struct cli *c, const struct scanned *s)
{
	const struct search *found = &s->s;
	bool complete = !found->gaps.n && !found->gaps.more && !found->findings.more;
	_cleanup_(buf_free) struct buf b = BUF_INIT(OUTPUT_MAX);

	if (complete)
		print_unused(&s->accepted);
	if (arg_sarif) {
		cli_json(findings_sarif(&found->findings, FIREBREAK_VERSION, complete));
	} else if (c->json) {
		json_t *j = json_object();

		json_object_set_new(j, "complete", json_boolean(complete));
		json_put_int(j, "accepted", found->n_accepted);
		json_put_int(j, "texts", (int64_t)found->sum.texts);
		json_put_int(j, "bytes", (int64_t)found->sum.bytes);
		json_object_set_new(j, "findings", findings_json(&found->findings));
		json_object_set_new(j, "not_read", unread_json(&found->gaps));
		cli_json(j);
	} else {
		findings_text(&found->findings, &b, term_has_colour(STDOUT_FILENO));
		cli_print(&b);
	}
	if (!c->json)
		unread_print(&found->gaps);
	if (complete && !found->sum.texts)
		cli_note("'%s': nothing was there to look through", s->path);
}

static void checked_clear(struct scanner_checked *k)
{
	strv_free(&k->problems);
	strv_free(&k->notes);
}

static int check_rules(struct err *e)
{
	_cleanup_(scanned_clear) struct scanned s = { .path = NULL };
	_cleanup_(checked_clear) struct scanner_checked k = { 0 };
	int r = find_tools(&s, e);

	if (r == 0)
		r = scanner_check_rules(s.scanner, s.rules, arg_check, &k, e);
	print_problems(&k.notes);
	print_problems(&k.problems);
	if (r < 0)
		return cli_fail(e);
	if (k.problems.n)
		return EXIT_FAILED;
	cli_note("%s: %u rules with %u samples are as they say", arg_check, k.rules, k.samples);
	return EXIT_DONE;
}

int cmd_scan(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(scanned_clear) struct scanned s = { .path = NULL };
	const struct command *self = cli_command("scan");
	struct err e = ERR_INIT;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n > 1)
		return cli_usage(self, "one file, folder or repository at a time");
	if (arg_sarif && c->json)
		return cli_usage(self, "--sarif and --json exclude each other");
	if (arg_unreachable && (!arg_history || arg_since))
		return cli_usage(self, "--unreachable goes with --history, and without --since");
	if (arg_check && args.n)
		return cli_usage(self, "--check-rules looks at the file of rules only");
	if (secret_init(&e) < 0)
		return cli_fail(&e);
	if (arg_check)
		return check_rules(&e);
	if (scan(c, &s, args.n ? args.s[0] : ".", &e) < 0)
		return cli_fail(&e);
	print(c, &s);
	if (s.s.gaps.n || s.s.gaps.more)
		return EXIT_NOT_KNOWN;
	return s.s.findings.n ? EXIT_FAILED : EXIT_DONE;
}
