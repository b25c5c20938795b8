#include "fleet/visit.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/seal.h"
#include "engine/crew.h"

#define MARGIN_MS 2000       /* the warden ends a visit itself, with a better sentence than ours */

struct going {
	const struct visits *how;
	const struct visit *visit;
	json_t *job;
	int64_t since_us;
};

const char *visit_outcome_name(enum visit_outcome o)
{
	static const char *const names[] = {
		[VISIT_DONE] = "done", [VISIT_FAILED] = "failed", [VISIT_UNREACHABLE] = "unreachable",
		[VISIT_UNKNOWN] = "unknown",
	};

	return names[o];
}

static json_t *host_json(const struct visits *how, const struct host *h)
{
	json_t *j = json_object();

	json_put(j, "name", h->name);
	json_put(j, "address", h->address);
	json_object_set_new(j, "local", json_boolean(h->reach == REACH_LOCAL));
	json_put(j, "ssh_config", how->ssh_config);
	json_object_set_new(j, "timed", json_boolean(how->timed));
	return j;
}

static json_t *evidence_json(const struct visits *how, const struct visit_evidence *v)
{
	json_t *j = json_object(), *to = json_array();
	char text[SEAL_PUBLIC_TEXT];

	json_put(j, "file", v->file);
	json_put(j, "context", v->context);
	for (size_t i = 0; i < how->n_to; i++) {
		seal_public_text(&how->to[i], text);
		json_array_append_new(to, json_string(text));
	}
	json_object_set_new(j, "to", to);
	return j;
}

static json_t *make_job(const struct visits *how, const struct visit *v)
{
	json_t *j = json_object();

	json_put_int(j, "v", WIRE_VERSION);
	json_put(j, "verb", "visit");
	json_put_int(j, "limit_ms", how->limit_ms);
	json_put(j, "scout", how->scout);
	json_object_set_new(j, "host", host_json(how, v->host));
	json_object_set_new(j, "changes", json_boolean(how->changes));
	json_object_set_new(j, "fresh", json_boolean(how->fresh));
	json_put(j, "kept", v->kept);
	if (how->bytes_max)
		json_put_int(j, "bytes_max", (int64_t)how->bytes_max);
	if (v->evidence)
		json_object_set_new(j, "evidence", evidence_json(how, v->evidence));
	json_object_set(j, "do", v->request);
	return j;
}

static enum visit_outcome outcome_of(const struct worker_result *r)
{
	if (r->ok)
		return VISIT_DONE;
	if (r->effect == EFFECT_UNKNOWN)
		return VISIT_UNKNOWN;
	return r->code == ERR_NET ? VISIT_UNREACHABLE : VISIT_FAILED;
}

static void on_done(struct worker_result *r, void *arg)
{
	struct going *g = arg;
	struct visited v = {
		.outcome = outcome_of(r), .code = r->code, .effect = r->effect, .tries = r->tries,
		.answer = json_object_get(r->result, "answer"), .evidence = json_object_get(r->result, "evidence"),
		.took_us = clock_mono_us() - g->since_us,
	};

	(void)snprintf(v.text, sizeof(v.text), "%s", r->text);
	g->how->end(g->visit, &v, g->how->arg);
	json_decref(g->job);
	free(g);
}

static void on_line(enum wire_type type, const json_t *line, void *arg)
{
	const struct going *g = arg;

	g->how->line(g->visit, type, line, g->how->arg);
}

void visit_job(const struct visits *how, const struct visit *v, struct crew_job *ret)
{
	struct going *g = mem_zero(1, sizeof(*g));

	*g = (struct going){ how, v, make_job(how, v), clock_mono_us() };
	*ret = (struct crew_job){ .program = how->warden, .job = g->job, .limit_ms = how->limit_ms + MARGIN_MS,
				  .line = how->line ? on_line : NULL, .done = on_done, .arg = g };
}

int fleet_visit(const struct visits *how, const struct visit *list, uint32_t n, struct err *e)
{
	const struct crew_ears ears = { how->progress, how->arg };
	_cleanup_(freep) struct crew_job *jobs = mem_zero(n ? n : 1, sizeof(*jobs));

	for (uint32_t i = 0; i < n; i++)
		visit_job(how, &list[i], &jobs[i]);
	return crew_run(jobs, n, how->at_once, &ears, e);
}
