#include "notify/publish.h"
#include "base/digest.h"
#include "base/mem.h"
#include <string.h>

#define WITHDRAWAL "withdrawal"
#define NOTICE "site-notice"

static json_t *job_for(const struct publisher *p, uint32_t wiki, const char *verb, const char *page)
{
	const struct wiki *w = &p->en->reg->wikis[wiki];
	json_t *job = json_object();

	json_put(job, "verb", verb);
	json_put(job, "api", w->api);
	json_put(job, "user", w->user);
	json_put(job, "ca", w->ca);
	json_put(job, "page", page);
	return job;
}

static int look(const struct publisher *p, uint32_t wiki, const char *page, struct far_page *ret, struct err *e)
{
	_cleanup_(json_freep) json_t *job = job_for(p, wiki, "wiki-read", page);

	return publish_ask(p, &(struct far_ask){ p->program, PUBLISH_SECRET, p->en->reg->wikis[wiki].secret, job },
			   ret, e);
}

static bool is_text(const struct far_page *now, const char *sha256)
{
	char is[65];

	if (!now->exists || !sha256)
		return false;
	digest_sha256_hex(now->text, strlen(now->text), is);
	return strcmp(is, sha256) == 0;
}

static bool is_at(const struct published *b, const char *where, const char *page)
{
	return strcmp(b->where, where) == 0 && b->page && strcmp(b->page, page) == 0;
}

/* What of ours was to stand on that page last; NULL: nothing, or it was taken back. */
static const struct published *ours(const struct publisher *p, const char *where, const char *page)
{
	for (uint32_t k = p->incident->report.n_published; k-- > 0;) {
		const struct published *b = &p->incident->report.published[k];

		if (!is_at(b, where, page))
			continue;
		if (strcmp(b->what, WITHDRAWAL) != 0)
			return b;
		if (b->done)
			return NULL;
	}
	return NULL;
}

static bool is_before(const struct far_page *now, const struct published *b)
{
	return b->before ? now->exists && strcmp(now->text, b->before) == 0 : !now->exists || !*now->text;
}

static bool counts_there(const struct publisher *p, const char *where, const char *page)
{
	for (uint32_t k = 0; k < p->incident->report.n_published; k++) {
		const struct published *b = &p->incident->report.published[k];

		if (is_at(b, where, page) && b->done && strcmp(b->what, WITHDRAWAL) != 0)
			return true;
	}
	return false;
}

/* It is neither ours nor what stood there before. */
static int not_ours(const struct publisher *p, const char *where, const char *page, const struct far_page *now,
		    const struct published *last, struct err *e)
{
	if (counts_there(p, where, page))
		return err_set(e, ERR_REFUSED, "somebody changed '%.150s' on '%s' since Firebreak wrote it: look at "
			       "its history, and put back what was published (%.200s)", page, where, now->url);
	return err_set(e, ERR_REFUSED, "'%.150s' on '%s' has neither the text that was to stand there nor the one from "
		       "before, and nothing of this incident counts as published there: look at its history, then %s "
		       "and publish again (%.200s)", page, where,
		       last->before ? "put back what stood there before" : "have the page deleted, as none was there "
		       "before,", now->url);
}

/* Ours, or what stood there when ours was begun; or the first that we put there. */
static int may_write(const struct publisher *p, const struct publication *what, const struct far_page *now,
		     const struct published *last, struct err *e)
{
	const char *where = p->en->reg->wikis[what->wiki].name;

	/* A notice that somebody took away, page and all, is nobody's words. */
	if (strcmp(what->what, NOTICE) == 0 && (!now->exists || !*now->text))
		return 0;
	for (uint32_t k = 0; last && k < p->incident->report.n_published; k++) {
		const struct published *b = &p->incident->report.published[k];

		if (is_at(b, where, what->page) && (is_text(now, b->sha256) || (!b->done && is_before(now, b))))
			return 0;
	}
	if (last)
		return not_ours(p, where, what->page, now, last, e);
	if (strcmp(what->what, NOTICE) == 0 || !now->exists)
		return 0;
	return err_set(e, ERR_REFUSED, "'%.150s' is there on '%s' already and is not ours (%.200s): choose another "
		       "'publish: page:'", what->page, where, now->url);
}

