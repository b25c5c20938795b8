/*
 * One POST (Matrix: PUT) to a room of others, by https only: no redirects, no proxy, no other scheme. A URL of Discord
 * or Slack is a secret as a whole, so no text of this file, of libcurl or of the far side about it is told: only its
 * host, the number of the answer, and libcurl's name for what failed.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "notify/hook_json.h"
#include "notify/messenger.h"
#include <curl/curl.h>
#include <string.h>

#define ANSWER_MAX 65536u

struct hook {
	struct job *job;
	CURL *curl;
	CURLU *url;
	struct curl_slist *headers;
	char *host;
	size_t answered;
	bool changing;
};

static void hook_end(struct hook *h)
{
	curl_easy_cleanup(h->curl);
	curl_url_cleanup(h->url);
	curl_slist_free_all(h->headers);
	curl_free(h->host);
}

/* An answer is only counted; more than it may have is an error. */
static size_t on_answer(char *bytes _unused_, size_t size, size_t n, void *arg)
{
	struct hook *h = arg;

	h->answered += size * n;
	return h->answered > ANSWER_MAX ? 0 : size * n;
}

/* The first byte of the request: from here on it may have been read. */
static int on_talk(CURL *curl _unused_, curl_infotype type, char *bytes _unused_, size_t len _unused_, void *arg)
{
	struct hook *h = arg;

	if (type == CURLINFO_DATA_OUT && !h->changing) {
		h->changing = true;
		h->job->sink->changing(h->job->sink->arg);
	}
	return 0;
}

static int take_url(const char *bytes, size_t len, void *arg)
{
	struct hook *h = arg;
	char *scheme = NULL, *user = NULL;
	int r = strlen(bytes) == len && !strpbrk(bytes, " \r\n\t") &&
		curl_url_set(h->url, CURLUPART_URL, bytes, 0) == CURLUE_OK &&
		curl_url_get(h->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && !strcmp(scheme, "https") &&
		curl_url_get(h->url, CURLUPART_USER, &user, 0) != CURLUE_OK ? 0 : -ERR_CONFIG;

	curl_free(scheme);
	curl_free(user);
	return r;
}

static int take_token(const char *bytes, size_t len, void *arg)
{
	struct hook *h = arg;
	_cleanup_(buf_free) struct buf b = BUF_WIPED(SECRET_MAX + 64);
	struct curl_slist *more;

	if (strlen(bytes) != len || strpbrk(bytes, "\r\n"))
		return -ERR_CONFIG;
	buf_printf(&b, "Authorization: Bearer %s", bytes);
	more = b.over ? NULL : curl_slist_append(h->headers, buf_text(&b));
	h->headers = more ? more : h->headers;
	return more ? 0 : -ERR_CONFIG;
}

static int matrix_url(struct hook *h, struct err *e)
{
	const char *server = json_str(h->job->body, "server"), *room = json_str(h->job->body, "room");
	const char *id = json_str(h->job->body, "txn");
	_cleanup_(freep) char *path = NULL;
	char *escaped, *name;
	int r;

	if (!server || !room || !id)
		return err_set(e, ERR_CONFIG, "job: matrix needs \"server\", \"room\" and \"txn\"");
	escaped = curl_easy_escape(h->curl, room, 0);
	name = curl_easy_escape(h->curl, id, 0);
	path = mem_printf("%s/_matrix/client/v3/rooms/%s/send/m.room.message/%s", server, escaped, name);
	curl_free(escaped);
	curl_free(name);
	r = take_url(path, strlen(path), h);
	return r < 0 ? err_set(e, ERR_CONFIG, "'%.200s' is no https address", server) : 0;
}

static int address(struct hook *h, const char *kind, const struct secret *secret, struct err *e)
{
	int r;

	if (!secret)
		return err_set(e, ERR_CONFIG, "job: a room needs a secret");
	if (!strcmp(kind, "matrix")) {
		r = matrix_url(h, e);
		if (r == 0 && secret_with(secret, take_token, h) < 0)
			r = err_set(e, ERR_CONFIG, "the token cannot be sent: it holds a line break");
		curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, "PUT");
	} else {
		r = secret_with(secret, take_url, h);
		if (r < 0)
			r = err_set(e, ERR_CONFIG, "the secret of this channel is no https:// address");
		/* with it Discord answers when the message is there, not before */
		if (r == 0 && !strcmp(kind, "discord") &&
		    curl_url_set(h->url, CURLUPART_QUERY, "wait=true", CURLU_APPENDQUERY) != CURLUE_OK)
			r = err_set(e, ERR_CONFIG, "the secret of this channel is no https:// address");
	}
	if (r == 0 && curl_url_get(h->url, CURLUPART_HOST, &h->host, 0) != CURLUE_OK)
		r = err_set(e, ERR_CONFIG, "the address has no host");
	return r;
}

static void set_up(struct hook *h, const char *body)
{
	const char *ca = json_str(h->job->body, "ca");
	int64_t left_ms = (h->job->deadline_us - clock_mono_us()) / 1000;
	struct curl_slist *more = curl_slist_append(h->headers, "Content-Type: application/json");

	h->headers = more ? more : h->headers;
	curl_easy_setopt(h->curl, CURLOPT_CURLU, h->url);
	curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(h->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(h->curl, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(h->curl, CURLOPT_DEBUGFUNCTION, on_talk);
	curl_easy_setopt(h->curl, CURLOPT_DEBUGDATA, h);
	if (ca) {
		curl_easy_setopt(h->curl, CURLOPT_CAINFO, ca);
		curl_easy_setopt(h->curl, CURLOPT_CAPATH, NULL);
	}
}

/* What the number of the answer means: 5xx may have kept it, 503 and what is below did not. */
static int judge(struct hook *h, CURLcode rc, struct err *e)
{
	long status = 0;

	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	if (rc == CURLE_OK && status / 100 == 2) {
		(void)snprintf(h->job->text, sizeof(h->job->text), "%.100s took it (%ld)", h->host, status);
		return 0;
	}
	if (status / 100 == 4 || status == 503 || status / 100 == 3)
		return err_set(e, status == 401 || status == 403 ? ERR_AUTH : ERR_REMOTE, "'%.100s' did not take it: "
			       "its answer is %ld%s", h->host, status,
			       status == 429 ? ", too many at a time"
			       : status / 100 == 3 ? ", which leads elsewhere" : "");
	if (status)
		(void)err_set(e, ERR_REMOTE, "'%.100s' answered %ld: whether it has it is not known", h->host, status);
	else
		(void)err_set(e, ERR_NET, "'%.100s': %s", h->host, curl_easy_strerror(rc));
	e->effect = h->changing ? EFFECT_UNKNOWN : EFFECT_NONE;
	return -(int)e->code;
}

int send_hook(struct job *job, const struct secret *secret, struct err *e)
{
	const char *kind = json_str(job->body, "kind"), *text = json_str(job->body, "text");
	_cleanup_(hook_end) struct hook h = { .job = job, .curl = curl_easy_init(), .url = curl_url() };
	_cleanup_(json_freep) json_t *body = NULL;
	_cleanup_(buf_free) struct buf line = BUF_INIT(1 << 17);
	struct err none = ERR_INIT;
	int r;

	e = e ? e : &none;
	if (!h.curl || !h.url || !text || !*text)
		return err_set(e, ERR_CONFIG, "job: a room needs \"text\"");
	body = hook_json(kind, text);
	json_line(&line, body);
	r = address(&h, kind, secret, e);
	if (r < 0)
		return r;
	set_up(&h, buf_text(&line));
	return judge(&h, curl_easy_perform(h.curl), e);
}
