#include "notify/mastodon.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "notify/http.h"
#include <string.h>

static const struct { int status; enum err_code as; const char *words; } refusals[] = {
	{ 401, ERR_AUTH, "the server does not know the token" },
	{ 403, ERR_REFUSED, "the token may not post: it needs the scope write:statuses" },
	{ 404, ERR_CONFIG, "there is no Mastodon API at this address" },
	{ 422, ERR_REFUSED, "the server does not take this text" },
	{ 429, ERR_NET, "the server takes no more for now: do it again later" },
	{ 503, ERR_NET, "the server is down for now: do it again later" },
};

static int refused(int status, const json_t *answer, struct err *e)
{
	_cleanup_(buf_free) struct buf own = BUF_INIT(1000);
	const char *words = json_str(answer, "error");
	int r;

	text_visible(&own, words ? words : "", words ? strnlen(words, 200) : 0);
	for (size_t k = 0; k < ARRAY_SIZE(refusals); k++)
		if (refusals[k].status == status)
			return err_set(e, refusals[k].as, "the status: %s (HTTP %d: %s)", refusals[k].words, status,
				       buf_text(&own));
	r = err_set(e, ERR_REMOTE, "the status: the server answered HTTP %d: %s", status, buf_text(&own));
	if (status / 100 == 5)
		e->effect = EFFECT_UNKNOWN;
	return r;
}

int mastodon_post(const struct status *s, void (*changing)(void *arg), void *arg, char **ret_url, struct err *e)
{
	const struct http_field fields[] = { { .name = "status", .text = s->text },
					     { .name = "visibility", .text = "public" } };
	_cleanup_(http_closep) struct http *h = NULL;
	_cleanup_(freep) char *url = mem_printf("%s/api/v1/statuses", s->server);
	_cleanup_(freep) char *key = mem_printf("Idempotency-Key: %s", s->key);
	_cleanup_(buf_free) struct buf answer = BUF_WIPED(HTTP_ANSWER_MAX);
	_cleanup_(json_freep) json_t *j = NULL;
	int status = 0, r = http_open(s->ca, s->deadline_us, &h, e);

	if (r == 0)
		r = http_header(h, key, NULL, e);
	if (r == 0)
		r = http_header(h, "Authorization: Bearer ", s->token, e);
	if (r < 0)
		return r;
	changing(arg);
	r = http_post(h, url, fields, ARRAY_SIZE(fields), &answer, &status, e);
	if (r < 0)
		return err_wrap(e, "the status");
	(void)json_read("the server's answer", buf_text(&answer), answer.len, HTTP_ANSWER_MAX, &j, NULL);
	if (status != 200)
		return refused(status, j, e);
	if (!json_str(j, "id") || !json_str(j, "url")) {
		r = err_set(e, ERR_REMOTE, "the status: the server's answer has no id and url; look whether it is "
			    "there");
		e->effect = EFFECT_UNKNOWN;
		return r;
	}
	*ret_url = mem_dup(json_str(j, "url"));
	return 0;
}
