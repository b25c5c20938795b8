#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/pull_words.h"
#include "cli/session.h"
#include <string.h>
#include <unistd.h>

static bool arg_dry_run;
static const char *arg_because, *arg_at_once;
static struct strv arg_only, arg_skip, arg_pull;

const struct opt *options_respond(struct cli *c)
{
	CLI_TABLE(OPT_FLAG('n', "dry-run", &arg_dry_run, "say what would be done now, change nothing at all"),
		  OPT_LIST('o', "only", &arg_only, "STEP", "only this step (id, number of the plan, or its beginning)"),
		  OPT_LIST(0, "skip", &arg_skip, "STEP", "leave this step out; needs --because"),
		  OPT_LIST(0, "pull", &arg_pull, "SECRET", "take it out of deployment until its new value can be had; "
			   "needs --because"),
		  OPT_STRING('b', "because", &arg_because, "TEXT", "why a step is left out, or a secret pulled; kept "
			     "in the journal"),
		  OPT_STRING('j', "at-once", &arg_at_once, "N", "workers at a time, 1 to 64 (16)"),
		  OPT_STRING('k', "key", &c->key_file, "FILE", "key file of this responder"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who responds, as the register names them"),
		  CLI_COMMON(c));
}

static int skip(struct session *s, int64_t number, const struct plan *p, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	int r;

	if (arg_skip.n && !arg_because)
		return err_set(e, ERR_USAGE, "--skip needs a reason: --because 'why it may be left out'");
	r = arg_skip.n ? engine_adopt(&s->en, number, p, &i, e) : 0;
	for (size_t k = 0; r == 0 && k < arg_skip.n; k++) {
		const char *id;

		r = session_step(p, arg_skip.s[k], &id, e);
		if (r == 0)
			r = engine_decide(&s->en, i, ROW_SKIPPED, id, arg_because, e);
	}
	return r;
}

static int may_pull(const struct session *s, const struct incident *i, struct err *e)
{
	if (arg_pull.n && !arg_because)
		return err_set(e, ERR_USAGE, "--pull needs a reason: --because 'why it goes out of deployment'");
	if (arg_pull.n && arg_dry_run)
		return err_set(e, ERR_USAGE, "--pull is a decision that is kept: leave --dry-run away");
	for (size_t k = 0; k < arg_pull.n; k++)
		if (!engine_can_pull(&s->en, i, arg_pull.s[k], e))
			return -(int)e->code;
	return 0;
}

/* The plan of the run that follows has its steps. */
static int pull(struct session *s, const struct incident *i, struct err *e)
{
	int r = 0;

	for (size_t k = 0; r == 0 && k < arg_pull.n; k++)
		r = engine_pull(&s->en, i, arg_pull.s[k], arg_because, e);
	return r;
}

static int only(const struct plan *p, struct strv *ret, struct err *e)
{
	int r = 0;

	for (size_t k = 0; r == 0 && k < arg_only.n; k++) {
		const char *id;

		r = session_step(p, arg_only.s[k], &id, e);
		if (r == 0)
			strv_add(ret, id);
	}
	return r;
}

static int dry_run(const struct plan *p, const struct incident *i)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(16 << 20);

	buf_str(&b, "Nothing is changed. In this order, side by side where nothing has to wait:\n\n");
	for (uint32_t k = 0; k < p->n; k++) {
		const struct step_state *s = incident_step(i, p->steps[k].id);

		if (s && outcome_is_settled(s->outcome))
			continue;
		buf_printf(&b, "%4u  %s%s\n", k + 1, p->steps[k].person ? "(a person) " : "", p->steps[k].title);
	}
	cli_print(&b);
	return EXIT_DONE;
}

static void next_words(struct buf *b, const struct incident *i, const struct respond_result *r)
{
	long long n = (long long)i->number;

	if (r->interrupted)
		buf_printf(b, "Stopped at your word. Nothing is lost; go on with:\n\n  firebreak respond %lld\n", n);
	else if (r->not_known || r->failed)
		buf_printf(b, "Not finished. See what and why, mend it, then go on:\n\n  firebreak status %lld\n"
			   "  firebreak respond %lld\n", n, n);
	else if (r->person_waits)
		buf_printf(b, "Everything that we can do is proven. %u step%s wait%s for a person:\n"
			   "\n", r->counts.person_waiting, r->counts.person_waiting == 1 ? "" : "s",
			   r->counts.person_waiting == 1 ? "s" : "");
	else if (pull_lacks_proof(i))
		buf_printf(b, "Every step of the plan is proven, and what was pulled is not: see above.\n\n"
			   "  firebreak respond %lld\n", n);
	else
		buf_printf(b, "Every step is proven.\n\n  firebreak report %lld\n", n);
}

