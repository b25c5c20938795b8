/* What `firebreak trace` needs of the engine: the values as the private git has them now, those that an incident
 * sealed, and the row that says what was found of them. */
#include "base/mem.h"
#include "engine/crew.h"
#include "engine/run.h"
#include <string.h>

#define READ_MS 120000

struct reading {
	const struct run *r;
	const uint32_t *secrets;
	uint32_t n;
	struct engine_value *to;
};

static void take(struct worker_result *w, void *arg)
{
	const struct reading *g = arg;

	for (uint32_t i = 0; i < g->n; i++) {
		const json_t *mine = secret_result(w->result, i, g->r->en->reg->secrets[g->secrets[i]].name);
		struct engine_value *v = &g->to[i];
		char name[32];

		(void)snprintf(name, sizeof(name), "old%u", i);
		const struct secret *s = w->ok && mine && json_is(mine, "ok") ? wire_secrets_get(&w->out, name) : NULL;
		v->value = s ? secret_copy(s) : NULL;
		if (!s)
			(void)snprintf(v->why, sizeof(v->why), "%s", mine && json_str(mine, "text") ? json_str(mine,
				"text")
				       : w->text);
	}
}

int engine_read_values(const struct engine *en, const uint32_t *secrets, uint32_t n, struct engine_value *ret,
		       struct err *e)
{
	_cleanup_(freep) char *clones = mem_printf("%s/clones", en->state_folder);
	struct run r = { .en = en, .clones = clones };
	int x = 0;

	for (uint32_t at = 0; x == 0 && at < n; at += BATCH_MAX) {
		uint32_t many = n - at < BATCH_MAX ? n - at : BATCH_MAX;
		struct reading g = { &r, secrets + at, many, ret + at };
		_cleanup_(json_freep) json_t *job = NULL;

		job_of_reading(&r, secrets + at, many, READ_MS, &job);
		struct crew_job one = { .program = en->worker, .job = job, .limit_ms = READ_MS, .done = take, .arg =
				       &g };
		x = crew_run(&one, 1, 1, NULL, e);
	}
	return x;
}

int engine_open_sealed(const struct incident *i, const char *secret, const char *which, const struct seal_key *key,
		       struct secret **ret, struct err *e)
{
	_cleanup_(freep) char *context = value_context(i->number, secret, which);
	const struct step_state *found = NULL;
	int r = engine_sealed(i, secret, &found, e);

	if (r == 0)
		r = seal_open(key, strcmp(which, "old") == 0 ? found->sealed_old : found->sealed_new, context, ret, e);
	return r;
}

int engine_traced(const struct engine *en, int64_t incident, const json_t *body, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = ROW_TRACED, .incident = incident, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}
