#include "keys/certificate.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "keys/certificate_parts.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void certificates_clear(struct certificates *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		X509_free(c->x[i]);
	*c = (struct certificates){ .n = 0 };
}

static void bio_clear(BIO **b)
{
	BIO_free_all(*b);
}

int certificates_read(const char *pem, size_t len, struct certificates *ret, struct err *e)
{
	struct certificates c = { .n = 0 };

	if (len > CERTIFICATE_TEXT_MAX)
		return err_set(e, ERR_LIMIT, "the certificate's text has more than %zu bytes", CERTIFICATE_TEXT_MAX);
	_cleanup_(bio_clear) BIO *in = BIO_new_mem_buf(pem, (int)len);
	X509 *x;

	while (in && c.n <= CERTIFICATE_CHAIN_MAX && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)))
		c.x[c.n++] = x;
	ERR_clear_error();
	if (c.n > CERTIFICATE_CHAIN_MAX || !c.n) {
		uint32_t n = c.n;

		certificates_clear(&c);
		return n ? err_set(e, ERR_LIMIT, "more than %u certificates stand in one text", CERTIFICATE_CHAIN_MAX)
			 : err_set(e, ERR_CONFIG, "there is no certificate in PEM");
	}
	*ret = c;
	return 0;
}

static int serial_of(const X509 *x, char ret[SERIAL_HEX], struct err *e)
{
	const ASN1_INTEGER *i = X509_get0_serialNumber(x);
	size_t len = (size_t)ASN1_STRING_length(i);
	const unsigned char *bytes = ASN1_STRING_get0_data(i);

	if (2 * len >= SERIAL_HEX || !len)
		return err_set(e, ERR_CONFIG, "the certificate's serial has %zu bytes: 1 to 20 are expected", len);
	for (size_t k = 0; k < len; k++)
		(void)snprintf(ret + 2 * k, 3, "%02x", bytes[k]);
	return 0;
}

static int key_of(X509 *x, char ret[65], struct err *e)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	if (len < 1)
		return err_set(e, ERR_CONFIG, "the certificate has no public key that can be read");
	digest_sha256_hex(der, (size_t)len, ret);
	OPENSSL_free(der);
	return 0;
}

static int time_of(const ASN1_TIME *at, int64_t *ret, struct err *e)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(at, &tm) != 1)
		return err_set(e, ERR_CONFIG, "a date of the certificate cannot be read");
	*ret = timegm(&tm);
	return 0;
}

/* What is no name of a host is not asked for, and shown to nobody; that it is there is known. */
static void name_add(struct certificate *c, const char *text, size_t len)
{
	char low[300];
	bool fits = c->names.n < CERTIFICATE_NAMES_MAX && len > 0 && len < sizeof(low);

	for (size_t i = 0; fits && i < len; i++) {
		fits = text[i] > ' ' && text[i] <= '~';
		low[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	}
	if (!fits) {
		c->unread++;
		return;
	}
	low[len] = '\0';
	strv_add(&c->names, low);
}

static void address_add(struct certificate *c, const ASN1_OCTET_STRING *ip)
{
	const unsigned char *b = ASN1_STRING_get0_data(ip);
	char text[60] = "";

	if (ASN1_STRING_length(ip) == 4)
		(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	for (int i = 0; ASN1_STRING_length(ip) == 16 && i < 16; i += 2)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%x", i ? ":" : "",
			       (unsigned)b[i] << 8 | b[i + 1]);
	name_add(c, text, strlen(text));
}

static void names_of(const X509 *x, struct certificate *ret)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(list, i);

		if (n->type == GEN_DNS)
			name_add(ret, (const char *)ASN1_STRING_get0_data(n->d.dNSName),
				 (size_t)ASN1_STRING_length(n->d.dNSName));
		else if (n->type == GEN_IPADD)
			address_add(ret, n->d.iPAddress);
	}
	GENERAL_NAMES_free(list);
}

static char *http_of(const GENERAL_NAME *n)
{
	const char *uri = n->type == GEN_URI ? (const char *)ASN1_STRING_get0_data(n->d.uniformResourceIdentifier) : "";

	return text_starts(uri, "http://") || text_starts(uri, "https://") ? mem_dup(uri) : NULL;
}

