/* What servers say before TLS and in its handshake: right, wrong, too much, too slowly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/json.h"
#include "driver/sink.h"
#include "driver/tls.h"
#include "driver/tls_handshake.h"
#include "transport/transport.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES(t) t, sizeof(t) - 1
#define MARIADB "5.5.5-10.11.19-MariaDB\0" "\1\0\0\0" "saltsalt\0"

/* --- the words before TLS --- */

struct row {
	const char *word, *bytes;      /* all that the server says */
	size_t len;
	const char *sent;              /* by us, the beginning of it; NULL: nothing */
	const char *why;               /* NULL: TLS begins; "": more is waited for */
};

static const struct row rows[] = {
	{ "smtp", BYTES("220 mx ESMTP\r\n250-mx\r\n250-STARTTLS\r\n250 HELP\r\n220 2.0.0 Ready\r\n"),
	  "EHLO [127.0.0.1]\r\nSTARTTLS\r\n", NULL },
	{ "smtp", BYTES("220-first\r\n220 mx\n250 mx\n220\n"), "EHLO [127.0.0.1]\r\nSTARTTLS\r\n", NULL },
	{ "smtp", BYTES("220 mx\r\n250-mx\r\n"), "EHLO [127.0.0.1]\r\n", "" },
	{ "smtp", BYTES("220 mx\r\n250 mx\r\n454 4.7.0 TLS not available\r\n"), "EHLO", "says '454 4.7.0 TLS not" },
	{ "smtp", BYTES("421 too many connections\r\n"), NULL, "says '421 too many" },
	{ "smtp", BYTES("2201 mx\r\n"), NULL, "says '2201 mx'" },
	{ "smtp", BYTES("* OK IMAP\r\n"), NULL, "says '* OK IMAP'" },
	{ "smtp", BYTES("220 mx\r\n250 mx\r\n220 go\r\n250 injected\r\n"), "EHLO", "more than was asked" },
	{ "smtp", BYTES("220 \x1b[2J\r\n250 mx\r\n500 \x1b[2J\r\n"), "EHLO", "says '500 \\x1b[2J'" },
	{ "imap", BYTES("* OK [CAPABILITY IMAP4rev1] hello\r\n* a line\r\na OK Begin TLS\r\n"),
	  "a STARTTLS\r\n", NULL },
	{ "imap", BYTES("* OK hello\r\na NO not here\r\n"), "a STARTTLS\r\n", "says 'a NO not here'" },
	{ "imap", BYTES("* BYE full\r\n"), NULL, "says '* BYE full'" },
	{ "imap", BYTES("* OK hello\r\n* BYE full\r\n"), "a STARTTLS\r\n", "says '* BYE full'" },
	{ "imap", BYTES("* PREAUTH hello\r\n"), NULL, "says '* PREAUTH hello'" },
	{ "pop3", BYTES("+OK ready\r\n+OK begin\r\n"), "STLS\r\n", NULL },
	{ "pop3", BYTES("+OK ready\r\n-ERR no\r\n"), "STLS\r\n", "says '-ERR no'" },
	{ "pop3", BYTES("+OKAY\r\n"), NULL, "says '+OKAY'" },
	{ "ldap", BYTES("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), "\x30\x1d\x02\x01\x01\x77", NULL },
	{ "ldap", BYTES("\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), "\x30",
	  "none of an LDAP server" },
	{ "ldap", BYTES("\x30\x81\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), "\x30", NULL },
	{ "ldap", BYTES("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00"), "\x30", "" },
	{ "ldap", BYTES("\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\x34\x04\x00\x04\x02no"), "\x30", "code 52, 'no'" },
	{ "ldap", BYTES("\x30\x05\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), "\x30", "none of an LDAP" },
	{ "ldap", BYTES("\x30\x80\x02\x01\x01"), "\x30", "none of an LDAP" },
	{ "ldap", BYTES("\x30\x82\xff\xff"), "\x30", "none of an LDAP" },
	{ "ldap", BYTES("HTTP/1.1 400\r\n"), "\x30", "none of an LDAP" },
	{ "postgres", BYTES("S"), "", NULL },
	{ "postgres", BYTES("SS"), "", "more than was asked" },
	{ "postgres", BYTES("N"), "", "has no TLS" },
	{ "postgres", BYTES("EFATAL: no\n"), "", "says 'E" },
	{ "mysql", BYTES("\x2a\0\0\0\x0a" MARIADB "\xff\xff\0\0\0"), "\x20", NULL },
	{ "mysql", BYTES("\x2a\0\0\0\x0a" MARIADB "\xff\xf7\0\0\0"), NULL, "has no TLS" },
	{ "mysql", BYTES("\x2a\0\0\0\x0a" MARIADB "\xff"), NULL, "" },
	{ "mysql", BYTES("\x07\0\0\0\xff\x69\x04Host"), NULL, "says 'Host'" },
	{ "mysql", BYTES("\x02\0\0\0\xff\x69"), NULL, "none of a server" },
	{ "mysql", BYTES("\x05\0\0\0\x0a" "abcd"), NULL, "none of a server" },
	{ "mysql", BYTES("\x05\0\0\0\x0a" "abc\0"), NULL, "none of a server" },
	{ "mysql", BYTES("\0\0\0\0"), NULL, "none of a server" },
	{ "mysql", BYTES("\xff\xff\xff\0"), NULL, "none of a server" },
};

static int talk(const struct row *row, size_t piece, struct buf *sent, bool *go, struct err *e)
{
	_cleanup_(tls_starttls_end) struct tls_starttls s = { .protocol = NULL };
	int r;

	assert_int_equal(tls_starttls_begin(&s, row->word, e), 0);
	r = tls_starttls_more(&s, "", 0, sent, go, e);
	for (size_t at = 0; r == 0 && !*go && at < row->len; at += piece)
		r = tls_starttls_more(&s, row->bytes + at, row->len - at < piece ? row->len - at : piece, sent, go, e);
	return r;
}

static void judge(const struct row *row, size_t piece)
{
	_cleanup_(buf_free) struct buf sent = BUF_INIT(4096);
	struct err e = ERR_INIT;
	bool go = false;
	int r = talk(row, piece, &sent, &go, &e);

	if (!row->why)
		assert_true(r == 0 && go);
	else if (!*row->why)
		assert_true(r == 0 && !go);
	else if (r == 0 || !strstr(e.text, row->why))
		fail_msg("%s, '%s': '%s' was expected, not '%s'", row->word, row->bytes, row->why, e.text);
	if (!row->sent)
		assert_int_equal(sent.len, 0);
	else if (strncmp(buf_text(&sent), row->sent, strlen(row->sent)) != 0)
		fail_msg("%s: '%s' was sent, not '%s'", row->word, buf_text(&sent), row->sent);
}

static void each_answer_is_understood_or_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		judge(&rows[i], rows[i].len);
		/* Bytes behind the consent that come later belong to TLS. */
		if (!rows[i].why || !strstr(rows[i].why, "more than was asked"))
			judge(&rows[i], 1);
	}
}

static void a_banner_without_end_is_given_up(void **state)
{
	(void)state;
	for (size_t i = 0; tls_served_starttls[i]; i++) {
		_cleanup_(tls_starttls_end) struct tls_starttls s = { .protocol = NULL };
		_cleanup_(buf_free) struct buf sent = BUF_INIT(4096);
		struct err e = ERR_INIT;
		bool go = false;
		int r = 0;
		size_t n = 0;

		assert_int_equal(tls_starttls_begin(&s, tls_served_starttls[i], &e), 0);
		for (; r == 0 && n < 100000; n++)
			r = tls_starttls_more(&s, "220-a line that goes on\r\n", 25, &sent, &go, &e);
		assert_true(r < 0 && n * 25 <= TLS_STARTTLS_MAX + 25);
		assert_false(go);
	}
}

static void a_word_that_is_none_is_refused(void **state)
{
	_cleanup_(tls_starttls_end) struct tls_starttls s = { .protocol = NULL };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(tls_starttls_begin(&s, "ftp", &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "expected smtp, imap"));
}

/* --- servers --- */

typedef void server_fn(int fd);

static pid_t serve(server_fn *play, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		for (;;) {
			int client = accept(fd, NULL, NULL);

			play(client);
			(void)close(client);
		}
	}
	(void)close(fd);
	return pid;
}

static int ask(server_fn *play, const char *starttls, int64_t limit_ms, struct tls_served *ret, struct err *e,
	       int64_t *took_ms)
{
	_cleanup_(json_freep) json_t *options = json_object();
	struct way here = { .host = "here", .local = true };
	struct job_sink sink = { .deadline_us = clock_mono_us() + limit_ms * 1000 };
	struct driver_job job = { .driver = "tls", .address = "www.wiki.lab:443", .options = options, .from = &here,
				  .at = { .host = "127.0.0.1" }, .sink = &sink, .limit_ms = limit_ms };
	int64_t begun = clock_mono_us();
	pid_t pid = serve(play, &job.at.port);
	int r;

	if (starttls)
		json_put(options, "starttls", starttls);
	*e = (struct err)ERR_INIT;
	r = tls_served_ask(&job, TLS_ANY, ret, e);
	*took_ms = (clock_mono_us() - begun) / 1000;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return r;
}

static void drips(int fd)
{
	while (send(fd, "2", 1, MSG_NOSIGNAL) > 0)
		(void)usleep(20000);
}

static void drips_a_record(int fd)
{
	(void)send(fd, "\x16\x03\x03\x40\x00", 5, MSG_NOSIGNAL);
	drips(fd);
}

static void floods(int fd)
{
	while (send(fd, "220-x\r\n", 7, MSG_NOSIGNAL) > 0)
		continue;
}

static void speaks_http(int fd)
{
	char in[4096];

	(void)recv(fd, in, sizeof(in), 0);
	(void)send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
}

static void hangs_up(int fd)
{
	char in[4096];

	(void)recv(fd, in, sizeof(in), 0);
}

static X509 *certificate(EVP_PKEY *key, size_t comment)
{
	X509 *x = X509_new();
	char *text = calloc(1, comment + 1);
	X509_EXTENSION *ext;

	memset(text, 'x', comment);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 0xabcd);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	(void)X509_set_pubkey(x, key);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:*.wiki.lab");
	(void)X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, text);
	(void)X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	(void)X509_sign(x, key, EVP_sha256());
	free(text);
	return x;
}

static void shows(int fd, EVP_PKEY *key, size_t comment)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	X509 *x = certificate(key, comment);
	char in[4096];
	SSL *ssl;

	(void)SSL_CTX_use_certificate(context, x);
	(void)SSL_CTX_use_PrivateKey(context, key);
	ssl = SSL_new(context);
	(void)SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		while (SSL_read(ssl, in, sizeof(in)) > 0)
			continue;
	SSL_free(ssl);
	SSL_CTX_free(context);
	X509_free(x);
}

static void speaks_tls(int fd, size_t comment)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	shows(fd, key, comment);
	EVP_PKEY_free(key);
}

