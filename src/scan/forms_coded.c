/* The value behind an encoding. */
#include "scan/forms_parts.h"
#include <string.h>

#define STANDARD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define SMALL "0123456789abcdef"
#define CAPITALS "0123456789ABCDEF"
#define CODED_MAX ((size_t)4 * FORMS_PIECE)
#define WHOLE 64u   /* characters of base64 that are looked for as one; what is longer is wrapped somewhere */
#define CHUNK 24u   /* 144 bits, and two of them side by side lie across one line break at most */

/*
 * The characters that are made of the value's bits alone when `before` bytes of something else stand before it in the
 * text that is encoded: bits 8*before .. 8*(before+len), six a character.
 */
static void base64_inner(struct buf *b, const char *alphabet, const char *bytes, size_t len, size_t before)
{
	size_t from = (8 * before + 5) / 6, to = 8 * (before + len) / 6;

	for (size_t c = from; c < to; c++) {
		size_t bit = 6 * c - 8 * before, at = bit / 8, shift = bit % 8;
		unsigned two = (unsigned)(unsigned char)bytes[at] << 8;

		if (at + 1 < len)
			two |= (unsigned char)bytes[at + 1];
		(void)buf_char(b, alphabet[two >> (10 - shift) & 63]);
	}
}

static void pieces(struct forming *f, const char *form, const struct buf *b, bool part, size_t whole)
{
	const char *s = buf_text(b);
	size_t n = b->len, half = n / 2, take = half < CHUNK ? half : CHUNK;

	if (n <= whole) {
		form_add(f, form, s, n, part);
		return;
	}
	form_add(f, form, s + half - take, take, true);
	form_add(f, form, s + half, take, true);
}

static void base64_all(struct forming *f, const char *const names[2], const char *bytes, size_t len, size_t whole)
{
	static const char *const alphabets[] = { STANDARD, URL };

	for (size_t before = 0; before < 3; before++)
		for (size_t a = 0; a < 2; a++) {
			_cleanup_(buf_free) struct buf b = BUF_WIPED(CODED_MAX);

			base64_inner(&b, alphabets[a], bytes, len, before);
			pieces(f, names[a], &b, f->part || before || len % 3, whole);
		}
}

static void hex(struct forming *f, const char *form, const char *digits, const char *bytes, size_t len)
{
	_cleanup_(buf_free) struct buf b = BUF_WIPED(CODED_MAX);

	for (size_t i = 0; i < len; i++) {
		(void)buf_char(&b, digits[(unsigned char)bytes[i] >> 4]);
		(void)buf_char(&b, digits[bytes[i] & 15]);
	}
	form_add(f, form, buf_text(&b), b.len, f->part);
}

void forms_coded(struct forming *f, const char *bytes, size_t len)
{
	static const char *const names[] = { "base64", "base64url" };
	_cleanup_(buf_free) struct buf wide = BUF_WIPED(CODED_MAX);
	bool ascii = true;

	base64_all(f, names, bytes, len, f->chance ? 0 : WHOLE);
	hex(f, "hex", SMALL, bytes, len);
	hex(f, "hex-upper", CAPITALS, bytes, len);
	for (size_t i = 0; i < len; i++) {
		ascii = ascii && (unsigned char)bytes[i] < 0x80;
		(void)buf_char(&wide, bytes[i]);
		(void)buf_char(&wide, '\0');
	}
	if (ascii)
		form_add(f, "utf16", buf_text(&wide), wide.len, f->part);
}

void forms_key(struct forming *f, const char *bytes, size_t len)
{
	static const char *const names[] = { "key-base64", "key-base64url" };
	bool was = f->part;

	f->part = true;
	base64_all(f, names, bytes, len, 0);
	form_add(f, "key-binary", bytes, len, true);
	hex(f, "key-hex", SMALL, bytes, len);
	hex(f, "key-hex", CAPITALS, bytes, len);
	f->part = was;
}
