#include "notify/smtp_link.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include <curl/curl.h>
#include <poll.h>
#include <string.h>

struct smtp_link {
	CURL *curl;
	curl_socket_t fd;
	struct smtp_bytes in;
	bool logged_in;
	char refusal[200];               /* the server's last 4xx or 5xx while libcurl talked to it */
	char why[CURL_ERROR_SIZE];
};

/* What the server says while libcurl connects and logs in. */
static size_t on_line(char *line, size_t size, size_t n, void *arg)
{
	struct smtp_link *l = arg;
	_cleanup_(buf_free) struct buf shown = BUF_INIT(8000);
	size_t len = size * n;

	l->logged_in |= len >= 3 && !memcmp(line, "235", 3);
	if (len && (line[0] == '4' || line[0] == '5')) {
		while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		text_visible(&shown, line, len < 150 ? len : 150);
		(void)snprintf(l->refusal, sizeof(l->refusal), "%.190s", buf_text(&shown));
	}
	return size * n;
}

static int set_url(CURL *curl, CURLU *url, const struct smtp_relay *r, const char *hello)
{
	_cleanup_(freep) char *host = strchr(r->host, ':') ? mem_printf("[%s]", r->host) : mem_dup(r->host);
	_cleanup_(freep) char *path = mem_printf("/%s", hello);
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", r->port);
	return curl_url_set(url, CURLUPART_SCHEME, r->tls == SMTP_TLS_WRAPPED ? "smtps" : "smtp", 0) == CURLUE_OK &&
	       curl_url_set(url, CURLUPART_HOST, host, 0) == CURLUE_OK &&
	       curl_url_set(url, CURLUPART_PORT, port, 0) == CURLUE_OK &&
	       curl_url_set(url, CURLUPART_PATH, path, 0) == CURLUE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CURLU, url) == CURLE_OK ? 0 : -ERR_CONFIG;
}

static void set_tls(CURL *curl, const struct smtp_relay *r)
{
	static const long use[] = { [SMTP_TLS_REQUIRED] = CURLUSESSL_ALL, [SMTP_TLS_OPTIONAL] = CURLUSESSL_TRY,
				    [SMTP_TLS_NEVER] = CURLUSESSL_NONE, [SMTP_TLS_WRAPPED] = CURLUSESSL_ALL };
	bool checked = r->tls == SMTP_TLS_REQUIRED || r->tls == SMTP_TLS_WRAPPED;

	curl_easy_setopt(curl, CURLOPT_USE_SSL, use[r->tls]);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, checked ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, checked ? 2L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (r->ca_file) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, r->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

static int set_password(const char *bytes, size_t len _unused_, void *arg)
{
	return curl_easy_setopt(arg, CURLOPT_PASSWORD, bytes) == CURLE_OK ? 0 : -ERR_CONFIG;
}

static int set_up(struct smtp_link *l, CURLU *url, const struct smtp_relay *r, const char *hello, int64_t limit_ms,
		  struct err *e)
{
	CURL *curl = l->curl;

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)limit_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)limit_ms);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, l->why);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, l);
	set_tls(curl, r);
	if (set_url(curl, url, r, hello) < 0)
		return err_set(e, ERR_CONFIG, "'%.100s' is no host of a mail relay", r->host);
	if (!r->user)
		return 0;
	if (curl_easy_setopt(curl, CURLOPT_USERNAME, r->user) != CURLE_OK ||
	    secret_with(r->password, set_password, curl) < 0)
		return err_set(e, ERR_CONFIG, "user or password cannot be given to the mail relay");
	return 0;
}

static const struct { CURLcode rc; enum err_code code; const char *text; } failures[] = {
	{ CURLE_LOGIN_DENIED, ERR_AUTH, "the login was refused" },
	{ CURLE_USE_SSL_FAILED, ERR_REFUSED, "it offers no STARTTLS, which is required here" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_REFUSED, "its certificate is not the one of this relay" },
	{ CURLE_SSL_CACERT_BADFILE, ERR_CONFIG, "the CA file cannot be read" },
	{ CURLE_OPERATION_TIMEDOUT, ERR_NET, "no answer in time" },
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_NET, "its name cannot be resolved" },
	{ CURLE_COULDNT_CONNECT, ERR_NET, "it cannot be connected to" },
};

static int failed(const struct smtp_link *l, CURLcode rc, struct err *e)
{
	_cleanup_(buf_free) struct buf why = BUF_INIT(4 * CURL_ERROR_SIZE);

	text_visible(&why, l->why, strlen(l->why));
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		if (failures[i].rc == rc)
			return err_set(e, failures[i].code, "%s (%s)", failures[i].text,
				       l->refusal[0] ? l->refusal : buf_text(&why));
	return err_set(e, ERR_NET, "%s", l->refusal[0] ? l->refusal : why.len ? buf_text(&why)
									       : curl_easy_strerror(rc));
}

static int wait_for(const struct smtp_link *l, short events, int64_t until_us, struct err *e)
{
	struct pollfd p = { .fd = l->fd, .events = events };
	int64_t left_ms = (until_us - clock_mono_us()) / 1000;

	if (left_ms <= 0 || poll(&p, 1, left_ms > 3600000 ? 3600000 : (int)left_ms) == 0)
		return err_set(e, ERR_NET, "no answer in time");
	return 0;
}

