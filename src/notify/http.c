#include "notify/http.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include <curl/curl.h>
#include <string.h>

#define FORM_MAX ((size_t)16 << 20)
#define HEADER_MAX 16384u

struct http {
	CURL *curl;
	struct curl_slist *headers;
	struct buf *answer;
	int64_t deadline_us;
	char why[CURL_ERROR_SIZE];
};

int http_open(const char *ca, int64_t deadline_us, struct http **ret, struct err *e)
{
	struct http *h = mem_zero(1, sizeof(*h));

	h->deadline_us = deadline_us;
	h->curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
	if (!h->curl) {
		free(h);
		return err_set(e, ERR_BUG, "libcurl could not be set up");
	}
	curl_easy_setopt(h->curl, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(h->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h->curl, CURLOPT_USERAGENT, "firebreak");
	curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->why);
	if (ca)
		curl_easy_setopt(h->curl, CURLOPT_CAINFO, ca);
	*ret = h;
	return 0;
}

void http_closep(struct http **h)
{
	if (!*h)
		return;
	curl_easy_cleanup((*h)->curl);
	curl_slist_free_all((*h)->headers);
	free(*h);
	*h = NULL;
}

static int add_bytes(const char *bytes, size_t len, void *arg)
{
	return strlen(bytes) == len && !strpbrk(bytes, "\r\n") ? buf_add(arg, bytes, len) : -ERR_CONFIG;
}

int http_header(struct http *h, const char *line, const struct secret *secret, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_WIPED(HEADER_MAX);
	struct curl_slist *more;

	if (add_bytes(line, strlen(line), &b) < 0 || (secret && secret_with(secret, add_bytes, &b) < 0))
		return err_set(e, ERR_CONFIG, "what belongs into the header '%.*s' holds a line break, or is too long",
			       (int)strcspn(line, ":"), line);
	more = curl_slist_append(h->headers, buf_text(&b));
	if (!more)
		return err_set(e, ERR_BUG, "libcurl took no header");
	h->headers = more;
	return 0;
}

struct form { struct http *h; struct buf *b; };

static int add_escaped(const char *bytes, size_t len, void *arg)
{
	struct form *f = arg;
	char *escaped = curl_easy_escape(f->h->curl, bytes, (int)len);
	int r = escaped ? buf_str(f->b, escaped) : -ERR_LIMIT;

	if (escaped)
		explicit_bzero(escaped, strlen(escaped));
	curl_free(escaped);
	return r;
}

static int make_form(struct http *h, const struct http_field *fields, size_t n, struct buf *b, struct err *e)
{
	struct form f = { h, b };

	for (size_t k = 0; k < n; k++) {
		/* libcurl takes the length 0 for "find out". */
		bool empty = !fields[k].secret && !*fields[k].text;
		int r;

		buf_printf(b, "%s%s=", k ? "&" : "", fields[k].name);
		r = empty ? 0 : fields[k].secret ? secret_with(fields[k].secret, add_escaped, &f)
						 : add_escaped(fields[k].text, strlen(fields[k].text), &f);
		if (r < 0 || b->over)
			return err_set(e, ERR_LIMIT, "the request has more than %zu MiB", FORM_MAX >> 20);
	}
	return 0;
}

static size_t on_answer(char *bytes, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	return buf_add(h->answer, bytes, size * n) < 0 ? 0 : size * n;
}

static int failed(struct http *h, CURLcode code, struct err *e)
{
	curl_off_t sent = 0;
	bool unknown;

	if (h->answer->over)
		(void)err_set(e, ERR_LIMIT, "the answer has more than %zu MiB", HTTP_ANSWER_MAX >> 20);
	else
		(void)err_set(e, ERR_NET, "%s%s%.200s", curl_easy_strerror(code), h->why[0] ? ": " : "", h->why);
	curl_easy_getinfo(h->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
	unknown = sent > 0;
	if (e && unknown)
		e->effect = EFFECT_UNKNOWN;
	return e ? -(int)e->code : -ERR_NET;
}

static int perform(struct http *h, const char *url, bool is_signed, struct buf *ret, int *ret_status, struct err *e)
{
	/* "http://localhost:x@elsewhere/" is elsewhere */
	bool in_clear = text_starts(url, "http://") && !strchr(url, '@') &&
			(is_signed || text_is_loopback(url + strlen("http://")));
	int64_t left_ms = (h->deadline_us - clock_mono_us()) / 1000;
	long status = 0;
	CURLcode code;

	h->answer = ret;
	h->why[0] = '\0';
	curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, in_clear ? "http,https" : "https");
	curl_easy_setopt(h->curl, CURLOPT_URL, url);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
	code = curl_easy_perform(h->curl);
	if (code != CURLE_OK)
		return failed(h, code, e);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	*ret_status = (int)status;
	return 0;
}

int http_get(struct http *h, const char *url, bool is_signed, struct buf *ret, int *ret_status, struct err *e)
{
	curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	return perform(h, url, is_signed, ret, ret_status, e);
}

int http_post(struct http *h, const char *url, const struct http_field *fields, size_t n, struct buf *ret,
	      int *ret_status, struct err *e)
{
	_cleanup_(buf_free) struct buf form = BUF_WIPED(FORM_MAX);
	int r = make_form(h, fields, n, &form, e);

	if (r < 0)
		return r;
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)form.len);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, buf_text(&form));
	return perform(h, url, false, ret, ret_status, e);
}

int http_ask(struct http *h, const char *url, const char *type, const struct buf *bytes, struct buf *ret,
	     int *ret_status, struct err *e)
{
	_cleanup_(freep) char *line = mem_printf("Content-Type: %s", type);
	int r = http_header(h, line, NULL, e);

	if (r < 0)
		return r;
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)bytes->len);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, buf_text(bytes));
	return perform(h, url, true, ret, ret_status, e);
}
