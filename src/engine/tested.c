#include "base/mem.h"
#include "engine/engine.h"
#include "model/drilled.h"
#include <string.h>

static int64_t ended_of(const struct incident *i, const struct step_state *s)
{
	int64_t at = s->n_deeds ? s->deeds[s->n_deeds - 1].ended_us : 0;

	return at ? at : i->last_us;        /* a person's word has no deed */
}

/* A secret that went its whole way in one incident: nothing failed, waits, or was left out. */
static void one_incident(const struct incident *i, const struct firebreak_register *reg, int64_t *ret)
{
	for (uint32_t s = 0; s < reg->n_secrets; s++) {
		int64_t last = 0;
		bool whole = true;

		for (uint32_t k = 0; k < i->n_steps && whole; k++) {
			if (!i->steps[k].secret || strcmp(i->steps[k].secret, reg->secrets[s].name) != 0)
				continue;
			whole = outcome_is_success(i->steps[k].outcome);
			if (whole && ended_of(i, &i->steps[k]) > last)
				last = ended_of(i, &i->steps[k]);
		}
		/* Of a drill the intruder has the last word: it was let in, and is not any more. */
		if (whole && i->drill)
			whole = drilled_is_refused(i, reg->secrets[s].name);
		if (whole && last > ret[s])
			ret[s] = last;
	}
}

int engine_last_tested(struct journal *j, const struct firebreak_register *reg, int64_t *ret, struct err *e)
{
	int64_t n = 0;
	int r = journal_last_incident(j, &n, e);

	for (int64_t number = 1; r == 0 && number <= n; number++) {
		_cleanup_(incident_freep) struct incident *i = NULL;

		r = engine_incident(j, number, &i, e);
		if (r == 0)
			one_incident(i, reg, ret);
	}
	return r;
}
