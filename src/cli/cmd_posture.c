#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "check/finding.h"
#include "cli/commands.h"
#include "cli/hosts.h"
#include "cli/places.h"
#include "cli/session.h"
#include "fleet/posture.h"
#include "version.h"
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)64 << 20)
#define RULES_MAX ((size_t)1 << 20)
#define RULES "rules/posture.yaml"
#define AT_ONCE_USUAL 16u
#define LIMIT_USUAL 60u

static bool arg_sarif, arg_kept, arg_try;
static const char *arg_at_once, *arg_limit;

const struct opt *options_posture(struct cli *c)
{
	CLI_TABLE(OPT_FLAG(0, "try-ban", &arg_try, "where nobody is banned, ban 192.0.2.1 and see it held"),
		  OPT_FLAG(0, "kept", &arg_kept, "what was found last, and when; no host is asked"),
		  OPT_FLAG(0, "sarif", &arg_sarif, "answer in SARIF 2.1.0, for code hosts"),
		  OPT_STRING(0, "limit", &arg_limit, "SECONDS", "for each host, 10 to 3600 (60)"),
		  OPT_STRING('j', "at-once", &arg_at_once, "N", "hosts at a time, 1 to 64 (16)"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who looks, as the register names them"), CLI_COMMON(c));
}

/* A claim that is not true is a rule of its own, and so is one of which that could not be told. */
struct telling {
	struct cli *c;
	struct finding_fact facts[2 * CLAIMS];
	char titles[2 * CLAIMS][200], ids[CLAIMS][40];
	struct findings f;
	json_t *all, *kept;
	uint32_t not_told;
};

static void make_facts(struct telling *t)
{
	for (int k = 0; k < CLAIMS; k++) {
		(void)snprintf(t->titles[k], sizeof(t->titles[k]), "not true: %s", claim_facts[k].sentence);
		(void)snprintf(t->titles[CLAIMS + k], sizeof(t->titles[k]), "could not be told: %s",
			       claim_facts[k].sentence);
		(void)snprintf(t->ids[k], sizeof(t->ids[k]), "%s-untold", claim_facts[k].id);
		t->facts[k] = (struct finding_fact){ claim_facts[k].id, LEVEL_ERROR, t->titles[k],
			claim_facts[k].help };
		t->facts[CLAIMS + k] = (struct finding_fact){ t->ids[k], LEVEL_WARNING, t->titles[CLAIMS + k],
							      claim_facts[k].help };
	}
	t->f = (struct findings){ .facts = t->facts, .n_facts = 2 * CLAIMS, .base = "hosts" };
}

/* The sentences that made the result. */
static void findings_of(struct telling *t, const char *host, const json_t *claim, enum claim k, enum claim_result r)
{
	const json_t *said = json_object_get(claim, "said");

	for (size_t s = 0; s < json_array_size(said); s++) {
		const json_t *line = json_array_get(said, s);
		enum claim_result one;

		if (claim_result_parse(json_str(line, "result"), &one) < 0 || one != r || !json_str(line, "text"))
			continue;
		(void)findings_add(&t->f, &(struct finding){
			.rule = (unsigned)k + (r == CLAIM_UNTOLD ? CLAIMS : 0), .file = host,
				.subject = json_str(line, "text"),
			.text = json_str(line, "text"), .next = claim_facts[k].help });
	}
}

static enum claim_result before(const struct telling *t, const char *host, const char *id, int64_t *ret_us)
{
	const json_t *body = json_object_get(t->kept, host), *list = json_object_get(body, "claims");
	enum claim_result r = CLAIM_UNTOLD;

	*ret_us = 0;
	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *one = json_array_get(list, k);

		if (json_str(one, "claim") && strcmp(json_str(one, "claim"), id) == 0 &&
		    claim_result_parse(json_str(one, "result"), &r) == 0)
			*ret_us = json_int(body, "at_us", 0);
	}
	return r;
}

static enum term_colour colour_of(enum claim_result r)
{
	return r == CLAIM_TRUE ? TERM_GREEN : r == CLAIM_FALSE ? TERM_RED : TERM_YELLOW;
}

static void claim_text(const struct telling *t, const char *host, const json_t *claim, enum claim k,
		       enum claim_result r, struct buf *b)
{
	const json_t *said = json_object_get(claim, "said");
	int64_t last_us;
	enum claim_result last = before(t, host, claim_facts[k].id, &last_us);

	(void)buf_printf(b, "  \"%s\" ", claim_facts[k].sentence);
	term_paint(b, t->c->colour, colour_of(r), claim_result_words[r]);
	if (last_us && last != r) {
		(void)buf_printf(b, " (%s on ", claim_result_words[last]);
		clock_format(b, last_us);
		(void)buf_char(b, ')');
	}
	(void)buf_char(b, '\n');
	for (size_t s = 0; s < json_array_size(said); s++) {
		const char *text = json_str(json_array_get(said, s), "text");
		enum claim_result one;

		if (!text || claim_result_parse(json_str(json_array_get(said, s), "result"), &one) < 0)
			continue;
		(void)buf_str(b, one == CLAIM_FALSE ? "    ! " : one == CLAIM_UNTOLD ? "    ? " : "    - ");
		text_visible(b, text, strlen(text));
		(void)buf_char(b, '\n');
	}
}

static void show_body(struct telling *t, const json_t *body)
{
	const json_t *list = json_object_get(body, "claims");
	const char *host = json_str(body, "host");
	_cleanup_(buf_free) struct buf b = BUF_INIT(OUTPUT_MAX);

	term_paint(&b, t->c->colour, TERM_BOLD, host);
	if (json_str(body, "text")) {
		(void)buf_printf(&b, ": %s: ", json_str(body, "outcome"));
		text_visible(&b, json_str(body, "text"), strlen(json_str(body, "text")));
	}
	if (arg_kept) {
		(void)buf_str(&b, ", as of ");
		clock_format(&b, json_int(body, "at_us", 0));
	}
	(void)buf_char(&b, '\n');
	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *claim = json_array_get(list, k);
		enum claim which;
		enum claim_result r;

		if (claim_parse(json_str(claim, "claim"), &which) < 0 || claim_result_parse(json_str(claim,
			"result"), &r) < 0)
			continue;
		t->not_told += r == CLAIM_UNTOLD;
		if (r != CLAIM_TRUE)
			findings_of(t, host, claim, which, r);
		claim_text(t, host, claim, which, r, &b);
	}
	if (t->c->json)
		json_array_append_new(t->all, json_deep_copy(body));
	else if (!arg_sarif)
		cli_print(&b);
}

