#include "model/incident_report.h"
#include "base/mem.h"
#include "model/incident.h"
#include <stdio.h>
#include <string.h>

static int wrong(const struct row *row, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFIG, "journal row %lld (%s): %s", (long long)row->seq, row_kind_name(row->kind), what);
}

/* What makes somebody an author of the report: it tells what they did, or they wrote it. */
static const char *const authors_by[ROW_KINDS] = {
	[ROW_DECLARED] = "declared it", [ROW_STARTED] = "responded to it", [ROW_SKIPPED] = "decided on a step of it",
	[ROW_ANSWERED] = "did a step of it", [ROW_RECOVERED] = "had its values shown",
	[ROW_WORDED] = "wrote sentences of it",
};

static int add_author(struct incident *i, const struct row *row, const char *did, struct err *e)
{
	struct incident_report *r = &i->report;
	const char *who = row->who ? row->who : "";

	for (uint32_t k = 0; k < r->n_authors; k++)
		if (strcmp(r->authors[k].who, who) == 0)
			return 0;
	if (!GROW(r->authors, r->n_authors, r->cap_authors, LIMIT_AUTHORS))
		return wrong(row, "too many people", e);
	r->authors[r->n_authors++] = (struct author){ arena_dup(i->arena, who), did, row->seq };
	return 0;
}

/* A section that is gone was written, too. */
static bool wrote_something(const json_t *before, const json_t *now)
{
	const char *name;
	json_t *hash;

	json_object_foreach((json_t *)(uintptr_t)now, name, hash)
		if (!json_equal(hash, json_object_get(before, name)))
			return true;
	return json_object_size(before) > json_object_size(now);
}

/* A draft that says something else than what was approved ends the approval. */
static int take_reported(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_report *r = &i->report;
	const json_t *sections = json_object_get(body, "sections");
	const char *sha256 = json_str(body, "sha256");
	bool wrote = sections && wrote_something(r->sections, sections);
	int code = wrote ? add_author(i, row, "wrote in the report", e) : 0;

	if (code < 0)
		return code;
	i->reported_us = row->at_us;
	i->report_sha256 = sha256;
	r->sections = sections ? sections : r->sections;
	r->draft_who = arena_dup(i->arena, row->who ? row->who : "");
	r->draft_seq = row->seq;
	if (r->approval.sha256 && (!sha256 || strcmp(r->approval.sha256, sha256) != 0)) {
		r->approval = (struct approval){ 0 };
		r->dropped_who = r->draft_who;
		r->dropped_seq = row->seq;
	}
	return 0;
}

static int take_approved(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct approval a = {
		.who = arena_dup(i->arena, row->who ? row->who : ""), .person = json_str(body, "person"),
		.sha256 = json_str(body, "sha256"), .statement = json_str(body, "statement"),
		.signature = json_str(body, "signature"), .seq = row->seq, .at_us = row->at_us };

	if (!a.person || !a.sha256 || !a.statement || !a.signature)
		return wrong(row, "needs \"person\", \"sha256\", \"statement\" and \"signature\"", e);
	i->report.approval = a;
	i->report.dropped_seq = 0;
	return 0;
}

static int take_publishing(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_report *r = &i->report;
	struct published p = {
		.what = json_str(body, "what"), .where = json_str(body, "where"), .page = json_str(body, "page"),
		.sha256 = json_str(body, "sha256"), .before = json_str(body, "before"), .seq = row->seq,
		.at_us = row->at_us, .id = arena_printf(i->arena, "%lld", (long long)row->seq) };

	if (!p.what || !p.where)
		return wrong(row, "needs \"what\" and \"where\"", e);
	if (!GROW(r->published, r->n_published, r->cap_published, LIMIT_PUBLISHED))
		return wrong(row, "too much was published", e);
	r->published[r->n_published++] = p;
	return 0;
}

static int take_published(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	struct incident_report *r = &i->report;
	int64_t intent = json_int(body, "intent", 0);

	for (uint32_t k = 0; k < r->n_published; k++) {
		struct published *p = &r->published[k];

		if (p->seq != intent)
			continue;
		p->ended = true;
		p->done = json_is(body, "done");
		p->url = json_str(body, "url");
		p->text = json_str(body, "text");
		p->effect = json_str(body, "effect");
		p->at_us = row->at_us;
		return 0;
	}
	return wrong(row, "\"intent\" names no row that says what was to be published", e);
}

int incident_report_take(struct incident *i, const struct row *row, const json_t *body, struct err *e)
{
	static int (*const take[ROW_KINDS])(struct incident *, const struct row *, const json_t *, struct err *) = {
		[ROW_REPORTED] = take_reported, [ROW_APPROVED] = take_approved,
		[ROW_PUBLISHING] = take_publishing, [ROW_PUBLISHED] = take_published,
	};

	if (authors_by[row->kind])
		return add_author(i, row, authors_by[row->kind], e);
	return take[row->kind] ? take[row->kind](i, row, body, e) : 0;
}

void incident_report_free(struct incident_report *r)
{
	free(r->authors);
	free(r->published);
}

const struct published *incident_published(const struct incident *i, const char *what, const char *where)
{
	for (uint32_t k = i->report.n_published; k-- > 0;) {
		const struct published *p = &i->report.published[k];

		if (strcmp(p->what, what) == 0 && (!where || strcmp(p->where, where) == 0))
			return p;
	}
	return NULL;
}

const struct published *incident_report_published(const struct incident *i)
{
	for (uint32_t k = i->report.n_published; k-- > 0;)
		if (strcmp(i->report.published[k].what, "report") == 0 && i->report.published[k].done)
			return &i->report.published[k];
	return NULL;
}
