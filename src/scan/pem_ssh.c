/* OpenSSH's key files (PROTOCOL.key) and lines of authorized_keys. The public half of a key stands in front of it in
 * clear, also of an encrypted one; its DER is put together here. */
#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"
#include "scan/pem.h"
#include <string.h>

struct wire { const unsigned char *s; size_t len; };

static bool take_u32(struct wire *w, uint32_t *ret)
{
	if (w->len < 4)
		return false;
	*ret = (uint32_t)w->s[0] << 24 | (uint32_t)w->s[1] << 16 | (uint32_t)w->s[2] << 8 | w->s[3];
	w->s += 4;
	w->len -= 4;
	return true;
}

static bool take_string(struct wire *w, struct wire *ret)
{
	uint32_t len;

	if (!take_u32(w, &len) || len > w->len)
		return false;
	*ret = (struct wire){ w->s, len };
	w->s += len;
	w->len -= len;
	return true;
}

static bool is_word(const struct wire *w, const char *word)
{
	return w->len == strlen(word) && memcmp(w->s, word, w->len) == 0;
}

static void der(struct buf *b, unsigned char type, const void *bytes, size_t len)
{
	(void)buf_char(b, (char)type);
	if (len < 0x80)
		(void)buf_char(b, (char)len);
	else if (len < 0x100)
		(void)buf_printf(b, "\x81%c", (int)len);
	else
		(void)buf_printf(b, "\x82%c%c", (int)(len >> 8), (int)(len & 0xff));
	(void)buf_add(b, bytes, len);
}

/* SEQUENCE { algorithm, BIT STRING key } */
static void spki(const char *algorithm, size_t algorithm_len, const struct buf *key, char ret[65])
{
	_cleanup_(buf_free) struct buf bits = BUF_INIT(PEM_MAX), inner = BUF_INIT(PEM_MAX), whole = BUF_INIT(PEM_MAX);

	(void)buf_char(&bits, 0);
	(void)buf_add(&bits, buf_text(key), key->len);
	(void)buf_add(&inner, algorithm, algorithm_len);
	der(&inner, 0x03, buf_text(&bits), bits.len);
	der(&whole, 0x30, buf_text(&inner), inner.len);
	if (!whole.over)
		digest_sha256_hex(whole.data, whole.len, ret);
}

static uint32_t bits_of(const struct wire *n)
{
	size_t i = 0;
	uint32_t bits;

	while (i < n->len && n->s[i] == 0)
		i++;
	if (i == n->len)
		return 0;
	bits = (uint32_t)(n->len - i) * 8;
	for (unsigned char top = n->s[i]; !(top & 0x80); top = (unsigned char)(top << 1))
		bits--;
	return bits;
}

static bool rsa(struct wire *w, struct pem *ret)
{
	static const char algorithm[] = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05";
	_cleanup_(buf_free) struct buf inner = BUF_INIT(PEM_MAX), key = BUF_INIT(PEM_MAX);
	struct wire e, n;

	/* numbers of more than 65,535 bytes do not fit der() */
	if (!take_string(w, &e) || !take_string(w, &n) || e.len == 0 || n.len == 0 || e.len > 1024 || n.len > 16384)
		return false;
	der(&inner, 0x02, n.s, n.len);
	der(&inner, 0x02, e.s, e.len);
	der(&key, 0x30, buf_text(&inner), inner.len);
	ret->key = PEM_KEY_RSA;
	ret->bits = bits_of(&n);
	/* the array's own NUL is the last byte of the algorithm: NULL has no content */
	spki(algorithm, sizeof(algorithm), &key, ret->spki);
	return true;
}

static bool ed25519(struct wire *w, struct pem *ret)
{
	_cleanup_(buf_free) struct buf key = BUF_INIT(100);
	struct wire point;

	if (!take_string(w, &point) || point.len != 32)
		return false;
	(void)buf_add(&key, point.s, point.len);
	ret->key = PEM_KEY_ED25519;
	ret->bits = 256;
	spki("\x30\x05\x06\x03\x2b\x65\x70", 7, &key, ret->spki);
	return true;
}

static bool ecdsa(struct wire *w, struct pem *ret)
{
	static const struct { const char *name, *algorithm; size_t len; uint32_t bits; } curves[] = {
		{ "nistp256", "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
			21, 256 },
		{ "nistp384", "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22", 18, 384 },
		{ "nistp521", "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23", 18, 521 },
	};
	_cleanup_(buf_free) struct buf key = BUF_INIT(1000);
	struct wire curve, point;

	if (!take_string(w, &curve) || !take_string(w, &point) || point.len > 200)
		return false;
	(void)buf_add(&key, point.s, point.len);
	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		if (is_word(&curve, curves[i].name)) {
			ret->key = PEM_KEY_EC;
			ret->bits = curves[i].bits;
			spki(curves[i].algorithm, curves[i].len, &key, ret->spki);
			return true;
		}
	return false;
}

static const struct { const char *name; bool (*read)(struct wire *w, struct pem *ret); } types[] = {
	{ "ssh-rsa", rsa }, { "ssh-ed25519", ed25519 }, { "ecdsa-sha2-nistp256", ecdsa },
	{ "ecdsa-sha2-nistp384", ecdsa }, { "ecdsa-sha2-nistp521", ecdsa },
	/* known, without a public half that another file could show */
	{ "ssh-dss", NULL }, { "sk-ssh-ed25519@openssh.com", NULL }, { "sk-ecdsa-sha2-nistp256@openssh.com", NULL },
};

static bool read_public(struct wire w, struct pem *ret)
{
	struct wire type;

	if (!take_string(&w, &type))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (is_word(&type, types[i].name)) {
			ret->key = types[i].read ? PEM_KEY_NONE : PEM_KEY_OTHER;
			return !types[i].read || types[i].read(&w, ret);
		}
	return false;
}

void pem_ssh_private(const char *base64, size_t len, struct pem *ret)
{
	static const char magic[] = "openssh-key-v1"; /* with its NUL */
	_cleanup_(buf_free) struct buf b = BUF_WIPED(PEM_MAX);
	struct wire w, cipher, skip, public;
	uint32_t keys;

	ret->broken = true;
	if (text_base64_decode(&b, base64, len) < 0 || b.len < sizeof(magic) || memcmp(b.data, magic,
		sizeof(magic)) != 0)
		return;
	w = (struct wire){ (const unsigned char *)b.data + sizeof(magic), b.len - sizeof(magic) };
	if (!take_string(&w, &cipher) || !take_string(&w, &skip) || !take_string(&w, &skip) || !take_u32(&w, &keys) ||
	    keys != 1 || !take_string(&w, &public) || !read_public(public, ret))
		return;
	ret->encrypted = !is_word(&cipher, "none");
	ret->broken = false;
}

bool pem_ssh_public(const char *line, size_t len, struct pem *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(PEM_MAX);
		size_t n = strlen(types[i].name), end;

		if (len < n + 8 || memcmp(line, types[i].name, n) != 0 || line[n] != ' ')
			continue;
		for (end = ++n; end < len && line[end] != ' ' && line[end] != '\r'; end++)
			;
		*ret = (struct pem){ .kind = PEM_PUBLIC, .line = ret->line };
		ret->broken = text_base64_decode(&b, line + n, end - n) < 0 ||
			      !read_public((struct wire){ (const unsigned char *)buf_text(&b), b.len }, ret);
		return true;
	}
	return false;
}
