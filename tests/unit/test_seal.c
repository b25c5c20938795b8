#include "base/fs.h"
#include "base/mem.h"
#include "base/seal.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static char folder[] = "/tmp/firebreak-seal-XXXXXX";
static const struct seal_cost fast = { .passes = 1, .memory = 64 * 1024 };

static int make_folder(void **state _unused_)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state _unused_)
{
	return fs_remove_tree(folder, NULL);
}

static struct secret *secret_of(const char *text)
{
	_cleanup_(freep) char *bytes = mem_dup(text);
	struct secret *s = NULL;

	assert_int_equal(secret_take(bytes, strlen(text), &s, NULL), 0);
	return s;
}

static struct seal_key *key_of(const char *name, struct seal_public *public)
{
	_cleanup_(freep) char *path = fs_join(folder, name);
	struct seal_key *k = NULL;

	if (!fs_exists(path))
		assert_int_equal(seal_key_create(path, NULL, public, NULL), 0);
	assert_int_equal(seal_key_open(path, NULL, &k, NULL), 0);
	seal_key_public(k, public);
	return k;
}

static void public_key_as_text(void **state _unused_)
{
	static const char *const bad[] = {
		"", "fbpub1:", "fbpub1:AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"fbpub2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"fbpub1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 33 bytes */
		"fbpub1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!",
	};
	struct seal_public p = { { 0xfe, 1, 2 } }, back = { { 0 } };
	char text[SEAL_PUBLIC_TEXT];
	struct err e = ERR_INIT;

	seal_public_text(&p, text);
	assert_int_equal(strncmp(text, "fbpub1:", 7), 0);
	assert_int_equal(seal_public_parse(text, &back, &e), 0);
	assert_memory_equal(p.bytes, back.bytes, sizeof(p.bytes));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(seal_public_parse(bad[i], &back, &e), -ERR_CONFIG);
	assert_memory_equal(p.bytes, back.bytes, sizeof(p.bytes));
}

