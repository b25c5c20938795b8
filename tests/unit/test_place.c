#include "scan/place.h"
#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static int begin(void **state _unused_)
{
	struct err e = ERR_INIT;

	return secret_init(&e);
}

static struct secret *secret(const char *bytes, size_t len)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	_cleanup_(freep) char *copy = mem_dupn(bytes, len);

	if (secret_take(copy, len, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

/* Expects the new text, or NULL for "nothing to do", or a refusal whose text holds `why`. */
static void expect(const char *key, const char *src, size_t len, const char *old, const char *new, size_t new_len,
		   int r, const char *expected, const char *why)
{
	const struct place_at p = { .file = "files/x", .key = key };
	_cleanup_(secret_freep) struct secret *o = secret(old, strlen(old)), *n = secret(new, new_len);
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	bool changed = true;

	int got = place_write(&p, src, len, o, n, &out, &changed, &e);
	if (got != r || (why && !strstr(e.text, why)))
		fail_msg("%d instead of %d: %s", got, r, e.text);
	assert_null(strstr(e.text, old));
	if (r < 0)
		return;
	assert_int_equal(changed, expected != NULL);
	if (expected)
		assert_string_equal(buf_text(&out), expected);
	else
		assert_int_equal(out.len, 0);
}

#define WRITE(key, src, old, new, expected) expect(key, src, strlen(src), old, new, strlen(new), 0, expected, NULL)
#define REFUSE(key, src, old, new, r, why) expect(key, src, strlen(src), old, new, strlen(new), r, NULL, why)

static void whole_files_keep_the_newline_of_one_line(void **state _unused_)
{
	WRITE(NULL, "old value\n", "old value", "new", "new\n");
	WRITE(NULL, "old value", "old value", "new", "new");
	WRITE(NULL, "line1\nline2\n", "line1\nline2\n", "a\nb\n", "a\nb\n");
	WRITE(NULL, "new\n", "old value", "new", NULL);
	REFUSE(NULL, "other\n", "old value", "new", -ERR_CONFLICT, "'files/x' holds neither");
	REFUSE(NULL, "line1\nline2\n", "line1\nline2", "new", -ERR_CONFLICT, "neither");
	REFUSE(NULL, "", "old value", "new", -ERR_CONFIG, "0 bytes");
}

static void keys_are_flat_whatever_they_look_like(void **state _unused_)
{
	WRITE("a::b::c", "# top\na::b::c: old1 # end\nd: 1\n", "old1", "n'w", "# top\na::b::c: 'n''w' # end\nd: 1\n");
	WRITE("a::b::c", "a::b::c: \"old1\"\n", "old1", "n\"w", "a::b::c: \"n\\\"w\"\n");
	WRITE("a::b::c", "a::b::c: old1\n", "old1", "# x", "a::b::c: '# x'\n");
	REFUSE("a::b::c", "a:\n  b:\n    c: old1\n", "old1", "x", -ERR_CONFIG, "a::b::c");
	REFUSE("k", "k: old1\nk: old1\n", "old1", "x", -ERR_CONFIG, "k");
	REFUSE("k", "k: &a old1\nj: *a\n", "old1", "x", -ERR_CONFIG, "anchor");
	REFUSE("k", "k: [old1]\n", "old1", "x", -ERR_CONFIG, NULL);
	REFUSE("k", "k: >\n  old1\n", "old1\n", "x", -ERR_CONFIG, "fold");
}

/* Hiera's dotted form; what stands at the top as it is spelt wins. */
static void keys_below_others_are_dotted(void **state _unused_)
{
	WRITE("a::b.c.0", "a::b:\n  c:\n    - old1 # here\n    - x\n", "old1", "new 1", "a::b:\n  c:\n    - 'new "
	      "1' # here\n    - x\n");
	WRITE("a.1.b", "a: [x, {b: 'old1'}]\n", "old1", "it's", "a: [x, {b: 'it''s'}]\n");
	WRITE("a.'b.c'.d", "a: {b.c: {d: old1}}\n", "old1", "new1", "a: {b.c: {d: new1}}\n");
	WRITE("a.\"b'c\"", "a: {\"b'c\": old1}\n", "old1", "new1", "a: {\"b'c\": new1}\n");
	WRITE("'a.b'.c", "a.b: {c: old1}\n", "old1", "new1", "a.b: {c: new1}\n");
	WRITE("www.example.org", "www.example.org: old1\nwww: {example: {org: x}}\n", "old1", "new1",
	      "www.example.org: new1\nwww: {example: {org: x}}\n");
	WRITE("'www'.example.org", "www.example.org: x\nwww: {example: {org: old1}}\n", "old1", "new1",
	      "www.example.org: x\nwww: {example: {org: new1}}\n");
	WRITE("a.b", "a:\n  b: |\n    old1\n", "old1\n", "new1\n", "a:\n  b: |\n    new1\n");
	REFUSE("a.b", "a: x\n", "old1", "x", -ERR_CONFIG, "files/x:1:4: key 'b' is absent: there is no map");
	REFUSE("a.b", "a: {c: x}\n", "old1", "x", -ERR_CONFIG, "key 'b' is absent");
	REFUSE("a.1", "a: [old1]\n", "old1", "x", -ERR_CONFIG, "has no element 1: it has 1");
	REFUSE("a.x", "a: [old1]\n", "old1", "x", -ERR_CONFIG, "a number is expected for 'x'");
	REFUSE("a", "a: {b: old1}\n", "old1", "x", -ERR_CONFIG, "a map stands here");
	REFUSE("a..b", "a: {b: old1}\n", "old1", "x", -ERR_CONFIG, "'a..b' is no key of Hiera");
	REFUSE("a.", "a: {b: old1}\n", "old1", "x", -ERR_CONFIG, "is no key of Hiera");
	REFUSE("a.'b", "a: {b: old1}\n", "old1", "x", -ERR_CONFIG, "is no key of Hiera");
	REFUSE("a.'b'c", "a: {b: old1}\n", "old1", "x", -ERR_CONFIG, "is no key of Hiera");
	REFUSE("a.''", "a: {b: old1}\n", "old1", "x", -ERR_CONFIG, "is no key of Hiera");
	REFUSE("a.b", "a: &x {b: old1}\nc: *x\n", "old1", "x", -ERR_CONFIG, "other places follow it");
	REFUSE("c.b", "a: &x {b: old1}\nc: *x\n", "old1", "x", -ERR_CONFIG, "an alias stands here");
	REFUSE("c.b", "a: &x {b: old1}\nc: {<<: *x}\n", "old1", "x", -ERR_CONFIG, "'b' comes by a merge key");
}

static void what_hiera_writes_otherwise_is_refused(void **state _unused_)
{
	REFUSE("a", "a: 0123\n", "0123", "new1", -ERR_REFUSED, "put it in quotes");
	REFUSE("a", "a: yes\n", "yes", "new1", -ERR_REFUSED, "put it in quotes");
	REFUSE("a", "a: 2021-01-01\n", "2021-01-01", "new1", -ERR_REFUSED, "put it in quotes");
	REFUSE("a", "a: ~\n", "~", "new1", -ERR_CONFIG, "nothing stands there");
	REFUSE("a", "a: !!binary aGVsbG8=\n", "aGVsbG8=", "new1", -ERR_REFUSED, "a tag ('!...')");
	REFUSE("a", "a: 'hunter ENC[PKCS7,AAAA] y'\n", "hunter", "new1", -ERR_REFUSED, "a part of the value is "
	       "encrypted");
	WRITE("a", "a: '0123'\n", "0123", "0456", "a: '0456'\n");
	WRITE("a", "a: 123\n", "123", "456", "a: 456\n");
	WRITE("a", "a: !!str 0123\n", "0123", "new1", "a: !!str new1\n");
}

static void what_hiera_would_interpolate_is_refused(void **state _unused_)
{
	REFUSE("k", "k: \"x%{lookup('y')}\"\n", "old1", "new", -ERR_REFUSED, "put together by Hiera");
	REFUSE("k", "k: old1\n", "old1", "a%{b", -ERR_REFUSED, "would take for something to put in");
	WRITE("k", "k: old1\n", "old1", "a%b{", "k: 'a%b{'\n");
}

static void an_encrypted_value_without_key_files_says_what_to_name(void **state _unused_)
{
	REFUSE("k", "k: ENC[PKCS7,abcd]\n", "old1", "new", -ERR_CONFIG, "eyaml_private");
}

static void bytes_of_a_binary_file_stay_what_they_are(void **state _unused_)
{
	const struct place_at p = { .file = "files/x" };
	_cleanup_(secret_freep) struct secret *o = secret("\x00\xff\n\n\x01", 5), *n = secret("\x7f\x00\n", 3),
		*back = NULL;
	_cleanup_(buf_free) struct buf out = BUF_INIT(100);
	struct err e = ERR_INIT;
	bool changed;

	assert_int_equal(place_write(&p, "\x00\xff\n\n\x01", 5, o, n, &out, &changed, &e), 0);
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.data, "\x7f\x00\n", 3);
	assert_int_equal(place_read(&p, "\x00\xff\n\n\x01", 5, &back, &e), 0);
	assert_true(secret_equal(back, o));
}

static void block(const char *src, const char *sealed, int r, const char *expected)
{
	const struct place_at p = { .file = "x.yaml", .key = "k" };
	_cleanup_(buf_free) struct buf in = BUF_INIT(1000), out = BUF_INIT(10000);
	struct err e = ERR_INIT;
	const char *start = strchr(src, '>'), *after = strstr(src, "after");

	(void)buf_str(&in, sealed);
	int got = place_block_splice(&p, src, (size_t)(start - src), after ? (size_t)(after - src) : strlen(src),
				     strlen(src), &in, &out, &e);
	assert_int_equal(got, r);
	if (r == 0)
		assert_string_equal(buf_text(&out), expected);
}

static void a_folded_value_keeps_indentation_and_width(void **state _unused_)
{
	block("k: >\n    ENC[PKCS7,AAAAAAAAAAAA\n    BBBBBBBBBBBBBBBBBBBBBB\n    CC]\n"
	      "after: 1\n", "ENC[PKCS7,DDDDDDDDDDDDEEEEEEEEE]", 0, "k: >\n    ENC[PKCS7,DDDDDDDDDDDD\n"
	      "    EEEEEEEEE]\nafter: 1\n");
	block("k: >-\n  ENC[PKCS7,AAAAAAAAAAAA]", "ENC[PKCS7,X]", 0, "k: >-\n  ENC[PKCS7,X]");
	block("k: >\n    ENC[\n    AAA]\nafter: 1\n", "ENC[PKCS7,X]", -ERR_CONFIG, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_files_keep_the_newline_of_one_line),
		cmocka_unit_test(keys_are_flat_whatever_they_look_like),
		cmocka_unit_test(keys_below_others_are_dotted),
		cmocka_unit_test(what_hiera_writes_otherwise_is_refused),
		cmocka_unit_test(what_hiera_would_interpolate_is_refused),
		cmocka_unit_test(an_encrypted_value_without_key_files_says_what_to_name),
		cmocka_unit_test(bytes_of_a_binary_file_stay_what_they_are),
		cmocka_unit_test(a_folded_value_keeps_indentation_and_width),
	};
	return cmocka_run_group_tests(tests, begin, NULL);
}
