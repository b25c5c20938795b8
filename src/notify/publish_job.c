/* One job of the publisher, and the two rows around it. */
#include "base/mem.h"
#include "engine/crew.h"
#include "notify/publish.h"
#include <string.h>

#define LIMIT_MS 90000

void far_page_free(struct far_page *p)
{
	free(p->text);
	*p = (struct far_page){ 0 };
}

static bool is_replaced(const struct incident *i, const char *secret)
{
	bool any = false;

	for (uint32_t k = 0; k < i->n_steps; k++) {
		if (!i->steps[k].secret || strcmp(i->steps[k].secret, secret) != 0)
			continue;
		if (!outcome_is_success(i->steps[k].outcome))
			return false;
		any = true;
	}
	return any;
}

/* Nothing is said with a password that somebody else may have. */
int publish_trusted(const struct publisher *p, uint32_t secret, const char *where, struct err *e)
{
	const char *name = p->en->reg->secrets[secret].name;

	for (uint32_t k = 0; k < p->incident->n_members; k++) {
		const struct affected *m = &p->incident->members[k];

		if (m->kind && m->name && !strcmp(m->kind, "secret") && !strcmp(m->name, name) &&
		    !is_replaced(p->incident, name))
			return err_set(e, ERR_REFUSED, "'%s', with which '%s' is written, is among what this incident "
				       "reaches, and is not replaced yet: `firebreak respond %lld` first", name,
				       where, (long long)p->incident->number);
	}
	return 0;
}

struct asking {
	struct far_page *ret;
	struct err *e;
	int code;
};

static int take(const json_t *o, struct far_page *ret, struct err *e)
{
	const char *url = json_str(o, "url"), *text = json_str(o, "page_text");

	ret->exists = json_is(o, "exists");
	ret->revision = json_int(o, "revision", 0);
	if (url && strlen(url) < sizeof(ret->url))
		memcpy(ret->url, url, strlen(url) + 1);
	if (ret->exists && !text)
		return err_set(e, ERR_BUG, "the publisher told of a page without its text");
	ret->text = mem_dup(text);
	return 0;
}

static void done(struct worker_result *r, void *arg)
{
	struct asking *a = arg;

	if (r->ok) {
		a->code = take(r->result, a->ret, a->e);
		return;
	}
	a->code = err_set(a->e, r->code, "%s", r->text);
	a->e->effect = r->effect;
}

int publish_ask(const struct publisher *p, const struct far_ask *q, struct far_page *ret, struct err *e)
{
	struct wire_secrets secrets = { 0 };
	struct engine_value value = { 0 };
	struct asking a = { ret, e, -ERR_BUG };
	struct crew_job one = { .program = q->program, .job = q->job, .secrets = &secrets, .limit_ms = LIMIT_MS,
				.done = done, .arg = &a };
	int r = engine_read_values(p->en, &q->secret, 1, &value, e);

	if (r == 0 && !value.value)
		r = err_set(e, ERR_AUTH, "the value of '%s' could not be read: %.300s",
			    p->en->reg->secrets[q->secret].name, value.why);
	if (r < 0)
		return r;
	wire_secrets_add(&secrets, q->secret_name, value.value);
	json_put_int(q->job, "v", WIRE_VERSION);
	json_put_int(q->job, "limit_ms", LIMIT_MS - 5000);
	r = crew_run(&one, 1, 1, NULL, e);
	wire_secrets_free(&secrets);
	return r < 0 ? r : a.code;
}

static int append(const struct publisher *p, enum row_kind kind, const json_t *body, int64_t *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	return journal_append(p->en->journal, &(struct row){ .kind = kind, .incident = p->incident->number,
			      .who = p->en->who, .body = buf_text(&text) }, ret, e);
}

int publish_intent(const struct publisher *p, json_t *body, int64_t *ret, struct err *e)
{
	return append(p, ROW_PUBLISHING, body, ret, e);
}

int publish_outcome(const struct publisher *p, int64_t intent, const char *what, const char *where, bool is_done,
		    const char *url, const struct err *why, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();

	json_put_int(body, "intent", intent);
	json_put(body, "what", what);
	json_put(body, "where", where);
	json_object_set_new(body, "done", json_boolean(is_done));
	json_put(body, "url", url && *url ? url : NULL);
	json_put(body, "effect", is_done ? effect_name(EFFECT_CHANGED) : effect_name(why->effect));
	json_put(body, "text", is_done ? NULL : why->text);
	return append(p, ROW_PUBLISHED, body, NULL, e);
}
