#include "base/clock.h"
#include "base/mem.h"
#include "cli/places.h"
#include "cli/report_approve.h"
#include "engine/notice.h"
#include "notify/publish.h"

#define RUNG "report"          /* of rules/notification.yaml */

static uint32_t wiki_of(const struct firebreak_register *reg)
{
	uint32_t k = 0;

	while (k < reg->n_wikis && strcmp(reg->wikis[k].name, reg->publish.wiki) != 0)
		k++;
	return k;
}

/* The page's ladder asks for the report: that it stands there is said where the ladder looks. */
static int tell(const struct submission *s, const char *url, struct err *e)
{
	int64_t now_us = clock_now_us();
	const struct telling t = { .to = RUNG, .reference = url, .at_us = now_us };

	return law_rung(&s->law, RUNG) ? engine_told(&s->s.en, s->incident, &s->law, &t, now_us, e) : 0;
}

static int write_it(const struct submission *s, struct published_page *ret, struct err *e)
{
	_cleanup_(freep) char *program = NULL, *summary = NULL;
	struct publisher p = { .en = &s->s.en, .incident = s->incident };
	int r = places_publisher(&program, e);

	if (r < 0)
		return r;
	p.program = program;
	summary = mem_printf("Incident report %lld, approved by %s", (long long)s->incident->number,
			     s->incident->report.approval.person);
	return publish_page(&p, &(struct publication){ .what = "report", .wiki = wiki_of(s->s.reg),
			    .page = buf_text(&s->page), .text = buf_text(&s->statement.public_wikitext),
			    .summary = summary }, ret, e);
}

int report_publish(struct cli *c, int64_t number, const char *draft, bool dry, struct err *e)
{
	_cleanup_(submission_close) struct submission s = { 0 };
	struct published_page page = { 0 };
	int r = submission_open(c, number, draft, &s, e);

	if (r == 0)
		r = submission_approved(&s, e);
	if (r == 0 && !s.s.reg->publish.wiki)
		r = err_set(e, ERR_REFUSED, "the register does not say where reports are published: 'publish: {wiki: "
			    "NAME, page: TITLE}'");
	if (r == 0 && dry) {
		cli_print(&s.statement.public_wikitext);
		cli_note("\nApproved by '%s', and nothing has changed since. It would be written to '%s' on '%s'.",
			 s.incident->report.approval.person, buf_text(&s.page), s.s.reg->publish.wiki);
		return 0;
	}
	if (r == 0)
		r = write_it(&s, &page, e);
	if (r == 0)
		r = tell(&s, page.url, e);
	if (r < 0)
		return r;
	cli_note("%s, and read back: it is the text that '%s' approved.\n\n  %s (revision %lld)",
		 page.stood ? "It stands there already" : "Published", s.incident->report.approval.person, page.url,
		 (long long)page.revision);
	return 0;
}
