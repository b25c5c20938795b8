/* Cuts this host off. Every step may be the second one: an answer was lost, or the one who asked ended. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scout/hold.h"
#include <string.h>
#include <unistd.h>

#define DELAY_MS 1000                /* until what cuts off who asks: the answer has to get out */

struct containing {
	const struct hold_request *q;
	struct scout_out *o;
	char *connection;
	json_t *marker, *before;         /* before: as it was found */
	char rules[CONTAIN_RULES_MAX];
	int lock;
};

static void containing_end(struct containing *c)
{
	free(c->connection);
	json_decref(c->marker);
	json_decref(c->before);
	closep(&c->lock);
}

static bool holds(const json_t *marker)
{
	return hold_is(marker, HOLD_WAITING) || hold_is(marker, HOLD_CONFIRMED);
}

static int find(struct containing *c, struct err *e)
{
	int r = hold_lock(c->o, &c->lock, e);

	if (r < 0)
		return r;
	json_decref(c->marker);
	json_decref(c->before);
	c->marker = hold_read(c->o);
	c->before = json_deep_copy(c->marker);
	return 0;
}

/* Before anything changes: whose host this is, and whether who asks would be cut off. */
static int look(struct containing *c, struct err *e)
{
	const char *label = json_str(c->marker, "label");
	bool held = holds(c->marker);

	if (held && json_int(c->marker, "incident", 0) != c->q->incident)
		return err_set(e, ERR_CONFLICT, "incident %lld holds it already: release it there first",
			       (long long)json_int(c->marker, "incident", 0));
	json_put(c->o->result, "found", held ? label : NULL);
	if (c->q->rules.level == LEVEL_SHUTDOWN && !c->connection)
		return err_set(e, ERR_REFUSED, "this is no visit over ssh: nothing is switched off");
	if (c->q->crowd || !contain_levels[c->q->rules.level].rules)
		return 0;
	return contain_lockout(&c->q->rules, c->connection, e);
}

static int make_rules(struct containing *c, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(sizeof(c->rules) - 1);
	int r = contain_nft(&c->q->rules, &text, e);

	if (r == 0)
		memcpy(c->rules, buf_text(&text), text.len + 1);
	return r;
}

static void put_left(struct containing *c, int64_t until_us)
{
	json_put_int(c->o->result, "left_ms", (until_us - clock_mono_us()) / 1000);
}

/* What was confirmed last, however many changes ago: it comes back when nobody confirms this one. NULL: nothing was.
 * The caller's. */
static json_t *fall_back(const json_t *marker)
{
	json_t *j;

	if (hold_is(marker, HOLD_WAITING))
		return json_incref(json_object_get(marker, "previous"));
	if (!hold_is(marker, HOLD_CONFIRMED))
		return NULL;
	j = json_object();
	json_put(j, "rules", json_str(marker, "rules"));
	json_put(j, "level", json_str(marker, "level"));
	json_put(j, "label", json_str(marker, "label"));
	return j;
}

/* What stood before stands; so does the word of it, by which its own dead-man goes on. */
static void take_back(struct containing *c)
{
	if (!holds(c->before))
		json_put(c->marker, "state", HOLD_UNDONE);
	(void)hold_write(c->o, holds(c->before) ? c->before : c->marker, NULL);
}

/* The marker of what is about to stand, with a dead-man of its own. */
static int arm(struct containing *c, bool again, struct err *e)
{
	_cleanup_(freep) char *token = mem_printf("%ld.%lld", (long)getpid(), (long long)clock_mono_us());
	int64_t until = clock_mono_us() + c->q->dead_man_ms * 1000;
	char path[SCOUT_SHIPPED_MAX];
	json_t *m = again ? json_incref(c->marker) : json_object();
	json_t *previous = again ? NULL : fall_back(c->marker);
	int r;

	if (previous)
		json_object_set_new(m, "previous", previous);
	json_put_int(m, "incident", c->q->incident);
	json_put(m, "level", contain_levels[c->q->rules.level].name);
	json_put(m, "label", c->q->label);
	json_put(m, "state", c->q->crowd ? HOLD_CONFIRMED : HOLD_WAITING);
	json_put(m, "token", token);
	json_put_int(m, "until_us", until);
	json_put(m, "rules", c->rules);
	json_decref(c->marker);
	c->marker = m;
	put_left(c, until);
	r = hold_write(c->o, m, e);
	if (r == 0 && !c->q->crowd)
		r = hold_dead_man(c->o, token, e);
	if (r < 0)
		take_back(c);
	if (r < 0 || c->q->crowd)
		return r;
	c->o->stays = scout_shipped(path);
	json_put(c->o->result, "kept", c->o->stays ? path : NULL);
	return 0;
}

