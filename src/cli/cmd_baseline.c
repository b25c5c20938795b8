#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/hosts.h"
#include "cli/session.h"
#include "fleet/baseline.h"
#include <string.h>

#define SECONDS_USUAL 120u
#define AT_ONCE_USUAL 8u

static bool arg_accept;
static const char *arg_seconds, *arg_at_once;
static struct strv arg_in;

const struct opt *options_baseline(struct cli *c)
{
	CLI_TABLE(OPT_FLAG(0, "accept", &arg_accept, "keep what stands there now, although it differs"),
		  OPT_LIST(0, "in", &arg_in, "FOLDER", "look for setuid files in this folder only; may be repeated"),
		  OPT_STRING(0, "seconds", &arg_seconds, "S", "of reading on each host, 5 to 3600 (120)"),
		  OPT_STRING('j', "at-once", &arg_at_once, "N", "hosts at a time, 1 to 64 (8)"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who looks, as the register names them"),
		  CLI_COMMON(c));
}

struct telling {
	const struct engine *en;
	bool json;
	json_t *list;
	uint32_t differ, unknown, away;
};

static const char *word_for(const struct baseline_look *l, bool kept)
{
	if (!l->now)
		return "not looked at";
	if (!l->before)
		return kept ? "kept, the first one" : "not kept";
	if (l->drifts->n == 0)
		return "nothing differs";
	return l->drifts->n == l->drifts->unknown ? "not known as a whole" : "differs";
}

static json_t *as_json(const struct baseline_look *l, bool kept)
{
	json_t *o = json_object(), *list = json_array();

	json_put(o, "host", l->host->name);
	json_put(o, "outcome", visit_outcome_name(l->visited->outcome));
	json_put(o, "text", l->text[0] ? l->text : NULL);
	json_object_set_new(o, "kept", json_boolean(kept));
	if (l->before)
		json_put_int(o, "before_us", l->before->at_us);
	for (uint32_t i = 0; l->drifts && i < l->drifts->n; i++) {
		const struct drift *d = &l->drifts->d[i];
		json_t *one = json_object();

		json_put(one, "kind", drift_kind_name(d->kind));
		json_put(one, "section", d->section);
		json_put(one, "key", d->key);
		json_put(one, "was", d->was);
		json_put(one, "is", d->is);
		json_put(one, "text", d->text);
		json_array_append_new(list, one);
	}
	json_object_set_new(o, "differences", list);
	return o;
}

static void as_text(const struct baseline_look *l, bool kept)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT((size_t)64 << 20);

	buf_printf(&b, "%-20s %s", l->host->name, word_for(l, kept));
	if (l->before) {
		buf_str(&b, " since ");
		clock_format(&b, l->before->at_us);
	}
	if (kept && l->before)
		buf_str(&b, "; what stands there now is kept");
	if (l->text[0])
		buf_printf(&b, ": %s", l->text);
	buf_char(&b, '\n');
	for (uint32_t i = 0; l->drifts && i < l->drifts->n; i++)
		if (l->before || l->drifts->d[i].key[0] || strcmp(l->drifts->d[i].section, "baseline") != 0)
			buf_printf(&b, "  %s\n", l->drifts->d[i].text);
	cli_print(&b);
}

/* The first one is kept; a later one when nothing differs, or a person says so. One that was tampered with stays. */
static bool is_to_be_kept(const struct baseline_look *l)
{
	if (!l->now)
		return false;
	if (arg_accept)
		return true;
	return !l->text[0] && (!l->before || l->drifts->n == 0);
}

static int tell(const struct baseline_look *l, const struct fleet_baseline_keys *keys, void *arg, struct err *e)
{
	struct telling *t = arg;
	bool kept = is_to_be_kept(l);
	int r = kept ? fleet_baseline_keep(t->en, keys, l->now, e) : 0;

	if (r < 0)
		kept = false;
	t->away += !l->now;
	if (l->now && l->before) {
		t->differ += l->drifts->n > l->drifts->unknown;
		t->unknown += l->drifts->unknown > 0;
	} else if (l->now) {
		/* beside that there was none */
		t->differ += l->drifts->n > l->drifts->unknown;
		t->unknown += l->drifts->unknown > 1;
	}
	t->differ += l->now && l->text[0];
	if (t->json)
		json_array_append_new(t->list, as_json(l, kept));
	else
		as_text(l, kept);
	return r;
}

static int baseline(struct cli *c, struct session *s, const struct strv *args, struct err *e)
{
	_cleanup_(freep) char *warden = NULL, *scout = NULL;
	_cleanup_(freep) uint32_t *hosts = NULL;
	struct telling t = { .en = &s->en, .json = c->json, .list = json_array() };
	struct baseline_looking how = { .tell = tell, .arg = &t, .at_once = AT_ONCE_USUAL };
	uint32_t n = 0, seconds = SECONDS_USUAL;
	int r = hosts_programs(&warden, &scout, e);

	if (r == 0)
		r = cli_number("--seconds", arg_seconds, "number", 5, 3600, &seconds, e);
	if (r == 0)
		r = cli_at_once(arg_at_once, &how.at_once, e);
	for (size_t i = 0; r == 0 && i < arg_in.n; i++)
		if (arg_in.s[i][0] != '/' || !text_is_utf8(arg_in.s[i], strlen(arg_in.s[i])))
			r = err_set(e, ERR_USAGE, "--in '%.100s': a whole path is expected", arg_in.s[i]);
	if (r == 0)
		r = hosts_choose(s->reg, (const char *const *)args->s, args->n, NULL, &hosts, &n, e);
	how.warden = warden;
	how.scout = scout;
	how.seconds = seconds;
	how.folders = arg_in.n ? (const char *const *)arg_in.s : NULL;
	if (r == 0)
		r = fleet_baseline_look(&s->en, &how, hosts, n, e);
	if (r == 0 && c->json)
		cli_json(json_incref(t.list));
	json_decref(t.list);
	if (r < 0)
		return r;
	return t.differ ? EXIT_FAILED : t.away || t.unknown ? EXIT_NOT_KNOWN : EXIT_DONE;
}

int cmd_baseline(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("baseline");
	struct err e = ERR_INIT;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (session_open(c, JOURNAL_WRITE, &s, &e) < 0)
		return cli_fail(&e);

	int r = baseline(c, &s, &args, &e);

	strv_free(&arg_in);
	return r < 0 ? cli_fail(&e) : r;
}
