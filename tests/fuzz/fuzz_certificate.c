/* What issuers, their responders and anybody's repository say in certificates. Behind a line "====" stands what a list
 * of revoked ones, or a responder, says of the first. */
#include "fuzz.h"
#include "keys/certificate.h"
#include <string.h>

#define NOW_S 1800000000

static int found(const char *pem, const struct certificate *c, void *arg _unused_, struct err *e _unused_)
{
	_cleanup_(certificate_clear) struct certificate again = { .names = STRV_INIT };

	if (certificate_read(pem, strlen(pem), &again, NULL) < 0 || again.chain != 1 ||
	    strcmp(again.serial, c->serial) != 0 || strcmp(again.spki_sha256, c->spki_sha256) != 0)
		abort();
	return 0;
}

/* What is written is what was read. */
static bool read_and_write(const char *text, size_t size)
{
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT }, again = { .names = STRV_INIT };
	_cleanup_(buf_free) struct buf written = BUF_INIT(2 * CERTIFICATE_TEXT_MAX);

	if (certificate_read(text, size, &c, NULL) < 0)
		return false;
	if (certificate_write(text, size, false, &written, NULL) < 0 ||
	    certificate_read(buf_text(&written), written.len, &again, NULL) < 0 || again.chain != c.chain ||
	    strcmp(again.serial, c.serial) != 0)
		abort();
	(void)certificate_chain_check(text, size, NULL);
	for (size_t i = 0; i < c.names.n; i++)
		if (!certificate_covers(&c, c.names.s[i]))
			abort();
	return true;
}

static void said_of(const char *pem, size_t size, const char *said, size_t len)
{
	const struct certificate_pool pool = { pem, size };
	_cleanup_(certificate_ocsp_freep) struct ocsp_question *q = NULL;
	_cleanup_(buf_free) struct buf request = BUF_INIT(CERTIFICATE_TEXT_MAX);
	struct revoked r = { .is_listed = false };

	(void)certificate_crl(pem, size, &pool, said, len, NOW_S, &r, NULL);
	if (certificate_ocsp_ask(pem, size, &pool, &q, &request, NULL) == 0)
		(void)certificate_ocsp_answer(q, said, len, NOW_S, &r, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char between[] = "\n====\n";
	_cleanup_(buf_free) struct buf der = BUF_INIT(2 * CERTIFICATE_TEXT_MAX);
	const char *text = (const char *)data;
	const char *at = size ? memmem(text, size, between, strlen(between)) : NULL;
	size_t first = at ? (size_t)(at - text) + 1 : size;
	uint32_t unread = 0;

	if (certificate_search(text, size, found, NULL, &unread, NULL) != 0)
		abort();
	if (read_and_write(text, first) && at)
		said_of(text, first, at + strlen(between), size - first - strlen(between) + 1);
	(void)certificate_of_der(text, size, &der, NULL);
	return 0;
}
