#include "driver/link.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_MS 5000
#define ANSWER_MS 8000

struct job_link {
	const struct driver_job *job;
	int fd;
	int64_t answer_ms;
	SSL_CTX *context;
	SSL *ssl;
};

int64_t job_limit_ms(const struct driver_job *job, int64_t wanted)
{
	int64_t left = job_left_ms(job), mine = left > 400 ? left - 200 : left / 2 + 1;

	return wanted < mine ? wanted : mine;
}

static int wait_for(const struct job_link *l, short events, int64_t until_us, const char *what, struct err *e)
{
	for (;;) {
		struct pollfd p = { .fd = l->fd, .events = events };
		int64_t left = (until_us - clock_mono_us()) / 1000;
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (n > 0)
			return 0;
		if (n == 0)
			return err_set(e, ERR_NET, "%s: no answer in time: is the server stopped or overloaded", what);
		if (errno != EINTR)
			return err_errno(e, "%s: waiting", what);
	}
}

static int connect_to(struct job_link *l, int family, const struct sockaddr *a, socklen_t len, struct err *e)
{
	int64_t until = clock_mono_us() + job_limit_ms(l->job, CONNECT_MS) * 1000;
	int error = 0, one = 1;
	socklen_t size = sizeof(error);
	int r;

	l->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return err_errno(e, "socket");
	if (family != AF_UNIX)
		(void) setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(l->fd, a, len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		error = errno;
	if (!error) {
		r = wait_for(l, POLLOUT, until, "connect", e);
		if (r < 0)
			return r;
		if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
			error = errno;
	}
	return error ? err_set(e, ERR_NET, "connect: %s", strerror(error)) : 0;
}

static int connect_unix(struct job_link *l, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s", l->job->at.unix_path);

	if (n < 0 || (size_t)n >= sizeof(a.sun_path))
		return err_set(e, ERR_CONFIG, "the socket's path is longer than %zu bytes", sizeof(a.sun_path) - 1);
	return connect_to(l, AF_UNIX, (struct sockaddr *)&a, sizeof(a), e);
}

static int connect_host(struct job_link *l, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *all = NULL;
	char port[8];
	int r;

	(void) snprintf(port, sizeof(port), "%u", l->job->at.port);
	r = getaddrinfo(l->job->at.host, port, &hints, &all);
	if (r != 0)
		return err_set(e, ERR_NET, "no address for '%s': %s", l->job->at.host, gai_strerror(r));
	r = -ERR_NET;
	for (const struct addrinfo *a = all; a && r < 0; a = a->ai_next) {
		closep(&l->fd);
		r = connect_to(l, a->ai_family, a->ai_addr, a->ai_addrlen, e);
	}
	freeaddrinfo(all);
	return r;
}

static int tls_error(const char *what, struct err *e)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	if (code && ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
		why = "the port does not speak TLS: take the option tls away, or name the TLS port";
	return err_set(e, ERR_NET, "%s: %s", what, why ? why : "the server closed the connection");
}

/* The name in the certificate is that of the register, also when we go through a forward. */
static int expect_name(SSL *ssl, const char *address, struct err *e)
{
	char host[256];
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : strlen(address);

	if (len > 1 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	(void) snprintf(host, sizeof(host), "%.*s", (int)len, address);
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1)
		return 0;
	if (SSL_set1_host(ssl, host) != 1 || SSL_set_tlsext_host_name(ssl, host) != 1)
		return err_set(e, ERR_CONFIG, "tls: '%s' is no name for a certificate", host);
	return 0;
}

/* One TLS action until it is done; `until_us` is the deadline. Returns what the action returned when above zero. */
static int tls_try(struct job_link *l, int done, int64_t until_us, const char *what, struct err *e)
{
	switch (SSL_get_error(l->ssl, done)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(l, POLLIN, until_us, what, e);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(l, POLLOUT, until_us, what, e);
	case SSL_ERROR_ZERO_RETURN:
		return err_set(e, ERR_NET, "%s: the server closed the connection", what);
	default:
		return tls_error(what, e);
	}
}

int job_link_tls(struct job_link *l, struct err *e)
{
	const char *ca = job_option(l->job, "ca");
	int64_t until = clock_mono_us() + job_limit_ms(l->job, CONNECT_MS) * 1000;
	long verified;
	int done, r;

	/* OpenSSL writes without MSG_NOSIGNAL: a server that goes away must be an error, not our end. */
	(void) signal(SIGPIPE, SIG_IGN);
	l->context = SSL_CTX_new(TLS_client_method());
	if (!l->context || SSL_CTX_set_min_proto_version(l->context, TLS1_2_VERSION) != 1)
		return err_set(e, ERR_BUG, "tls: OpenSSL could not be set up");
	SSL_CTX_set_verify(l->context, SSL_VERIFY_PEER, NULL);
	if (ca ? SSL_CTX_load_verify_file(l->context, ca) != 1 : SSL_CTX_set_default_verify_paths(l->context) != 1)
		return err_set(e, ERR_CONFIG, "tls: '%s' holds no certificates that can be read (option ca)",
			       ca ? ca : "the system's store");
	l->ssl = SSL_new(l->context);
	if (!l->ssl || SSL_set_fd(l->ssl, l->fd) != 1)
		return err_set(e, ERR_BUG, "tls: OpenSSL could not be set up");
	r = expect_name(l->ssl, l->job->address, e);
	while (r == 0) {
		ERR_clear_error();
		done = SSL_connect(l->ssl);
		if (done == 1)
			return 0;
		verified = SSL_get_verify_result(l->ssl);
		if (verified != X509_V_OK)
			return err_set(e, ERR_NET, "tls: the server's certificate is not accepted: %s",
				       X509_verify_cert_error_string(verified));
		r = tls_try(l, done, until, "tls", e);
	}
	/* A plain server may take the greeting for half a command and wait for the rest. */
	if (r == -ERR_NET && strstr(e->text, "no answer in time"))
		return err_set(e, ERR_NET, "tls: no answer in time: does the port speak TLS, or is the server stopped");
	return r;
}

int job_link_open(const struct driver_job *job, struct job_link **ret, struct err *e)
{
	_cleanup_(job_link_freep) struct job_link *l = mem_zero(1, sizeof(*l));
	int r;

	l->job = job;
	l->fd = -1;
	l->answer_ms = ANSWER_MS;
	r = job->at.unix_path ? connect_unix(l, e) : connect_host(l, e);
	if (r == 0)
		*ret = TAKE(l);
	return r;
}

void job_link_patience(struct job_link *l, int64_t ms)
{
	l->answer_ms = ms;
}

bool job_link_wants_tls(const struct driver_job *job)
{
	const char *tls = job_option(job, "tls");

	return tls && strcmp(tls, "yes") == 0;
}

int job_link_words(const char *driver, const json_t *options, struct err *e)
{
	const char *tls = json_str(options, "tls");

	if (tls && strcmp(tls, "yes") != 0 && strcmp(tls, "no") != 0)
		return err_set(e, ERR_CONFIG, "%s: option tls is '%s', expected \"yes\" or \"no\"", driver, tls);
	if (json_str(options, "ca") && (!tls || strcmp(tls, "yes") != 0))
		return err_set(e, ERR_CONFIG, "%s: option ca stands without tls: \"yes\"", driver);
	return 0;
}

int job_link_send(struct job_link *l, const char *bytes, size_t len, struct err *e)
{
	int64_t until = clock_mono_us() + job_limit_ms(l->job, l->answer_ms) * 1000;
	int r = 0;

	while (len > 0 && r == 0) {
		int n;

		ERR_clear_error();
		n = l->ssl ? SSL_write(l->ssl, bytes, len > INT32_MAX ? INT32_MAX : (int)len)
			   : (int)send(l->fd, bytes, len, MSG_NOSIGNAL);
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (l->ssl) {
			r = tls_try(l, n, until, "send", e);
		} else if (errno == EAGAIN) {
			r = wait_for(l, POLLOUT, until, "send", e);
		} else if (errno != EINTR) {
			r = err_set(e, ERR_NET, "send: %s", strerror(errno));
		}
	}
	return r;
}

int job_link_receive(struct job_link *l, char *bytes, size_t size, size_t *ret, struct err *e)
{
	int64_t until = clock_mono_us() + job_limit_ms(l->job, l->answer_ms) * 1000;
	int r = 0;

	while (r == 0) {
		int n;

		ERR_clear_error();
		n = l->ssl ? SSL_read(l->ssl, bytes, (int)size) : (int)recv(l->fd, bytes, size, 0);
		/* A TLS port that is spoken to in clear hangs up in either way. */
		if (n < 0 && !l->ssl && errno == ECONNRESET)
			n = 0;
		if (n > 0 || (n == 0 && !l->ssl)) {
			*ret = (size_t)n;
			return 0;
		}
		if (l->ssl)
			r = tls_try(l, n, until, "answer", e);
		else if (errno == EAGAIN)
			r = wait_for(l, POLLIN, until, "answer", e);
		else if (errno != EINTR)
			r = err_set(e, ERR_NET, "answer: %s", strerror(errno));
	}
	return r;
}

void job_link_freep(struct job_link **l)
{
	if (!*l)
		return;
	SSL_free((*l)->ssl);
	SSL_CTX_free((*l)->context);
	closep(&(*l)->fd);
	free(*l);
	*l = NULL;
}
