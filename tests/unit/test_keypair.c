/* Keys that are made, and their public half held against what openssl(1) says of them. */
#include "base/keypair.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct secret *made(enum keypair kind)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;

	if (keypair_make(kind, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

/* The DER of the public half as another program finds it, out of the same bytes. */
static void by_openssl(const struct secret *key, struct buf *ret)
{
	static const char *const argv[] = { "openssl", "pkey", "-pubout", "-outform", "DER", NULL };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct err e = ERR_INIT;

	if (proc_run(&(struct proc_job){ .argv = argv, .secret = key, .limit_ms = 30000 }, &res, &e) < 0 || res.status)
		fail_msg("%s%s", e.text, buf_text(&res.err));
	assert_int_equal(buf_add(ret, res.out.data, res.out.len), 0);
}

static void each_kind_is_made_and_its_public_half_is_what_openssl_says(void **state _unused_)
{
	static const struct { enum key_type type; uint32_t bits; } wanted[KEYPAIRS] = {
		{ KEY_RSA, 2048 }, { KEY_RSA, 3072 }, { KEY_RSA, 4096 }, { KEY_ED25519, 256 }, { KEY_EC, 256 },
		{ KEY_EC, 384 },
	};

	for (size_t i = 0; i < KEYPAIRS; i++) {
		_cleanup_(secret_freep) struct secret *key = made((enum keypair)i);
		_cleanup_(buf_free) struct buf der = BUF_INIT(PUBLIC_KEY_MAX);
		struct public_key p;
		struct err e = ERR_INIT;
		enum keypair back;

		assert_int_equal(keypair_parse(keypair_names[i], &back), 0);
		assert_int_equal(back, i);
		if (keypair_public(key, &p, &e) < 0)
			fail_msg("%s", e.text);
		by_openssl(key, &der);
		assert_int_equal(p.type, wanted[i].type);
		assert_int_equal(p.type == KEY_ED25519 ? 256 : p.bits, wanted[i].bits);
		assert_int_equal(p.spki_len, der.len);
		assert_memory_equal(p.spki, der.data, der.len);
		assert_int_equal(strlen(p.sha256), 64);
	}
}

static void two_keys_are_never_the_same(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *a = made(KEYPAIR_ED25519), *b = made(KEYPAIR_ED25519);

	assert_false(secret_equal(a, b));
}

static void the_inner_key_is_what_its_form_says(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *rsa = made(KEYPAIR_RSA_2048), *ed = made(KEYPAIR_ED25519);
	struct public_key p;

	assert_int_equal(keypair_public(rsa, &p, NULL), 0);
	/* RSAPublicKey: a SEQUENCE of two numbers, 270 bytes for 2048 bits and the usual exponent */
	assert_int_equal(p.spki_len - p.inner_at, 270);
	assert_int_equal(p.spki[p.inner_at], 0x30);
	assert_int_equal(keypair_public(ed, &p, NULL), 0);
	assert_int_equal(p.spki_len - p.inner_at, 32);
}

static int take(const char *text, struct public_key *ret, struct err *e)
{
	_cleanup_(secret_freep) struct secret *s = NULL;
	_cleanup_(freep) char *copy = mem_dup(text);

	assert_int_equal(secret_take(copy, strlen(text), &s, NULL), 0);
	return keypair_public(s, ret, e);
}

static void what_is_no_key_is_refused_and_not_quoted(void **state _unused_)
{
	static const char *const texts[] = {
		"no key at all", "-----BEGIN " "PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct public_key p = { .bits = 77 };
		struct err e = ERR_INIT;

		assert_int_equal(take(texts[i], &p, &e), -ERR_CONFIG);
		assert_null(strstr(e.text, "at all"));
		assert_int_equal(p.bits, 77);
	}
	enum keypair kind = KEYPAIR_EC_P256;

	assert_int_equal(keypair_parse("rsa-512", &kind), -ERR_CONFIG);
	assert_int_equal(kind, KEYPAIR_EC_P256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_made_and_its_public_half_is_what_openssl_says),
		cmocka_unit_test(two_keys_are_never_the_same),
		cmocka_unit_test(the_inner_key_is_what_its_form_says),
		cmocka_unit_test(what_is_no_key_is_refused_and_not_quoted),
	};

	return secret_init(NULL) < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