static void person_words(struct buf *b, const struct incident *i)
{
	for (uint32_t k = 0; k < i->n_steps; k++) {
		const struct step_state *s = &i->steps[k];

		if (!s->person || s->outcome != OUTCOME_NONE)
			continue;
		buf_printf(b, "  %s\n      firebreak answer %lld ", s->title, (long long)i->number);
		text_shell(b, s->id);
		buf_str(b, " --because 'what was done'\n");
	}
}

static int finish(struct cli *c, struct session *s, int64_t number, const struct respond_result *r)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(buf_free) struct buf b = BUF_INIT(16 << 20);
	struct err e = ERR_INIT;

	if (engine_incident(s->journal, number, &i, &e) < 0)
		return cli_fail(&e);
	if (c->json) {
		json_t *j = json_object();

		json_put_int(j, "incident", number);
		for (int o = 0; o < OUTCOMES; o++)
			json_put_int(j, outcome_name((enum outcome)o), r->counts.by[o]);
		json_put_int(j, "person_waiting", r->counts.person_waiting);
		json_object_set_new(j, "interrupted", json_boolean(r->interrupted));
		cli_json(j);
	} else {
		buf_str(&b, "\n");
		pull_words(s, i, &b);
		next_words(&b, i, r);
		if (!r->interrupted && !r->not_known && !r->failed)
			person_words(&b, i);
		cli_print(&b);
	}
	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (r->failed)
		return EXIT_FAILED;
	return r->not_known || pull_lacks_proof(i) ? EXIT_NOT_KNOWN : r->person_waits ? EXIT_PERSON : EXIT_DONE;
}

static int respond(struct cli *c, struct session *s, int64_t number, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(plan_freep) struct plan *p = NULL;
	_cleanup_(seal_key_freep) struct seal_key *key = NULL;
	_cleanup_(strv_free) struct strv ids = STRV_INIT;
	_cleanup_(progress_end) struct progress_view view = { .plain = c->json || !term_is_terminal(STDERR_FILENO) };
	struct respond_options o = { .at_once = 16, .tell = progress_tell, .arg = &view };
	struct respond_result result = { 0 };
	struct alerts_done done;
	int r = engine_incident(s->journal, number, &i, e);

	if (r == 0)
		r = engine_plan(&s->en, i, &p, e);
	if (r == 0)
		r = cli_at_once(arg_at_once, &o.at_once, e);
	if (r == 0)
		r = only(p, &ids, e);
	if (r == 0)
		r = may_pull(s, i, e);
	if (r != 0)
		return r;
	if (arg_dry_run)
		return dry_run(p, i);
	r = skip(s, number, p, e);
	if (r == 0)
		r = pull(s, i, e);
	if (r == 0)
		r = session_key(c, &key, e);
	o.key = key;
	o.only = ids.n ? (const char *const *)ids.s : NULL;
	o.n_only = ids.n;
	view.colour = term_has_colour(STDERR_FILENO);
	if (r == 0)
		r = engine_respond(&s->en, number, &o, &result, e);
	progress_end(&view);
	/* Not on a refusal: then no value was held, and the one sentence that matters must stand alone. */
	if (r == 0 && !secret_is_locked())
		cli_note("firebreak: memory with values cannot be locked here and may reach the swap: raise "
			 "`ulimit -l`");
	if (r < 0)
		return r;
	/* behind the work: a slow relay holds back no step */
	alerts_do(s, number, NULL, &done);
	return finish(c, s, number, &result);
}

int cmd_respond(struct cli *c, int argc, char **argv)
{
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("respond");
	struct err e = ERR_INIT;
	int64_t number;
	int code, r;

	if (!cli_parse_incident(c, self, argc, argv, &number, &code))
		return code;
	if (session_open(c, arg_dry_run ? JOURNAL_READ : JOURNAL_WRITE, &s, &e) < 0)
		return cli_fail(&e);
	r = respond(c, &s, number, &e);
	strv_free(&arg_only);
	strv_free(&arg_skip);
	strv_free(&arg_pull);
	return r < 0 ? cli_fail(&e) : r;
}
