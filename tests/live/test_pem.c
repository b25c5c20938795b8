/* Keys and certificates as openssl, ssh-keygen, gpg's and Java's kin write them; made at run time, never kept. */
#include "base/fs.h"
#include "base/mem.h"
#include "scan/traits.h"
#include "scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;

static int begin(void **state)
{
	arena = arena_new();
	return scratch_begin(state);
}

static int end(void **state)
{
	arena_free(arena);
	return scratch_end(state);
}

static struct pems look(const char *file)
{
	_cleanup_(freep) char *path = mem_printf("%s/%s", scratch, file);
	_cleanup_(buf_free) struct buf b = BUF_WIPED((size_t)4 << 20);
	struct err e = ERR_INIT;
	struct pems p;

	if (fs_read(path, &b, &e) < 0)
		fail_msg("%s", e.text);
	pem_look(b.data, b.len, arena, &p);
	return p;
}

/* "private key RSA 2048", with " encrypted" and " broken" behind it; of the first and only one. */
static struct pem is(const char *file, const char *expected)
{
	struct pems p = look(file);
	char text[100];

	assert_int_equal(p.n, 1);
	(void)snprintf(text, sizeof(text), "%s %s %u%s%s", pem_kind_name(p.list->kind), pem_key_name(p.list->key),
		p.list->bits,
		       p.list->encrypted ? " encrypted" : "", p.list->broken ? " broken" : "");
	if (strcmp(text, expected) != 0)
		fail_msg("%s: %s", file, text);
	return *p.list;
}

static void pair(const char *a, const char *a_is, const char *b, const char *b_is)
{
	struct pem x = is(a, a_is), y = is(b, b_is);

	assert_int_equal(strlen(x.spki), 64);
	assert_string_equal(x.spki, y.spki);
}