/* Authority information access (RFC 5280 4.2.2.1). */
static char *access_of(const X509 *x, int method)
{
	AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	char *found = NULL;

	for (int i = 0; !found && i < sk_ACCESS_DESCRIPTION_num(all); i++) {
		const ACCESS_DESCRIPTION *a = sk_ACCESS_DESCRIPTION_value(all, i);

		if (OBJ_obj2nid(a->method) == method)
			found = http_of(a->location);
	}
	AUTHORITY_INFO_ACCESS_free(all);
	return found;
}

static char *crl_of(const X509 *x)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	char *found = NULL;

	for (int i = 0; !found && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);
		const GENERAL_NAMES *names = p->distpoint && p->distpoint->type == 0 ? p->distpoint->name.fullname
										     : NULL;

		for (int k = 0; !found && k < sk_GENERAL_NAME_num(names); k++)
			found = http_of(sk_GENERAL_NAME_value(names, k));
	}
	CRL_DIST_POINTS_free(points);
	return found;
}

int certificate_read(const char *pem, size_t len, struct certificate *ret, struct err *e)
{
	_cleanup_(certificates_clear) struct certificates list = { .n = 0 };
	struct certificate c = { .names = STRV_INIT };
	_cleanup_(buf_free) struct buf shown = BUF_INIT(4096);
	char issuer[256] = "";
	int r = certificates_read(pem, len, &list, e);

	if (r < 0)
		return r;
	X509 *x = list.x[0];
	r = serial_of(x, c.serial, e);
	if (r == 0)
		r = key_of(x, c.spki_sha256, e);
	if (r == 0)
		r = time_of(X509_get0_notBefore(x), &c.not_before_s, e);
	if (r == 0)
		r = time_of(X509_get0_notAfter(x), &c.not_after_s, e);
	if (r < 0)
		return r;
	(void)X509_NAME_oneline(X509_get_issuer_name(x), issuer, sizeof(issuer));
	text_visible(&shown, issuer, strlen(issuer));
	(void)snprintf(c.issuer, sizeof(c.issuer), "%.190s", buf_text(&shown));
	names_of(x, &c);
	c.crl = crl_of(x);
	c.ocsp = access_of(x, NID_ad_OCSP);
	c.ca_issuers = access_of(x, NID_ad_ca_issuers);
	c.chain = list.n;
	*ret = c;
	return 0;
}

void certificate_clear(struct certificate *c)
{
	strv_free(&c->names);
	free(c->crl);
	free(c->ocsp);
	free(c->ca_issuers);
	*c = (struct certificate){ .names = STRV_INIT };
}

int certificate_chain_check(const char *pem, size_t len, struct err *e)
{
	_cleanup_(certificates_clear) struct certificates list = { .n = 0 };
	int r = certificates_read(pem, len, &list, e);

	for (uint32_t i = 0; r == 0 && i + 1 < list.n; i++)
		if (X509_verify(list.x[i], X509_get0_pubkey(list.x[i + 1])) != 1) {
			ERR_clear_error();
			r = err_set(e, ERR_CONFIG, "certificate %u of the chain is not signed by the one behind it",
				    i + 1);
		}
	return r;
}

bool certificate_covers(const struct certificate *c, const char *name)
{
	const char *dot = strchr(name, '.');

	for (size_t i = 0; i < c->names.n; i++) {
		const char *n = c->names.s[i];

		if (!strcasecmp(n, name) ||
		    (dot && *name != '*' && text_starts(n, "*.") && !strcasecmp(n + 1, dot)))
			return true;
	}
	return false;
}

int certificate_write(const char *pem, size_t len, bool alone, struct buf *ret, struct err *e)
{
	_cleanup_(certificates_clear) struct certificates list = { .n = 0 };
	_cleanup_(bio_clear) BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	int r = certificates_read(pem, len, &list, e);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < (alone ? 1 : list.n); i++)
		if (!out || PEM_write_bio_X509(out, list.x[i]) != 1)
			return err_set(e, ERR_BUG, "OpenSSL does not write a certificate that it has read");
	long n = BIO_get_mem_data(out, &text);

	return buf_add(ret, text, (size_t)n) < 0 ? err_set(e, ERR_LIMIT, "the certificate is too long") : 0;
}
