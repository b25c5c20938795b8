#include "cli/notice_site.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/law.h"
#include "cli/places.h"
#include "cli/session.h"
#include "engine/notice.h"
#include "notify/publish.h"
#include "report/escape.h"
#include "report/redact.h"

#define PAGE "MediaWiki:Sitenotice"
#define TEXT_MAX 16384u

/* Rungs of rules/notification.yaml that this fulfils. */
static const char *const rungs[] = { "site-notice", "site-notice-global" };

struct at_work {
	struct session s;
	struct incident *incident;
	char *program;
	struct publisher p;
	bool *chosen;
	uint32_t n_chosen;
};

static void at_work_end(struct at_work *w)
{
	free(w->chosen);
	free(w->program);
	incident_free(w->incident);
	session_close(&w->s);
}

static int begin(struct cli *c, int64_t number, struct at_work *w, struct err *e)
{
	int r = session_open(c, JOURNAL_WRITE, &w->s, e);

	if (r == 0)
		r = engine_incident(w->s.journal, number, &w->incident, e);
	if (r == 0)
		r = places_publisher(&w->program, e);
	if (r < 0)
		return r;
	w->p = (struct publisher){ &w->s.en, w->program, w->incident };
	w->chosen = mem_zero(w->s.reg->n_wikis + 1, sizeof(*w->chosen));
	return w->s.reg->n_wikis ? 0 : err_set(e, ERR_REFUSED, "the register has no 'wikis': it does not say how they "
					       "are written");
}