/* Each private key finds its certificate, its public key, its request; and what openssl calls the SPKI's hash. */
static void pairs_of_openssl_are_found(void **state _unused_)
{
	static const struct { const char *make, *bits; } keys[] = {
		{ "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "RSA 2048" },
		{ "genrsa -traditional 1024", "RSA 1024" },
		{ "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "EC 256" },
		{ "ecparam -name secp384r1 -genkey -noout", "EC 384" },
		{ "genpkey -algorithm ED25519", "Ed25519 256" },
		{ "genpkey -algorithm ED448", "Ed448 456" },
		{ "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "RSA 2048" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_(freep) char *private = mem_printf("private key %s", keys[i].bits);
		_cleanup_(freep) char *public = mem_printf("public key %s", keys[i].bits);
		_cleanup_(freep) char *certificate = mem_printf("certificate %s", keys[i].bits);
		_cleanup_(freep) char *request = mem_printf("certificate request %s", keys[i].bits);

		must_sh("openssl %s >key && openssl pkey -in key -pubout >pub && "
			"openssl pkey -in key -outform DER >der && openssl req -x509 -new -key key -subj /CN=x -days "
			"1 >crt && openssl x509 -in crt -outform DER >crt.der && "
			"openssl req -new -key key -subj /CN=x >csr && openssl pkey -pubin -in pub -outform DER | "
			"sha256sum | cut -c1-64 >spki", keys[i].make);
		pair("key", private, "pub", public);
		pair("key", private, "crt", certificate);
		pair("crt", certificate, "crt.der", certificate);
		pair("key", private, "csr", request);
		pair("key", private, "der", private);
		_cleanup_(freep) char *spki = sh_text("cat spki");
		assert_string_equal(is("key", private).spki, spki);
	}
	must_sh("openssl genrsa 2048 >a && openssl genrsa 2048 >b && openssl rsa -in a -RSAPublicKey_out >rsa");
	assert_string_not_equal(is("a", "private key RSA 2048").spki, is("b", "private key RSA 2048").spki);
	pair("a", "private key RSA 2048", "rsa", "public key RSA 2048");
}

static void pairs_of_openssh_are_found(void **state _unused_)
{
	static const struct { const char *make, *bits; } keys[] = {
		{ "-t ed25519", "Ed25519 256" }, { "-t rsa -b 3072", "RSA 3072" },
		{ "-t rsa -b 2047", "RSA 2047" }, { "-t ecdsa -b 256", "EC 256" },
		{ "-t ecdsa -b 384", "EC 384" }, { "-t ecdsa -b 521", "EC 521" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_(freep) char *private = mem_printf("private key %s", keys[i].bits);
		_cleanup_(freep) char *sealed = mem_printf("private key %s encrypted", keys[i].bits);
		_cleanup_(freep) char *public = mem_printf("public key %s", keys[i].bits);

		must_sh("rm -f k k.pub && ssh-keygen -q %s -N '' -C 'a comment' -f k && cp k sealed && "
			"ssh-keygen -q -p -P '' -N 'some passphrase' -f sealed", keys[i].make);
		pair("k", private, "k.pub", public);
		pair("sealed", sealed, "k.pub", public);
		if (!strstr(keys[i].bits, "Ed")) {
			/* the same key in openssl's form */
			must_sh("ssh-keygen -q -p -P '' -N '' -m PEM -f k && openssl pkey -in k -pubout >pub");
			pair("k", private, "k.pub", public);
			pair("pub", public, "k.pub", public);
		}
	}
	must_sh("for t in ed25519 rsa ecdsa; do rm -f k k.pub; ssh-keygen -q -t $t -N '' -f k; cat k.pub; echo '# "
		"words'; done >authorized_keys");
	struct pems p = look("authorized_keys");
	assert_int_equal(p.n, 3);
	assert_int_equal(p.list[1].line, 3);
	assert_int_equal(p.list[0].key, PEM_KEY_ED25519);
}

static void encrypted_keys_are_told_and_nothing_is_asked(void **state _unused_)
{
	must_sh("openssl genrsa 2048 >k && openssl pkcs8 -topk8 -in k -passout pass:x1x2x3 >p8 && "
		"openssl rsa -in k -traditional -aes128 -passout pass:x1x2x3 >old && "
		"openssl req -x509 -new -key k -subj /CN=x -days 1 >crt && "
		"openssl pkcs12 -export -inkey k -in crt -passout pass:x1x2x3 >p12");
	(void)is("p8", "private key none 0 encrypted");
	(void)is("old", "private key none 0 encrypted");
	(void)is("p12", "private key none 0 encrypted");
}

static void several_in_one_file_are_all_told(void **state _unused_)
{
	must_sh("openssl ecparam -name prime256v1 -genkey >k && openssl req -x509 -new -key k -subj /CN=x -days 1 "
		">crt && { echo '# words before'; cat crt; cat crt k; echo words behind; } >all");
	struct pems p = look("all");
	assert_int_equal(p.n, 4);
	assert_int_equal(p.list[0].kind, PEM_CERTIFICATE);
	assert_int_equal(p.list[0].line, 2);
	assert_int_equal(p.list[1].kind, PEM_CERTIFICATE);
	assert_int_equal(p.list[2].kind, PEM_OTHER);
	assert_int_equal(p.list[3].kind, PEM_PRIVATE);
	assert_string_equal(p.list[3].spki, p.list[0].spki);
	_cleanup_(freep) char *line = sh_text("grep -n 'BEGIN EC PRIVATE' all | cut -d: -f1");
	_cleanup_(freep) char *found = mem_printf("%u", p.list[3].line);
	assert_string_equal(found, line);
	must_sh("for i in $(seq 600); do cat crt; done >many");
	p = look("many");
	assert_int_equal(p.n, PEMS_MAX);
	assert_true(p.more);
}

static void damaged_ones_are_broken(void **state _unused_)
{
	must_sh("openssl genrsa 2048 >k && openssl req -x509 -new -key k -subj /CN=x -days 1 >crt && rm -f s s.pub && "
		"ssh-keygen -q -t ed25519 -N '' -f s && head -20 k >cut && sed 5d k >short && tr A-Z a-z <crt >small "
		"&& sed 3s/./!/ s >bad && "
		"sed '2,$d' s >headonly && cut -c1-40 s.pub >half && printf 'ssh-rsa AAAAAAAAAAAA\\n' >tiny && "
		"{ echo '-----BEGIN PRIVATE KEY-----'; echo; echo '-----END PRIVATE KEY-----'; } >empty && "
		"{ echo '-----BEGIN PRIVATE KEY-----'; cat crt; } >twobegin && sed 's/END RSA/END EC/; s/END "
		"PRIVATE/END EC PRIVATE/' k >other");
	(void)is("cut", "private key none 0 broken");
	(void)is("short", "private key none 0 broken");
	(void)is("bad", "private key none 0 broken");
	(void)is("headonly", "private key none 0 broken");
	(void)is("half", "public key none 0 broken");
	(void)is("tiny", "public key none 0 broken");
	(void)is("empty", "private key none 0 broken");
	(void)is("other", "private key none 0 broken");
	struct pems p = look("twobegin");
	assert_int_equal(p.n, 2);
	assert_true(p.list[0].broken && p.list[0].kind == PEM_PRIVATE);
	assert_true(!p.list[1].broken && p.list[1].kind == PEM_CERTIFICATE && p.list[1].line == 2);
}

static void what_only_looks_like_one_is_none(void **state _unused_)
{
	static const char *const texts[] = {
		"a text with -----BEGIN PRIVATE KEY----- in it\n", "-----BEGIN \n", "-----BEGIN "
		"-----\n", "ssh-rsa", "ssh-rsa \n",
		"ssh-keygen -t rsa\n", "0\202", "0\2\1\1", " -----BEGIN PRIVATE KEY-----\n", "",
	};
	struct pems p;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		pem_look(texts[i], strlen(texts[i]), arena, &p);
		if (p.n != 0)
			fail_msg("%zu: %s", i, pem_kind_name(p.list->kind));
	}
}

static void others_are_told_as_what_they_are(void **state _unused_)
{
	static const struct { const char *label, *expected; } rows[] = {
		{ "DH PARAMETERS", "other none 0" }, { "X509 CRL", "other none 0" },
		{ "PGP PRIVATE KEY BLOCK", "private key other 0" }, { "PGP PUBLIC KEY BLOCK", "public key other 0" },
		{ "SSH2 PUBLIC KEY", "public key other 0" }, { "PGP MESSAGE", "other none 0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(freep) char *text = mem_printf("-----BEGIN %s-----\nAAAA\n-----END %s-----\n", rows[i].label,
			rows[i].label);
		put_file("x", text);
		(void)is("x", rows[i].expected);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(pairs_of_openssl_are_found),
		T(pairs_of_openssh_are_found),
		T(encrypted_keys_are_told_and_nothing_is_asked),
		T(several_in_one_file_are_all_told),
		T(damaged_ones_are_broken),
		T(what_only_looks_like_one_is_none),
		T(others_are_told_as_what_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