/* An nft that was ended in the middle of it: true when these rules are seen to stand. */
static bool stands_anyway(struct containing *c, const struct err *e)
{
	const char *label = holds(c->before) ? json_str(c->before, "label") : NULL;

	/* rules of the same label are not told from those that they were to replace */
	if (e->effect != EFFECT_UNKNOWN || (label && !strcmp(label, c->q->label)) ||
	    !hold_nft_stands(c->o, c->q->label))
		return false;
	scout_tried(c->o, "put the rules in force", "they stand, and its nft did not end by itself");
	return true;
}

static int apply(struct containing *c, struct err *e)
{
	json_t *ports = json_array(), *connections = json_array();
	int r = hold_look(c->o, &c->q->rules, ports, connections, e);

	json_object_set_new(c->o->result, "ports", ports);
	json_object_set_new(c->marker, "connections", connections);
	if (r == 0)
		r = hold_nft(c->o, c->rules, e);
	if (r < 0 && !stands_anyway(c, e)) {
		/* of what may stand the marker stays: its dead-man undoes it, or who asks again is told */
		if (e->effect != EFFECT_UNKNOWN)
			take_back(c);
		return r;
	}
	e->effect = EFFECT_UNKNOWN;
	if (!hold_nft_stands(c->o, c->q->label))
		return err_set(e, ERR_REMOTE, "its nft took the rules, and they do not stand");
	json_object_set_new(c->o->result, "puppet", hold_puppet_lock(c->o, c->q->incident));
	r = hold_write(c->o, c->marker, e);
	return r < 0 || !c->q->crowd ? r : hold_keep(c->o, c->marker, e);
}

static int cut(struct containing *c, bool all, struct err *e)
{
	struct hold_cut n;
	int r = hold_cut(c->o, &c->q->rules, c->connection, all, &n, e);

	json_put_int(c->o->result, "ended", n.processes);
	json_put_int(c->o->result, "closed", n.flows);
	json_put_int(c->o->result, "left", n.left);
	if (r == 0 && n.left)
		scout_tried(c->o, "end sessions and connections of others", "some are still there");
	return r;
}

/* Who asks is no responder and would be cut off in the middle of the answer. */
static void apply_later(const struct scout_out *o, void *arg)
{
	struct containing *c = arg;
	struct scout_out own = *o;
	struct err e = ERR_INIT;

	own.result = json_object();
	c->o = &own;
	free(c->connection);
	c->connection = NULL;
	if (find(c, &e) == 0 && look(c, &e) == 0 && arm(c, false, &e) == 0 && apply(c, &e) == 0)
		(void)cut(c, false, &e);
}

/* By who may only do less: what stands is more, and does not become less by it. */
static bool is_isolated(struct containing *c)
{
	const char *level = json_str(c->marker, "level"), *label = json_str(c->marker, "label");

	return c->q->crowd && holds(c->marker) && level && label &&
	       !strcmp(level, contain_levels[LEVEL_ISOLATE].name) && hold_nft_stands(c->o, label);
}

