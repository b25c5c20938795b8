#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/hosts.h"
#include "cli/session.h"
#include "engine/mailed.h"
#include "fleet/evidence.h"
#include <string.h>
#include <unistd.h>

#define SECONDS_USUAL 10u
#define AT_ONCE_USUAL 16u

static bool arg_take;
static const char *arg_seconds, *arg_at_once;

const struct opt *options_evidence(struct cli *c)
{
	CLI_TABLE(OPT_FLAG('t', "take", &arg_take, "take it from these hosts now, without doing anything else to them"),
		  OPT_STRING(0, "seconds", &arg_seconds, "S", "of reading on each host, 1 to 300 (10)"),
		  OPT_STRING('j', "at-once", &arg_at_once, "N", "hosts at a time, 1 to 64 (16)"),
		  OPT_STRING('k', "key", &c->key_file, "FILE", "key file of this responder, which opens it"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who looks, as the register names them"),
		  CLI_COMMON(c));
}

/* --- take --- */

struct telling { bool json; json_t *list; };

static void tell(const struct host *host, const struct visited *r, bool whole, void *arg)
{
	struct telling *t = arg;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	const char *why = json_str(r->evidence, "why");
	const json_t *answer = json_object_get(r->answer, "evidence"), *odd = json_object_get(answer, "odd");
	long long bytes = (long long)json_int(r->evidence, "bytes", 0);

	if (t->json) {
		json_t *o = json_object();

		json_put(o, "host", host->name);
		json_put(o, "outcome", visit_outcome_name(r->outcome));
		json_object_set_new(o, "whole", json_boolean(whole));
		json_put_int(o, "bytes", bytes);
		json_put(o, "sha256", json_str(r->evidence, "sha256"));
		json_put(o, "text", r->outcome == VISIT_DONE ? why : r->text);
		json_array_append_new(t->list, o);
		return;
	}
	buf_printf(&b, "%-20s %s, %lld bytes", host->name, whole ? "taken" : bytes ? "taken in part" : "not taken",
		   bytes);
	if (r->outcome != VISIT_DONE)
		buf_printf(&b, ": %s", r->text);
	else if (!whole)
		buf_printf(&b, ": %s", why ? why : "not known why");
	buf_char(&b, '\n');
	for (size_t i = 0; i < json_array_size(odd); i++) {
		const char *text = json_string_value(json_array_get(odd, i));

		buf_str(&b, "  look at: ");
		text_visible(&b, text ? text : "", text ? strnlen(text, 400) : 0);
		buf_char(&b, '\n');
	}
	cli_print(&b);
}

static int take(struct cli *c, struct session *s, int64_t number, const struct strv *args, struct err *e)
{
	_cleanup_(freep) char *warden = NULL, *scout = NULL;
	_cleanup_(freep) uint32_t *hosts = NULL;
	struct seal_public to[SEAL_RECIPIENTS];
	struct telling t = { .json = c->json, .list = json_array() };
	struct evidence_taking how = { .to = to, .tell = tell, .arg = &t, .at_once = AT_ONCE_USUAL,
				       .seconds = SECONDS_USUAL };
	struct evidence_taken sum = { 0 };
	uint32_t n = 0, seconds = SECONDS_USUAL;
	int r = hosts_programs(&warden, &scout, e);

	if (r == 0)
		r = cli_number("--seconds", arg_seconds, "number", 1, 300, &seconds, e);
	if (r == 0)
		r = cli_at_once(arg_at_once, &how.at_once, e);
	if (r == 0)
		r = hosts_choose(s->reg, (const char *const *)args->s + 1, args->n - 1, NULL, &hosts, &n, e);
	if (r == 0)
		r = engine_responders(s->reg, NULL, to, &how.n_to, e);
	how.warden = warden;
	how.scout = scout;
	how.seconds = seconds;
	if (r == 0)
		r = fleet_evidence_take(&s->en, number, &how, hosts, n, &sum, e);
	if (r == 0 && c->json)
		cli_json(json_incref(t.list));
	json_decref(t.list);
	if (r < 0)
		return r;
	return sum.none ? EXIT_NOT_KNOWN : sum.partly ? EXIT_FAILED : EXIT_DONE;
}

/* --- list and open --- */

static void list_one(struct buf *b, const json_t *row)
{
	const json_t *odd = json_object_get(row, "odd");

	buf_printf(b, "%-20s %10lld bytes  %s  %s%s%s\n", json_str(row, "host"), (long long)json_int(row, "bytes", 0),
		   json_str(row, "sha256") ? json_str(row, "sha256") : "no hash",
		   json_str(row, "file") ? json_str(row, "file") : "",
		   json_is(row, "whole") ? "" : "\n  not whole: ",
		   json_is(row, "whole") ? "" : json_str(row, "why") ? json_str(row, "why") : "not known why");
	for (size_t i = 0; i < json_array_size(odd); i++)
		buf_printf(b, "  look at: %s\n", json_string_value(json_array_get(odd, i)));
}

static int list(struct cli *c, const struct incident *i, const json_t *loose)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(16 << 20);
	_cleanup_(json_freep) json_t *all = json_array();
	const json_t *one;
	size_t k;

	for (uint32_t n = 0; n < i->n_evidence; n++)
		json_array_append_new(all, json_deep_copy(i->evidence[n]));
	json_array_extend(all, (json_t *)(uintptr_t)loose);
	json_array_foreach(all, k, one)
		list_one(&b, one);
	if (c->json)
		cli_json(json_incref(all));
	else if (!json_array_size(all))
		cli_note("firebreak: no evidence was taken in this incident; `firebreak evidence N --take HOST` takes "
			 "it");
	else
		cli_print(&b);
	return EXIT_DONE;
}

