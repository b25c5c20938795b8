/*
 * After each way a value can go through base/, this process's own memory is searched for it. Pages that are closed
 * cannot be read, so what is found is a copy that somebody forgot to wipe.
 */
#include "base/digest.h"
#include "base/eyaml.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/yaml_splice.h"
#include "canary_help.h"
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include <cmocka.h>

static int plant(const char *bytes, size_t len, void *arg)
{
	memcpy(arg, bytes, len);
	return 0;
}

static void the_search_finds(void **state _unused_)
{
	_cleanup_(freep) char *copy = mem_zero(1, 64);
	char on_stack[64] = "";

	assert_int_equal(canary_search(), 0);
	(void)secret_with(canary, plant, copy);
	assert_int_equal(canary_search(), 1);
	(void)secret_with(canary, plant, on_stack);
	assert_int_equal(canary_search(), 2);
	explicit_bzero(copy, 64);
	explicit_bzero(on_stack, sizeof(on_stack));
	assert_int_equal(canary_search(), 0);
}

static int put_in(const char *bytes, size_t len, void *arg)
{
	static const char *const path[] = { "a", NULL };
	_cleanup_(buf_free) struct buf out = BUF_WIPED(4096);
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *n = NULL;
	const char *src = arg;
	struct err e = ERR_INIT;

	assert_int_equal(yaml_splice("f", src, strlen(src), path, bytes, len, &out, &e), 0);
	assert_int_equal(yaml_find(a, "f", out.data, out.len, path, &n, &e), 0);
	assert_int_equal(n->len, len);
	return 0;
}

static void yaml_leaves_none(void **state _unused_)
{
	char *const sources[] = { (char[]){ "a: old\nb: c\n" }, (char[]){ "a: 'old'\nb: c\n" },
				  (char[]){ "a: \"old\"\n" }, (char[]){ "a: |-\n  old\nb: c\n" },
				  (char[]){ "{a: old, b: c}\n" } };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		(void)secret_with(canary, put_in, sources[i]);
		assert_int_equal(canary_search(), 0);
	}
}

static void secrets_leave_none(void **state _unused_)
{
	struct secret *copy = secret_copy(canary), *back = NULL;
	struct digest_key key = { { 7 } };
	char tag[DIGEST_TAG_HEX];
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(secret_write(copy, p[1]), 0);
	assert_int_equal(secret_read(p[0], CANARY_LEN, &back, NULL), 0);
	assert_true(secret_equal(back, canary));
	digest_tag(&key, back, tag);
	close(p[0]);
	close(p[1]);
	assert_int_equal(canary_search(), 0);
	copy = secret_free(copy);
	back = secret_free(back);
	assert_int_equal(canary_search(), 0);
}

static void seals_leave_none(void **state _unused_)
{
	char folder[] = "/tmp/firebreak-traces-XXXXXX";
	_cleanup_(seal_key_freep) struct seal_key *k = NULL;
	_cleanup_(secret_freep) struct secret *back = NULL;
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(4096);
	struct seal_public to;

	assert_non_null(mkdtemp(folder));

	_cleanup_(freep) char *path = fs_join(folder, "key");

	assert_int_equal(seal_key_create(path, canary, &to, NULL), 0); /* as a passphrase, too */
	assert_int_equal(seal_key_open(path, canary, &k, NULL), 0);
	assert_int_equal(fs_remove_tree(folder, NULL), 0);
	assert_int_equal(seal_value(canary, "x", &to, 1, &sealed, NULL), 0);
	assert_int_equal(canary_search(), 0);
	assert_int_equal(seal_open(k, sealed.data, "x", &back, NULL), 0);
	assert_true(secret_equal(back, canary));
	assert_int_equal(canary_search(), 0);
}

static void pem_of(EVP_PKEY *pkey, struct secret **ret_key, struct buf *ret_cert)
{
	X509 *x509 = X509_new();
	BIO *key = BIO_new(BIO_s_mem()), *cert = BIO_new(BIO_s_mem());
	char *bytes;
	long len;

	(void)X509_set_pubkey(x509, pkey);
	(void)X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
	assert_true(X509_sign(x509, pkey, EVP_sha256()) > 0);
	assert_true(PEM_write_bio_PrivateKey(key, pkey, NULL, NULL, 0, NULL, NULL) && PEM_write_bio_X509(cert, x509));
	len = BIO_get_mem_data(key, &bytes);
	assert_int_equal(secret_take(bytes, (size_t)len, ret_key, NULL), 0);
	len = BIO_get_mem_data(cert, &bytes);
	assert_int_equal(buf_add(ret_cert, bytes, (size_t)len), 0);
	BIO_free(key);
	BIO_free(cert);
	X509_free(x509);
}

static void eyaml_leaves_none(void **state _unused_)
{
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	_cleanup_(secret_freep) struct secret *key_pem = NULL, *back = NULL;
	_cleanup_(buf_free) struct buf cert_pem = BUF_INIT(1 << 16), text = BUF_INIT(EYAML_MAX);
	_cleanup_(eyaml_cert_freep) struct eyaml_cert *cert = NULL;
	_cleanup_(eyaml_key_freep) struct eyaml_key *key = NULL;

	assert_non_null(pkey);
	pem_of(pkey, &key_pem, &cert_pem);
	EVP_PKEY_free(pkey);
	assert_int_equal(eyaml_key_parse(key_pem, &key, NULL), 0);
	assert_int_equal(eyaml_cert_parse(cert_pem.data, cert_pem.len, &cert, NULL), 0);
	assert_int_equal(eyaml_encrypt(cert, canary, &text, NULL), 0);
	assert_int_equal(canary_search(), 0);
	assert_int_equal(eyaml_decrypt(key, text.data, text.len, &back, NULL), 0);
	assert_true(secret_equal(back, canary));
	assert_int_equal(canary_search(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_search_finds),   cmocka_unit_test(secrets_leave_none),
		cmocka_unit_test(yaml_leaves_none),   cmocka_unit_test(seals_leave_none),
		cmocka_unit_test(eyaml_leaves_none),
	};

	/* Undone for a user who is not root: /proc/self/mem would be root's. */
	if (secret_init(NULL) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return 1;
	return cmocka_run_group_tests(tests, canary_make, canary_free);
}
