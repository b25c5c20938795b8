/* The same words for people outside, on Mastodon or in a room that others read. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "notify/publish.h"
#include <string.h>

#define STATUS "status"
#define KEPT_US (INT64_C(55) * 60 * 1000000)    /* Mastodon knows a key for an hour */

static const char *const room_kinds[CHANNEL_WAYS] = {
	[CHANNEL_DISCORD] = "discord", [CHANNEL_SLACK] = "slack", [CHANNEL_MATRIX] = "matrix",
};

static const struct published *said(const struct publisher *p, const char *channel, const char *sha256)
{
	for (uint32_t k = p->incident->report.n_published; k-- > 0;) {
		const struct published *b = &p->incident->report.published[k];

		if (!strcmp(b->what, STATUS) && !strcmp(b->where, channel) && b->sha256 &&
		    !strcmp(b->sha256, sha256))
			return b;
	}
	return NULL;
}

static bool is_unknown(const struct published *b)
{
	return !b->ended || (!b->done && b->effect && strcmp(b->effect, effect_name(EFFECT_UNKNOWN)) == 0);
}

static int may_say(const struct channel *c, const struct published *before, bool again, struct err *e)
{
	bool keyed = c->way == CHANNEL_MASTODON || c->way == CHANNEL_MATRIX;

	if (c->way != CHANNEL_MASTODON && !room_kinds[c->way])
		return err_set(e, ERR_REFUSED, "channel '%s' is of kind '%s': people outside are told over mastodon, "
			       "discord, slack and matrix", c->name, c->kind);
	if (c->way != CHANNEL_MASTODON && !c->public)
		return err_set(e, ERR_REFUSED, "channel '%s' is not one that people outside read: 'public: true' would "
			       "say so", c->name);
	if (!before || !is_unknown(before) || again || (keyed && clock_now_us() - before->at_us < KEPT_US))
		return 0;
	return err_set(e, ERR_REFUSED, "it is not known whether '%s' has this text already (row %lld): look there, "
		       "then add --again to say it once more", c->name, (long long)before->seq);
}

static json_t *job_for(const struct channel *c, const char *text, const char *key)
{
	json_t *job = json_object();

	json_put(job, "verb", c->way == CHANNEL_MASTODON ? "status" : "alert");
	json_put(job, "kind", room_kinds[c->way]);
	json_put(job, "server", c->server);
	json_put(job, "ca", c->ca);
	json_put(job, c->way == CHANNEL_MASTODON ? "status" : "text", text);
	json_put(job, c->way == CHANNEL_MASTODON ? "key" : "txn", key);
	json_put(job, "room", c->way == CHANNEL_MATRIX ? c->to : NULL);
	return job;
}

static int say(const struct publisher *p, const char *messenger, const struct channel *c, const char *text,
	       const char *sha256, struct published_page *ret, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object(), *job = job_for(c, text, sha256);
	_cleanup_(far_page_free) struct far_page after = { 0 };
	bool status = c->way == CHANNEL_MASTODON;
	const struct far_ask q = { status ? p->program : messenger, status ? PUBLISH_SECRET : "channel", c->secret,
				   job };
	struct err unwritten = ERR_INIT;
	int64_t intent;
	int r, kept;

	json_put(body, "what", STATUS);
	json_put(body, "where", c->name);
	json_put(body, "sha256", sha256);
	r = publish_intent(p, body, &intent, e);
	if (r < 0)
		return r;
	r = publish_ask(p, &q, &after, e);
	memcpy(ret->url, after.url, sizeof(ret->url));
	kept = publish_outcome(p, intent, STATUS, c->name, r == 0, ret->url, e, &unwritten);
	if (r == 0 && kept < 0)
		*e = unwritten;
	return r < 0 ? r : kept;
}

int publish_status(const struct publisher *p, const char *messenger, uint32_t channel, const char *text, bool again,
		   struct published_page *ret, struct err *e)
{
	const struct channel *c = &p->en->reg->channels[channel];
	_cleanup_(freep) char *whole = mem_printf("%lld %s %s", (long long)p->incident->number, c->name, text);
	const struct published *before;
	char sha256[65];
	int r;

	/* The same words once more get the same key: a far side that knows keys makes no second of them. */
	digest_sha256_hex(whole, strlen(whole), sha256);
	before = said(p, c->name, sha256);
	r = may_say(c, before, again, e);
	if (r == 0 && before && before->done) {
		ret->stood = true;
		(void)snprintf(ret->url, sizeof(ret->url), "%s", before->url ? before->url : "");
		return 0;
	}
	if (r == 0)
		r = publish_trusted(p, c->secret, c->name, e);
	return r < 0 ? r : say(p, messenger, c, text, sha256, ret, e);
}