static int by_rules(struct containing *c, struct err *e)
{
	const char *rules = json_str(c->marker, "rules");
	int r = make_rules(c, e);
	bool same, isolated;

	if (r < 0)
		return r;
	json_put(c->o->result, "over_restart", c->q->crowd ? hold_kept(c->o) : NULL);
	isolated = is_isolated(c);
	if (isolated && hold_is(c->marker, HOLD_WAITING))
		return err_set(e, ERR_CONFLICT, "a responder isolates it at this moment: ask again when that is over");
	same = isolated || (holds(c->marker) && rules && !strcmp(rules, c->rules) &&
			    hold_nft_stands(c->o, c->q->label));
	if (c->q->crowd && c->connection && contain_lockout(&c->q->rules, c->connection, NULL) < 0 && !same) {
		json_t *ports = json_array(), *none = json_array();

		(void)hold_look(c->o, &c->q->rules, ports, none, e);
		json_object_set_new(c->o->result, "ports", ports);
		json_decref(none);
		json_put(c->o->result, "state", "armed");
		closep(&c->lock);
		return hold_later(c->o, DELAY_MS, apply_later, c, e);
	}
	if (same && hold_is(c->marker, HOLD_CONFIRMED)) {
		json_t *ports = json_array(), *none = json_array();

		(void)hold_look(c->o, &c->q->rules, ports, none, e);
		json_object_set_new(c->o->result, "ports", ports);
		json_decref(none);
		put_left(c, clock_mono_us() + c->q->dead_man_ms * 1000);
		/* somebody may have enabled it since */
		json_object_set_new(c->o->result, "puppet", hold_puppet_lock(c->o, c->q->incident));
	} else {
		if ((r = arm(c, same, e)) < 0 || (r = scout_flush(c->o)) < 0 || (r = apply(c, e)) < 0)
			return r;
	}
	json_put(c->o->result, "state", json_str(c->marker, "state"));
	json_object_set_new(c->o->result, "falls_back", json_boolean(json_object_get(c->marker, "previous")));
	return cut(c, c->q->rules.level == LEVEL_ISOLATE, e);
}

static void switch_off(const struct scout_out *o, void *arg _unused_)
{
	hold_power_off(o);
}

static int by_stopping_ssh(struct containing *c, struct err *e)
{
	int r;

	e->effect = EFFECT_UNKNOWN;
	/* "service { 'ssh': ensure => running }" would start it again */
	json_object_set_new(c->o->result, "puppet", hold_puppet_lock(c->o, c->q->incident));
	r = hold_stop_sshd(c->o, &c->q->rules, e);
	return r < 0 ? r : cut(c, false, e);
}

static int by_level(struct containing *c, struct err *e)
{
	switch (c->q->rules.level) {
	case LEVEL_ISOLATE:
	case LEVEL_PORT22:
		return by_rules(c, e);
	case LEVEL_SSH:
		return by_stopping_ssh(c, e);
	case LEVEL_SESSIONS:
		e->effect = EFFECT_UNKNOWN;
		return cut(c, true, e);
	case LEVEL_SHUTDOWN:
		e->effect = EFFECT_UNKNOWN;
		return hold_later(c->o, DELAY_MS, switch_off, NULL, e);
	case CONTAIN_LEVELS:
		break;
	}
	return err_set(e, ERR_BUG, "a level that is not known here");
}

static int begin(const json_t *request, struct scout_out *o, struct hold_request *q, struct containing *c,
		 struct err *e)
{
	int r = hold_request(request, q, e);

	if (r < 0)
		return r;
	c->connection = hold_connection(o);
	json_put(o->result, "connection", c->connection);
	hold_addresses(c->connection, o->result);
	r = find(c, e);
	return r < 0 ? r : look(c, e);
}

int scout_contain(const json_t *request, struct scout_out *o, struct err *e)
{
	struct hold_request q;
	_cleanup_(containing_end) struct containing c = { .q = &q, .o = o, .lock = -1 };
	int r = begin(request, o, &q, &c, e);

	if (r < 0)
		return r;
	r = by_level(&c, e);
	if (r < 0)
		return r;
	(void)snprintf(o->text, sizeof(o->text), "%s: %.200s", contain_levels[q.rules.level].name,
		       contain_levels[q.rules.level].does);
	return 0;
}

/* Asked before evidence is taken: the same look, and nothing else. */
int scout_stand(const json_t *request, struct scout_out *o, struct err *e)
{
	struct hold_request q;
	_cleanup_(containing_end) struct containing c = { .q = &q, .o = o, .lock = -1 };
	int r = begin(request, o, &q, &c, e);

	if (r < 0)
		return r;
	json_put(o->result, "state", json_str(c.marker, "state"));
	(void)snprintf(o->text, sizeof(o->text), "it can be contained from here");
	return 0;
}