/* Of a notice that is put over one of ours, what stood before the first one. */
static const char *before_of(const struct far_page *now, const struct published *last)
{
	if (last && is_text(now, last->sha256))
		return last->before;
	return now->exists && *now->text ? now->text : NULL;
}

static int write_page(const struct publisher *p, const struct publication *what, const char *kind,
		      const struct far_page *now, const char *before, struct published_page *ret, struct err *e)
{
	const char *where = p->en->reg->wikis[what->wiki].name;
	_cleanup_(json_freep) json_t *body = json_object(), *job = job_for(p, what->wiki, "wiki-write", what->page);
	_cleanup_(far_page_free) struct far_page after = { 0 };
	struct err unwritten = ERR_INIT;
	char sha256[65];
	int64_t intent;
	int r, kept;

	digest_sha256_hex(what->text, strlen(what->text), sha256);
	json_put(body, "what", kind);
	json_put(body, "where", where);
	json_put(body, "page", what->page);
	json_put(body, "sha256", sha256);
	json_put_int(body, "revision", now->revision);
	json_put(body, "before", before);
	r = publish_intent(p, body, &intent, e);
	if (r < 0)
		return r;
	/* A page that is not there says as little as an empty one. */
	ret->stood = is_text(now, sha256) || (!now->exists && !*what->text);
	memcpy(ret->url, now->url, sizeof(ret->url));
	ret->revision = now->revision;
	if (!ret->stood) {
		json_put(job, "page_text", what->text);
		json_put(job, "summary", what->summary);
		json_put_int(job, "revision", now->revision);
		r = publish_ask(p, &(struct far_ask){ p->program, PUBLISH_SECRET,
				p->en->reg->wikis[what->wiki].secret, job }, &after, e);
		ret->revision = after.revision;
		if (after.url[0])
			memcpy(ret->url, after.url, sizeof(ret->url));
	}
	kept = publish_outcome(p, intent, kind, where, r == 0, ret->url, e, &unwritten);
	if (r == 0 && kept < 0)
		*e = unwritten;
	if (r < 0 && e->effect == EFFECT_UNKNOWN)
		return err_wrap(e, "it is not known whether it was done; the same command once more looks first");
	return r < 0 ? r : kept;
}

int publish_page(const struct publisher *p, const struct publication *what, struct published_page *ret, struct err *e)
{
	const struct wiki *w = &p->en->reg->wikis[what->wiki];
	_cleanup_(far_page_free) struct far_page now = { 0 };
	const struct published *last = ours(p, w->name, what->page);
	int r = publish_trusted(p, w->secret, w->name, e);

	if (r == 0 && strlen(what->text) > PUBLISH_MAX)
		r = err_set(e, ERR_LIMIT, "the text has more than %zu KiB: shorten its sections", PUBLISH_MAX >> 10);
	if (r == 0)
		r = look(p, what->wiki, what->page, &now, e);
	if (r == 0)
		r = may_write(p, what, &now, last, e);
	return r < 0 ? r : write_page(p, what, what->what, &now, before_of(&now, last), ret, e);
}

int withdraw_page(const struct publisher *p, uint32_t wiki, const char *page, struct published_page *ret,
		  struct err *e)
{
	const struct wiki *w = &p->en->reg->wikis[wiki];
	_cleanup_(far_page_free) struct far_page now = { 0 };
	const struct published *last = ours(p, w->name, page);
	struct publication back = { .what = NOTICE, .wiki = wiki, .page = page,
				    .summary = "Firebreak: the security notice is withdrawn" };
	int r = publish_trusted(p, w->secret, w->name, e);

	if (r < 0)
		return r;
	if (!last)
		return err_set(e, ERR_REFUSED, "no site notice of incident %lld stands on '%s'",
			       (long long)p->incident->number, w->name);
	r = look(p, wiki, page, &now, e);
	if (r < 0)
		return r;
	/* A withdrawal that was cut short: what stood before stands there again. */
	back.text = last->before ? last->before : "";
	if (!is_text(&now, last->sha256) && !is_before(&now, last))
		return err_set(e, ERR_REFUSED, "somebody changed the site notice of '%s' since Firebreak wrote it: it "
			       "is left as it is; edit '%s' there by hand (%.200s)", w->name, page, now.url);
	if (!now.exists)
		now.revision = 0;
	return write_page(p, &back, WITHDRAWAL, &now, last->before, ret, e);
}