static void key_file_without_passphrase(void **state _unused_)
{
	_cleanup_(freep) char *path = fs_join(folder, "plain");
	_cleanup_(seal_key_freep) struct seal_key *k = NULL;
	struct seal_public made, opened;
	struct err e = ERR_INIT;
	bool is_protected = true;
	struct stat st;

	assert_int_equal(seal_key_create(path, NULL, &made, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(seal_key_create(path, NULL, &made, &e), -ERR_CONFLICT);
	assert_int_equal(seal_key_is_protected(path, &is_protected, &e), 0);
	assert_false(is_protected);
	assert_int_equal(seal_key_open(path, NULL, &k, &e), 0);
	seal_key_public(k, &opened);
	assert_memory_equal(made.bytes, opened.bytes, sizeof(made.bytes));
}

static void key_file_with_passphrase(void **state _unused_)
{
	_cleanup_(freep) char *path = fs_join(folder, "protected");
	_cleanup_(secret_freep) struct secret *right = secret_of("correct horse"), *wrong = secret_of("correct hors");
	_cleanup_(seal_key_freep) struct seal_key *k = NULL;
	struct seal_public made, opened;
	struct err e = ERR_INIT;
	bool is_protected = false;

	assert_int_equal(seal_key_create_at_cost(path, right, fast, &made, &e), 0);
	assert_int_equal(seal_key_is_protected(path, &is_protected, &e), 0);
	assert_true(is_protected);
	assert_int_equal(seal_key_open(path, NULL, &k, &e), -ERR_AUTH);
	assert_int_equal(seal_key_open(path, wrong, &k, &e), -ERR_AUTH);
	assert_null(k);
	assert_int_equal(seal_key_open(path, right, &k, &e), 0);
	seal_key_public(k, &opened);
	assert_memory_equal(made.bytes, opened.bytes, sizeof(made.bytes));
}

static void the_usual_cost_is_moderate(void **state _unused_)
{
	_cleanup_(freep) char *path = fs_join(folder, "moderate");
	_cleanup_(secret_freep) struct secret *phrase = secret_of("correct horse");
	_cleanup_(seal_key_freep) struct seal_key *k = NULL;
	_cleanup_(buf_free) struct buf text = BUF_INIT(4096);
	struct seal_public made;

	assert_int_equal(seal_key_create(path, phrase, &made, NULL), 0);
	assert_int_equal(fs_read(path, &text, NULL), 0);
	assert_non_null(strstr(text.data, "\nkdf argon2id 3 268435456 "));
	assert_int_equal(seal_key_open(path, phrase, &k, NULL), 0);
}

/* Each line of a key file changed, left out or doubled must be noticed. */
static void changed_key_files(void **state _unused_)
{
	_cleanup_(freep) char *path = fs_join(folder, "sound"), *bad_path = fs_join(folder, "changed");
	_cleanup_(secret_freep) struct secret *phrase = secret_of("correct horse");
	_cleanup_(buf_free) struct buf sound = BUF_INIT(4096);
	struct seal_key *k = NULL;
	struct seal_public made;

	assert_int_equal(seal_key_create_at_cost(path, phrase, fast, &made, NULL), 0);
	assert_int_equal(fs_read(path, &sound, NULL), 0);
	for (size_t i = 0; i < sound.len; i++) {
		_cleanup_(freep) char *bad = mem_dupn(sound.data, sound.len);
		struct err e = ERR_INIT;

		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_equal(fs_write_atomic(bad_path, bad, sound.len, 0600, NULL), 0);
		int r = seal_key_open(bad_path, phrase, &k, &e);

		/* The last character before the padding has bits that base64 does not use. */
		if (r != -ERR_CONFIG && r != -ERR_AUTH && r != -ERR_IO)
			fail_msg("byte %zu of the key file changed from '%c' was not noticed: %d", i, sound.data[i], r);
		if (!strstr(e.text, "changed"))
			fail_msg("no file in '%s'", e.text);
	}
	for (size_t len = 0; len < sound.len; len++) {
		assert_int_equal(fs_write_atomic(bad_path, sound.data, len, 0600, NULL), 0);
		assert_int_equal(seal_key_open(bad_path, phrase, &k, NULL), -ERR_CONFIG);
	}
	assert_null(k);
}

/* Without a passphrase nothing binds the lines together but the key itself. */
static void a_foreign_public_key_is_noticed(void **state _unused_)
{
	_cleanup_(freep) char *one = fs_join(folder, "one"), *two = fs_join(folder, "two"),
		*mix = fs_join(folder, "mix");
	_cleanup_(buf_free) struct buf a = BUF_INIT(4096), b = BUF_INIT(4096);
	struct seal_key *k = NULL;
	struct seal_public made;
	struct err e = ERR_INIT;

	assert_int_equal(seal_key_create(one, NULL, &made, NULL), 0);
	assert_int_equal(seal_key_create(two, NULL, &made, NULL), 0);
	assert_int_equal(fs_read(one, &a, NULL), 0);
	assert_int_equal(fs_read(two, &b, NULL), 0);

	size_t head = (size_t)(strstr(a.data, "\nkdf ") - a.data);

	memcpy(a.data, b.data, head);
	assert_int_equal(fs_write_atomic(mix, a.data, a.len, 0600, NULL), 0);
	assert_int_equal(seal_key_open(mix, NULL, &k, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "belong together"));
	assert_null(k);
}

static void a_key_file_cannot_eat_the_machine(void **state _unused_)
{
	static const char greedy[] = "firebreak-key-1\npublic fbpub1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
				     "kdf argon2id 3 999999999999 AAAAAAAAAAAAAAAAAAAAAA==\nprivate "
				     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
				     "AAAAAAAAAAAAAAAAAAAAAAAA\n";
	_cleanup_(freep) char *path = fs_join(folder, "greedy");
	_cleanup_(secret_freep) struct secret *phrase = secret_of("correct horse");
	struct seal_key *k = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, greedy, strlen(greedy), 0600, NULL), 0);
	assert_int_equal(seal_key_open(path, phrase, &k, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "1 GiB"));
}

static void seals_to_each_responder(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *value = secret_of("s3cret value");
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
	_cleanup_(seal_key_freep) struct seal_key *a = NULL, *b = NULL, *c = NULL;
	struct seal_public to[3];
	struct secret *back = NULL;
	struct err e = ERR_INIT;

	a = key_of("a", &to[0]);
	b = key_of("b", &to[1]);
	c = key_of("c", &to[2]);
	assert_int_equal(seal_value(value, "inc/step/name", to, 2, &sealed, &e), 0);
	assert_int_equal(seal_value(value, "inc/step/name", to, 2, &again, &e), 0);
	assert_string_not_equal(sealed.data, again.data);
	assert_null(strstr(sealed.data, "s3cret"));

	const struct seal_key *readers[] = { a, b };

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(seal_open(readers[i], sealed.data, "inc/step/name", &back, &e), 0);
		assert_true(secret_equal(back, value));
		back = secret_free(back);
	}
	assert_int_equal(seal_open(c, sealed.data, "inc/step/name", &back, &e), -ERR_AUTH);
	assert_int_equal(seal_open(a, sealed.data, "inc/step/nam", &back, &e), -ERR_CONFIG);
	assert_int_equal(seal_open(a, sealed.data, "", &back, &e), -ERR_CONFIG);
	assert_null(back);
}