static void speaks_tls_as_usual(int fd)
{
	speaks_tls(fd, 10);
}

static void shows_a_huge_certificate(int fd)
{
	speaks_tls(fd, 90000);
}

static void what_is_served_is_told(void **state)
{
	struct tls_served s = { 0 };
	struct err e;
	int64_t took;

	(void)state;
	assert_int_equal(ask(speaks_tls_as_usual, NULL, 8000, &s, &e, &took), 0);
	assert_string_equal(s.serial, "abcd");
	assert_int_equal(strlen(s.spki_sha256), 64);
	assert_true(s.is_for_name);
	assert_true(s.not_after_s > s.not_before_s);
}

static void must_not(server_fn *play, const char *starttls, int64_t limit_ms, const char *why)
{
	struct tls_served s = { 0 };
	struct err e;
	int64_t took;

	assert_int_equal(ask(play, starttls, limit_ms, &s, &e, &took), -ERR_NET);
	if (!strstr(e.text, why))
		fail_msg("'%s' was expected, not '%s'", why, e.text);
	assert_true(took < limit_ms + 5000);
	assert_string_equal(s.spki_sha256, "");
}

static void who_drips_is_not_waited_for(void **state)
{
	(void)state;
	must_not(drips, "smtp", 700, "");
	must_not(drips, NULL, 700, "");
	must_not(drips_a_record, NULL, 700, "in time");
}

