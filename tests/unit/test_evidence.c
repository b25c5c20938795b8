/* What the scout reads, from a folder that stands for a host. */
#include "base/fs.h"
#include "base/mem.h"
#include "scout/evidence.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/firebreak-evidence-XXXXXX";

static int begin(void **state _unused_)
{
	(void)memcpy(strrchr(folder, '-') + 1, "XXXXXX", 6);
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state _unused_)
{
	return fs_remove_tree(folder, NULL);
}

static void put(const char *name, const char *text)
{
	_cleanup_(freep) char *path = fs_join(folder, name), *parent = mem_dup(path);

	*strrchr(parent, '/') = '\0';
	assert_int_equal(fs_mkdirs(parent, 0755, NULL), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

static void put_link(const char *name, const char *to)
{
	_cleanup_(freep) char *path = fs_join(folder, name);

	assert_int_equal(symlink(to, path), 0);
}

/* The answers to one request, as an array of lines. */
static json_t *ask(const char *request)
{
	_cleanup_(freep) char *path = fs_join(folder, "answers");
	_cleanup_(buf_free) struct buf text = BUF_INIT(16 << 20);
	json_t *all = json_array(), *line;
	struct scout_out o;
	struct err e = ERR_INIT;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	scout_out_begin(&o, fd, folder);
	scout_serve(request, strlen(request), &o);
	scout_out_end(&o);
	close(fd);
	assert_int_equal(fs_read(path, &text, &e), 0);
	for (const char *at = buf_text(&text), *stop; (stop = strchr(at, '\n')); at = stop + 1) {
		assert_int_equal(json_read("answer", at, (size_t)(stop - at), SCOUT_LINE_MAX, &line, &e), 0);
		json_array_append_new(all, line);
	}
	return all;
}

/* The first line that has these three strings; NULL: none. */
static const json_t *find(const json_t *all, const char *s, const char *key, const char *value)
{
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *line = json_array_get(all, i);
		const char *is = json_str(line, "s"), *has = json_str(line, key);

		if (is && !strcmp(is, s) && has && !strcmp(has, value))
			return line;
	}
	return NULL;
}

static const json_t *result_of(const json_t *all)
{
	const json_t *last = json_array_get(all, json_array_size(all) - 1);

	assert_string_equal(json_str(last, "type"), "result");
	return last;
}

static bool has_odd(const json_t *all, const char *text)
{
	const json_t *odd = json_object_get(json_object_get(result_of(all), "evidence"), "odd");

	for (size_t i = 0; i < json_array_size(odd); i++)
		if (strstr(json_string_value(json_array_get(odd, i)), text))
			return true;
	return false;
}

#define STATUS(name) "Name:\t" name "\nTgid:\t7\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"

static void processes_and_their_sockets_are_told(void **state _unused_)
{
	put("proc/7/status", STATUS("sneaky"));
	put("proc/7/stat", "7 (a ) b) S 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 12345 1 1\n");
	put("proc/7/maps", "7f00-7f01 r-xp 0 fe:00 1 /lib/a.so\n7f01-7f02 rw-p 0 fe:00 1 /lib/a.so\n"
	    "7f02-7f03 rwxp 0 00:00 0 \n");
	put("proc/7/fd/placeholder", "");
	put_link("proc/7/fd/3", "socket:[4711]");
	put_link("proc/7/exe", "/tmp/.x (deleted)");
	put("proc/net/tcp", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
	    "timeout inode\n 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 4711 1\n"
	    "   1: 0100007F:1F91 0200007F:0016 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n");
	put("proc/net/tcp6", "head\n   0: B80D0120000000000000000001000000:0016 "
	    "00000000000000000000000000000000:0000 0A "
	    "00000000:00000000 00:00000000 00000000     0        0 4713 1\n");

	json_t *all = ask("{\"v\":1,\"do\":{\"evidence\":{}}}");
	const json_t *p = find(all, "process", "name", "sneaky"), *s = find(all, "socket", "local", "127.0.0.1:8080");

	assert_non_null(p);
	assert_int_equal(json_int(p, "start_ms", 0), 12345 * 1000 / sysconf(_SC_CLK_TCK));
	assert_int_equal(json_array_size(json_object_get(p, "maps")), 1);
	assert_int_equal(json_int(p, "anonymous_code", 0), 1);
	assert_non_null(s);
	assert_string_equal(json_str(s, "state"), "listen");
	assert_int_equal(json_int(s, "pid", 0), 7);
	assert_int_equal(json_int(s, "uid", 0), 1000);
	assert_non_null(find(all, "socket", "local", "[2001:db8::1]:22"));
	assert_true(has_odd(all, "process 7 'sneaky' runs a program whose file was deleted or replaced"));
	assert_true(has_odd(all, "socket tcp 127.0.0.1:8081, remote 127.0.0.2:22, is open and no process"));
	assert_false(has_odd(all, "8080"));
	json_decref(all);
}

static void a_module_that_only_one_list_has_is_told(void **state _unused_)
{
	put("proc/modules", "ext4 1000 1 - Live 0x0\nlong_name 1 1 - Live 0x0\n");
	put("sys/module/ext4/initstate", "live\n");
	put("sys/module/long/initstate", "live\n");
	put("sys/module/built_in/version", "1\n");
	put("etc/ld.so.preload", "/lib/hide.so\n");

	json_t *all = ask("{\"v\":1,\"do\":{\"evidence\":{}}}");

	assert_true(has_odd(all, "kernel module 'long' is in /sys, but not"));
	assert_false(has_odd(all, "'ext4'"));
	assert_false(has_odd(all, "built_in"));
	assert_true(has_odd(all, "/etc/ld.so.preload"));
	json_decref(all);
}

/* Every process of this machine is listed but one. */
static void who_is_in_no_list_but_runs_is_found(void **state _unused_)
{
	DIR *d = opendir("/proc");
	const struct dirent *one;
	char text[80], wanted[80];
	pid_t child = fork();

	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	(void)snprintf(wanted, sizeof(wanted), "process %d ", (int)child);
	while ((one = readdir(d)))
		if (one->d_name[0] >= '1' && one->d_name[0] <= '9' && atoll(one->d_name) != child) {
			_cleanup_(freep) char *listed = mem_printf("%s/proc/%s", folder, one->d_name);

			assert_int_equal(fs_mkdirs(listed, 0755, NULL), 0);
		}
	closedir(d);
	(void)snprintf(text, sizeof(text), "0.0 0.0 0.0 1/1 %d\n", (int)child);
	put("proc/loadavg", text);
	/* up to which it is looked */
	(void)snprintf(text, sizeof(text), "%d\n", (int)child + 100);
	put("proc/sys/kernel/pid_max", text);

	json_t *all = ask("{\"v\":1,\"do\":{\"evidence\":{\"thorough\":true}}}");

	kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	assert_true(has_odd(all, wanted));
	(void)snprintf(wanted, sizeof(wanted), "process %d ", (int)getpid());
	assert_false(has_odd(all, wanted));
	json_decref(all);
}

static void what_was_not_read_is_said(void **state _unused_)
{
	put("proc/net/tcp", "head\nthis is no line of it\n");

	json_t *all = ask("{\"v\":1,\"limit_ms\":0,\"do\":{\"evidence\":{}}}");
	const json_t *end = find(all, "end", "section", "processes");

	assert_non_null(end);
	assert_string_equal(json_str(end, "cut"), "the time was over before it began");
	json_decref(all);
	all = ask("{\"v\":1,\"do\":{\"evidence\":{}}}");
	end = find(all, "end", "section", "sockets");
	assert_string_equal(json_str(end, "cut"), "a line of /proc/net/tcp is not as this kernel writes them");
	json_decref(all);
}

static void a_request_that_is_none_is_refused(void **state _unused_)
{
	static const struct { const char *request, *says; } bad[] = {
		{ "", "request" },
		{ "[]", "\"v\" must be 1" },
		{ "{\"v\":2,\"do\":{\"here\":{}}}", "different versions" },
		{ "{\"v\":1}", "1 to 8 commands" },
		{ "{\"v\":1,\"do\":{}}", "1 to 8 commands" },
		{ "{\"v\":1,\"do\":{\"here\":{},\"nonsense\":{}}}", "no command 'nonsense'" },
		{ "{\"v\":1,\"do\":{\"here\":1}}", "no command 'here'" },
		{ "{\"v\":1,\"do\":{\"a\":{},\"b\":{},\"c\":{},\"d\":{},\"e\":{},\"f\":{},\"g\":{},\"h\":{},\"i\":{}}}",
		  "1 to 8 commands" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *all = ask(bad[i].request);
		const json_t *last = result_of(all);

		assert_int_equal(json_array_size(all), 1);
		assert_false(json_is(last, "ok"));
		if (!strstr(json_str(last, "text"), bad[i].says))
			fail_msg("%s: %s", bad[i].request, json_str(last, "text"));
		json_decref(all);
	}
}

static void a_visit_says_no_more_than_it_may(void **state _unused_)
{
	struct scout_out o;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), r = 0;
	uint64_t lines = 0;

	scout_out_begin(&o, fd, folder);
	o.bytes_max = 2 << 20;
	while (r == 0) {
		r = scout_found(&o, json_pack("{s:s}", "x", folder));
		lines++;
	}
	assert_int_equal(r, -ERR_LIMIT);
	assert_true(lines > 1000 && lines < SCOUT_LINES_MAX && o.bytes < o.bytes_max);
	/* there is room to say so */
	uint64_t before = o.bytes;

	scout_unread(&o, "all", "more was there than may be sent");
	assert_true(o.bytes > before);
	scout_out_end(&o);
	close(fd);
}

/* Names as an intruder may give them; each is one line, and says what a tree would say. */
static void names_of_any_bytes_stay_in_their_line(void **state _unused_)
{
	static const char *const names[] = {
		"plain", "quote\"d", "back\\slash", "new\nline", "\"}\n{\"type\":\"result\"}", "\x01\x1f\x7f",
		"\xff\xfe", "a\xc3", "\xc3\xa4", "\xe2\x80\xae" "exe.txt", "\xf0\x9f\x94\xa5",
		"\",\"uid\":0,\"", " ", "%s%n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(freep) char *name = mem_printf("tmp/%s", names[i]);

		put(name, "x");
	}
	put_link("tmp/link", "nowhere");

	json_t *all = ask("{\"v\":1,\"do\":{\"evidence\":{}}}");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(freep) char *path = mem_printf("/tmp/%s", names[i]);
		_cleanup_(json_freep) json_t *as = json_object();

		json_put(as, "path", path);
		const json_t *line = find(all, "file", "path", json_str(as, "path"));

		if (!line)
			fail_msg("file %zu is not told", i);
		assert_string_equal(json_str(line, "kind"), "file");
		assert_string_equal(json_str(line, "mode"), "0644");
		assert_int_equal(json_int(line, "size", 0), 1);
		assert_int_equal(json_int(line, "uid", -1), geteuid());
		assert_int_equal(json_object_size(line), 11);
	}
	assert_string_equal(json_str(find(all, "file", "path", "/tmp/link"), "kind"), "link");
	json_decref(all);
}

