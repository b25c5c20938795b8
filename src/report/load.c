#include "report/report.h"
#include "base/mem.h"
#include "report/words.h"

#define LINES_MAX 1000000u

struct report *report_new(int64_t incident)
{
	struct report *r = mem_zero(1, sizeof(*r));

	r->arena = arena_new();
	r->incident = incident_new(incident);
	return r;
}

struct report *report_free(struct report *r)
{
	if (!r)
		return NULL;
	incident_free(r->incident);
	arena_free(r->arena);
	free(r->lines);
	free(r);
	return NULL;
}

void report_freep(struct report **r)
{
	*r = report_free(*r);
}

int report_add(struct report *r, const struct row *row, struct err *e)
{
	int code = incident_add(r->incident, row, e);

	if (code < 0)
		return code;
	if (!GROW(r->lines, r->n_lines, r->cap_lines, LINES_MAX))
		return err_set(e, ERR_LIMIT, "incident %lld has more than %u rows", (long long)row->incident,
			       LINES_MAX);

	/* The fold has just read the body and keeps it: the last one is this row's. */
	const json_t *bodies = r->incident->bodies;
	const json_t *body = json_array_get(bodies, json_array_size(bodies) - 1);

	r->lines[r->n_lines++] = (struct report_line){
		.seq = row->seq,
		.at_us = row->at_us,
		.kind = row->kind,
		.who = arena_dup(r->arena, row->who ? row->who : ""),
		.words = words_of_row(r->arena, r->incident, row, body),
		.in_public = words_in_public(r->arena, r->incident, row, body),
	};
	return 0;
}

struct loading {
	struct report *report;
	int64_t until;
	struct err *e;
};

static int take(const struct row *row, void *arg)
{
	struct loading *l = arg;

	return row->seq > l->until ? 0 : report_add(l->report, row, l->e);
}

int report_load_until(struct journal *j, int64_t incident, int64_t until, struct report **ret, struct err *e)
{
	_cleanup_(report_freep) struct report *r = report_new(incident);
	struct loading l = { r, until, e };
	int code = journal_each(j, incident, 0, take, &l, e);

	r->head.seq = until;
	if (code < 0)
		return code;
	if (!r->n_lines)
		return err_set(e, ERR_USAGE, "there is no incident %lld: 'firebreak status' lists them",
			       (long long)incident);
	*ret = TAKE(r);
	return 0;
}

/* The head first: rows that another program adds meanwhile are of a later draft. */
int report_load(struct journal *j, int64_t incident, struct report **ret, struct err *e)
{
	struct journal_head head;
	int code = journal_head(j, &head, e);

	if (code == 0)
		code = report_load_until(j, incident, head.seq, ret, e);
	if (code == 0)
		(*ret)->head = head;
	return code;
}
