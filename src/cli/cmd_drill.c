#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/drill_lines.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "engine/drill.h"
#include "model/drilled.h"
#include <string.h>
#include <unistd.h>

static const char *arg_because, *arg_at_once, *arg_every;

const struct opt *options_drill(struct cli *c)
{
	CLI_TABLE(OPT_STRING('b', "because", &arg_because, "TEXT", "why now; kept in the journal"),
		  OPT_STRING(0, "every", &arg_every, "MS", "milliseconds between two tries of the intruder, 200 to "
			     "60000 "
			     "(1000)"),
		  OPT_STRING('j', "at-once", &arg_at_once, "N", "workers at a time, 1 to 64 (16)"),
		  OPT_STRING('k', "key", &c->key_file, "FILE", "key file of this responder"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who drills, as the register names them"),
		  CLI_COMMON(c));
}

void drill_lines(const struct incident *i, struct buf *b)
{
	for (uint32_t k = 0; k < drilled_count(i); k++) {
		struct drilled d;

		drilled_get(i, k, &d);
		buf_str(b, k ? "  " : "The intruder:\n  ");
		text_visible(b, d.secret, strlen(d.secret));
		buf_str(b, " at ");
		text_visible(b, d.address, strlen(d.address));
		buf_str(b, ": ");
		drilled_words(&d, b);
		buf_char(b, '\n');
	}
	if (drilled_count(i))
		buf_char(b, '\n');
}

/* A number is a drill that goes on; anything else names secrets of a new one. */
static int begin(struct session *s, const struct strv *args, int64_t *ret, struct err *e)
{
	_cleanup_(json_freep) json_t *others = NULL;
	const struct declaration d = {
		.what = (const char *const *)args->s, .n_what = args->n, .confidence = "certain",
		.because = arg_because ? arg_because : "a drill", .mode = MODE_PLANNED, .drill = true,
	};
	int r;

	if (args->n == 1 && strspn(args->s[0], "0123456789") == strlen(args->s[0]))
		return cli_incident_number(args->s[0], ret, e);
	r = engine_drill_check(&s->en, d.what, d.n_what, e);
	return r < 0 ? r : engine_declare(&s->en, &d, ret, &others, e);
}

static void on_ready(uint32_t accounts, void *arg)
{
	cli_note("Drill %lld begins: an intruder with the old value is at %u account%s.", (long long)*(int64_t *)arg,
		 accounts, accounts == 1 ? "" : "s");
}

static int code_of(const struct incident *i, const struct respond_result *r)
{
	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (r->failed)
		return EXIT_FAILED;
	for (uint32_t k = 0; k < i->n_members; k++)
		if (!drilled_is_refused(i, i->members[k].name))
			return r->not_known ? EXIT_NOT_KNOWN : EXIT_FAILED;
	return r->not_known ? EXIT_NOT_KNOWN : r->person_waits ? EXIT_PERSON : EXIT_DONE;
}

static void next_words(const struct incident *i, const struct respond_result *r, struct buf *b)
{
	long long n = (long long)i->number;

	if (i->closed_us)
		buf_printf(b, "The drill is done. Its report:\n\n  firebreak report %lld\n", n);
	else if (r->interrupted || r->failed || r->not_known)
		buf_printf(b, "Not finished. See what and why, mend it, then go on:\n\n  firebreak status %lld\n"
			   "  firebreak drill %lld\n", n, n);
	else if (r->person_waits)
		buf_printf(b, "%u step%s wait%s for a person:\n\n  firebreak status %lld\n", r->counts.person_waiting,
			   r->counts.person_waiting == 1 ? "" : "s", r->counts.person_waiting == 1 ? "s" : "", n);
	else
		buf_printf(b, "Each step is proven, and the intruder does not say so: see the lines above.\n\n"
			   "  firebreak status %lld\n", n);
}

static int finish(struct cli *c, struct session *s, int64_t number, const struct respond_result *r)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;

	if (engine_incident(s->journal, number, &i, &e) < 0)
		return cli_fail(&e);
	if (c->json) {
		json_t *j = json_object();

		json_put_int(j, "incident", number);
		json_object_set_new(j, "drilled", json_deep_copy(i->drilled));
		json_object_set_new(j, "closed", json_boolean(i->closed_us != 0));
		json_put_int(j, "person_waiting", r->counts.person_waiting);
		cli_json(j);
	} else {
		buf_char(&b, '\n');
		drill_lines(i, &b);
		next_words(i, r, &b);
		cli_print(&b);
	}
	return code_of(i, r);
}

static int drill(struct cli *c, struct session *s, const struct strv *args, struct err *e)
{
	_cleanup_(seal_key_freep) struct seal_key *key = NULL;
	_cleanup_(progress_end) struct progress_view view = { .plain = c->json || !term_is_terminal(STDERR_FILENO) };
	_cleanup_(json_freep) json_t *row = NULL;
	struct respond_options respond = { .at_once = 16, .tell = progress_tell, .arg = &view };
	int64_t number = 0;
	struct drill_options o = { .respond = &respond, .every_ms = 1000, .ready = on_ready, .arg = &number };
	struct respond_result result = { 0 };
	uint32_t every = 1000;
	int r = cli_at_once(arg_at_once, &respond.at_once, e);

	if (r == 0)
		r = cli_number("--every", arg_every, "number of milliseconds", 200, 60000, &every, e);
	o.every_ms = every;
	if (r == 0)
		r = session_key(c, &key, e);
	if (r == 0)
		r = begin(s, args, &number, e);
	if (r < 0)
		return r;
	respond.key = key;
	view.colour = term_has_colour(STDERR_FILENO);
	r = engine_drill(&s->en, number, &o, &result, &row, e);
	progress_end(&view);
	return r < 0 ? r : finish(c, s, number, &result);
}

int cmd_drill(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("drill");
	struct err e = ERR_INIT;
	int code, r;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (!args.n)
		return cli_usage(self, "name a secret, or the number of a drill that goes on");
	if (session_open(c, JOURNAL_WRITE, &s, &e) < 0)
		return cli_fail(&e);
	r = drill(c, &s, &args, &e);
	return r < 0 ? cli_fail(&e) : r;
}
