#include "cli/contain_work.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/places.h"
#include "engine/engine.h"
#include "fleet/contain.h"
#include <string.h>

struct asked {
	struct cli *c;
	struct session *s;
	const struct strv *args;
	const char *person;
	enum contain_right right;
	enum contain_action action;
	enum contain_level level;
	int64_t number;
	uint32_t *hosts, n;
	json_t *told;
};

static void asked_end(struct asked *a)
{
	free(a->hosts);
	json_decref(a->told);
}

static int no_host(const struct firebreak_register *r, const char *word, struct err *e)
{
	_cleanup_(freep) const char **names = mem_zero(r->n_hosts + r->n_groups + 1, sizeof(*names));
	_cleanup_(buf_free) struct buf shown = BUF_INIT(1000);
	const char *near;
	uint32_t n = 0;

	for (uint32_t k = 0; k < r->n_hosts; k++)
		names[n++] = r->hosts[k].name;
	for (uint32_t k = 0; k < r->n_groups; k++)
		names[n++] = r->groups[k].name;
	near = text_nearest(word, names, n);
	text_visible(&shown, word, strnlen(word, 100));
	return err_set(e, ERR_USAGE, "'%s' is neither a host nor a group of the register%s%s%s", buf_text(&shown),
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void add_host(struct asked *a, bool *seen, uint32_t host)
{
	if (!seen[host])
		a->hosts[a->n++] = host;
	seen[host] = true;
}

/* "db11", "host:db11", or a group; each host once. */
static int find_hosts(struct asked *a, struct err *e)
{
	const struct firebreak_register *r = a->s->reg;
	_cleanup_(freep) bool *seen = mem_zero(r->n_hosts + 1, sizeof(*seen));

	a->hosts = mem_zero(r->n_hosts + 1, sizeof(*a->hosts));
	for (size_t k = 1; k < a->args->n; k++) {
		const char *word = text_starts(a->args->s[k], "host:") ? a->args->s[k] + 5 : a->args->s[k];
		uint32_t host = map_get(&r->host_names, word), group = 0;

		while (host == MAP_NONE && group < r->n_groups && strcmp(r->groups[group].name, word) != 0)
			group++;
		if (host != MAP_NONE) {
			add_host(a, seen, host);
			continue;
		}
		if (group == r->n_groups)
			return no_host(r, word, e);
		for (uint32_t h = 0; h < r->groups[group].hosts.n; h++)
			add_host(a, seen, r->groups[group].hosts.i[h]);
	}
	return 0;
}

/* --as, or the account of this machine when the register has a person of that name. */
static const char *person_of(const struct cli *c, const struct firebreak_register *r)
{
	const char *user = c->as ? c->as : env_user();

	for (uint32_t k = 0; k < r->n_people; k++)
		if (!strcmp(r->people[k].name, user))
			return user;
	return NULL;
}

static void on_told(const struct contain_now *now, void *arg)
{
	struct asked *a = arg;
	json_t *j = json_object();
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);
	const char *word = contain_outcome_word(now->action, now->outcome);

	json_put(j, "host", now->host);
	json_put(j, "action", contain_action_words[now->action]);
	json_put(j, "outcome", word);
	json_put(j, "text", now->text);
	json_object_set_new(j, "stands", json_boolean(now->stands));
	json_put_int(j, "took_us", now->took_us);
	json_array_append_new(a->told, j);
	if (now->outcome != CONTAIN_PROVEN)
		buf_printf(&b, "!!! %s: %s, ", now->host, now->action == CONTAIN_ON ? "NOT CONTAINED" : "NOT RELEASED");
	else
		buf_printf(&b, "%s: ", now->host);
	buf_str(&b, word);
	buf_str(&b, " after ");
	text_duration(&b, now->took_us);
	buf_str(&b, ": ");
	text_visible(&b, now->text, strlen(now->text));
	if (now->outcome != CONTAIN_PROVEN && now->stands)
		buf_str(&b, now->action == CONTAIN_ON ? "; the block stays" : "; the block still stands");
	cli_note("%s", buf_text(&b));
}

/* Who may not is offered what they may; and those who may are told. */
static int refuse(struct asked *a)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct alerts_done done;

	if (!a->person)
		buf_str(&b, "Nobody is known to do this: say who you are with --as PERSON, as the register names "
			"you.\n");
	else
		contain_offer(a->right, a->number, a->person, (const char *const *)a->args->s + 1, a->args->n - 1, &b);
	cli_print(&b);
	alerts_do(a->s, a->number, NULL, &done);
	return EXIT_PERSON;
}

/* What a person would have to answer of a host that was declared, and of one that is reached. */
static const char *const settled[] = { "contain", "safety" };

static bool has_step(const struct asked *a, const struct plan *p, const struct incident *i)
{
	for (uint32_t k = 0; k < a->n * ARRAY_SIZE(settled); k++) {
		const char *host = a->s->reg->hosts[a->hosts[k / ARRAY_SIZE(settled)]].name;
		_cleanup_(freep) char *id = mem_printf("%s:%s", settled[k % ARRAY_SIZE(settled)], host);

		if (map_get(&p->ids, id) != MAP_NONE && incident_contain_stand(i, host) == CONTAIN_IS)
			return true;
	}
	return false;
}

