#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/commands.h"
#include "cli/law.h"
#include "cli/session.h"
#include <string.h>

#define OTHERS_SHOWN 10u

static const char *arg_because, *arg_suspected, *arg_aware, *arg_confidence;
static bool arg_planned, arg_unknown;

const struct opt *options_declare(struct cli *c)
{
	CLI_TABLE(OPT_STRING('b', "because", &arg_because, "TEXT", "what happened, in a sentence; no private data"),
		  OPT_STRING(0, "suspected", &arg_suspected, "TIME", "when it was first suspected (-3h, "
			     "2026-01-31T22:05Z)"),
		  OPT_STRING(0, "aware", &arg_aware, "TIME", "when it was reasonably certain; the law's clock runs "
			     "from it"),
		  OPT_STRING(0, "confidence", &arg_confidence, "WORD", "suspected, likely or certain"),
		  OPT_FLAG(0, "planned", &arg_planned, "a routine or drill: consumers move over before the old value "
			   "ends"),
		  OPT_FLAG(0, "unknown", &arg_unknown, "a user that the register does not have is meant as it is "
			   "written, though another is called nearly so"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who declares, as the register names them"),
		  CLI_COMMON(c));
}

static int fill(struct declaration *d, const struct strv *args, struct err *e)
{
	static const char *const words[] = { "suspected", "likely", "certain" };
	int64_t now = clock_now_us();
	int r = 0;

	*d = (struct declaration){ .what = (const char *const *)args->s, .n_what = args->n, .because = arg_because,
				   .confidence = arg_confidence ? arg_confidence : "likely",
				   .mode = arg_planned ? MODE_PLANNED : MODE_EMERGENCY };
	if (arg_suspected)
		r = clock_parse(arg_suspected, now, &d->suspected_us, e);
	if (r == 0 && arg_aware)
		r = clock_parse(arg_aware, now, &d->aware_us, e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(words); i++)
		if (!strcmp(d->confidence, words[i]))
			return 0;
	return r < 0 ? r : err_set(e, ERR_USAGE, "--confidence '%s': suspected, likely or certain is expected",
				   d->confidence);
}

/* An intruder's own account or key is in no register. A name that is nearly somebody's is more often a slip. */
static int know(const struct session *s, const char *what, struct err *e)
{
	_cleanup_(freep) const char **users = mem_zero(s->reg->n_users + 1, sizeof(*users));
	const char *near = NULL;
	struct ref ref;

	if (register_resolve(s->reg, what, &ref, NULL) == 0)
		return 0;
	for (uint32_t i = 0; i < s->reg->n_users; i++)
		users[i] = s->reg->users[i].account;
	if (!arg_unknown && text_starts(what, "user/"))
		near = text_nearest(what + strlen("user/"), users, s->reg->n_users);
	if (near)
		return err_set(e, ERR_USAGE, "the register knows no '%.60s': did you mean 'user/%s'? Say --unknown "
			       "if there is an account of just that name on hosts", what, near);
	if (register_know(s->reg, what))
		cli_note("firebreak: the register knows no '%s': it is taken as an account or key of which nothing is "
			 "known. `firebreak evict` looks for it on all hosts and says where it was; what it reached is "
			 "not in the plan: declare the hosts too if it was root there", what);
	return 0;
}

static int know_all(const struct session *s, const struct strv *what, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < what->n; i++)
		r = know(s, what->s[i], e);
	return r;
}

static void show_members(const struct incident *i, struct buf *b)
{
	struct term_table *t = term_table_new(3);

	for (uint32_t k = 0; k < i->n_members; k++) {
		term_table_add(t, i->members[k].kind);
		term_table_add(t, i->members[k].name);
		term_table_add(t, i->members[k].path);
	}
	term_table_print(t, b, term_width(1));
}

static void show_others(const json_t *others, struct buf *b)
{
	size_t i, n = json_array_size(others);
	const json_t *other;

	if (n)
		buf_printf(b, "\nOther open incidents touch the same secrets:\n");
	json_array_foreach(others, i, other) {
		if (i == OTHERS_SHOWN)
			break;
		buf_printf(b, "%lld (%s)\n", (long long)json_int(other, "incident", 0), json_str(other, "secret"));
	}
	if (n > OTHERS_SHOWN)
		buf_printf(b, "and %zu more: firebreak status\n", n - OTHERS_SHOWN);
}

static void show(struct cli *c, const struct incident *i, const json_t *others)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(16 << 20);
	_cleanup_(freep) char *title = mem_printf("Incident %lld", (long long)i->number);

	term_paint(&b, c->colour, TERM_BOLD, title);
	buf_printf(&b, " is declared. It reaches %u thing%s:\n\n", i->n_members, i->n_members == 1 ? "" : "s");
	show_members(i, &b);
	show_others(others, &b);
	buf_printf(&b, "\nNext, see what will be done and who feels it:\n\n  firebreak plan %lld\n\nor do it:\n\n"
		   "  firebreak respond %lld\n", (long long)i->number, (long long)i->number);
	law_remind(c, i, &b);
	cli_print(&b);
}

/* Those who are to be told now, and how they stand then. */
static int tell(struct cli *c, struct session *s, int64_t number, json_t **ret, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(alert_state_free) struct alert_state state = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct alerts_done done;
	int r;

	alerts_do(s, number, NULL, &done);
	r = engine_incident(s->journal, number, &i, e);
	if (r < 0)
		return r;
	alert_state_of(s->reg, i, clock_now_us(), &state);
	alerts_show(c, &state, &b);
	if (!c->json)
		cli_print(&b);
	*ret = alerts_json(&state);
	return 0;
}

static void show_json(const struct incident *i, json_t *others, json_t *alerts)
{
	json_t *j = json_object(), *members = json_array();

	json_put_int(j, "incident", i->number);
	json_put_int(j, "declared_us", i->declared_us);
	json_put_int(j, "aware_us", i->aware_us);
	for (uint32_t k = 0; k < i->n_members; k++) {
		json_t *m = json_object();

		json_put(m, "kind", i->members[k].kind);
		json_put(m, "name", i->members[k].name);
		json_put(m, "path", i->members[k].path);
		json_array_append_new(members, m);
	}
	json_object_set_new(j, "members", members);
	json_object_set(j, "others", others);
	json_object_set(j, "alerts", alerts);
	cli_json(j);
}

int cmd_declare(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(json_freep) json_t *others = NULL, *alerts = NULL;
	const struct command *self = cli_command("declare");
	struct declaration d;
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (!args.n)
		return cli_usage(self, "say what leaked: a secret, a system, a host, a user or an ssh key");
	if (!arg_because)
		return cli_usage(self, "a reason is needed: --because 'pasted into a public channel'");
	if (fill(&d, &args, &e) < 0 || session_open(c, JOURNAL_WRITE, &s, &e) < 0 || know_all(&s, &args, &e) < 0 ||
	    engine_declare(&s.en, &d, &number, &others, &e) < 0 ||
	    engine_incident(s.journal, number, &i, &e) < 0)
		return cli_fail(&e);
	/* before anything slow: what it reaches */
	if (!c->json)
		show(c, i, others);
	if (tell(c, &s, number, &alerts, &e) < 0)
		return cli_fail(&e);
	if (c->json)
		show_json(i, others, alerts);
	return EXIT_DONE;
}
