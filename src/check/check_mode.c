#include "check/check.h"

void check_modes(struct check *c)
{
	for (uint32_t i = 0; i < c->n_exposed; i++) {
		const struct survey_exposed *x = &c->exposed[i];

		if (x->repository == NOTHING) {
			const struct secret_def *s = &c->reg->secrets[x->secret];

			check_at_register(c, RULE_MODE, s->consumers[x->consumer].at, s->name, x->next,
					  "%s holds '%s' and %s", x->file, s->name, x->why);
			continue;
		}
		findings_add(c->findings, &(struct finding){ .rule = RULE_MODE,
			     .repository = c->reg->repositories[x->repository].name, .file = x->file, .line = 1,
			     .subject = x->file, .text = arena_printf(c->arena, "'%s' %s", x->file, x->why),
			     .next = x->next });
	}
}