static void counts_of_responders(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *value = secret_of("v");
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(1 << 20);
	_cleanup_(seal_key_freep) struct seal_key *first = NULL, *last = NULL;
	_cleanup_(secret_freep) struct secret *back = NULL;
	struct seal_public to[SEAL_RECIPIENTS + 1];
	struct err e = ERR_INIT;

	first = key_of("a", &to[0]);
	for (size_t i = 1; i < ARRAY_SIZE(to); i++)
		to[i] = to[0];
	last = key_of("b", &to[SEAL_RECIPIENTS - 1]);
	assert_int_equal(seal_value(value, "x", to, 0, &sealed, &e), -ERR_CONFIG);
	assert_int_equal(seal_value(value, "x", to, SEAL_RECIPIENTS + 1, &sealed, &e), -ERR_CONFIG);
	assert_int_equal(sealed.len, 0);
	assert_int_equal(seal_value(value, "x", to, SEAL_RECIPIENTS, &sealed, &e), 0);
	assert_int_equal(seal_open(last, sealed.data, "x", &back, &e), 0);
	assert_true(secret_equal(back, value));
}

static void a_public_key_without_a_private_one(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *value = secret_of("v");
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(1 << 20);
	const struct seal_public zero = { { 0 } };
	struct err e = ERR_INIT;

	/* The point zero: what is sealed to it, everybody opens. */
	assert_int_equal(seal_value(value, "x", &zero, 1, &sealed, &e), -ERR_CONFIG);
	assert_int_equal(sealed.len, 0);
}

static void all_lengths_and_bytes(void **state _unused_)
{
	static const size_t lengths[] = { 1, 2, 31, 32, 33, 4096, SECRET_MAX };
	static char bytes[SECRET_MAX];
	_cleanup_(seal_key_freep) struct seal_key *k = NULL;
	struct seal_public to;
	struct err e = ERR_INIT;

	k = key_of("a", &to);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		_cleanup_(secret_freep) struct secret *value = NULL, *back = NULL;
		_cleanup_(buf_free) struct buf sealed = BUF_INIT(1 << 20);

		for (size_t j = 0; j < lengths[i]; j++)
			bytes[j] = (char)(j * 7);
		assert_int_equal(secret_take(bytes, lengths[i], &value, &e), 0);
		assert_int_equal(seal_value(value, "x", &to, 1, &sealed, &e), 0);
		assert_int_equal(seal_open(k, sealed.data, "x", &back, &e), 0);
		assert_true(secret_equal(value, back));
	}
}

static void changed_values_are_noticed(void **state _unused_)
{
	_cleanup_(secret_freep) struct secret *value = secret_of("s3cret");
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(4096);
	_cleanup_(seal_key_freep) struct seal_key *k = NULL;
	struct secret *back = NULL;
	struct seal_public to[2];

	k = key_of("b", &to[1]);
	k = seal_key_free(k);
	k = key_of("a", &to[0]);
	assert_int_equal(seal_value(value, "x", to, 2, &sealed, NULL), 0);
	for (size_t i = 0; i < sealed.len; i++) {
		char was = sealed.data[i];

		if (was == '=')
			continue;
		sealed.data[i] = was == 'A' ? 'B' : 'A';
		int r = seal_open(k, sealed.data, "x", &back, NULL);

		sealed.data[i] = was;
		if (r != -ERR_CONFIG && r != -ERR_AUTH)
			fail_msg("character %zu of %zu changed, not noticed", i, sealed.len);
	}
	for (size_t len = 0; len < sealed.len; len++) {
		_cleanup_(freep) char *cut = mem_dupn(sealed.data, len);

		assert_true(seal_open(k, cut, "x", &back, NULL) < 0);
	}
	assert_null(back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_key_as_text),
		cmocka_unit_test(key_file_without_passphrase),
		cmocka_unit_test(key_file_with_passphrase),
		cmocka_unit_test(the_usual_cost_is_moderate),
		cmocka_unit_test(changed_key_files),
		cmocka_unit_test(a_foreign_public_key_is_noticed),
		cmocka_unit_test(a_key_file_cannot_eat_the_machine),
		cmocka_unit_test(seals_to_each_responder),
		cmocka_unit_test(counts_of_responders),
		cmocka_unit_test(a_public_key_without_a_private_one),
		cmocka_unit_test(all_lengths_and_bytes),
		cmocka_unit_test(changed_values_are_noticed),
	};

	if (secret_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
