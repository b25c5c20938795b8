#include "base/fs.h"
#include "base/mem.h"
#include "base/seal_stream.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define LEN ((size_t)200000)       /* more than three pieces */

static char folder[] = "/tmp/firebreak-stream-XXXXXX";
static struct seal_public to[2];
static struct seal_key *keys[3];
static char *file;

static int begin(void **state _unused_)
{
	struct seal_public other;
	struct err e = ERR_INIT;

	if (!mkdtemp(folder) || secret_init(&e) < 0)
		return -1;
	file = fs_join(folder, "stream");
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(freep) char *path = mem_printf("%s/key%zu", folder, i);

		if (seal_key_create(path, NULL, i < 2 ? &to[i] : &other, &e) < 0 ||
		    seal_key_open(path, NULL, &keys[i], &e) < 0)
			return -1;
	}
	return 0;
}

static int end(void **state _unused_)
{
	for (size_t i = 0; i < 3; i++)
		keys[i] = seal_key_free(keys[i]);
	freep(&file);
	return fs_remove_tree(folder, NULL);
}

static char byte_at(size_t i)
{
	return (char)(i * 7 + i / 251);
}

static void write_stream(size_t len, bool finish)
{
	_cleanup_(closep) int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	_cleanup_(seal_stream_freep) struct seal_stream *s = NULL;
	_cleanup_(freep) char *bytes = mem_zero(1, len + 1);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(i);
	assert_int_equal(seal_stream_begin(fd, "host db11", to, 2, &s, &e), 0);
	for (size_t at = 0, n; at < len; at += n) {
		n = len - at < 777 ? len - at : 777;
		assert_int_equal(seal_stream_add(s, bytes + at, n, &e), 0);
	}
	if (finish)
		assert_int_equal(seal_stream_finish(s, &e), 0);
}

static int check(const char *bytes, size_t len, void *arg)
{
	size_t *at = arg;

	for (size_t i = 0; i < len; i++)
		if (bytes[i] != byte_at(*at + i))
			return 42;
	*at += len;
	return 0;
}

static int read_stream(size_t key, const char *context, size_t *ret_len, struct err *e)
{
	_cleanup_(closep) int fd = open(file, O_RDONLY | O_CLOEXEC);

	*ret_len = 0;
	*e = (struct err)ERR_INIT;
	return seal_stream_open(keys[key], fd, context, check, ret_len, e);
}

static void each_responder_opens_all_of_it_and_nobody_else_anything(void **state _unused_)
{
	static const size_t lens[] = { 0, 1, 65535, 65536, 65537, LEN };
	struct err e;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		write_stream(lens[i], true);
		for (size_t k = 0; k < 2; k++) {
			if (read_stream(k, "host db11", &n, &e) < 0)
				fail_msg("%s", e.text);
			assert_int_equal(n, lens[i]);
		}
	}
	assert_int_equal(read_stream(2, "host db11", &n, &e), -ERR_AUTH);
	assert_int_equal(n, 0);
	assert_int_equal(read_stream(0, "host db12", &n, &e), -ERR_CONFIG);
	assert_int_equal(n, 0);
}

static void a_missing_end_is_told_and_what_came_before_is_given(void **state _unused_)
{
	struct err e;
	size_t n;

	write_stream(LEN, false);
	assert_int_equal(read_stream(0, "host db11", &n, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "end of a sealed stream is missing"));
	assert_int_equal(n, LEN / 65536 * 65536);
}

static void each_damage_is_told(void **state _unused_)
{
	struct stat st;
	struct err e;
	size_t n;

	write_stream(1000, true);
	assert_int_equal(stat(file, &st), 0);
	for (off_t at = 0; at < st.st_size; at += 3) {
		_cleanup_(closep) int fd = open(file, O_RDWR | O_CLOEXEC);
		char was, is;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		is = (char)(was ^ 1);
		assert_int_equal(pwrite(fd, &is, 1, at), 1);
		if (read_stream(0, "host db11", &n, &e) == 0)
			fail_msg("byte %lld is not guarded", (long long)at);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	for (off_t cut = st.st_size - 1; cut > 0; cut -= 11) {
		assert_int_equal(truncate(file, cut), 0);
		assert_true(read_stream(0, "host db11", &n, &e) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_responder_opens_all_of_it_and_nobody_else_anything),
		cmocka_unit_test(a_missing_end_is_told_and_what_came_before_is_given),
		cmocka_unit_test(each_damage_is_told),
	};

	return cmocka_run_group_tests_name("seal_stream", tests, begin, end);
}
