#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/engine.h"
#include "model/limits.h"
#include "model/severity.h"
#include <stdlib.h>
#include <string.h>

struct declaring {
	const struct engine *en;
	json_t *body;
	int64_t number;
};

static int declare_alone(struct journal *j, void *arg, struct err *e)
{
	struct declaring *d = arg;
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);
	int r = journal_last_incident(j, &d->number, e);

	if (r < 0)
		return r;
	d->number++;
	json_line(&text, d->body);
	if (text.over) {
		/* What is in reach counts more than what it holds: of each data set nothing is known then. */
		json_object_del(d->body, "data");
		buf_clear(&text);
		json_line(&text, d->body);
	}
	return journal_append(j, &(struct row){ .kind = ROW_DECLARED, .incident = d->number, .who = d->en->who,
			      .body = buf_text(&text) }, NULL, e);
}

static json_t *members_json(const struct firebreak_register *reg, const struct graph *g, const struct blast *b)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < b->n; i++) {
		_cleanup_(buf_free) struct buf path = BUF_INIT(8192);
		json_t *m = json_object();

		blast_path(g, b, i, &path);
		json_put(m, "kind", ref_kind_name(b->m[i].ref.kind));
		json_put(m, "name", register_name(reg, b->m[i].ref));
		json_put(m, "path", buf_text(&path));
		json_put_int(m, "depth", b->m[i].depth);
		json_array_append_new(list, m);
	}
	return list;
}

/* What is in reach of people, as it is now: a register that is mended later does not change what was known then. */
static json_t *data_json(const struct firebreak_register *reg, const struct blast *b)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->m[i].ref.kind != REF_DATA)
			continue;
		const struct data_def *d = &reg->data[b->m[i].ref.index];
		json_t *j = json_object(), *categories = json_array();

		for (uint32_t k = 0; k < d->categories.n; k++)
			json_array_append_new(categories, json_string(d->categories.s[k]));
		json_put(j, "name", d->name);
		json_put(j, "title", d->title);
		json_object_set_new(j, "categories", categories);
		json_put(j, "class", data_class_names[d->class]);
		if (d->people >= 0)
			json_put_int(j, "people", d->people);
		if (d->records >= 0)
			json_put_int(j, "records", d->records);
		json_put(j, "wiki", d->wiki);
		json_object_set_new(j, "address", json_boolean(d->address));
		json_array_append_new(list, j);
	}
	return list;
}

struct looking {
	const struct blast *b;
	const struct firebreak_register *reg;
	json_t *claims;                  /* incident number -> array of secrets */
};

static int collect(const struct row *row, void *arg)
{
	struct looking *l = arg;
	char number[32];
	_cleanup_(json_freep) json_t *body = NULL;
	struct err ignored = ERR_INIT;

	snprintf(number, sizeof(number), "%lld", (long long)row->incident);
	if (row->kind == ROW_CLOSED)
		json_object_del(l->claims, number);
	if ((row->kind != ROW_DECLARED) || json_read("row", row->body, strlen(row->body), ROW_BODY_MAX, &body,
						     &ignored) < 0)
		return 0;
	json_object_set(l->claims, number, json_object_get(body, "members"));
	return 0;
}

static bool in_blast(const struct looking *l, const json_t *member)
{
	const char *kind = json_str(member, "kind"), *name = json_str(member, "name");

	for (uint32_t i = 0; kind && name && !strcmp(kind, "secret") && i < l->b->n; i++)
		if (l->b->m[i].ref.kind == REF_SECRET && !strcmp(register_name(l->reg, l->b->m[i].ref), name))
			return true;
	return false;
}

/* Two incidents that touch one secret are told of each other. */
static int find_others(const struct engine *en, const struct blast *b, json_t *ret, struct err *e)
{
	_cleanup_(json_freep) json_t *claims = json_object();
	struct looking l = { b, en->reg, claims };
	int r = journal_each(en->journal, 0, 0, collect, &l, e);
	const char *number;
	json_t *members, *m;
	size_t i;

	if (r < 0)
		return r;
	json_object_foreach(claims, number, members) {
		json_array_foreach(members, i, m)
			if (in_blast(&l, m)) {
				json_t *other = json_object();

				json_put_int(other, "incident", strtoll(number, NULL, 10));
				json_put(other, "secret", json_str(m, "name"));
				json_array_append_new(ret, other);
				break;
			}
	}
	return 0;
}

static json_t *body_of(const struct engine *en, const struct declaration *d, const struct graph *g,
		       const struct blast *b)
{
	json_t *body = json_object(), *what = json_array();

	for (size_t i = 0; i < d->n_what; i++)
		json_array_append_new(what, json_string(d->what[i]));
	json_object_set_new(body, "what", what);
	json_put(body, "because", d->because);
	json_put(body, "confidence", d->confidence);
	json_put(body, "mode", mode_name(d->mode));
	if (d->drill)
		json_object_set_new(body, "drill", json_true());
	json_put_int(body, "suspected_us", d->suspected_us);
	json_put_int(body, "aware_us", d->aware_us ? d->aware_us : clock_now_us());
	json_put(body, "register", en->reg->digest);
	json_object_set_new(body, "members", members_json(en->reg, g, b));
	json_object_set_new(body, "data", data_json(en->reg, b));
	return body;
}

static int check(const struct declaration *d, struct err *e)
{
	if (!d->n_what)
		return err_set(e, ERR_USAGE, "nothing is named: say what leaked, a secret, a system, a host, a "
			       "user or an ssh key");
	if (!d->because || !*d->because || strlen(d->because) > LIMIT_TEXT ||
	    !text_is_utf8(d->because, strlen(d->because)))
		return err_set(e, ERR_USAGE, "a reason is needed: --because 'what happened', at most %u characters of "
			       "text", LIMIT_TEXT);
	if (d->suspected_us && d->aware_us && d->aware_us < d->suspected_us)
		return err_set(e, ERR_USAGE, "--aware is before --suspected: nobody is sure before the first "
			       "suspicion");
	return 0;
}

int engine_declare(const struct engine *en, const struct declaration *d, int64_t *ret_number, json_t **ret_others,
		   struct err *e)
{
	_cleanup_(graph_freep) struct graph *g = NULL;
	_cleanup_(blast_free) struct blast b = { 0 };
	_cleanup_(json_freep) json_t *body = NULL, *others = json_array();
	_cleanup_(freep) struct ref *roots = mem_zero(d->n_what + 1, sizeof(*roots));
	struct declaring work = { .en = en };
	int r = check(d, e);

	for (size_t i = 0; r == 0 && i < d->n_what; i++)
		r = register_resolve(en->reg, d->what[i], &roots[i], e);
	if (r == 0)
		r = graph_build(en->reg, &g, e);
	if (r == 0)
		r = graph_blast(g, roots, d->n_what, &b, e);
	/* A drill reaches nothing: nobody has the value who should not. */
	while (d->drill && b.n && b.m[b.n - 1].depth)
		b.n--;
	if (r == 0)
		r = find_others(en, &b, others, e);
	if (r < 0)
		return r;
	body = body_of(en, d, g, &b);
	work.body = body;
	r = journal_alone(en->journal, declare_alone, &work, e);
	if (r < 0)
		return r;
	*ret_number = work.number;
	*ret_others = TAKE(others);
	return 0;
}
