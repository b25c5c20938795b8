#include "base/digest.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static char folder[] = "/tmp/firebreak-digest-XXXXXX";

static int make_folder(void **state _unused_)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state _unused_)
{
	return fs_remove_tree(folder, NULL);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
}

static void key_file_is_made_once(void **state _unused_)
{
	_cleanup_(freep) char *path = fs_join(folder, "made.key");
	struct digest_key a = { 0 }, b = { 0 };
	struct err e = ERR_INIT;
	struct stat st;

	assert_int_equal(digest_key_open(path, false, &a, &e), -ERR_IO);
	assert_non_null(strstr(e.text, "made.key"));
	assert_int_equal(digest_key_open(path, true, &a, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(digest_key_open(path, true, &b, &e), 0);
	assert_memory_equal(a.bytes, b.bytes, DIGEST_KEY_LEN);
	assert_int_equal(digest_key_open(path, false, &b, &e), 0);
	assert_memory_equal(a.bytes, b.bytes, DIGEST_KEY_LEN);
	assert_int_not_equal(a.bytes[0] | a.bytes[1] | a.bytes[2] | a.bytes[3], 0);
}

static void two_makers_get_one_key(void **state _unused_)
{
	_cleanup_(freep) char *path = fs_join(folder, "race.key");
	struct digest_key keys[8];
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			struct digest_key k;
			bool ok = digest_key_open(path, true, &k, NULL) == 0 &&
				  write(p[1], k.bytes, sizeof(k.bytes)) == sizeof(k.bytes);

			_exit(ok ? 0 : 1);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		int status = 1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_int_equal(read(p[0], keys[i].bytes, DIGEST_KEY_LEN), DIGEST_KEY_LEN);
		assert_memory_equal(keys[i].bytes, keys[0].bytes, DIGEST_KEY_LEN);
	}
	close(p[0]);
	close(p[1]);

	_cleanup_(strv_free) struct strv left = STRV_INIT;

	assert_int_equal(fs_list(folder, ".new", 100, &left, NULL), 0);
	assert_int_equal(left.n, 0);
}

static void key_file_is_refused(void **state _unused_)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *says;
	} bad[] = {
		{ "", 0600, "64 hex digits" },
		{ "00", 0600, "64 hex digits" },
		{ "0000000000000000000000000000000000000000000000000000000000000000ff\n", 0600, "64 hex digits" },
		{ "zz00000000000000000000000000000000000000000000000000000000000000\n", 0600, "64 hex digits" },
		{ "0000000000000000000000000000000000000000000000000000000000000000\n", 0640, "mode 0640" },
		{ "0000000000000000000000000000000000000000000000000000000000000000\n", 0604, "mode 0604" },
	};
	_cleanup_(freep) char *path = fs_join(folder, "bad.key");
	struct digest_key k;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write_file(path, bad[i].text, bad[i].mode);
		assert_int_equal(digest_key_open(path, true, &k, &e), -ERR_CONFIG);
		if (!strstr(e.text, bad[i].says))
			fail_msg("'%s' does not say '%s'", e.text, bad[i].says);
	}
	assert_int_equal(digest_key_open(folder, true, &k, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "no regular file"));
	if (geteuid() == 0) {
		write_file(path, bad[0].text, 0600);
		assert_int_equal(chown(path, 12345, 12345), 0);
		assert_int_equal(digest_key_open(path, true, &k, &e), -ERR_CONFIG);
		assert_non_null(strstr(e.text, "belongs to user 12345"));
	}
}

static void known_hashes(void **state _unused_)
{
	char hex[65];

	digest_sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_sha256_hex("", 0, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void run(const struct digest_key *k, const char *const *parts, uint8_t ret[DIGEST_LEN])
{
	struct digest *d = digest_begin(k);

	for (; *parts; parts++)
		digest_part(d, *parts, strlen(*parts));
	digest_end(d, ret);
}

static void parts_do_not_run_together(void **state _unused_)
{
	static const char *const ways[][4] = {
		{ "ab", "c", NULL }, { "a", "bc", NULL }, { "abc", NULL }, { "abc", "", NULL }, { "", "abc", NULL },
		{ NULL },
	};
	struct digest_key k = { { 1, 2, 3 } }, other = { { 1, 2, 4 } };
	uint8_t all[ARRAY_SIZE(ways)][DIGEST_LEN], again[DIGEST_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		run(&k, ways[i], all[i]);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(all[i], all[j], DIGEST_LEN);
		run(&k, ways[i], again);
		assert_memory_equal(all[i], again, DIGEST_LEN);
		run(&other, ways[i], again);
		assert_memory_not_equal(all[i], again, DIGEST_LEN);
	}
}

static void purposes_have_keys_of_their_own(void **state _unused_)
{
	struct digest_key k = { { 9 } }, chain, tag, again;

	digest_key_for(&k, "chain", &chain);
	digest_key_for(&k, "tag", &tag);
	digest_key_for(&k, "chain", &again);
	assert_memory_equal(chain.bytes, again.bytes, DIGEST_KEY_LEN);
	assert_memory_not_equal(chain.bytes, tag.bytes, DIGEST_KEY_LEN);
	assert_memory_not_equal(chain.bytes, k.bytes, DIGEST_KEY_LEN);
}

static void tag_tells_same_or_not(void **state _unused_)
{
	char one[] = "first-value", two[] = "other-value";
	_cleanup_(secret_freep) struct secret *a = NULL, *b = NULL, *c = NULL;
	struct digest_key k = { { 5 } }, other = { { 6 } };
	char ta[DIGEST_TAG_HEX], tb[DIGEST_TAG_HEX], tc[DIGEST_TAG_HEX];

	assert_int_equal(secret_take(one, strlen(one), &a, NULL), 0);
	assert_int_equal(secret_take(two, strlen(two), &c, NULL), 0);
	b = secret_copy(a);
	digest_tag(&k, a, ta);
	digest_tag(&k, b, tb);
	digest_tag(&k, c, tc);
	assert_int_equal(strlen(ta), 16);
	assert_int_equal(strspn(ta, "0123456789abcdef"), 16);
	assert_string_equal(ta, tb);
	assert_string_not_equal(ta, tc);
	digest_tag(&other, a, tb);
	assert_string_not_equal(ta, tb);
}

static void a_hash_in_parts_is_the_hash_of_the_whole(void **state _unused_)
{
	static const char text[] = "what comes in parts is one text";
	char whole[65], parts[65];
	struct hash h;

	digest_sha256_hex(text, strlen(text), whole);
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		hash_begin(&h);
		hash_add(&h, text, cut);
		hash_add(&h, text + cut, strlen(text) - cut);
		hash_end(&h, parts);
		assert_string_equal(parts, whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hash_in_parts_is_the_hash_of_the_whole),
		cmocka_unit_test(key_file_is_made_once),
		cmocka_unit_test(two_makers_get_one_key),
		cmocka_unit_test(key_file_is_refused),
		cmocka_unit_test(known_hashes),
		cmocka_unit_test(parts_do_not_run_together),
		cmocka_unit_test(purposes_have_keys_of_their_own),
		cmocka_unit_test(tag_tells_same_or_not),
	};

	if (secret_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
