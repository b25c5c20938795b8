/* What the scout says of what stands on a host, from a folder that stands for one, up to the baseline it becomes. */
#include "base/fs.h"
#include "base/mem.h"
#include "fleet/baseline.h"
#include "scout/scout.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/firebreak-standing-XXXXXX";
static struct fleet_baseline_keys keys;

static int begin(void **state _unused_)
{
	(void)memcpy(strrchr(folder, '-') + 1, "XXXXXX", 6);
	digest_key_random(&keys.file);
	digest_key_random(&keys.contents);
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state _unused_)
{
	return fs_remove_tree(folder, NULL);
}

static void put(const char *name, const char *text, mode_t mode)
{
	_cleanup_(freep) char *path = fs_join(folder, name), *parent = mem_dup(path);

	*strrchr(parent, '/') = '\0';
	assert_int_equal(fs_mkdirs(parent, 0755, NULL), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, NULL), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void put_usual(void)
{
	put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/sh\n", 0644);
	put("etc/shadow", "root:*:1::::::\nbob:!:1::::::\n", 0600);
	put("etc/group", "root:x:0:\nadm:x:4:bob\n", 0644);
	put("etc/ssh/sshd_config", "AuthorizedKeysFile .ssh/authorized_keys /etc/more/%u\n", 0644);
	put("proc/modules", "ext4 1 1 - Live 0x0\n", 0644);
	put("proc/net/tcp", "  sl  local_address rem_address\n   0: 0100007F:1F90 00000000:0000 0A "
	    "00000000:00000000 00:00000000 00000000  1000        0 4711 1\n", 0644);
	put("proc/net/udp", "head\n", 0644);
	put("proc/net/raw", "head\n", 0644);
	put("var/lib/dpkg/status", "Package: hello\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n",
	    0644);
}

static struct baseline *look(void)
{
	static const char request[] = "{\"v\":1,\"do\":{\"baseline\":{}}}";
	_cleanup_(freep) char *path = mem_printf("%s.answers", folder);
	_cleanup_(buf_free) struct buf text = BUF_INIT(16 << 20);
	struct baseline *b = baseline_new("db11", 1);
	struct scout_out o;
	struct err e = ERR_INIT;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	scout_out_begin(&o, fd, folder);
	scout_serve(request, strlen(request), &o);
	scout_out_end(&o);
	close(fd);
	assert_int_equal(fs_read(path, &text, &e), 0);
	unlink(path);
	for (const char *at = buf_text(&text), *stop; (stop = strchr(at, '\n')); at = stop + 1) {
		_cleanup_(json_freep) json_t *line = NULL;

		assert_int_equal(json_read("answer", at, (size_t)(stop - at), SCOUT_LINE_MAX, &line, &e), 0);
		if (fleet_baseline_line(b, &keys, line, &e) < 0)
			fail_msg("%s", e.text);
	}
	if (baseline_settle(b, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

/* Looks, changes one thing, looks again: exactly that is told. */
static void expect(void (*change)(void), const char *text)
{
	_cleanup_(baseline_freep) struct baseline *before = NULL, *now = NULL;
	_cleanup_(drifts_free) struct drifts d = { 0 };

	before = look();
	change();
	now = look();
	drift_of(before, now, &d);
	if (d.n != 1 || !strstr(d.d[0].text, text))
		fail_msg("%u differences, the first: %s; not: %s", d.n, d.n ? d.d[0].text : "none", text);
}

static void load_module(void) { put("proc/modules", "ext4 1 1 - Live 0x0\nevil 1 0 - Live 0x0\n", 0644); }
static void set_password(void) { put("etc/shadow", "root:*:1::::::\nbob:$6$a$b:1::::::\n", 0600); }
static void join_group(void) { put("etc/group", "root:x:0:bob\nadm:x:4:bob\n", 0644); }
static void add_setuid(void) { put("srv/deep/er/x", "x", 04711); }
static void add_hidden_job(void) { put("var/spool/cron/crontabs/.bob", "* * * * * x\n", 0600); }
static void add_rc(void) { put("home/bob/.ssh/rc", "x\n", 0644); }
static void add_list(void) { put("var/lib/dpkg/info/hello.md5sums", "x\n", 0644); }
static void change_list(void) { put("var/lib/dpkg/info/hello.md5sums", "y\n", 0644); }

static void upgrade(void)
{
	put("var/lib/dpkg/info/hello.md5sums", "z\n", 0644);
	put("var/lib/dpkg/status", "Package: hello\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n\n",
	    0644);
}

static void add_key(void)
{
	put("etc/more/bob", "command=\"echo ssh-ed25519 AAAA\",no-pty ssh-ed25519 "
	    "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f who@ever\n", 0644);
}

static void change_options(void)
{
	put("etc/more/bob", "ssh-ed25519 "
	    "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f x\n", 0644);
}

static void nothing(void) { }

static void exactly_what_was_changed_is_told(void **state _unused_)
{
	_cleanup_(drifts_free) struct drifts d = { 0 };
	_cleanup_(baseline_freep) struct baseline *one = NULL, *two = NULL;

	put_usual();
	one = look();
	nothing();
	two = look();
	drift_of(one, two, &d);
	if (d.n)
		fail_msg("nothing changed: %s", d.d[0].text);
	expect(load_module, "a kernel module that the baseline does not have: 'evil'");
	expect(set_password, "an account is not as in the baseline: 'bob: password' was (cannot log in by one)");
	expect(join_group, "'root (gid 0)'");
	expect(add_setuid, "'/srv/deep/er/x' (4711");
	expect(add_hidden_job, "'/var/spool/cron/crontabs/.bob'");
	expect(add_rc, "'/home/bob/.ssh/rc'");
	expect(add_list, "'hello:amd64' was (version 1, without a list of sums), is (version 1, contents ");
	expect(change_list, "written anew for the same version, which no upgrade does");
	expect(upgrade, "this happens on calm days too");
	expect(add_key, "a key that may log in that the baseline does not have: '/etc/more/bob: SHA256:");
	expect(change_options, "was (ssh-ed25519, with options, contents ");
}

static const char catalogue[] = "var/cache/puppet/client_data/catalog/db11.json";

static void put_puppet(void)
{
	put_usual();
	put("etc/managed", "kept\n", 0644);
	put("etc/fetched", "from the server\n", 0644);
	put("etc/tree/in/it", "from the server\n", 0644);
	put(catalogue, "{\"resources\":[{\"type\":\"File\",\"title\":\"/etc/managed\",\"parameters\":{"
	    "\"content\":\"kept\\n\"}},{\"type\":\"File\",\"title\":\"/etc/fetched\",\"parameters\":{"
	    "\"source\":\"puppet:///modules/x/fetched\"}},{\"type\":\"File\",\"title\":\"/etc/tree/\","
	    "\"parameters\":{\"recurse\":true,\"source\":\"puppet:///modules/x/tree\"}}]}", 0600);
}

static void change_managed(void) { put("etc/managed", "theirs\n", 0644); }
static void change_fetched(void) { put("etc/fetched", "theirs\n", 0644); }
static void add_to_tree(void) { put("etc/tree/in/more", "theirs\n", 0644); }
static void take_one_out(void)
{
	put(catalogue, "{\"resources\":[{\"type\":\"File\",\"title\":\"/etc/fetched\",\"parameters\":{"
	    "\"source\":\"puppet:///modules/x/fetched\"}},{\"type\":\"File\",\"title\":\"/etc/tree\","
	    "\"parameters\":{\"recurse\":true,\"source\":\"puppet:///modules/x/tree\"}}]}", 0600);
}

static bool tells(const struct drifts *d, const char *text)
{
	for (uint32_t i = 0; i < d->n; i++)
		if (strstr(d->d[i].text, text))
			return true;
	return false;
}

static void files_that_no_catalogue_holds_are_held_against_the_baseline(void **state _unused_)
{
	put_puppet();
	expect(change_managed, "'/etc/managed': its contents are not those of the catalogue");
	put_puppet();
	expect(change_fetched, "a file of Puppet's catalogue is not as in the baseline: '/etc/fetched' was (file 0644");
	expect(add_to_tree, "a file of Puppet's catalogue that the baseline does not have: '/etc/tree/in/more'");
}

static void a_catalogue_that_is_taken_away_is_a_difference(void **state _unused_)
{
	_cleanup_(baseline_freep) struct baseline *before = NULL, *now = NULL;
	_cleanup_(drifts_free) struct drifts d = { 0 };
	_cleanup_(freep) char *path = fs_join(folder, catalogue);

	put_puppet();
	expect(take_one_out, "a file of Puppet's catalogue that the baseline has is gone: '/etc/managed'");
	put_puppet();
	before = look();
	put("etc/managed", "theirs\n", 0644);
	assert_int_equal(unlink(path), 0);
	now = look();
	drift_of(before, now, &d);
	assert_true(tells(&d, "which its files are held against, that the baseline has is gone: '/var/cache/puppet/"));
	assert_true(tells(&d, "'/etc/managed' (its contents stand in the catalogue)"));
}

static void no_contents_are_kept_but_their_digest_under_our_key(void **state _unused_)
{
	_cleanup_(baseline_freep) struct baseline *one = NULL, *two = NULL;
	_cleanup_(drifts_free) struct drifts d = { 0 };
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);

	put_usual();
	put("etc/sudoers", "bob ALL=(ALL) NOPASSWD: canary\n", 0440);
	one = look();
	baseline_write(one, &text);
	assert_null(strstr(buf_text(&text), "canary"));
	assert_non_null(strstr(buf_text(&text), "contents "));
	/* with another key nothing can be compared */
	digest_key_random(&keys.contents);
	two = look();
	drift_of(one, two, &d);
	assert_true(d.n > 0);
}

static void a_host_that_says_what_no_scout_says_is_refused(void **state _unused_)
{
	static const char *const bad[] = {
		"{\"type\":\"found\",\"of\":\"baseline\"}",
		"{\"type\":\"found\",\"of\":\"baseline\",\"section\":\"nonsense\",\"key\":\"a\",\"is\":\"b\"}",
		"{\"type\":\"found\",\"of\":\"baseline\",\"section\":\"cron\",\"key\":\"a\"}",
		"{\"type\":\"found\",\"of\":\"baseline\",\"section\":\"cron\",\"is\":\"a\"}",
		"{\"type\":\"found\",\"of\":\"baseline\",\"section\":\"cron\",\"key\":\"\",\"is\":\"b\"}",
		"{\"type\":\"found\",\"of\":\"baseline\",\"section\":\"cron\",\"key\":\"a\\u001b[2J\",\"is\":\"b\"}",
		"{\"type\":\"found\",\"of\":\"baseline\",\"section\":\"cron\",\"key\":\"a\",\"is\":\"b\","
			"\"sha256\":\"x\"}",
		"{\"type\":\"found\",\"of\":\"baseline\",\"section\":\"nonsense\",\"end\":true}",
	};
	_cleanup_(baseline_freep) struct baseline *b = baseline_new("db11", 1);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(json_freep) json_t *line = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(json_read("line", bad[i], strlen(bad[i]), 1000, &line, &e), 0);
		if (fleet_baseline_line(b, &keys, line, &e) == 0)
			fail_msg("taken: %s", bad[i]);
	}
	assert_int_equal(b->items, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(exactly_what_was_changed_is_told),
		T(files_that_no_catalogue_holds_are_held_against_the_baseline),
		T(a_catalogue_that_is_taken_away_is_a_difference),
		T(no_contents_are_kept_but_their_digest_under_our_key),
		T(a_host_that_says_what_no_scout_says_is_refused),
	};

	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
