#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "cli/reading.h"
#include "cli/session.h"
#include "cli/unread.h"
#include "engine/engine.h"
#include "check/check.h"
#include "check/check_who.h"
#include "check/survey.h"
#include "version.h"
#include <unistd.h>

#define OUTPUT_MAX ((size_t)256 << 20)

static struct strv arg_repositories;
static const char *arg_since;
static bool arg_sarif;

const struct opt *options_check(struct cli *c)
{
	CLI_TABLE(OPT_LIST('R', "repository", &arg_repositories, "NAME=PATH",
			   "read this repository there: the working tree as it lies, or HEAD of a bare one"),
		  OPT_STRING(0, "since", &arg_since, "REV",
			     "tell only what is new since that commit of the --repository"),
		  OPT_FLAG(0, "sarif", &arg_sarif, "answer in SARIF 2.1.0, for code hosts"), CLI_COMMON(c));
}

/* One reading of everything, and what was found. */
struct checked {
	struct survey s;
	struct findings f;
};

static void checked_clear(struct checked *k)
{
	survey_free(&k->s);
	findings_free(&k->f);
}

/* What is there besides the repositories: the same for both sides of --since. */
struct given {
	const struct firebreak_register *reg;
	struct playbooks playbooks;
	int64_t *last_tested_us;
};

static void given_clear(struct given *g)
{
	free(g->last_tested_us);
	playbooks_free(&g->playbooks);
}

static int run(const struct given *g, const struct reading *at, struct checked *k, struct err *e)
{
	struct check check = { .reg = g->reg, .leaves = &k->s.leaves, .findings = &k->f, .playbooks = &g->playbooks,
		.last_tested_us = g->last_tested_us, .now_us = clock_now_us() };
	int r;

	reading_give(at, g->reg, &k->s);
	r = survey_read(&k->s, e);
	if (r < 0)
		return r;
	check.repository_read = k->s.repository_read;
	check.manifest = k->s.manifest;
	check.feed = k->s.feed;
	check.certificates = &k->s.certificates;
	check.published = k->s.published;
	check.n_published = k->s.n_published;
	check.halves = k->s.halves;
	check.n_halves = k->s.n_halves;
	check.exposed = k->s.exposed;
	check.n_exposed = k->s.n_exposed;
	check_begin(&check);
	check_coverage(&check);
	check_values(&check);
	check_keys(&check);
	check_halves(&check);
	check_modes(&check);
	check_lookups(&check);
	check_consumers(&check);
	check_register(&check);
	check_end(&check);
	return 0;
}

/* Findings that the older state had too are not this change's. */
static void subtract(struct findings *from, const struct findings *old)
{
	_cleanup_(map_free) struct map seen = MAP_INIT;
	_cleanup_(freep) char (*prints)[17] = mem_zero(old->n + 1, sizeof(*prints));
	uint32_t n = 0;

	for (uint32_t i = 0; i < old->n; i++) {
		finding_fingerprint(old, &old->f[i], prints[i]);
		(void)map_put(&seen, prints[i], i);
	}
	for (uint32_t i = 0; i < from->n; i++) {
		char print[17];

		finding_fingerprint(from, &from->f[i], print);
		if (map_get(&seen, print) == MAP_NONE)
			from->f[n++] = from->f[i];
	}
	from->n = n;
}

static void print_text(const struct checked *k)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(OUTPUT_MAX);

	findings_text(&k->f, &b, term_has_colour(STDOUT_FILENO));
	cli_print(&b);
	unread_print(&k->s.gaps);
}

static void print_json(const struct checked *k)
{
	json_t *j = json_object();

	json_object_set_new(j, "complete", json_boolean(!k->s.gaps.n && !k->f.more));
	json_object_set_new(j, "findings", findings_json(&k->f));
	json_object_set_new(j, "not_read", unread_json(&k->s.gaps));
	cli_json(j);
}

static int exit_code(const struct checked *k)
{
	if (k->s.gaps.n)
		return EXIT_NOT_KNOWN;
	if (findings_count(&k->f, LEVEL_ERROR))
		return EXIT_FAILED;
	return k->f.n ? EXIT_PERSON : EXIT_DONE;
}

/* Without a journal nothing was ever tested; that is what is said then. */
static int read_journal(struct cli *c, struct given *g, const char *state, struct err *e)
{
	_cleanup_(journal_closep) struct journal *j = NULL;

	g->last_tested_us = mem_zero(g->reg->n_secrets + 1, sizeof(*g->last_tested_us));
	if (!g->reg->tested_within_days || !journal_exists(state))
		return 0;
	int r = cli_journal(c, JOURNAL_READ, &j, e);

	return r < 0 ? r : engine_last_tested(j, g->reg, g->last_tested_us, e);
}

static int prepare(struct cli *c, struct given *g, struct reading *at, struct err *e)
{
	const char *state;
	int r = reading_begin(c, g->reg, &arg_repositories, at, e);

	if (r == 0 && arg_since && at->n != 1)
		r = err_set(e, ERR_USAGE, "--since goes with one --repository: the one that the commit is of");
	if (r == 0)
		r = session_playbooks(c, &g->playbooks, e);
	if (r < 0)
		return r;
	r = places_state(c, &state, e);
	return r < 0 ? r : read_journal(c, g, state, e);
}

static int since(const struct given *g, struct reading *at, struct checked *k, struct err *e)
{
	_cleanup_(checked_clear) struct checked old = { .f = FINDINGS_INIT };

	at->at[0].revision = arg_since;
	int r = run(g, at, &old, e);
	at->at[0].revision = NULL;
	if (r < 0)
		return r;
	if (!old.s.repository_read[at->at[0].repository])
		return err_set(e, ERR_USAGE, "--since %s: %s", arg_since, old.s.gaps.n ? old.s.gaps.list[0].why : "");
	subtract(&k->f, &old.f);
	return 0;
}

static int check(struct cli *c, struct checked *k, struct err *e)
{
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	_cleanup_(given_clear) struct given g = { 0 };
	_cleanup_(reading_end) struct reading at = { .n = 0 };
	int r = cli_register(c, &reg, e);

	g.reg = reg;
	if (r == 0)
		r = prepare(c, &g, &at, e);
	if (r == 0)
		r = run(&g, &at, k, e);
	if (r == 0 && arg_since)
		r = since(&g, &at, k, e);
	if (r < 0)
		return r;
	check_who(&k->s, &k->f);
	findings_sort(&k->f);
	if (arg_sarif)
		cli_json(findings_sarif(&k->f, FIREBREAK_VERSION, !k->s.gaps.n));
	else if (c->json)
		print_json(k);
	else
		print_text(k);
	return 0;
}

int cmd_check(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(checked_clear) struct checked k = { .f = FINDINGS_INIT };
	const struct command *self = cli_command("check");
	struct err e = ERR_INIT;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n)
		return cli_usage(self, "nothing is expected behind the options");
	if (arg_sarif && c->json)
		return cli_usage(self, "--sarif and --json exclude each other");
	if (secret_init(&e) < 0 || check(c, &k, &e) < 0)
		return cli_fail(&e);
	return exit_code(&k);
}