static int choose_one(struct at_work *w, const char *name, struct err *e)
{
	const struct firebreak_register *reg = w->s.reg;
	_cleanup_(freep) const char **names = mem_zero(reg->n_wikis + 1, sizeof(*names));
	const char *near;

	for (uint32_t k = 0; k < reg->n_wikis; k++) {
		names[k] = reg->wikis[k].name;
		if (strcmp(names[k], name) != 0)
			continue;
		w->n_chosen += !w->chosen[k];
		w->chosen[k] = true;
		return 0;
	}
	near = text_nearest(name, names, reg->n_wikis);
	return err_set(e, ERR_USAGE, "--wiki '%s': the register has no wiki of that name%s%s%s", name,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int choose(struct at_work *w, const struct site_choice *choice, struct err *e)
{
	int r = 0;

	for (size_t k = 0; r == 0 && k < choice->wikis->n; k++)
		r = choose_one(w, choice->wikis->s[k], e);
	for (uint32_t k = 0; r == 0 && choice->all && k < w->s.reg->n_wikis; k++)
		r = choose_one(w, w->s.reg->wikis[k].name, e);
	return r;
}

/* Text of ours with the words of a person in it, which mean nothing to a wiki; and no host or address. */
static int compose(const struct at_work *w, struct buf *b, struct err *e)
{
	const struct published *report = incident_report_published(w->incident);
	const char *nature = w->incident->law.words[WORDS_NATURE].text;
	_cleanup_(redactor_freep) struct redactor *r = NULL;
	_cleanup_(buf_free) struct buf words = BUF_INIT(TEXT_MAX);
	long long n = (long long)w->incident->number;

	if (!report || !report->url)
		return err_set(e, ERR_REFUSED, "a site notice links the report, and that of incident %lld is not "
			       "published: `firebreak report %lld publish`", n, n);
	if (!nature)
		return err_set(e, ERR_REFUSED, "nobody has said in plain language what happened: `firebreak notice "
			       "word %lld --nature '...'`", n);
	r = redactor_new(w->s.reg, w->incident);
	redact(r, nature, &words);
	buf_str(b, "'''");
	escape_wikitext(b, w->s.reg->organisation.name);
	buf_str(b, ":''' ");
	escape_wikitext(b, buf_text(&words));
	buf_str(b, " [");
	escape_wikitext_link(b, report->url);
	buf_str(b, " What happened and what was done]");
	return b->over || words.over ? err_set(e, ERR_LIMIT, "the notice has more than %u bytes: shorten --nature",
					       TEXT_MAX) : 0;
}

static void told_of(const char *wiki, int r, const struct published_page *page, const char *done, const struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);

	text_visible(&b, e->text, strlen(e->text));
	if (r == 0)
		cli_note("  %-16s %s%s", wiki, done, page->stood ? " (it was so already)" : "");
	else
		cli_note("  %-16s not done: %s", wiki, buf_text(&b));
}

typedef int each_fn(struct at_work *w, uint32_t wiki, const char *text, struct published_page *ret, struct err *e);

static int put_one(struct at_work *w, uint32_t wiki, const char *text, struct published_page *ret, struct err *e)
{
	_cleanup_(freep) char *summary = mem_printf("Firebreak: security notice, incident %lld",
						    (long long)w->incident->number);

	return publish_page(&w->p, &(struct publication){ .what = "site-notice", .wiki = wiki, .page = PAGE,
			    .text = text, .summary = summary }, ret, e);
}

static int take_one(struct at_work *w, uint32_t wiki, const char *text _unused_, struct published_page *ret,
		    struct err *e)
{
	return withdraw_page(&w->p, wiki, PAGE, ret, e);
}

/* How many failed; *e: the last of them. */
static uint32_t each(struct at_work *w, each_fn *one, const char *text, const char *done, struct err *e)
{
	uint32_t bad = 0;

	for (uint32_t k = 0; k < w->s.reg->n_wikis; k++) {
		struct published_page page = { 0 };
		struct err own = ERR_INIT;
		int r = w->chosen[k] ? one(w, k, text, &page, &own) : 0;

		if (!w->chosen[k])
			continue;
		told_of(w->s.reg->wikis[k].name, r, &page, done, &own);
		bad += r < 0;
		if (r < 0)
			*e = own;
	}
	return bad;
}

static int tell(struct cli *c, struct at_work *w, struct err *e)
{
	_cleanup_(law_free) struct law law = { 0 };
	const struct published *report = incident_report_published(w->incident);
	int64_t now_us = clock_now_us();
	struct telling t = { .reference = report->url, .at_us = now_us };
	int r = law_load(c, &law, e);

	t.to = rungs[w->n_chosen == w->s.reg->n_wikis];
	return r == 0 && law_rung(&law, t.to) ? engine_told(&w->s.en, w->incident, &law, &t, now_us, e) : r;
}

int notice_site(struct cli *c, int64_t number, const struct site_choice *choice, struct err *e)
{
	_cleanup_(at_work_end) struct at_work w = { 0 };
	_cleanup_(buf_free) struct buf text = BUF_INIT(TEXT_MAX);
	int r = begin(c, number, &w, e);

	if (r == 0)
		r = choose(&w, choice, e);
	if (r == 0 && !w.n_chosen)
		r = err_set(e, ERR_USAGE, "on which wikis? --wiki NAME, several times when you like, or --all-wikis");
	if (r == 0)
		r = compose(&w, &text, e);
	if (r < 0)
		return r;
	cli_note("The site notice of incident %lld:\n", (long long)number);
	if (each(&w, put_one, buf_text(&text), "shows it", e))
		return err_wrap(e, "not every wiki shows it");
	return tell(c, &w, e);
}

enum standing { NEVER, STANDS, WITHDRAWN };

static enum standing standing_of(const struct at_work *w, uint32_t wiki)
{
	enum standing now = NEVER;

	for (uint32_t k = 0; k < w->incident->report.n_published; k++) {
		const struct published *one = &w->incident->report.published[k];

		if (strcmp(one->where, w->s.reg->wikis[wiki].name) != 0 || !one->page || strcmp(one->page, PAGE) != 0)
			continue;
		if (strcmp(one->what, "withdrawal") != 0)
			now = STANDS;
		else if (one->done)
			now = WITHDRAWN;
	}
	return now;
}

/* What is left is where there is something to take back; what was taken back already is told. */
static void take_out_withdrawn(struct at_work *w, bool usual)
{
	for (uint32_t k = 0; k < w->s.reg->n_wikis; k++) {
		enum standing now = standing_of(w, k);

		if (usual && now == STANDS) {
			w->chosen[k] = true;
			w->n_chosen++;
		}
		if (now != WITHDRAWN || !(usual || w->chosen[k]))
			continue;
		cli_note("  %-16s it is withdrawn already", w->s.reg->wikis[k].name);
		w->n_chosen -= w->chosen[k];
		w->chosen[k] = false;
	}
}

int notice_withdraw(struct cli *c, int64_t number, const struct site_choice *choice, struct err *e)
{
	_cleanup_(at_work_end) struct at_work w = { 0 };
	bool usual = !choice->wikis->n && !choice->all, known = false;
	int r = begin(c, number, &w, e);

	if (r == 0)
		r = choose(&w, choice, e);
	for (uint32_t k = 0; r == 0 && k < w.s.reg->n_wikis; k++)
		known |= standing_of(&w, k) != NEVER;
	if (r == 0 && usual && !known)
		r = err_set(e, ERR_REFUSED, "no site notice of incident %lld stands on a wiki of the register",
			    (long long)number);
	if (r < 0)
		return r;
	cli_note("The site notice of incident %lld:\n", (long long)number);
	take_out_withdrawn(&w, usual);
	return each(&w, take_one, NULL, "shows what stood before", e) ? err_wrap(e, "not every wiki is as before") : 0;
}
