/*
 * The program firebreak-publisher: reads a page of a wiki, writes one and reads it back, or posts a status to a server
 * of Mastodon's API (docs/formats/worker-protocol.md, "The publisher").
 */
#include "base/mem.h"
#include "driver/sink.h"
#include "notify/mastodon.h"
#include "notify/mediawiki.h"
#include "notify/publish.h"
#include "worker/jobs.h"
#include <string.h>

static int need(const struct job *job, const char *key, const char **ret, struct err *e)
{
	*ret = json_str(job->body, key);
	return *ret ? 0 : err_set(e, ERR_CONFIG, "job: \"%s\" is missing", key);
}

static int open_wiki(const struct job *job, struct wiki_login *l, struct mediawiki **ret, struct err *e)
{
	int r = need(job, "api", &l->api, e);

	if (r == 0)
		r = need(job, "user", &l->user, e);
	l->ca = json_str(job->body, "ca");
	l->password = wire_secrets_get(&job->in, PUBLISH_SECRET);
	l->deadline_us = job->deadline_us;
	if (r == 0 && !l->password)
		r = err_set(e, ERR_CONFIG, "job: no secret '" PUBLISH_SECRET "' came with it");
	return r < 0 ? r : mediawiki_open(l, ret, e);
}

static void put_page(struct job *job, const struct wiki_page *p)
{
	json_object_set_new(job->result, "exists", json_boolean(p->exists));
	json_put_int(job->result, "revision", p->revision);
	json_put(job->result, "url", p->url);
	if (p->exists)
		json_put(job->result, "page_text", buf_text(&p->text));
}

static int wiki_read(struct job *job, struct err *e)
{
	_cleanup_(mediawiki_closep) struct mediawiki *w = NULL;
	_cleanup_(wiki_page_free) struct wiki_page p = { 0 };
	struct wiki_login l = { 0 };
	const char *page;
	int r = need(job, "page", &page, e);

	if (r == 0)
		r = open_wiki(job, &l, &w, e);
	if (r == 0)
		r = mediawiki_read(w, page, &p, e);
	if (r == 0)
		put_page(job, &p);
	return r;
}

static void changing(void *arg)
{
	const struct job *job = arg;

	job->sink->changing(job->sink->arg);
}

/* The revision that we were told of must be the one that stands there: between the two anybody may have written. */
static int is_base(const struct wiki_page *now, const struct wiki_edit *edit, struct err *e)
{
	if (now->revision == edit->revision)
		return 0;
	return err_set(e, ERR_CONFLICT, "the edit of '%.200s': somebody changed the page since it was looked at "
		       "(revision %lld, now %lld): look at it, then do it again", edit->page,
		       (long long)edit->revision, (long long)now->revision);
}

static int read_back(struct job *job, struct mediawiki *w, const struct wiki_edit *edit, struct err *e)
{
	_cleanup_(wiki_page_free) struct wiki_page after = { 0 };
	int r = mediawiki_read(w, edit->page, &after, e);

	if (r < 0) {
		e->effect = EFFECT_UNKNOWN;
		return err_wrap(e, "it was written and could not be read back");
	}
	put_page(job, &after);
	if (strcmp(buf_text(&after.text), edit->text) == 0)
		return 0;
	r = err_set(e, ERR_REMOTE, "'%.200s' was written, and the wiki keeps another text than was approved: look at "
		    "revision %lld", edit->page, (long long)after.revision);
	e->effect = EFFECT_CHANGED;
	return r;
}

static int wiki_write(struct job *job, struct err *e)
{
	_cleanup_(mediawiki_closep) struct mediawiki *w = NULL;
	_cleanup_(wiki_page_free) struct wiki_page now = { 0 };
	struct wiki_edit edit = { .revision = json_int(job->body, "revision", 0) };
	struct wiki_login l = { 0 };
	int64_t revision;
	int r = need(job, "page", &edit.page, e);

	if (r == 0)
		r = need(job, "page_text", &edit.text, e);
	if (r == 0)
		r = need(job, "summary", &edit.summary, e);
	if (r == 0)
		r = open_wiki(job, &l, &w, e);
	if (r == 0)
		r = mediawiki_read(w, edit.page, &now, e);
	if (r == 0)
		r = is_base(&now, &edit, e);
	if (r == 0)
		r = mediawiki_edit(w, &edit, &now, changing, job, &revision, e);
	return r == 0 ? read_back(job, w, &edit, e) : r;
}

static int post_status(struct job *job, struct err *e)
{
	struct status s = { .ca = json_str(job->body, "ca"), .deadline_us = job->deadline_us,
			    .token = wire_secrets_get(&job->in, PUBLISH_SECRET) };
	_cleanup_(freep) char *url = NULL;
	int r = need(job, "server", &s.server, e);

	if (r == 0)
		r = need(job, "status", &s.text, e);
	if (r == 0)
		r = need(job, "key", &s.key, e);
	if (r == 0 && !s.token)
		r = err_set(e, ERR_CONFIG, "job: no secret '" PUBLISH_SECRET "' came with it");
	if (r == 0)
		r = mastodon_post(&s, changing, job, &url, e);
	if (r == 0)
		json_put(job->result, "url", url);
	return r;
}

int job_run(struct job *job, const char *verb, struct err *e)
{
	static const struct { const char *verb; job_fn *run; } verbs[] = {
		{ "wiki-read", wiki_read }, { "wiki-write", wiki_write }, { "status", post_status },
	};

	for (size_t k = 0; k < ARRAY_SIZE(verbs); k++)
		if (!strcmp(verb, verbs[k].verb))
			return verbs[k].run(job, e);
	return err_set(e, ERR_CONFIG, "job: the publisher has no verb '%.60s'", verb);
}