static int settle_steps(struct asked *a, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL, *with_steps = NULL;
	_cleanup_(plan_freep) struct plan *p = NULL;
	int r = engine_incident(a->s->journal, a->number, &i, e);

	if (r < 0 || i->closed_us || (r = engine_plan(&a->s->en, i, &p, e)) < 0 || !has_step(a, p, i))
		return r;
	r = engine_adopt(&a->s->en, a->number, p, &with_steps, e);
	for (uint32_t k = 0; r == 0 && k < a->n * ARRAY_SIZE(settled); k++) {
		const char *host = a->s->reg->hosts[a->hosts[k / ARRAY_SIZE(settled)]].name;
		_cleanup_(freep) char *id = mem_printf("%s:%s", settled[k % ARRAY_SIZE(settled)], host);
		const struct step_state *s = incident_step(with_steps, id);
		const struct contained *c = incident_contained(with_steps, host);

		if (s && s->outcome != OUTCOME_ANSWERED && incident_contain_stand(with_steps, host) == CONTAIN_IS)
			r = engine_decide(&a->s->en, with_steps, ROW_ANSWERED, id, c->text ? c->text : "contained", e);
	}
	return r;
}

/* Nobody sleeps through a host that is open. */
static void raise_alarm(struct asked *a, uint32_t open)
{
	_cleanup_(strv_free) struct strv again = STRV_INIT;
	struct alerts_done done;

	cli_note("!!! %u host%s %s NOT %s. Nothing that stands is lifted by it. See: firebreak status %lld", open,
		 open == 1 ? "" : "s", open == 1 ? "is" : "are",
		 a->action == CONTAIN_ON ? "shown to be contained" : "shown to be released", (long long)a->number);
	if (a->s->reg->organisation.channels.n)
		strv_add(&again, a->s->reg->organisation.team);
	alerts_do(a->s, a->number, again.n ? &again : NULL, &done);
}

static int run(struct asked *a, struct err *e)
{
	static const char *const wardens[] = { "firebreak-warden", "../libexec/firebreak/firebreak-warden", NULL };
	static const char *const scouts[] = { "firebreak-scout", "../libexec/firebreak/firebreak-scout", NULL };
	_cleanup_(freep) char *warden = NULL, *scout = NULL;
	struct contain_options o = { .action = a->action, .level = a->level, .crowd = a->right != CONTAIN_ALL,
				     .hosts = a->hosts, .n = a->n, .tell = on_told, .arg = a };
	struct contain_counts n;
	struct alerts_done done;
	int r = places_find("the warden is", wardens, &warden, e);

	if (r == 0)
		r = places_find("the scout is", scouts, &scout, e);
	if (r < 0)
		return r;
	o.warden = warden;
	o.scout = scout;
	if (a->action == CONTAIN_ON && contain_levels[a->level].before)
		cli_note("%s: %s", contain_levels[a->level].name, contain_levels[a->level].before);
	if (o.crowd && contain_levels[a->level].rules)
		cli_note("you are no responder: you may be cut off too, and only they can release it");
	if (o.crowd)
		alerts_do(a->s, a->number, NULL, &done);
	r = contain_run(&a->s->en, a->number, &o, &n, e);
	/* Once more, whatever came of it: what was done is news to those who may take over. */
	if (o.crowd)
		alerts_do(a->s, a->number, NULL, &done);
	if (r == 0 && a->action == CONTAIN_ON)
		r = settle_steps(a, e);
	if (r < 0)
		return r;
	if (n.left_unknown)
		cli_note("%u deed%s of an earlier run had no outcome: %s unknown now", n.left_unknown,
			 n.left_unknown == 1 ? "" : "s", n.left_unknown == 1 ? "it is" : "they are");
	if (n.failed + n.unreachable + n.unknown)
		raise_alarm(a, n.failed + n.unreachable + n.unknown);
	return n.failed ? EXIT_FAILED : n.unreachable + n.unknown ? EXIT_NOT_KNOWN : EXIT_DONE;
}

static int prepare(struct asked *a, const char *level, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	int r;

	if (level && (r = contain_level_parse(level, &a->level, e)) < 0)
		return r;
	if ((r = cli_incident_number(a->args->s[0], &a->number, e)) < 0 ||
	    (r = session_open(a->c, JOURNAL_WRITE, a->s, e)) < 0 ||
	    (r = engine_incident(a->s->journal, a->number, &i, e)) < 0)
		return r;
	a->person = person_of(a->c, a->s->reg);
	a->right = contain_right(a->s->reg, a->person);
	return find_hosts(a, e);
}

int contain_work(struct cli *c, const struct command *self _unused_, enum contain_action action, const char *level,
		 const struct strv *args)
{
	_cleanup_(session_close) struct session s = { 0 };
	_cleanup_(asked_end) struct asked a = { .c = c, .s = &s, .args = args, .action = action,
						.level = LEVEL_ISOLATE, .told = json_array() };
	struct err e = ERR_INIT;
	int r = prepare(&a, level, &e);

	if (r < 0)
		return cli_fail(&e);
	if (action == CONTAIN_ON ? !contain_may(a.right, a.level) : a.right != CONTAIN_ALL)
		return refuse(&a);
	r = run(&a, &e);
	if (r < 0)
		return cli_fail(&e);
	if (c->json)
		cli_json(json_incref(a.told));
	return r;
}