/* Each wait is short, and there is no end of them. */
static void a_handshake_has_an_end_of_its_own(void **state)
{
	_cleanup_(tls_handshake_freep) struct tls_handshake *h = NULL;
	_cleanup_(job_link_freep) struct job_link *l = NULL;
	int64_t begun = clock_mono_us();
	struct job_sink sink = { .deadline_us = begun + INT64_C(60000000) };
	struct driver_job job = { .at = { .host = "127.0.0.1" }, .sink = &sink, .limit_ms = 60000 };
	pid_t pid = serve(drips_a_record, &job.at.port);
	struct err e = ERR_INIT;
	bool hung_up = true;

	(void)state;
	assert_int_equal(job_link_open(&job, &l, &e), 0);
	assert_int_equal(tls_handshake(l, NULL, TLS_ANY, begun + 500000, &h, &hung_up, &e), -ERR_NET);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	assert_non_null(strstr(e.text, "in time"));
	assert_false(hung_up);
	assert_true(clock_mono_us() - begun < INT64_C(30000000));
}

static void who_floods_is_cut_off(void **state)
{
	(void)state;
	must_not(floods, "smtp", 8000, "more than 32768 bytes before TLS");
}

static void another_protocol_is_named_as_such(void **state)
{
	(void)state;
	must_not(speaks_http, NULL, 8000, "does not speak TLS");
	must_not(hangs_up, NULL, 8000, "closed the connection");
	must_not(hangs_up, "ldap", 8000, "closed the connection before TLS");
}

static void a_huge_certificate_is_not_read(void **state)
{
	(void)state;
	must_not(shows_a_huge_certificate, NULL, 8000, "excessive message size");
}

/* --- several workers behind one address --- */

