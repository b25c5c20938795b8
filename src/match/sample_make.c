#include "match/sample_parts.h"
#include "base/macro.h"
#include "base/text.h"
#include "match/checksum.h"

#define KEY_BYTES 600
#define ARMOUR_LINE 64

const char sample_alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const char sample_base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_bytes(struct sample_seed *s, struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)buf_char(b, (char)sample_below(s, 256));
}

static void make_nul(struct sample_seed *s _unused_, struct buf *b, uint32_t n, const char *words _unused_)
{
	while (n-- > 0)
		(void)buf_char(b, '\0');
}

/* A password as people are told to make them: of each kind at least one. */
static void make_pass(struct sample_seed *s, struct buf *b, uint32_t n, const char *words _unused_)
{
	static const char *const kinds[] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789" };

	for (uint32_t i = 0; i < n; i++)
		sample_chars(s, b, i < ARRAY_SIZE(kinds) ? kinds[i] : sample_alnum, 1);
}

static void make_bytes64(struct sample_seed *s, struct buf *b, uint32_t n, const char *words _unused_)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(SAMPLE_TEXT_MAX);

	add_bytes(s, &raw, n);
	text_base64(b, raw.data, raw.len);
}

static void make_crc62(struct sample_seed *s, struct buf *b, uint32_t n, const char *words _unused_)
{
	char sum[CHECKSUM_BASE62];
	size_t at = b->len;

	sample_chars(s, b, sample_alnum, n);
	if (b->len != at + n)
		return;
	checksum_base62(checksum_crc32(b->data + at, n), sum);
	(void)buf_add(b, sum, sizeof(sum));
}

static void make_uuid(struct sample_seed *s, struct buf *b, uint32_t n _unused_, const char *words _unused_)
{
	static const size_t parts[] = { 8, 4, 4, 4, 12 };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		(void)buf_str(b, i ? "-" : "");
		sample_chars(s, b, "0123456789abcdef", parts[i]);
	}
}

/* base64url without padding */
static void add_url64(struct buf *b, const struct buf *raw)
{
	_cleanup_(buf_free) struct buf plain = BUF_INIT(SAMPLE_TEXT_MAX);

	text_base64(&plain, raw->data, raw->len);
	for (size_t i = 0; i < plain.len && plain.data[i] != '='; i++)
		(void)buf_char(b, plain.data[i] == '+' ? '-' : plain.data[i] == '/' ? '_' : plain.data[i]);
}

static void make_jwt(struct sample_seed *s, struct buf *b, uint32_t n, const char *words _unused_)
{
	_cleanup_(buf_free) struct buf head = BUF_INIT(200), body = BUF_INIT(SAMPLE_TEXT_MAX);

	(void)buf_str(&head, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
	add_url64(b, &head);
	(void)buf_str(&body, "{\"sub\":\"");
	sample_chars(s, &body, sample_alnum, n);
	(void)buf_str(&body, "\"}");
	(void)buf_char(b, '.');
	add_url64(b, &body);
	(void)buf_char(b, '.');
	sample_chars(s, b, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 43);
}

/* "user:password", as HTTP's basic authentication and Docker write it */
static void make_pair64(struct sample_seed *s, struct buf *b, uint32_t n, const char *words _unused_)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(SAMPLE_TEXT_MAX);

	(void)buf_str(&raw, "robot:");
	make_pass(s, &raw, n, NULL);
	text_base64(b, raw.data, raw.len);
}

static void make_number64(struct sample_seed *s, struct buf *b, uint32_t n, const char *words _unused_)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(SAMPLE_TEXT_MAX);

	(void)buf_char(&raw, '1');
	sample_chars(s, &raw, "0123456789", n > 1 ? n - 1 : 1);
	text_base64(b, raw.data, raw.len);
	while (b->len > 0 && b->data[b->len - 1] == '=')
		b->data[--b->len] = '\0';
}

static void add_lines(struct buf *b, const struct buf *raw, const char *newline)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(SAMPLE_TEXT_MAX);

	text_base64(&text, raw->data, raw->len);
	for (size_t i = 0; i < text.len; i += ARMOUR_LINE) {
		(void)buf_add(b, text.data + i, text.len - i < ARMOUR_LINE ? text.len - i : ARMOUR_LINE);
		(void)buf_str(b, newline);
	}
}

/* A SEQUENCE of the right length, and chance in it. */
static void add_der(struct sample_seed *s, struct buf *raw)
{
	const char head[] = { 0x30, (char)0x82, (char)(KEY_BYTES >> 8), (char)(KEY_BYTES & 0xff) };

	(void)buf_add(raw, head, sizeof(head));
	add_bytes(s, raw, KEY_BYTES);
}