/* With a tree and without: the same bytes, the same sum, the same limit. */
static void a_line_without_a_tree_is_the_same_line(void **state _unused_)
{
	const struct scout_field fields[] = { { "s", "file", 0 }, { "path", "/a\"\n\xff", 0 },
					      { "size", NULL, INT64_MIN }, { "n", NULL, 0 } };
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20), big = BUF_INIT(SCOUT_LINE_MAX);
	_cleanup_(freep) char *path = fs_join(folder, "lines");
	struct scout_out o;
	char sums[2][65];
	uint64_t bytes[2];

	for (int k = 0; k < 2; k++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		json_t *line = json_object();

		json_put(line, fields[0].key, fields[0].text);
		json_put(line, fields[1].key, fields[1].text);
		json_put_int(line, fields[2].key, fields[2].number);
		json_put_int(line, fields[3].key, fields[3].number);
		scout_out_begin(&o, fd, folder);
		o.of = "evidence";
		if (k)
			assert_int_equal(scout_keep_fields(&o, fields, ARRAY_SIZE(fields)), 0);
		else
			assert_int_equal(scout_keep(&o, json_incref(line)), 0);
		json_decref(line);
		hash_end(&o.evidence, sums[k]);
		bytes[k] = o.evidence_bytes;
		scout_out_end(&o);
		close(fd);
	}
	assert_int_equal(fs_read(path, &text, NULL), 0);
	assert_string_equal(sums[0], sums[1]);
	assert_int_equal(bytes[0], bytes[1]);
	assert_int_equal(text.len, bytes[0] + bytes[1]);
	assert_memory_equal(text.data, text.data + bytes[0], bytes[0]);

	while (big.len < SCOUT_LINE_MAX - 10)
		buf_char(&big, 'x');
	scout_out_begin(&o, -1, folder);
	o.of = "evidence";
	assert_int_equal(scout_keep_fields(&o, &(struct scout_field){ "x", buf_text(&big), 0 }, 1), -ERR_LIMIT);
	assert_int_equal(o.lines, 0);
	assert_int_equal(o.evidence_bytes, 0);
	scout_out_end(&o);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