static void tell(const struct host *host _unused_, const json_t *body, const json_t *unread _unused_, void *arg)
{
	show_body(arg, body);
}

static int read_rules(struct cli *c, struct posture_rules *ret, struct err *e)
{
	static const char *const names[] = { "../share/firebreak/" RULES, "../../" RULES, NULL };
	_cleanup_(freep) char *team = fs_join(c->register_folder, RULES), *path = NULL;
	_cleanup_(buf_free) struct buf text = BUF_INIT(RULES_MAX);
	bool own = fs_exists(team);
	int r = own ? 0 : places_find("the rules of posture are", names, &path, e);

	if (r == 0)
		r = fs_read(own ? team : path, &text, e);
	return r < 0 ? r : posture_rules_read(ret, &(struct source){ RULES, buf_text(&text), text.len }, e);
}

static int limits(struct postures *how, struct err *e)
{
	uint32_t seconds = LIMIT_USUAL;
	int r = cli_number("--limit", arg_limit, "number of seconds", 10, 3600, &seconds, e);

	how->limit_ms = (int64_t)seconds * 1000;
	how->at_once = AT_ONCE_USUAL;
	return r < 0 ? r : cli_at_once(arg_at_once, &how->at_once, e);
}

static void show_kept(struct telling *t, const struct firebreak_register *reg, const uint32_t *hosts, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		const char *name = reg->hosts[hosts[k]].name;
		const json_t *body = json_object_get(t->kept, name);

		if (body) {
			show_body(t, body);
			continue;
		}
		t->not_told++;
		cli_note("%s: it was never asked; `firebreak posture %s` asks it", name, name);
	}
}

static int run(struct cli *c, struct session *s, const struct strv *args, struct telling *t, struct err *e)
{
	_cleanup_(posture_rules_free) struct posture_rules rules = { 0 };
	_cleanup_(freep) char *warden = NULL, *scout = NULL;
	_cleanup_(freep) uint32_t *hosts = NULL;
	struct postures how = { .ssh_config = s->reg->ssh_config, .rules = &rules, .try_ban = arg_try, .tell = tell,
				.arg = t };
	uint32_t n = 0;
	int r = read_rules(c, &rules, e);

	if (r < 0 || (r = limits(&how, e)) < 0 || (r = hosts_programs(&warden, &scout, e)) < 0 ||
	    (r = hosts_choose(s->reg, (const char *const *)args->s, args->n, NULL, &hosts, &n, e)) < 0 ||
	    (r = fleet_posture_kept(s->journal, &t->kept, e)) < 0)
		return r;
	how.warden = warden;
	how.scout = scout;
	if (arg_kept)
		show_kept(t, s->reg, hosts, n);
	else
		r = fleet_posture(&s->en, &how, hosts, n, e);
	if (r < 0)
		return r;
	findings_sort(&t->f);
	if (arg_sarif)
		cli_json(findings_sarif(&t->f, FIREBREAK_VERSION, !t->not_told));
	else if (c->json)
		cli_json(json_incref(t->all));
	return 0;
}

int cmd_posture(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("posture");
	struct telling t = { .c = c };
	struct err e = ERR_INIT;
	int code, r;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (arg_sarif && c->json)
		return cli_usage(self, "--sarif and --json exclude each other");
	if (session_open(c, JOURNAL_WRITE, &s, &e) < 0)
		return cli_fail(&e);
	make_facts(&t);
	t.all = json_array();
	r = run(c, &s, &args, &t, &e);
	code = r < 0 ? cli_fail(&e) : t.not_told ? EXIT_NOT_KNOWN : findings_count(&t.f, LEVEL_ERROR) ? EXIT_FAILED
		: EXIT_DONE;
	findings_free(&t.f);
	json_decref(t.all);
	json_decref(t.kept);
	return code;
}
