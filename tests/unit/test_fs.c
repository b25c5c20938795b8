#include "base/fs.h"
#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static int set_up(void **state _unused_)
{
	snprintf(folder, sizeof(folder), "/tmp/firebreak-fs-XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state _unused_)
{
	return chdir("/") == 0 && fs_remove_tree(folder, NULL) == 0 && !fs_exists(folder) ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	struct err e = ERR_INIT;

	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0640, &e), 0);
}

static void what_is_written_is_read(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);
	struct err e = ERR_INIT;
	struct stat st;

	assert_int_equal(fs_write_atomic("f", "a\0b", 3, 0604, &e), 0);
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
	assert_int_equal(fs_read("f", &b, &e), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
}

static void an_empty_file_is_a_text(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;

	put("f", "");
	assert_int_equal(fs_read("f", &b, &e), 0);
	assert_non_null(b.data);
	assert_false(b.over);
}

static void a_large_file_is_refused(void **state _unused_)
{
	_cleanup_(buf_free) struct buf fits = BUF_INIT(5), small = BUF_INIT(4);
	struct err e = ERR_INIT;

	put("f", "12345");
	assert_int_equal(fs_read("f", &fits, &e), 0);
	assert_int_equal(fs_read("f", &small, &e), -ERR_LIMIT);
	assert_int_equal(small.len, 0);
	assert_non_null(strstr(e.text, "'f'"));
}

static void a_file_without_a_size_has_a_limit_too(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(3);
	struct err e = ERR_INIT;

	assert_int_equal(fs_read("/proc/self/status", &b, &e), -ERR_LIMIT);
}

static void only_regular_files_are_read(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(fs_read("fifo", &b, &e), -ERR_IO);
	assert_int_equal(fs_read(".", &b, &e), -ERR_IO);
	assert_int_equal(fs_read("/dev/zero", &b, &e), -ERR_IO);
	assert_int_equal(fs_read("absent", &b, &e), -ERR_IO);
	assert_string_equal(e.text, "read 'absent': No such file or directory");
}