struct workers {
	atomic_uint taken, open, most;
	unsigned old;                  /* the number of the connection that an old worker takes; 0: none */
	bool one_at_a_time;
};

static void work(int fd, struct workers *w, unsigned number, EVP_PKEY *old, EVP_PKEY *new)
{
	unsigned now = atomic_fetch_add(&w->open, 1) + 1;

	for (unsigned most = w->most; now > most && !atomic_compare_exchange_weak(&w->most, &most, now); )
		continue;
	shows(fd, number == w->old ? old : new, 10);
	(void)atomic_fetch_sub(&w->open, 1);
}

static pid_t serve_by_workers(struct workers *w, EVP_PKEY *old, EVP_PKEY *new, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		(void)signal(SIGCHLD, SIG_IGN);
		for (;;) {
			int client = accept(fd, NULL, NULL);
			unsigned number = atomic_fetch_add(&w->taken, 1) + 1;

			if (w->one_at_a_time || fork() == 0) {
				(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
				work(client, w, number, old, new);
				if (!w->one_at_a_time)
					_exit(0);
			}
			(void)close(client);
		}
	}
	(void)close(fd);
	return pid;
}

static void name_of(EVP_PKEY *key, struct public_key *ret)
{
	unsigned char *der = NULL, hash[32];
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0 && EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL) == 1);
	for (size_t i = 0; i < sizeof(hash); i++)
		(void)snprintf(&ret->sha256[2 * i], 3, "%02x", hash[i]);
	OPENSSL_free(der);
}

static struct tls_look look_at_workers(struct workers *w)
{
	_cleanup_(json_freep) json_t *options = json_object();
	struct way here = { .host = "here", .local = true };
	struct job_sink sink = { .deadline_us = clock_mono_us() + 60000000 };
	struct driver_job job = { .driver = "tls", .options = options, .from = &here, .sink = &sink,
				  .limit_ms = 60000 };
	EVP_PKEY *old = EVP_EC_gen("P-256"), *new = EVP_EC_gen("P-256");
	struct tls_keys keys = { .has_old = true, .has_new = true };
	struct err e = ERR_INIT;
	struct tls_look l = { 0 };
	char address[40];
	uint16_t port;
	pid_t pid = serve_by_workers(w, old, new, &port);

	name_of(old, &keys.old);
	name_of(new, &keys.new);
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	job.address = address;
	if (tls_look(&job, &keys, NULL, NULL, &l, &e) < 0)
		fail_msg("%s", e.text);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	EVP_PKEY_free(old);
	EVP_PKEY_free(new);
	return l;
}

static struct workers *shared(void)
{
	struct workers *w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(w, MAP_FAILED);
	return w;
}

/* Behind a reload most answers are of new workers; each connection may be the one that an old one takes. The second of
 * each three is for who has an RSA key, and finds none. */
static void a_lucky_answer_of_one_worker_is_no_proof(void **state)
{
	(void)state;
	for (unsigned number = 1; number <= 7; number++) {
		if (number % 3 == 2)
			continue;
		struct workers *w = shared();
		struct tls_look l;

		w->old = number;
		l = look_at_workers(w);
		if (!l.old || l.other)
			fail_msg("an old worker that takes connection %u is not seen", number);
		(void)munmap(w, sizeof(*w));
	}
}

static void several_connections_are_open_at_once(void **state)
{
	struct workers *w = shared();
	struct tls_look l = look_at_workers(w);

	(void)state;
	assert_true(l.new && !l.old && !l.other);
	assert_true(w->most >= 3);
	assert_true(w->taken >= 3 + TLS_AT_ONCE);
	(void)munmap(w, sizeof(*w));
}

static void who_serves_one_client_at_a_time_is_asked_one_by_one(void **state)
{
	struct workers *w = shared();
	struct tls_look l;

	(void)state;
	w->one_at_a_time = true;
	l = look_at_workers(w);
	assert_true(l.new && !l.old && !l.other);
	assert_true(w->most == 1);
	(void)munmap(w, sizeof(*w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_is_understood_or_told),
		cmocka_unit_test(a_banner_without_end_is_given_up),
		cmocka_unit_test(a_word_that_is_none_is_refused),
		cmocka_unit_test(what_is_served_is_told),
		cmocka_unit_test(who_drips_is_not_waited_for),
		cmocka_unit_test(a_handshake_has_an_end_of_its_own),
		cmocka_unit_test(who_floods_is_cut_off),
		cmocka_unit_test(another_protocol_is_named_as_such),
		cmocka_unit_test(a_huge_certificate_is_not_read),
		cmocka_unit_test(a_lucky_answer_of_one_worker_is_no_proof),
		cmocka_unit_test(several_connections_are_open_at_once),
		cmocka_unit_test(who_serves_one_client_at_a_time_is_asked_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