static void a_list_of_neighbours_that_ends_in_an_error_is_not_whole(void **state _unused_)
{
	static const struct { uint16_t type; int why; bool whole; } ends[] = {
		{ NLMSG_DONE, 0, true }, { NLMSG_DONE, -EPERM, false }, { NLMSG_ERROR, -ENOBUFS, false },
		{ NLMSG_ERROR, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct { struct nlmsghdr head; struct nlmsgerr body; } m = {
			.head = { .nlmsg_type = ends[i].type, .nlmsg_len = sizeof(m) }, .body.error = ends[i].why,
		};
		struct evidence v = { 0 };

		assert_false(evidence_neighbours_take(&v, &m, sizeof(m)));
		assert_int_equal(v.cut == NULL, ends[i].whole);
		if (ends[i].why)
			assert_non_null(strstr(v.cut, strerror(-ends[i].why)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(processes_and_their_sockets_are_told),
		T(a_module_that_only_one_list_has_is_told),
		T(who_is_in_no_list_but_runs_is_found),
		T(what_was_not_read_is_said),
		T(a_request_that_is_none_is_refused),
		T(a_visit_says_no_more_than_it_may),
		T(names_of_any_bytes_stay_in_their_line),
		T(a_line_without_a_tree_is_the_same_line),
		cmocka_unit_test(a_list_of_neighbours_that_ends_in_an_error_is_not_whole),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