static void a_file_takes_the_place_of_a_file_only(void **state _unused_)
{
	struct err e = ERR_INIT;
	struct stat st;

	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(symlink("pipe", "to_pipe"), 0);
	assert_int_equal(fs_write_atomic("pipe", "y", 1, 0600, &e), -ERR_IO);
	assert_non_null(strstr(e.text, "'pipe'"));
	assert_int_equal(fs_write_atomic("to_pipe", "y", 1, 0600, &e), -ERR_IO);
	assert_int_equal(lstat("pipe", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(lstat("to_pipe", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void a_failed_write_leaves_the_old_file_and_nothing_else(void **state _unused_)
{
	_cleanup_(strv_free) struct strv all = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(mkdir("stands", 0700), 0);
	put("stands/inside", "x");
	/* a folder cannot be replaced by a file: the rename fails */
	assert_int_equal(fs_write_atomic("stands", "y", 1, 0600, &e), -ERR_IO);
	assert_int_equal(fs_write_atomic("no/such/folder", "y", 1, 0600, &e), -ERR_IO);
	assert_true(fs_exists("stands/inside"));
	assert_int_equal(rmdir("nothing"), -1);
	assert_int_equal(fs_list(".", "", 100, &all, &e), 0);
	assert_int_equal(all.n, 1);
	assert_int_equal(unlink("stands/inside"), 0);
	assert_int_equal(rmdir("stands"), 0);
	/* rmdir of our own folder would fail if a hidden temporary file were left */
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(chdir(folder), 0);
}

static void folders_on_the_way_are_made(void **state _unused_)
{
	struct err e = ERR_INIT;
	struct stat st;

	assert_int_equal(fs_mkdirs("a/b//c/", 0700, &e), 0);
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat("a", &st), 0);
	assert_true(st.st_mode & 0100);
	assert_int_equal(fs_mkdirs("a/b/c", 0700, &e), 0);
	assert_int_equal(fs_mkdirs("/", 0700, &e), 0);
	put("a/file", "");
	assert_int_equal(fs_mkdirs("a/file", 0700, &e), -ERR_IO);
	assert_int_equal(fs_mkdirs("a/file/x", 0700, &e), -ERR_IO);
	assert_int_equal(fs_mkdirs("", 0700, &e), -ERR_IO);
}

static void links_are_removed_not_followed(void **state _unused_)
{
	struct err e = ERR_INIT;

	assert_int_equal(fs_mkdirs("gone/deep/deeper", 0700, &e), 0);
	assert_int_equal(fs_mkdirs("kept", 0700, &e), 0);
	put("kept/file", "x");
	put("gone/deep/.hidden", "x");
	assert_int_equal(symlink("../kept", "gone/link"), 0);
	assert_int_equal(fs_remove_tree("gone", &e), 0);
	assert_false(fs_exists("gone"));
	assert_true(fs_exists("kept/file"));
	assert_int_equal(fs_remove_tree("gone", &e), 0);
}

static void roots_are_not_removed(void **state _unused_)
{
	static const char *const bad[] = { "", "/", "//", ".", "..", "./", "../..", "/." };
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(fs_remove_tree(bad[i], &e), -ERR_BUG);
}

static void lists_what_counts(void **state _unused_)
{
	_cleanup_(strv_free) struct strv v = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(fs_mkdirs("l/sub/.git", 0700, &e), 0);
	put("l/b.yaml", "");
	put("l/a.yaml", "");
	put("l/sub/c.yaml", "");
	put("l/other.txt", "");
	put("l/.hidden.yaml", "");
	put("l/sub/.git/d.yaml", "");
	assert_int_equal(symlink("a.yaml", "l/link.yaml"), 0);
	assert_int_equal(symlink("..", "l/loop"), 0);
	assert_int_equal(fs_list("l", ".yaml", 3, &v, &e), 0);
	assert_int_equal(v.n, 3);
	assert_string_equal(v.s[0], "a.yaml");
	assert_string_equal(v.s[1], "b.yaml");
	assert_string_equal(v.s[2], "sub/c.yaml");
	assert_int_equal(fs_list("l", ".yaml", 2, &v, &e), -ERR_LIMIT);
	assert_int_equal(v.n, 3);
	assert_int_equal(fs_list("absent", "", 2, &v, &e), -ERR_IO);
}

static void lists_eight_levels(void **state _unused_)
{
	_cleanup_(strv_free) struct strv v = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(fs_mkdirs("d/2/3/4/5/6/7/8", 0700, &e), 0);
	put("d/2/3/4/5/6/7/8/f", "");
	assert_int_equal(fs_list("d", "f", 10, &v, &e), 0);
	assert_int_equal(v.n, 1);
	assert_int_equal(fs_mkdirs("d/2/3/4/5/6/7/8/9", 0700, &e), 0);
	assert_int_equal(fs_list("d", "f", 10, &v, &e), -ERR_LIMIT);
	assert_non_null(strstr(e.text, "2/3/4/5/6/7/8/9"));
}

static void a_lock_is_held_once(void **state _unused_)
{
	_cleanup_(closep) int fd = -1;
	struct err e = ERR_INIT;
	int other = -1, status;
	pid_t pid;

	assert_int_equal(fs_lock("lock", &fd, &e), 0);
	pid = fork();
	if (pid == 0)
		_exit(fs_lock("lock", &other, NULL) == -ERR_CONFLICT ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	closep(&fd);
	fd = -1;
	assert_int_equal(fs_lock("lock", &fd, &e), 0);
}

static void a_lock_follows_no_link(void **state _unused_)
{
	struct err e = ERR_INIT;
	int fd = -1;

	assert_int_equal(symlink("elsewhere", "link"), 0);
	assert_int_equal(fs_lock("link", &fd, &e), -ERR_IO);
	assert_int_equal(fd, -1);
	assert_false(fs_exists("elsewhere"));
}

static void joins(void **state _unused_)
{
	_cleanup_(freep) char *a = fs_join("a", "b"), *b = fs_join("a/", "b"), *c = fs_join("", "b"),
			     *d = fs_join("/", "b");

	assert_string_equal(a, "a/b");
	assert_string_equal(b, "a/b");
	assert_string_equal(c, "b");
	assert_string_equal(d, "/b");
}

#define IN_A_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_FOLDER(what_is_written_is_read),
		IN_A_FOLDER(an_empty_file_is_a_text),
		IN_A_FOLDER(a_large_file_is_refused),
		IN_A_FOLDER(a_file_without_a_size_has_a_limit_too),
		IN_A_FOLDER(only_regular_files_are_read),
		IN_A_FOLDER(a_file_takes_the_place_of_a_file_only),
		IN_A_FOLDER(a_failed_write_leaves_the_old_file_and_nothing_else),
		IN_A_FOLDER(folders_on_the_way_are_made),
		IN_A_FOLDER(links_are_removed_not_followed),
		IN_A_FOLDER(roots_are_not_removed),
		IN_A_FOLDER(lists_what_counts),
		IN_A_FOLDER(lists_eight_levels),
		IN_A_FOLDER(a_lock_is_held_once),
		IN_A_FOLDER(a_lock_follows_no_link),
		cmocka_unit_test(joins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
