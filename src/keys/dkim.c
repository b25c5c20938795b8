#include "keys/dkim.h"
#include "base/text.h"
#include <string.h>

#define NAME_HEX 16

static const char *const types[] = { [KEY_RSA] = "rsa", [KEY_ED25519] = "ed25519", [KEY_EC] = NULL,
				     [KEY_OTHER] = NULL };

void dkim_selector(const struct public_key *k, char ret[DKIM_SELECTOR])
{
	(void)snprintf(ret, DKIM_SELECTOR, "fb%.*s", NAME_HEX, k->sha256);
}

static int begin(const struct public_key *k, struct buf *ret, struct err *e)
{
	if (!types[k->type])
		return err_set(e, ERR_CONFIG, "DKIM signs with RSA and Ed25519 only: make a key of one of these");
	(void)buf_printf(ret, "v=DKIM1; k=%s; ", types[k->type]);
	return 0;
}

int dkim_record(const struct public_key *k, struct buf *ret, struct err *e)
{
	/* RFC 8463 4.2: the 32 bytes alone. Of RSA everybody publishes the whole SubjectPublicKeyInfo. */
	size_t from = k->type == KEY_ED25519 ? k->inner_at : 0;
	int r = begin(k, ret, e);

	if (r < 0)
		return r;
	(void)buf_str(ret, "p=");
	text_base64(ret, k->spki + from, k->spki_len - from);
	return 0;
}

int dkim_withdrawn(const struct public_key *k, struct buf *ret, struct err *e)
{
	char name[DKIM_SELECTOR];
	int r = begin(k, ret, e);

	if (r < 0)
		return r;
	dkim_selector(k, name);
	(void)buf_printf(ret, "n=withdrawn-%s; p=", name);
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool dkim_tag(const char *record, const char *tag, struct buf *ret)
{
	size_t len = strlen(tag);

	for (const char *s = record; *s;) {
		const char *value;

		while (is_blank(*s) || *s == ';')
			s++;
		value = s + len;
		if (!strncmp(s, tag, len)) {
			while (is_blank(*value))
				value++;
			if (*value == '=') {
				for (value++; *value && *value != ';'; value++)
					if (!is_blank(*value))
						(void)buf_char(ret, *value);
				return true;
			}
		}
		s += strcspn(s, ";");
	}
	return false;
}

static bool is_bytes(const struct buf *b, const unsigned char *bytes, size_t len)
{
	return b->len == len && len > 0 && memcmp(b->data, bytes, len) == 0;
}

/* RFC 6376 has p= hold an RSAPublicKey, and its examples a SubjectPublicKeyInfo: verifiers take both. */
static bool is_key(const struct buf *der, const struct public_key *k)
{
	return is_bytes(der, k->spki, k->spki_len) ||
	       (k->inner_at && is_bytes(der, k->spki + k->inner_at, k->spki_len - k->inner_at));
}

enum dkim_standing dkim_standing(const char *record, const struct public_key *k)
{
	_cleanup_(buf_free) struct buf p = BUF_INIT(DKIM_RECORD_MAX), n = BUF_INIT(DKIM_RECORD_MAX),
				       der = BUF_INIT(DKIM_RECORD_MAX);
	char name[DKIM_SELECTOR];

	if (!dkim_tag(record, "p", &p))
		return DKIM_OTHERS;
	if (p.len > 0)
		return text_base64_decode(&der, p.data, p.len) == 0 && is_key(&der, k) ? DKIM_LIVE : DKIM_OTHERS;
	dkim_selector(k, name);
	return dkim_tag(record, "n", &n) && strstr(buf_text(&n), name) ? DKIM_WITHDRAWN : DKIM_OTHERS;
}
