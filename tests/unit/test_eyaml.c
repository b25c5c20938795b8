#include "base/eyaml.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/text.h"
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char folder[] = "/tmp/firebreak-eyaml-XXXXXX";
static struct eyaml_cert *cert, *other_cert;
static struct eyaml_key *key, *other_key;

/* A program that cannot be run is a failure: the packages of tools/packages are there. */
static char *run(const char *const *argv, const char *input)
{
	struct proc_job job = {
		.argv = argv,
		.input = input,
		.input_len = input ? strlen(input) : 0,
		.limit_ms = 120000,
		.cwd = folder,
	};
	struct proc_result result = { 0 };
	struct err e = ERR_INIT;
	char last[200];

	if (proc_run(&job, &result, &e) < 0)
		fail_msg("%s: %s", argv[0], e.text);
	if (result.timed_out || result.status != 0)
		fail_msg("%s %s: exit code %d: %s", argv[0], argv[1], result.status, proc_last_line(&result, last));

	char *out = mem_dup(buf_text(&result.out));

	proc_result_free(&result);
	return out;
}

#define RUN(input, ...) run((const char *const[]){ __VA_ARGS__, NULL }, input)

static int make_keys(void **state _unused_)
{
	if (!mkdtemp(folder))
		return -1;
	free(RUN(NULL, "eyaml", "createkeys", "--pkcs7-private-key=private.pem", "--pkcs7-public-key=public.pem"));
	free(RUN(NULL, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/", "-set_serial", "0",
		 "-keyout", "other.pem", "-out", "other-public.pem"));

	_cleanup_(freep) char *private = fs_join(folder, "private.pem"), *public = fs_join(folder, "public.pem");
	_cleanup_(freep) char *other = fs_join(folder, "other.pem"),
		*other_public = fs_join(folder, "other-public.pem");
	struct err e = ERR_INIT;

	if (eyaml_key_read(private, &key, &e) < 0 || eyaml_cert_read(public, &cert, &e) < 0 ||
	    eyaml_key_read(other, &other_key, &e) < 0 || eyaml_cert_read(other_public, &other_cert, &e) < 0) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static int remove_keys(void **state _unused_)
{
	eyaml_key_freep(&key);
	eyaml_key_freep(&other_key);
	eyaml_cert_freep(&cert);
	eyaml_cert_freep(&other_cert);
	return fs_remove_tree(folder, NULL);
}

static struct secret *secret_of(const char *text, size_t len)
{
	_cleanup_(freep) char *bytes = mem_dupn(text, len);
	struct secret *s = NULL;

	assert_int_equal(secret_take(bytes, len, &s, NULL), 0);
	return s;
}

static void assert_opens(const struct eyaml_key *k, const char *text, const char *expected)
{
	_cleanup_(secret_freep) struct secret *want = secret_of(expected, strlen(expected)), *got = NULL;
	struct err e = ERR_INIT;

	if (eyaml_decrypt(k, text, strlen(text), &got, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(secret_equal(want, got));
}

static const char *const values[] = {
	"p\xc3\xa4ss '\"\\ #:]ENC[",
	"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	"0123456789abcdef", /* a whole block of the cipher */
};

static void theirs_opens_here(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_(freep) char *line = RUN(values[i], "eyaml", "encrypt", "--stdin", "-o", "string",
						  "--pkcs7-public-key=public.pem");

		assert_opens(key, line, values[i]);
	}

	_cleanup_(freep) char *block = RUN(values[1], "eyaml", "encrypt", "--stdin", "-o", "block",
					   "--pkcs7-public-key=public.pem");
	const char *at = strstr(block, "ENC[");

	assert_non_null(at);
	assert_non_null(strstr(at, "\n  ")); /* really folded */
	assert_opens(key, at, values[1]);
}

static void ours_opens_there(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_(secret_freep) struct secret *value = secret_of(values[i], strlen(values[i]));
		_cleanup_(buf_free) struct buf text = BUF_INIT(EYAML_MAX);
		struct err e = ERR_INIT;

		assert_int_equal(eyaml_encrypt(cert, value, &text, &e), 0);
		assert_int_equal(strncmp(text.data, "ENC[PKCS7,", 10), 0);
		assert_null(strchr(text.data, '\n'));

		_cleanup_(freep) char *back = RUN(text.data, "eyaml", "decrypt", "--stdin",
						  "--pkcs7-private-key=private.pem", "--pkcs7-public-key=public.pem");

		/* It ends its output with a newline, but adds none to one that is there. */
		_cleanup_(freep) char *expected = mem_printf("%s%s", values[i],
							     values[i][strlen(values[i]) - 1] == '\n' ? "" : "\n");

		assert_string_equal(back, expected);
	}
}

static void form_is_that_of_eyaml(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *value = secret_of("hunter2", 7);
	_cleanup_(buf_free) struct buf text = BUF_INIT(EYAML_MAX), pem = BUF_INIT(EYAML_MAX);

	assert_int_equal(eyaml_encrypt(cert, value, &text, NULL), 0);
	(void)buf_str(&pem, "-----BEGIN PKCS7-----\n");
	for (size_t at = 10; at + 1 < text.len; at += 64)
		(void)buf_printf(&pem, "%.*s\n", (int)(text.len - 1 - at < 64 ? text.len - 1 - at : 64),
				 text.data + at);
	(void)buf_str(&pem, "-----END PKCS7-----\n");

	_cleanup_(freep) char *parsed = RUN(pem.data, "openssl", "asn1parse");

	assert_non_null(strstr(parsed, ":pkcs7-envelopedData"));
	assert_non_null(strstr(parsed, ":rsaEncryption"));
	assert_non_null(strstr(parsed, ":aes-256-cbc"));
}

static void all_bytes_both_ways(void **state _unused_)
{
	static char bytes[SECRET_MAX];
	static const size_t lengths[] = { 1, 15, 16, 17, 4095, 4096, 4097, SECRET_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (size_t j = 0; j < lengths[i]; j++)
			bytes[j] = (char)(j * 11);
		_cleanup_(secret_freep) struct secret *value = secret_of(bytes, lengths[i]), *back = NULL;
		_cleanup_(buf_free) struct buf text = BUF_INIT(EYAML_MAX);

		assert_int_equal(eyaml_encrypt(cert, value, &text, NULL), 0);
		assert_int_equal(eyaml_decrypt(key, text.data, text.len, &back, NULL), 0);
		assert_true(secret_equal(value, back));
	}
}

/* All keys of eyaml have certificates with the same empty name and number: only opening tells them apart. With a
 * wrong key one try in 256 gives garbage that looks like a value, so many are made. */
static void another_key_is_refused(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *value = secret_of("hunter2", 7);

	for (int i = 0; i < 600; i++) {
		_cleanup_(buf_free) struct buf text = BUF_INIT(EYAML_MAX);
		struct secret *back = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(eyaml_encrypt(other_cert, value, &text, &e), 0);
		assert_int_equal(eyaml_decrypt(key, text.data, text.len, &back, &e), -ERR_AUTH);
		assert_null(back);
		assert_int_equal(ERR_peek_error(), 0);
		if (i == 0)
			assert_opens(other_key, text.data, "hunter2");
	}
}

static void knows_its_own_form(void **state _unused_)
{
	static const struct {
		const char *text;
		bool yes;
	} rows[] = {
		{ "ENC[PKCS7,AAAA]", true },   { "  ENC[PKCS7,AAAA]\n", true }, { "ENC[PKCS7,AA\n  AA==]", true },
		{ "ENC[AAAA]", true },	       { "ENC[", false },		{ "ENC[PKCS7,AAAA", false },
		{ "x ENC[PKCS7,AAAA]", false }, { "", false },			{ "DEC::PKCS7[x]!", false },
		{ "ENC]", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(eyaml_is_encrypted(rows[i].text, strlen(rows[i].text)) == rows[i].yes);
}

static void damaged_values(void **state _unused_)
{
	static const char *const bad[] = {
		"hunter2", "", "ENC[]", "ENC[PKCS7,]", "ENC[PKCS7,!]", "ENC[PKCS7,AAAA]", "ENC[GPG,AAAA]",
		"ENC[PKCS7,MAA=]", "ENC[PKCS7,MAsGCSqGSIb3DQEHAw==]",	 /* enveloped data without any */
		"ENC[PKCS7,MA8GCSqGSIb3DQEHAaACBAA=]",	 /* data, not enveloped */
	};
	_cleanup_(secret_freep) struct secret *value = secret_of("hunter2", 7);
	_cleanup_(buf_free) struct buf text = BUF_INIT(EYAML_MAX);
	struct secret *back = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(eyaml_decrypt(key, bad[i], strlen(bad[i]), &back, &e), -ERR_CONFIG);
		assert_null(strstr(e.text, "hunter2"));
		assert_int_equal(ERR_peek_error(), 0);
	}

	assert_int_equal(eyaml_encrypt(cert, value, &text, NULL), 0);
	for (size_t len = 0; len < text.len; len += 3) {
		_cleanup_(freep) char *cut = mem_printf("%.*s]", (int)len, text.data);

		assert_true(eyaml_decrypt(key, cut, strlen(cut), &back, NULL) < 0);
		assert_int_equal(ERR_peek_error(), 0);
	}
	assert_null(back);
}

/* The end of the value changed: the padding does not fit, but for one time in 256. */
static void a_changed_end_is_noticed(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *value = secret_of("hunter2", 7);
	unsigned noticed = 0;

	for (int i = 0; i < 64; i++) {
		_cleanup_(buf_free) struct buf text = BUF_INIT(EYAML_MAX), der = BUF_INIT(EYAML_MAX);
		_cleanup_(secret_freep) struct secret *back = NULL;

		assert_int_equal(eyaml_encrypt(cert, value, &text, NULL), 0);
		assert_int_equal(text_base64_decode(&der, text.data + 10, text.len - 11), 0);
		der.data[der.len - 1] ^= 1;
		buf_clear(&text);
		(void)buf_str(&text, "ENC[PKCS7,");
		text_base64(&text, der.data, der.len);
		(void)buf_char(&text, ']');
		noticed += eyaml_decrypt(key, text.data, text.len, &back, NULL) == -ERR_CONFIG;
		assert_int_equal(ERR_peek_error(), 0);
	}
	assert_true(noticed > 55);
}

static void keys_that_do_not_fit(void **state _unused_)
{
	_cleanup_(freep) char *private = fs_join(folder, "private.pem"), *public = fs_join(folder, "public.pem");
	_cleanup_(freep) char *locked = fs_join(folder, "locked.pem"), *curve = fs_join(folder, "curve.pem");
	_cleanup_(freep) char *curve_public = fs_join(folder, "curve-public.pem"), *none = fs_join(folder, "none");
	struct eyaml_cert *c = NULL;
	struct eyaml_key *k = NULL;
	struct err e = ERR_INIT;

	free(RUN("", "openssl", "rsa", "-aes256", "-passout", "pass:x", "-in", "private.pem", "-out", "locked.pem"));
	free(RUN("", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		 "-subj", "/", "-keyout", "curve.pem", "-out", "curve-public.pem"));
	assert_int_equal(eyaml_key_read(locked, &k, &e), -ERR_CONFIG); /* and does not ask */
	assert_non_null(strstr(e.text, "without passphrase"));
	assert_int_equal(eyaml_key_read(public, &k, &e), -ERR_CONFIG);
	assert_int_equal(eyaml_cert_read(private, &c, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "private.pem"));
	assert_int_equal(eyaml_key_read(curve, &k, &e), -ERR_CONFIG);
	assert_int_equal(eyaml_cert_read(curve_public, &c, &e), -ERR_CONFIG);
	assert_int_equal(eyaml_key_read(none, &k, &e), -ERR_IO);
	assert_int_equal(eyaml_cert_read(none, &c, &e), -ERR_IO);
	assert_null(k);
	assert_null(c);
	assert_int_equal(ERR_peek_error(), 0);
}

static void no_room(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *value = secret_of("hunter2", 7);
	_cleanup_(buf_free) struct buf text = BUF_INIT(20);

	assert_int_equal(eyaml_encrypt(cert, value, &text, NULL), -ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(theirs_opens_here),
		cmocka_unit_test(ours_opens_there),
		cmocka_unit_test(form_is_that_of_eyaml),
		cmocka_unit_test(all_bytes_both_ways),
		cmocka_unit_test(another_key_is_refused),
		cmocka_unit_test(knows_its_own_form),
		cmocka_unit_test(damaged_values),
		cmocka_unit_test(a_changed_end_is_noticed),
		cmocka_unit_test(keys_that_do_not_fit),
		cmocka_unit_test(no_room),
	};

	if (secret_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, make_keys, remove_keys);
}
