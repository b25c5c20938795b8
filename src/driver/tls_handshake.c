#include "driver/tls_handshake.h"
#include "base/clock.h"
#include "base/mem.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define BYE_MS 1000
#define CHAIN_BYTES (64L * 1024)

struct tls_handshake {
	struct job_link *link;
	SSL_CTX *context;
	SSL *ssl;
	int64_t until_us;
	size_t taken;
	bool hung_up, shown, wants_client;
};

/* Signatures that a client says it can verify, strongest first. What only old servers know is there too: their key is
 * what we ask for, and nothing is trusted to them. */
static const char *const signatures[TLS_KINDS] = {
	[TLS_RSA] = "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1",
	[TLS_EC] = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:ECDSA+SHA1",
};

/* It asks for a certificate of ours, and gets none. */
static int is_asked(SSL *s, X509 **ret _unused_, EVP_PKEY **ret_key _unused_)
{
	struct tls_handshake *h = SSL_get_app_data(s);

	h->wants_client = true;
	return 0;
}

static int set_up(struct tls_handshake *h, const char *name, enum tls_kind kind, struct err *e)
{
	BIO *in, *out;

	h->context = SSL_CTX_new(TLS_client_method());
	if (!h->context || SSL_CTX_set_min_proto_version(h->context, TLS1_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(h->context, "ALL:!aNULL:!eNULL:@SECLEVEL=0") != 1 ||
	    (signatures[kind] && SSL_CTX_set1_sigalgs_list(h->context, signatures[kind]) != 1))
		return err_set(e, ERR_BUG, "tls: OpenSSL could not be set up");
	SSL_CTX_set_verify(h->context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_client_cert_cb(h->context, is_asked);
	SSL_CTX_set_max_cert_list(h->context, CHAIN_BYTES);
	h->ssl = SSL_new(h->context);
	in = BIO_new(BIO_s_mem());
	out = BIO_new(BIO_s_mem());
	if (!h->ssl || !in || !out)
		return err_set(e, ERR_BUG, "tls: OpenSSL could not be set up");
	SSL_set_bio(h->ssl, in, out);
	SSL_set_app_data(h->ssl, h);
	SSL_set_connect_state(h->ssl);
	if (name && SSL_set_tlsext_host_name(h->ssl, name) != 1)
		return err_set(e, ERR_CONFIG, "tls: '%.100s' is no name that can be asked for", name);
	return 0;
}

static int flush(struct tls_handshake *h, struct err *e)
{
	char bytes[4096];
	int n, r = 0;

	while (r == 0 && (n = BIO_read(SSL_get_wbio(h->ssl), bytes, sizeof(bytes))) > 0)
		r = job_link_send(h->link, bytes, (size_t)n, e);
	return r;
}

static int more(struct tls_handshake *h, struct err *e)
{
	int64_t left_ms = (h->until_us - clock_mono_us()) / 1000;
	char bytes[4096];
	size_t n = 0;
	int r;

	if (left_ms < 1)
		return err_set(e, ERR_NET, "tls: no end of the handshake in time: does the port speak TLS, or is the "
			       "server stopped");
	job_link_patience(h->link, left_ms);
	r = job_link_receive(h->link, bytes, sizeof(bytes), &n, e);
	if (r < 0)
		return err_wrap(e, "tls");
	h->hung_up = n == 0 && h->taken == 0;
	if (n == 0)
		return err_set(e, ERR_NET, "tls: the server closed the connection");
	h->taken += n;
	if (h->taken > TLS_HANDSHAKE_MAX)
		return err_set(e, ERR_LIMIT, "tls: the server says more than %zu bytes in one handshake",
			       TLS_HANDSHAKE_MAX);
	return BIO_write(SSL_get_rbio(h->ssl), bytes, (int)n) == (int)n ? 0 : err_set(e, ERR_BUG, "tls: memory");
}

static int failed(struct err *e)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	if (code && ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET)
		return err_set(e, ERR_GET_REASON(code) == SSL_R_TLSV1_UNRECOGNIZED_NAME ? ERR_REFUSED : ERR_REMOTE,
			       "tls: the server refuses the handshake: %s", why ? why : "an alert");
	if (code && ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER)
		why = "the port does not speak TLS: is the option starttls missing, or is this another port";
	return err_set(e, ERR_NET, "tls: %s", why ? why : "the handshake fails");
}

/* Up to TLS 1.2 the server's certificate, and its signature over our random bytes, come before we are asked for one of
 * ours, and it refuses us behind that. Where RSA carries the secret nothing is signed. */
static bool has_shown(SSL *s)
{
	const SSL_CIPHER *c = SSL_get_pending_cipher(s);

	return SSL_get_state(s) == TLS_ST_CW_FINISHED && c && SSL_CIPHER_get_kx_nid(c) != NID_kx_rsa;
}

int tls_handshake(struct job_link *l, const char *name, enum tls_kind kind, int64_t until_us,
		  struct tls_handshake **ret, bool *ret_hung_up, struct err *e)
{
	_cleanup_(tls_handshake_freep) struct tls_handshake *h = mem_zero(1, sizeof(*h));
	struct err of_it = ERR_INIT;
	int done = 0, why, r;

	h->link = l;
	h->until_us = until_us;
	*ret_hung_up = false;
	r = set_up(h, name, kind, &of_it);
	while (r == 0) {
		ERR_clear_error();
		done = SSL_do_handshake(h->ssl);
		why = SSL_get_error(h->ssl, done);
		if (done != 1 && why != SSL_ERROR_WANT_READ)
			r = failed(&of_it);
		h->shown = h->shown || done == 1 || has_shown(h->ssl);
		if (r == 0)
			r = flush(h, &of_it);
		if (done == 1)
			break;
		if (r == 0)
			r = more(h, &of_it);
	}
	if (r == 0 || h->shown) {
		*ret = TAKE(h);
		return 0;
	}
	*ret_hung_up = h->hung_up;
	if (e)
		*e = of_it;
	return r;
}

bool tls_handshake_wants_client(const struct tls_handshake *h)
{
	return h->wants_client;
}

int tls_handshake_certificate(struct tls_handshake *h, struct buf *ret, struct err *e)
{
	X509 *x = SSL_get0_peer_certificate(h->ssl);
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;
	int r = 0;

	if (!x)
		r = err_set(e, ERR_NET, "tls: the server shows no certificate");
	else if (!out || PEM_write_bio_X509(out, x) != 1)
		r = err_set(e, ERR_BUG, "tls: OpenSSL does not write a certificate that it has read");
	len = r == 0 ? BIO_get_mem_data(out, &text) : 0;
	if (len > 0 && buf_add(ret, text, (size_t)len) < 0)
		r = err_set(e, ERR_LIMIT, "tls: the server's certificate is larger than we read");
	BIO_free_all(out);
	return r;
}

/* Goodbye is a courtesy: what goes wrong in it says nothing of the certificate. */
void tls_handshake_bye(struct tls_handshake *h, const struct buf *text)
{
	char answer[512];
	int n = 0;

	h->until_us = clock_mono_us() + (int64_t)BYE_MS * 1000;
	if (text->len && SSL_write(h->ssl, text->data, (int)text->len) > 0 && flush(h, NULL) == 0)
		while ((n = SSL_read(h->ssl, answer, sizeof(answer))) <= 0 &&
		       SSL_get_error(h->ssl, n) == SSL_ERROR_WANT_READ && more(h, NULL) == 0)
			continue;
	(void)SSL_shutdown(h->ssl);
	(void)flush(h, NULL);
	ERR_clear_error();
}

void tls_handshake_freep(struct tls_handshake **h)
{
	if (!*h)
		return;
	SSL_free((*h)->ssl);
	SSL_CTX_free((*h)->context);
	free(*h);
	*h = NULL;
}
