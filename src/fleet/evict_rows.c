/* The rows of an eviction, as docs/formats/journal.md has them of every step. */
#include "base/mem.h"
#include "fleet/evict_parts.h"

static int append(struct eviction *x, enum row_kind kind, const struct step_state *s, uint32_t attempt, const json_t
	*body,
		  struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	if (text.over)
		return err_set(e, ERR_LIMIT, "what came of '%s' does not fit into a row of the journal", s->id);
	return journal_append(x->en->journal, &(struct row){ .kind = kind, .incident = x->incident->number, .step =
		s->id,
			      .attempt = attempt, .who = x->en->who, .body = buf_text(&text) }, NULL, e);
}

int evict_intent(struct eviction *x, const struct step_state *s, uint32_t attempt, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();

	json_put(body, "do", "evict");
	json_put(body, "first", "act");
	return append(x, ROW_INTENT, s, attempt, body, e);
}

int evict_asked(struct eviction *x, const struct step_state *s, uint32_t attempt, const json_t *body, struct err *e)
{
	return append(x, ROW_ASKED, s, attempt, body, e);
}

static void count(struct evict_result *ret, enum outcome o)
{
	ret->proven += o == OUTCOME_PROVEN;
	ret->failed += o == OUTCOME_FAILED;
	ret->unreachable += o == OUTCOME_UNREACHABLE;
	ret->unknown += o == OUTCOME_UNKNOWN;
}

int evict_outcome(struct eviction *x, const struct step_state *s, uint32_t attempt, enum outcome o, enum effect effect,
		  const char *text, const json_t *tries, json_t *result, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	int r;

	json_put(body, "outcome", outcome_name(o));
	json_put(body, "effect", effect_name(effect));
	json_put(body, "text", text);
	if (tries)
		json_object_set(body, "tries", (json_t *)(uintptr_t)tries);
	if (result)
		json_object_set(body, "result", result);
	r = append(x, ROW_OUTCOME, s, attempt, body, e);
	if (r < 0)
		return r;
	count(x->ret, o);
	if (x->o->tell)
		x->o->tell(&(struct evict_told){ s->id, o, text, json_object_get(result, "here"),
					   json_object_get(result, "logins"),
					   json_object_get(result, "accounts") }, x->o->arg);
	return 0;
}