/* 1: something came; 0: nothing is there now. */
static int take(struct smtp_link *l, struct err *e)
{
	char part[16384];
	size_t n = 0;
	CURLcode rc = curl_easy_recv(l->curl, part, sizeof(part), &n);

	if (rc == CURLE_AGAIN)
		return 0;
	if (rc != CURLE_OK)
		return err_set(e, ERR_NET, "the connection broke: %s", curl_easy_strerror(rc));
	if (n == 0)
		return err_set(e, ERR_NET, "the mail server hung up");
	if (l->in.at == l->in.b.len) {
		buf_clear(&l->in.b);
		l->in.at = 0;
	}
	return buf_add(&l->in.b, part, n) < 0 ? err_set(e, ERR_REMOTE, "the mail server says more than it was asked")
					      : 1;
}

int smtp_link_write(struct smtp_link *l, const void *bytes, size_t len, int64_t limit_ms, struct err *e)
{
	const char *at = bytes;
	int64_t until_us = clock_mono_us() + limit_ms * 1000;
	int r = 0;

	while (len) {
		size_t n = 0;
		CURLcode rc = curl_easy_send(l->curl, at, len, &n);

		if (rc != CURLE_OK && rc != CURLE_AGAIN)
			return err_set(e, ERR_NET, "the connection broke: %s", curl_easy_strerror(rc));
		at += n;
		len -= n;
		/* It may want to be heard before it takes more: what it says is taken meanwhile. */
		if (len && rc == CURLE_AGAIN)
			r = wait_for(l, POLLIN | POLLOUT, until_us, e);
		if (len && r == 0 && rc == CURLE_AGAIN)
			r = take(l, e);
		if (r < 0)
			return r;
		r = 0;
	}
	return 0;
}

static int reply(struct smtp_link *l, int64_t limit_ms, struct smtp_reply *ret, const char **ret_lines,
		 size_t *ret_len, struct err *e)
{
	int64_t until_us = clock_mono_us() + limit_ms * 1000;
	int r;

	while ((r = smtp_reply_take(&l->in, ret, ret_lines, ret_len, e)) == 0) {
		r = take(l, e);
		if (r == 0)
			r = wait_for(l, POLLIN, until_us, e);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

int smtp_link_reply(struct smtp_link *l, int64_t limit_ms, struct smtp_reply *ret, struct err *e)
{
	return reply(l, limit_ms, ret, NULL, NULL, e);
}

/* Once more, behind TLS and login: what counts is what it offers now. */
static int greet(struct smtp_link *l, const char *hello, int64_t limit_ms, struct smtp_offer *ret, struct err *e)
{
	_cleanup_(freep) char *line = mem_printf("EHLO %s\r\n", hello);
	struct smtp_reply said = { 0 };
	const char *lines = NULL;
	size_t len = 0;
	int r = smtp_link_write(l, line, strlen(line), limit_ms, e);

	if (r == 0)
		r = reply(l, limit_ms, &said, &lines, &len, e);
	if (r == 0 && said.code != 250)
		r = err_set(e, ERR_REMOTE, "EHLO: %d %s", said.code, said.text);
	if (r == 0)
		smtp_offer_read(lines, len, ret);
	return r;
}

static int connect_to(struct smtp_link *l, const struct smtp_relay *r, const char *hello,
		      const struct smtp_limits *limits, struct smtp_offer *ret, struct err *e)
{
	CURLU *url = curl_url();
	int x = set_up(l, url, r, hello, limits->connect_ms, e);
	CURLcode rc = x == 0 ? curl_easy_perform(l->curl) : CURLE_OK;

	curl_url_cleanup(url);
	if (x < 0)
		return x;
	if (rc != CURLE_OK)
		return failed(l, rc, e);
	/* libcurl goes on without a word when no login is offered. */
	if (r->user && !l->logged_in)
		return err_set(e, ERR_AUTH, "it offers no login that is known here");
	if (curl_easy_getinfo(l->curl, CURLINFO_ACTIVESOCKET, &l->fd) != CURLE_OK || l->fd == CURL_SOCKET_BAD)
		return err_set(e, ERR_NET, "the connection is gone");
	return greet(l, hello, limits->connect_ms, ret, e);
}

int smtp_link_open(const struct smtp_relay *r, const char *hello, const struct smtp_limits *limits,
		   struct smtp_link **ret, struct smtp_offer *ret_offer, struct err *e)
{
	struct smtp_link *l = mem_zero(1, sizeof(*l));
	int x;

	*l = (struct smtp_link){ .curl = curl_easy_init(), .in = SMTP_BYTES_INIT };
	x = l->curl ? connect_to(l, r, hello, limits, ret_offer, e) : err_set(e, ERR_IO, "libcurl cannot be set up");
	if (x < 0) {
		smtp_link_close(l);
		return x;
	}
	*ret = l;
	return 0;
}

struct smtp_link *smtp_link_close(struct smtp_link *l)
{
	if (!l)
		return NULL;
	curl_easy_cleanup(l->curl);
	buf_free(&l->in.b);
	free(l);
	return NULL;
}
