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
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <cmocka.h>

#define REGION_MAX ((uint64_t)64 << 20) /* the shadow of a sanitizer is terabytes */
#define PART ((size_t)1 << 20)
#define MASK 0x5a

/* The canary never stands in this program as it is: every byte is masked until it goes into locked pages. */
static const unsigned char masked[] = { 0x19, 0x3b, 0x34, 0x3b, 0x28, 0x23, 0x6d, 0x6b, 0x62, 0x63, 0x2b, 0x20, 0x2d,
					0x22, 0x39, 0x2c, 0x38, 0x34, 0x37, 0x1b, 0x09, 0x1e };

/* What stands before it: free() writes over the first bytes of what it takes. */
#define LEAD 32
#define CANARY_LEN (LEAD + sizeof(masked))

static struct secret *canary;

static unsigned hits_in(const unsigned char *bytes, size_t len)
{
	const unsigned char *at = bytes, *end = bytes + len;
	unsigned hits = 0;

	while ((at = memchr(at, masked[0] ^ MASK, (size_t)(end - at)))) {
		size_t n = 0;

		while (n < sizeof(masked) && at + n < end && (at[n] ^ MASK) == masked[n])
			n++;
		hits += n == sizeof(masked);
		at++;
	}
	return hits;
}

/* Parts overlap by less than a canary, so that none is missed or counted twice. */
static unsigned search_region(int mem, unsigned char *part, uint64_t from, uint64_t to)
{
	unsigned hits = 0;

	for (uint64_t at = from; at < to;) {
		size_t want = to - at < PART ? (size_t)(to - at) : PART;
		ssize_t n = pread(mem, part, want, (off_t)at);

		if (n <= 0)
			return hits;
		hits += hits_in(part, (size_t)n);
		if (at + (uint64_t)n >= to)
			break;
		at += (uint64_t)n - (sizeof(masked) - 1);
	}
	return hits;
}

static unsigned search(void)
{
	/* Shared, so that it is a line of its own in the list, and can be left out. */
	unsigned char *part = mmap(NULL, PART, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *maps = fopen("/proc/self/maps", "re");
	_cleanup_(closep) int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned hits = 0;
	char line[600];

	assert_true(part != MAP_FAILED);
	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof(line), maps)) {
		uint64_t from, to;
		char may[5];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, may) == 3 && may[0] == 'r' &&
		    from != (uintptr_t)part && to - from <= REGION_MAX)
			hits += search_region(mem, part, from, to);
	}
	(void)fclose(maps);
	munmap(part, PART);
	return hits;
}

static int make_canary(void **state _unused_)
{
	volatile unsigned char mask = MASK; /* or the compiler works the canary out beforehand */
	char bytes[CANARY_LEN];

	memset(bytes, 'p', LEAD);
	for (size_t i = 0; i < sizeof(masked); i++)
		bytes[LEAD + i] = (char)(masked[i] ^ mask);
	return secret_take(bytes, sizeof(bytes), &canary, NULL);
}

static int free_canary(void **state _unused_)
{
	canary = secret_free(canary);
	return 0;
}

static int plant(const char *bytes, size_t len, void *arg)
{
	memcpy(arg, bytes, len);
	return 0;
}

static void the_search_finds(void **state _unused_)
{
	_cleanup_(freep) char *copy = mem_zero(1, 64);
	char on_stack[64] = "";

	assert_int_equal(search(), 0);
	(void)secret_with(canary, plant, copy);
	assert_int_equal(search(), 1);
	(void)secret_with(canary, plant, on_stack);
	assert_int_equal(search(), 2);
	explicit_bzero(copy, 64);
	explicit_bzero(on_stack, sizeof(on_stack));
	assert_int_equal(search(), 0);
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
		assert_int_equal(search(), 0);
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
	assert_int_equal(search(), 0);
	copy = secret_free(copy);
	back = secret_free(back);
	assert_int_equal(search(), 0);
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
	assert_int_equal(search(), 0);
	assert_int_equal(seal_open(k, sealed.data, "x", &back, NULL), 0);
	assert_true(secret_equal(back, canary));
	assert_int_equal(search(), 0);
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
	assert_int_equal(search(), 0);
	assert_int_equal(eyaml_decrypt(key, text.data, text.len, &back, NULL), 0);
	assert_true(secret_equal(back, canary));
	assert_int_equal(search(), 0);
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
	return cmocka_run_group_tests(tests, make_canary, free_canary);
}
