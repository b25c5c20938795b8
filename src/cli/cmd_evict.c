#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "cli/session.h"
#include "fleet/evict.h"
#include <string.h>

static const char *arg_at_once;

const struct opt *options_evict(struct cli *c)
{
	CLI_TABLE(OPT_STRING(0, "as", &c->as, "PERSON", "who you are, by the register"),
		  OPT_STRING('j', "at-once", &arg_at_once, "N", "hosts at a time, 1 to 64; 16 unless given"),
		  CLI_COMMON(c));
}

struct showing { struct cli *c; json_t *steps, *accounts; };      /* accounts: {"alice": ["h1", "h2"]} */

static void note_accounts(const struct showing *s, const struct evict_told *t)
{
	const char *host = strchr(t->step, '@'), *name;
	const json_t *one;
	size_t i;

	json_array_foreach(t->here, i, one) {
		name = json_string_value(one);
		if (host && name && json_object_get(s->accounts, name))
			json_array_append_new(json_object_get(s->accounts, name), json_string(host + 1));
	}
}

static void on_told(const struct evict_told *t, void *arg)
{
	const struct showing *s = arg;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	json_t *one = json_object();

	note_accounts(s, t);
	json_put(one, "step", t->step);
	json_put(one, "outcome", outcome_name(t->outcome));
	json_put(one, "text", t->text);
	if (t->logins)
		json_object_set(one, "logins", (json_t *)(uintptr_t)t->logins);
	if (t->accounts)
		json_object_set(one, "accounts", (json_t *)(uintptr_t)t->accounts);
	json_array_append_new(s->steps, one);
	if (s->c->json)
		return;
	(void)buf_printf(&b, "%-11s %s: ", outcome_name(t->outcome), t->step);
	text_visible(&b, t->text, strlen(t->text));
	(void)buf_char(&b, '\n');
	cli_print(&b);
}

static void on_phase(const char *what, uint32_t hosts, void *arg)
{
	const struct showing *s = arg;

	if (!s->c->json)
		cli_note("%s: %u host%s", what, hosts, hosts == 1 ? "" : "s");
}

static void tell_accounts(const struct showing *s)
{
	const char *name;
	json_t *hosts, *one;
	size_t i;

	json_object_foreach(s->accounts, name, hosts) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

		json_array_foreach(hosts, i, one)
			(void)buf_printf(&b, "%s%s", i ? ", " : "", json_string_value(one));
		if (b.len)
			cli_note("'%s' had an account on: %s", name, buf_text(&b));
		else
			cli_note("'%s' had an account on none of the hosts that answered", name);
	}
}

static int tell(const struct showing *s, const struct evict_result *r)
{
	json_t *j = json_object();

	json_object_set(j, "steps", s->steps);
	json_object_set(j, "accounts", s->accounts);
	json_put_int(j, "proven", r->proven);
	json_put_int(j, "failed", r->failed);
	json_put_int(j, "unreachable", r->unreachable);
	json_put_int(j, "unknown", r->unknown);
	if (s->c->json) {
		cli_json(j);
	} else {
		json_decref(j);
		tell_accounts(s);
		cli_note("%u proven, %u failed, %u unreachable, %u unknown%s", r->proven, r->failed, r->unreachable,
			r->unknown,
			 r->failed + r->unreachable + r->unknown ? "; run it again for those that are not proven" : "");
	}
	return r->failed ? EXIT_FAILED : r->unreachable + r->unknown ? EXIT_NOT_KNOWN : EXIT_DONE;
}

static int programs(char **ret_warden, char **ret_scout, struct err *e)
{
	static const char *const wardens[] = { "firebreak-warden", "../libexec/firebreak/firebreak-warden", NULL };
	static const char *const scouts[] = { "firebreak-scout", "../libexec/firebreak/firebreak-scout", NULL };
	int r = places_find("the warden is", wardens, ret_warden, e);

	return r == 0 ? places_find("the scout is", scouts, ret_scout, e) : r;
}

/* Whose hosts are told: the users who were declared. */
static int name_accounts(struct session *s, int64_t number, json_t *ret, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	int r = engine_incident(s->journal, number, &i, e);

	if (r < 0 || !i || !s->reg)
		return r;
	for (uint32_t k = 0; k < i->n_what; k++) {
		struct ref ref;

		if (register_resolve(s->reg, i->what[k], &ref, NULL) == 0 && ref.kind == REF_USER)
			json_object_set_new(ret, s->reg->users[ref.index].account, json_array());
	}
	return 0;
}

int cmd_evict(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	_cleanup_(freep) char *warden = NULL, *scout = NULL;
	const struct command *self = cli_command("evict");
	struct showing showing = { .c = c };
	struct evict_options o = { .tell = on_told, .phase = on_phase, .arg = &showing, .at_once = 16 };
	struct evict_result result;
	struct err e = ERR_INIT;
	int64_t number = 0;
	int code, r;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (!args.n)
		return cli_usage(self, "the number of an incident is expected");
	r = cli_at_once(arg_at_once, &o.at_once, &e);
	if (r == 0)
		r = cli_incident_number(args.s[0], &number, &e);
	if (r == 0)
		r = programs(&warden, &scout, &e);
	if (r == 0)
		r = session_open(c, JOURNAL_WRITE, &s, &e);
	if (r < 0)
		return cli_fail(&e);
	o.warden = warden;
	o.scout = scout;
	o.hosts = (const char *const *)args.s + 1;
	o.n_hosts = args.n - 1;
	showing.steps = json_array();
	showing.accounts = json_object();
	r = name_accounts(&s, number, showing.accounts, &e);
	if (r == 0)
		r = evict_run(&s.en, number, &o, &result, &e);
	code = r < 0 ? cli_fail(&e) : tell(&showing, &result);
	json_decref(showing.steps);
	json_decref(showing.accounts);
	return code;
}
