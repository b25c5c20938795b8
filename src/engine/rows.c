#include "base/mem.h"
#include "engine/run.h"

static struct waiting *add(struct run *r, enum row_kind kind, uint32_t step, char *body)
{
	struct waiting *w = &r->rows[r->n_rows++];

	*w = (struct waiting){ .kind = kind, .step = step, .attempt = r->track[step].attempt, .body = body };
	return w;
}

void rows_intent(struct run *r, uint32_t step, const char *body)
{
	(void)add(r, ROW_INTENT, step, mem_dup(body));
}

void rows_outcome(struct run *r, uint32_t step, char *body, const char *text, int64_t took_us)
{
	struct waiting *w = add(r, ROW_OUTCOME, step, body);

	w->text = mem_dup(text);
	w->took_us = took_us;
}

static int append(struct journal *j, void *arg, struct err *e)
{
	const struct run *r = arg;
	int x = 0;

	for (uint32_t i = 0; x == 0 && i < r->n_rows; i++) {
		const struct waiting *w = &r->rows[i];

		x = journal_append(j, &(struct row){ .kind = w->kind, .incident = r->number,
				   .step = r->plan->steps[w->step].id, .attempt = w->attempt, .who = r->en->who,
				   .body = w->body }, NULL, e);
	}
	return x;
}

static void count_and_tell(const struct run *r, struct progress *p)
{
	if (!r->o->tell)
		return;
	for (uint32_t i = 0; i < r->plan->n; i++) {
		const struct track *t = &r->track[i];

		if (r->plan->steps[i].person)
			continue;
		p->total++;
		p->done += outcome_is_settled(t->outcome);
		p->waiting += !outcome_is_settled(t->outcome) && !t->running && !t->ended && t->wanted;
	}
	r->o->tell(p, r->o->arg);
}

static void tell(const struct run *r, const struct waiting *w)
{
	struct progress p = { .kind = w->kind == ROW_INTENT ? PROGRESS_STARTED : PROGRESS_ENDED,
			      .step = &r->plan->steps[w->step], .outcome = r->track[w->step].outcome, .text = w->text,
			      .took_us = w->took_us };

	count_and_tell(r, &p);
}

void rows_tick(struct run *r)
{
	count_and_tell(r, &(struct progress){ .kind = PROGRESS_TICK });
}

static void clear(struct run *r)
{
	for (uint32_t i = 0; i < r->n_rows; i++) {
		free(r->rows[i].body);
		free(r->rows[i].text);
	}
	r->n_rows = 0;
}

int rows_write(struct run *r, struct err *e)
{
	int x = 0;

	if (r->n_rows == 1)
		x = append(r->en->journal, r, e);
	else if (r->n_rows > 1)
		x = journal_alone(r->en->journal, append, r, e);
	for (uint32_t i = 0; x == 0 && i < r->n_rows; i++)
		tell(r, &r->rows[i]);
	clear(r);
	return x;
}

void rows_free(struct run *r)
{
	clear(r);
	free(r->rows);
}