static int to_output(const char *bytes, size_t len, void *arg _unused_)
{
	return fs_write_all(STDOUT_FILENO, bytes, len) < 0 ? -ERR_IO : 0;
}

static bool is_of(const json_t *row, const char *host, const char *file)
{
	const char *named = json_str(row, "file");

	return !strcmp(json_str(row, "host"), host) && (!file || (named && !strcmp(named, file)));
}

/* The newest that is whole; of none, the newest; of none, what no row names. *ret_n: how many there are. */
static const json_t *choose(const struct incident *i, const json_t *loose, const char *host, const char *file,
			    uint32_t *ret_n)
{
	const json_t *whole = NULL, *newest = NULL, *none = NULL, *one;
	size_t k;

	*ret_n = 0;
	for (uint32_t n = 0; n < i->n_evidence; n++) {
		if (!is_of(i->evidence[n], host, file))
			continue;
		(*ret_n)++;
		newest = i->evidence[n];
		whole = json_is(newest, "whole") ? newest : whole;
	}
	json_array_foreach(loose, k, one) {
		if (!is_of(one, host, file))
			continue;
		(*ret_n)++;
		none = one;
	}
	return whole ? whole : newest ? newest : none;
}

static int show(struct cli *c, struct session *s, const struct incident *i, const json_t *loose,
		const struct strv *args, struct err *e)
{
	_cleanup_(seal_key_freep) struct seal_key *key = NULL;
	const char *host = args->s[1], *file = args->n > 2 ? args->s[2] : NULL;
	uint32_t n = 0;
	const json_t *row = choose(i, loose, host, file, &n);
	int r;

	if (!row)
		return err_set(e, ERR_USAGE, "no evidence of '%.100s'%s%.100s was taken in incident %lld; `firebreak "
			       "evidence %lld` lists what there is", host, file ? " in " : "", file ? file : "",
			       (long long)i->number, (long long)i->number);
	if ((r = session_key(c, &key, e)) < 0)
		return r;
	if (!key)
		return err_set(e, ERR_AUTH, "there is no responder's key here; name it with --key");
	if ((r = fleet_evidence_opened(&s->en, i->number, row, e)) < 0)
		return r;
	if (n > 1)
		cli_note("this is %s, the newest of %u that is %s; for another: firebreak evidence %lld %s FILE",
			 json_str(row, "file"), n, json_is(row, "whole") ? "whole" : "there, and none is whole",
			 (long long)i->number, host);
	r = fleet_evidence_open(&s->en, row, key, to_output, NULL, e);
	if (r < 0 || json_is(row, "whole"))
		return r;
	cli_note("this is not whole: %s", json_str(row, "why") ? json_str(row, "why") : "not known why");
	return EXIT_FAILED;
}

static int evidence(struct cli *c, struct session *s, int64_t number, const struct strv *args, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(json_freep) json_t *loose = NULL;
	int r = engine_incident(s->journal, number, &i, e);

	if (r == 0)
		r = fleet_evidence_loose(&s->en, i, &loose, e);
	if (r < 0)
		return r;
	if (!arg_take)
		return args->n == 1 ? list(c, i, loose) : show(c, s, i, loose, args, e);
	for (size_t k = 0; k < json_array_size(loose); k++)
		cli_note("firebreak: %s: %s", json_str(json_array_get(loose, k), "file"),
			 json_str(json_array_get(loose, k), "why"));
	return take(c, s, number, args, e);
}

int cmd_evidence(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("evidence");
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n < 1 || (arg_take && args.n < 2) || (!arg_take && args.n > 3))
		return cli_usage(self, arg_take ? "the number of an incident and at least one host are expected"
						: "the number of an incident is expected, and at most a host "
						  "and a file of it");
	if (cli_incident_number(args.s[0], &number, &e) < 0 || secret_init(&e) < 0 ||
	    session_open(c, JOURNAL_WRITE, &s, &e) < 0)
		return cli_fail(&e);

	int r = evidence(c, &s, number, &args, &e);

	return r < 0 ? cli_fail(&e) : r;
}
