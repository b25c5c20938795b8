#include "notify/irc_link.h"
#include "base/fs.h"
#include "base/mem.h"
#include "notify/net.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct irc_link {
	int fd;
	int64_t deadline_us;
	SSL_CTX *context;
	SSL *ssl;
	struct buf in;
	size_t taken;                    /* bytes of `in` that were given out */
};

struct irc_link *irc_link_close(struct irc_link *l)
{
	if (!l)
		return NULL;
	SSL_free(l->ssl);
	SSL_CTX_free(l->context);
	closep(&l->fd);
	buf_free(&l->in);
	free(l);
	return NULL;
}

static void closing(struct irc_link **l)
{
	*l = irc_link_close(*l);
}

static int tls_failed(const struct irc_link *l, struct err *e)
{
	long verified = SSL_get_verify_result(l->ssl);
	char why[200];

	if (verified != X509_V_OK)
		return err_set(e, ERR_REFUSED, "the server's certificate is not to be trusted: %s",
			       X509_verify_cert_error_string(verified));
	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	return err_set(e, ERR_NET, "TLS: %s", why);
}

/* What OpenSSL waits for; 0 when it can go on. */
static int tls_wait(const struct irc_link *l, int rc, struct err *e)
{
	int what = SSL_get_error(l->ssl, rc);

	if (what != SSL_ERROR_WANT_READ && what != SSL_ERROR_WANT_WRITE)
		return tls_failed(l, e);
	if (!net_wait(l->fd, what == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, l->deadline_us))
		return err_set(e, ERR_NET, "no answer in time");
	return 0;
}

static int start_tls(struct irc_link *l, const char *host, const char *ca_file, struct err *e)
{
	_cleanup_(freep) char *name = mem_dup(host);    /* OpenSSL's macro takes no name that may not be written to */
	X509_VERIFY_PARAM *param;
	int rc;

	l->context = SSL_CTX_new(TLS_client_method());
	if (!l->context || !SSL_CTX_set_min_proto_version(l->context, TLS1_2_VERSION))
		return err_set(e, ERR_IO, "TLS cannot be set up");
	if (ca_file ? !SSL_CTX_load_verify_locations(l->context, ca_file, NULL)
		    : !SSL_CTX_set_default_verify_paths(l->context))
		return err_set(e, ERR_CONFIG, "'%.200s' holds no certificates", ca_file ? ca_file : "the system");
	SSL_CTX_set_verify(l->context, SSL_VERIFY_PEER, NULL);
	l->ssl = SSL_new(l->context);
	if (!l->ssl || !SSL_set_fd(l->ssl, l->fd))
		return err_set(e, ERR_IO, "TLS cannot be set up");
	param = SSL_get0_param(l->ssl);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1) {
		(void)SSL_set_tlsext_host_name(l->ssl, name);
		if (!SSL_set1_host(l->ssl, host))
			return err_set(e, ERR_CONFIG, "'%.100s' is no host", host);
	}
	while ((rc = SSL_connect(l->ssl)) != 1) {
		int r = tls_wait(l, rc, e);

		if (r < 0)
			return r;
	}
	return 0;
}

int irc_link_open(const char *server, bool tls, const char *ca_file, int64_t deadline_us, struct irc_link **ret,
		  struct err *e)
{
	_cleanup_(closing) struct irc_link *l = mem_zero(1, sizeof(*l));
	_cleanup_(freep) char *host = NULL;
	int r;

	*l = (struct irc_link){ .fd = -1, .deadline_us = deadline_us, .in = BUF_INIT(IRC_IN_MAX) };
	r = net_connect(server, SOCK_STREAM, deadline_us, &l->fd, &host, e);
	if (r == 0 && tls) {
		r = start_tls(l, host, ca_file, e);
		if (r < 0)
			return err_wrap(e, "'%.100s'", server);
	}
	if (r == 0)
		*ret = TAKE(l);
	return r;
}

int irc_link_write(struct irc_link *l, const void *bytes, size_t len, struct err *e)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = l->ssl ? SSL_write(l->ssl, at, (int)len) : send(l->fd, at, len, MSG_NOSIGNAL);
		int r = 0;

		if (n > 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (l->ssl)
			r = tls_wait(l, (int)n, e);
		else if (errno != EAGAIN && errno != EINTR)
			return err_set(e, ERR_NET, "the connection broke: %s", strerror(errno));
		else if (!net_wait(l->fd, POLLOUT, l->deadline_us))
			return err_set(e, ERR_NET, "no answer in time");
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_more(struct irc_link *l, struct err *e)
{
	char part[4096];
	ssize_t n;

	for (;;) {
		n = l->ssl ? SSL_read(l->ssl, part, sizeof(part)) : recv(l->fd, part, sizeof(part), 0);
		if (n > 0)
			break;
		if (n == 0 || (l->ssl && SSL_get_error(l->ssl, (int)n) == SSL_ERROR_ZERO_RETURN))
			return err_set(e, ERR_NET, "the server hung up");
		if (l->ssl) {
			int r = tls_wait(l, (int)n, e);

			if (r < 0)
				return r;
		} else if (errno != EAGAIN && errno != EINTR) {
			return err_set(e, ERR_NET, "the connection broke: %s", strerror(errno));
		} else if (!net_wait(l->fd, POLLIN, l->deadline_us)) {
			return err_set(e, ERR_NET, "no answer in time");
		}
	}
	return buf_add(&l->in, part, (size_t)n) < 0 ? err_set(e, ERR_REMOTE, "the server's line has no end") : 0;
}

int irc_link_line(struct irc_link *l, char **ret, struct err *e)
{
	for (;;) {
		char *from = l->in.data ? l->in.data + l->taken : NULL;
		char *end = from ? memchr(from, '\n', l->in.len - l->taken) : NULL;
		int r;

		if (end) {
			l->taken = (size_t)(end - l->in.data) + 1;
			*end = '\0';
			if (end > from && end[-1] == '\r')
				end[-1] = '\0';
			*ret = from;
			return 0;
		}
		if (l->taken && from) {
			memmove(l->in.data, l->in.data + l->taken, l->in.len - l->taken + 1);
			l->in.len -= l->taken;
			l->taken = 0;
		}
		r = read_more(l, e);
		if (r < 0)
			return r;
	}
}
