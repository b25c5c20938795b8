#include "base/mem.h"
#include "engine/run.h"
#include <string.h>

static int note(const struct engine *en, const struct incident *i, const char *step, const char *secret,
		const char *what, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_put(body, "secret", secret);
	json_put(body, "what", what);
	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = ROW_RECOVERED, .incident = i->number, .step = step,
			      .who = en->who, .body = buf_text(&text) }, NULL, e);
}

int engine_recover(const struct engine *en, const struct incident *i, const char *secret, const char *what,
		   const struct seal_key *key, struct secret **ret, struct err *e)
{
	_cleanup_(freep) char *context = value_context(i->number, secret, what);
	_cleanup_(secret_freep) struct secret *value = NULL;
	const struct step_state *found = NULL;
	int r;

	for (uint32_t s = 0; s < i->n_steps; s++)
		if (i->steps[s].sealed_new && i->steps[s].secret && !strcmp(i->steps[s].secret, secret))
			found = &i->steps[s];
	if (!found)
		return err_set(e, ERR_USAGE, "incident %lld has sealed no value of '%s'", (long long)i->number, secret);
	r = seal_open(key, !strcmp(what, "old") ? found->sealed_old : found->sealed_new, context, &value, e);
	if (r == 0)
		r = note(en, i, found->id, secret, what, e);
	if (r == 0)
		*ret = TAKE(value);
	return r;
}