static void add_pem(struct sample_seed *s, struct buf *b, const char *label, const char *newline)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(SAMPLE_TEXT_MAX);

	if (!strcmp(label, "OPENSSH PRIVATE KEY")) {
		(void)buf_add(&raw, "openssh-key-v1", sizeof("openssh-key-v1"));
		add_bytes(s, &raw, KEY_BYTES);
	} else {
		add_der(s, &raw);
	}
	(void)buf_printf(b, "-----BEGIN %s-----%s", label, newline);
	add_lines(b, &raw, newline);
	(void)buf_printf(b, "-----END %s-----", label);
}

static void make_pem(struct sample_seed *s, struct buf *b, uint32_t n _unused_, const char *words)
{
	add_pem(s, b, words, "\n");
}

static void make_pem_line(struct sample_seed *s, struct buf *b, uint32_t n _unused_, const char *words)
{
	add_pem(s, b, words, "\\n");
}

/* A packet of the old format, tag 5 (secret key), with a length of two bytes. */
static void make_pgp(struct sample_seed *s, struct buf *b, uint32_t n, const char *words _unused_)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(SAMPLE_TEXT_MAX), sum = BUF_INIT(16);
	const char head[] = { (char)0x95, (char)(n >> 8), (char)(n & 0xff), 4 };

	(void)buf_add(&raw, head, sizeof(head));
	add_bytes(s, &raw, n - 1);
	uint32_t crc = checksum_crc24(raw.data, raw.len);
	const char three[] = { (char)(crc >> 16), (char)(crc >> 8), (char)crc };

	text_base64(&sum, three, sizeof(three));
	(void)buf_str(b, "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n");
	add_lines(b, &raw, "\n");
	(void)buf_printf(b, "=%s\n-----END PGP PRIVATE KEY BLOCK-----", buf_text(&sum));
}

/* 52 characters are 256 bits and 4 that are left over; age writes capitals. */
static void make_bech32(struct sample_seed *s, struct buf *b, uint32_t n _unused_, const char *words)
{
	_cleanup_(buf_free) struct buf prefix = BUF_INIT(200);
	uint8_t data[52 + 6] = { 0 };
	bool upper = *words >= 'A' && *words <= 'Z';

	for (const char *p = words; *p; p++)
		(void)buf_char(&prefix, *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p);
	for (size_t i = 0; i < 52; i++)
		data[i] = (uint8_t)sample_below(s, 32);
	uint32_t sum = checksum_bech32(buf_text(&prefix), data, sizeof(data)) ^ 1;

	for (size_t i = 0; i < 6; i++)
		data[52 + i] = sum >> 5 * (5 - i) & 31;
	(void)buf_printf(b, "%s1", words);
	for (size_t i = 0; i < sizeof(data); i++) {
		char c = checksum_bech32_alphabet[data[i]];

		(void)buf_char(b, upper && c >= 'a' ? (char)(c & ~0x20) : c);
	}
}

const struct maker sample_makers[] = {
	{ "digit", .alphabet = "0123456789" },
	{ "hex", .alphabet = "0123456789abcdef" },
	{ "hexup", .alphabet = "0123456789ABCDEF" },
	{ "lower", .alphabet = "abcdefghijklmnopqrstuvwxyz" },
	{ "upper", .alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
	{ "lowernum", .alphabet = "abcdefghijklmnopqrstuvwxyz0123456789" },
	{ "uppernum", .alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" },
	{ "alnum", .alphabet = sample_alnum },
	{ "base32", .alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" },
	{ "base58", .alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz" },
	{ "base64", .alphabet = sample_base64 },
	{ "url64", .alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" },
	{ "crypt64", .alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" },
	{ "nul", .make = make_nul },
	{ "pass", .make = make_pass },
	{ "bytes64", .make = make_bytes64 },
	{ "crc62", .make = make_crc62 },
	{ "uuid", .make = make_uuid, .takes = MAKER_NOTHING },
	{ "jwt", .make = make_jwt },
	{ "pair64", .make = make_pair64 },
	{ "number64", .make = make_number64 },
	{ "pgp", .make = make_pgp },
	{ "pem", .make = make_pem, .takes = MAKER_WORDS },
	{ "pem-line", .make = make_pem_line, .takes = MAKER_WORDS },
	{ "bech32", .make = make_bech32, .takes = MAKER_WORDS },
};
const size_t sample_makers_count = ARRAY_SIZE(sample_makers);
