#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/plan.h"
#include <string.h>

/*
 * CACAO knows branches, not graphs: steps of the same depth become one parallel step, each branch with its own end, and
 * the depths follow one another. That waits longer than we do, and never starts a step too early.
 */
struct cacao {
	const struct plan *p;
	const char *name;
	json_t *workflow;
	uint32_t *depth, deepest;
};

#define ID_LEN 80

/* The same id at each export: the hash of what it names, in the form of a version 5 UUID (RFC 9562 section 5.5). */
static void identifier(const struct cacao *c, const char *type, const char *of, char ret[ID_LEN])
{
	char hex[65];
	_cleanup_(freep) char *text = mem_printf("%s\n%s\n%s", c->name, type, of);

	digest_sha256_hex(text, strlen(text), hex);
	snprintf(ret, ID_LEN, "%s--%.8s-%.4s-5%.3s-a%.3s-%.12s", type, hex, hex + 8, hex + 13, hex + 17, hex + 20);
}

static uint32_t depth_of(struct cacao *c, uint32_t i)
{
	const struct step *s = &c->p->steps[i];
	uint32_t deepest = 0;

	if (c->depth[i])
		return c->depth[i];
	c->depth[i] = 1;
	for (uint32_t k = 0; k < s->n_after + s->n_behind; k++) {
		uint32_t d = depth_of(c, k < s->n_after ? s->after[k] : s->behind[k - s->n_after]);

		deepest = d > deepest ? d : deepest;
	}
	return c->depth[i] = deepest + 1;
}

static json_t *command_of(const struct step *s)
{
	json_t *list = json_array(), *j = json_object();
	_cleanup_(buf_free) struct buf bash = BUF_INIT(64 * 1024);

	buf_str(&bash, "firebreak respond INCIDENT --only ");
	text_shell(&bash, s->id);
	json_put(j, "type", s->person ? "manual" : "bash");
	json_put(j, "command", s->person ? s->text : buf_text(&bash));
	json_array_append_new(list, j);
	return list;
}

static void put_next(struct cacao *c, json_t *step, const char *type, const char *of)
{
	char id[ID_LEN];

	identifier(c, type, of, id);
	json_put(step, "on_completion", id);
}

static void add_action(struct cacao *c, uint32_t i, const char *next_type, const char *next_of)
{
	const struct step *s = &c->p->steps[i];
	char id[ID_LEN], agent[ID_LEN];
	json_t *j = json_object();

	identifier(c, "action", s->id, id);
	identifier(c, s->person ? "individual" : "organization", "agent", agent);
	json_put(j, "type", "action");
	json_put(j, "name", s->title);
	json_put(j, "description", s->why);
	json_put_int(j, "timeout", s->limit_ms);
	json_object_set_new(j, "commands", command_of(s));
	json_put(j, "agent", agent);
	put_next(c, j, next_type, next_of);
	json_object_set_new(c->workflow, id, j);
}

static void add_end(struct cacao *c, const char *of)
{
	char id[ID_LEN];
	json_t *j = json_object();

	identifier(c, "end", of, id);
	json_put(j, "type", "end");
	json_object_set_new(c->workflow, id, j);
}

static uint32_t count_at(const struct cacao *c, uint32_t depth, uint32_t *ret_first)
{
	uint32_t n = 0;

	for (uint32_t i = c->p->n; i-- > 0;)
		if (c->depth[i] == depth) {
			*ret_first = i;
			n++;
		}
	return n;
}

/* The step that a depth begins with: its only action, or the parallel step; behind the deepest comes the end. */
struct entry { const char *type, *of; char name[24]; };

static void entry(const struct cacao *c, uint32_t depth, struct entry *ret)
{
	uint32_t first = 0, n = count_at(c, depth, &first);

	snprintf(ret->name, sizeof(ret->name), "depth %u", depth);
	ret->type = depth > c->deepest ? "end" : n == 1 ? "action" : "parallel";
	ret->of = depth > c->deepest ? "workflow" : n == 1 ? c->p->steps[first].id : ret->name;
}

static void add_depth(struct cacao *c, uint32_t depth)
{
	struct entry next, self;
	char id[ID_LEN];
	uint32_t first = 0;
	json_t *j, *branches;

	entry(c, depth + 1, &next);
	if (count_at(c, depth, &first) == 1) {
		add_action(c, first, next.type, next.of);
		return;
	}
	j = json_object();
	branches = json_array();
	for (uint32_t i = 0; i < c->p->n; i++) {
		if (c->depth[i] != depth)
			continue;
		identifier(c, "action", c->p->steps[i].id, id);
		json_array_append_new(branches, json_string(id));
		add_action(c, i, "end", c->p->steps[i].id);
		add_end(c, c->p->steps[i].id);
	}
	entry(c, depth, &self);
	identifier(c, self.type, self.of, id);
	json_put(j, "type", "parallel");
	json_object_set_new(j, "next_steps", branches);
	put_next(c, j, next.type, next.of);
	json_object_set_new(c->workflow, id, j);
}

static json_t *agents(const struct cacao *c)
{
	static const char *const kinds[] = { "organization", "individual" };
	static const char *const names[] = { "Firebreak", "The responder" };
	json_t *all = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char id[ID_LEN];
		json_t *j = json_object();

		identifier(c, kinds[i], "agent", id);
		json_put(j, "type", kinds[i]);
		json_put(j, "name", names[i]);
		json_object_set_new(all, id, j);
	}
	return all;
}

static json_t *whole(struct cacao *c, int64_t created_us)
{
	_cleanup_(buf_free) struct buf created = BUF_INIT(64);
	json_t *j = json_object(), *start = json_object();
	struct entry first;
	char id[ID_LEN];

	clock_format(&created, created_us);
	json_put(j, "type", "playbook");
	json_put(j, "spec_version", "cacao-2.0");
	identifier(c, "playbook", "playbook", id);
	json_put(j, "id", id);
	json_put(j, "name", c->name);
	json_object_set_new(j, "playbook_types", json_pack("[s]", "remediation"));
	identifier(c, "identity", "firebreak", id);
	json_put(j, "created_by", id);
	json_put(j, "created", buf_text(&created));
	json_put(j, "modified", buf_text(&created));
	identifier(c, "start", "workflow", id);
	json_put(j, "workflow_start", id);
	json_put(start, "type", "start");
	entry(c, 1, &first);
	put_next(c, start, first.type, first.of);
	json_object_set_new(c->workflow, id, start);
	json_object_set(j, "workflow", c->workflow);
	json_object_set_new(j, "agent_definitions", agents(c));
	return j;
}

json_t *plan_cacao(const struct plan *p, const char *name, int64_t created_us)
{
	struct cacao c = { .p = p, .name = name, .workflow = json_object(),
			   .depth = mem_zero(p->n + 1, sizeof(uint32_t)) };
	json_t *j;

	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t d = depth_of(&c, i);

		c.deepest = d > c.deepest ? d : c.deepest;
	}
	for (uint32_t d = 1; d <= c.deepest; d++)
		add_depth(&c, d);
	add_end(&c, "workflow");
	j = whole(&c, created_us);
	json_decref(c.workflow);
	free(c.depth);
	return j;
}
