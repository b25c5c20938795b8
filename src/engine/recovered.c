#include "base/mem.h"
#include "base/text.h"
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

int engine_sealed(const struct incident *i, const char *secret, const struct step_state **ret, struct err *e)
{
	_cleanup_(freep) const char **names = mem_zero(i->n_steps + 1, sizeof(*names));
	const struct step_state *found = NULL;
	const char *near;
	size_t n = 0;

	for (uint32_t s = 0; s < i->n_steps; s++) {
		if (!i->steps[s].sealed_new || !i->steps[s].secret)
			continue;
		names[n++] = i->steps[s].secret;
		if (!strcmp(i->steps[s].secret, secret))
			found = &i->steps[s];
	}
	if (found) {
		*ret = found;
		return 0;
	}
	near = text_nearest(secret, names, n);
	return err_set(e, ERR_USAGE, "incident %lld has sealed no value of '%s'%s%s%s", (long long)i->number, secret,
		       near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int engine_recover(const struct engine *en, const struct incident *i, const char *secret, const char *what,
		   const struct seal_key *key, struct secret **ret, struct err *e)
{
	_cleanup_(freep) char *context = value_context(i->number, secret, what);
	_cleanup_(secret_freep) struct secret *value = NULL;
	const struct step_state *found = NULL;
	int r = engine_sealed(i, secret, &found, e);

	if (r != 0)
		return r;
	r = seal_open(key, !strcmp(what, "old") ? found->sealed_old : found->sealed_new, context, &value, e);
	if (r == 0)
		r = note(en, i, found->id, secret, what, e);
	if (r == 0)
		*ret = TAKE(value);
	return r;
}
