/* Certificates wherever they may stand in a text: a file of them, a bundle, a value of YAML or JSON. */
#include "keys/certificate.h"
#include "base/macro.h"
#include "keys/certificate_parts.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

static const char begin[] = "-----BEGIN ", end[] = "-----END ", dashes[] = "-----";
/* RFC 7468 5.3 and what OpenSSL reads besides; of the last two what is in them is told as not read. */
static const struct { const char *label; bool is_read; } labels[] = {
	{ "CERTIFICATE", true }, { "X509 CERTIFICATE", true }, { "TRUSTED CERTIFICATE", true },
	{ "PKCS7", false }, { "CMS", false },
};

struct searching { certificate_fn *fn; void *arg; uint32_t unread; };

static void x509_clear(X509 **x)
{
	X509_free(*x);
}

static void bio_clear(BIO **b)
{
	BIO_free_all(*b);
}

static void block_clear(unsigned char **b)
{
	OPENSSL_free(*b);
}

static const char *find(const char *at, const char *to, const char *what)
{
	return at < to ? memmem(at, (size_t)(to - at), what, strlen(what)) : NULL;
}

/* Behind "-----BEGIN ": which label it is; NULL: none of ours. *ret_at: behind the line. */
static const char *label_at(const char *at, const char *to, bool *ret_is_read, const char **ret_at)
{
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		size_t n = strlen(labels[i].label);

		if ((size_t)(to - at) >= n + strlen(dashes) && !memcmp(at, labels[i].label, n) &&
		    !memcmp(at + n, dashes, strlen(dashes))) {
			*ret_is_read = labels[i].is_read;
			*ret_at = at + n + strlen(dashes);
			return labels[i].label;
		}
	}
	return NULL;
}

static int tell(struct searching *s, X509 *x, struct err *e)
{
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
	_cleanup_(bio_clear) BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (!out || PEM_write_bio_X509(out, x) != 1 || BIO_write(out, "", 1) != 1)
		return err_set(e, ERR_BUG, "OpenSSL does not write a certificate that it has read");
	long n = BIO_get_mem_data(out, &text);

	if (certificate_read(text, (size_t)n - 1, &c, NULL) < 0) {
		s->unread++;
		return 0;
	}
	return s->fn(text, &c, s->arg, e);
}

/* What is no letter of base64 goes: indentation, and newlines written as \n. */
static void letters(const char *at, const char *to, struct buf *ret)
{
	for (; at < to; at++) {
		bool escape = *at == '\\' && at + 1 < to && (at[1] == 'n' || at[1] == 'r');

		if (escape)
			at++;
		else if (!strchr(" \t\r\n\"'\\,", *at) && *at)
			(void)buf_char(ret, *at);
	}
}

static int block(struct searching *s, const char *at, const char *to, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(CERTIFICATE_TEXT_MAX);
	_cleanup_(x509_clear) X509 *x = NULL;
	_cleanup_(block_clear) unsigned char *der = NULL;

	letters(at, to, &text);
	if (text.len >= 4 && text.len % 4 == 0 && !text.over)
		der = OPENSSL_zalloc(text.len);
	int n = der ? EVP_DecodeBlock(der, (const unsigned char *)text.data, (int)text.len) : -1;
	const unsigned char *p = der;

	/* A trusted one has OpenSSL's own words behind the certificate. */
	x = n > 0 ? d2i_X509(NULL, &p, n) : NULL;
	ERR_clear_error();
	if (x)
		return tell(s, x, e);
	s->unread++;
	return 0;
}

static int whole_text(struct searching *s, const char *text, size_t len, struct err *e)
{
	const unsigned char *p = (const unsigned char *)text;
	_cleanup_(x509_clear) X509 *x = len > 4 && len <= CERTIFICATE_TEXT_MAX && p[0] == 0x30
		? d2i_X509(NULL, &p, (long)len) : NULL;

	ERR_clear_error();
	return x ? tell(s, x, e) : 0;
}

int certificate_search(const char *text, size_t len, certificate_fn *fn, void *arg, uint32_t *ret_unread,
		       struct err *e)
{
	struct searching s = { .fn = fn, .arg = arg };
	const char *to = text + len, *at = text;
	int r = len ? whole_text(&s, text, len, e) : 0;

	while (r == 0 && (at = find(at, to, begin))) {
		const char *from = NULL;
		bool is_read = false;

		at += strlen(begin);
		if (!label_at(at, to, &is_read, &from))
			continue;
		const char *over = find(from, to, end), *next = find(from, to, begin);

		if (!is_read || !over || (next && next < over)) {
			s.unread++;
			continue;
		}
		r = block(&s, from, over, e);
		at = over;
	}
	*ret_unread = s.unread;
	return r;
}
