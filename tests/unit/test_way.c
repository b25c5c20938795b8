#include "base/fs.h"
#include "base/mem.h"
#include "transport/way_ssh.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static void a_command_line_holds_folder_environment_and_words(void **state _unused_)
{
	const struct proc_job job = {
		.argv = (const char *const[]){ "grep", "-F", "--", "/etc/it's", NULL },
		.env = (const char *const[]){ "LC_ALL=C", "A=b c", NULL }, .cwd = "/srv/x y",
	};
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
	struct err e = ERR_INIT;

	assert_int_equal(way_command(&job, &b, &e), 0);
	assert_string_equal(buf_text(&b), "cd -- '/srv/x y' && exec env 'LC_ALL=C' 'A=b c' 'grep' '-F' '--' "
			    "'/etc/it'\\''s'");
}

static void a_program_that_env_would_misread_is_refused(void **state _unused_)
{
	static const char *const names[] = { "-S", "A=b", "" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct proc_job job = { .argv = (const char *const[]){ names[i], NULL } };
		_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
		struct err e = ERR_INIT;
		assert_int_equal(way_command(&job, &b, &e), -ERR_CONFIG);
	}
}

static void a_command_line_has_a_limit(void **state _unused_)
{
	const struct proc_job job = { .argv = (const char *const[]){ "echo", "0123456789", NULL } };
	_cleanup_(buf_free) struct buf b = BUF_INIT(20);
	struct err e = ERR_INIT;

	assert_int_equal(way_command(&job, &b, &e), -ERR_LIMIT);
}

static void addresses_that_look_like_options_never_reach_ssh(void **state _unused_)
{
	static const char *const bad[] = {
		"-oProxyCommand=touch x", "", "root@-oProxyCommand=x", "ssh://-oX", "a b", "a;b", "a$(id)", "a\n"
		"b", "h\xc3\xa4st", "a'b", "a\\b",
	};
	static const char *const good[] = { "db11", "root@db11.example.org", "ssh://root@db11:2222", "fe80::1%eth0",
					    "[::1]" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = ERR_INIT;
		const struct way w = { .host = "x", .address = bad[i], .control = "/tmp/x" };
		assert_int_equal(way_check(&w, &e), -ERR_CONFIG);
	}
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct err e = ERR_INIT;
		const struct way w = { .host = "x", .address = good[i], .control = "/tmp/x" };
		assert_int_equal(way_check(&w, &e), 0);
	}
}

static void options_keep_prompts_agents_and_local_commands_away(void **state _unused_)
{
	static const char *const wanted[] = { "-F", "/etc/x/ssh_config", "-T", "-oBatchMode=yes", "-oForwardAgent=no",
					      "-oPermitLocalCommand=no" };
	const struct way w = { .host = "x", .address = "db11", .control = "/tmp/x", .ssh_config = "/etc/x/ssh_config" };
	_cleanup_(strv_free) struct strv v = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(way_options(&w, &v, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_true(strv_has(&v, wanted[i]));
	way_target(&w, &v);
	assert_string_equal(v.s[v.n - 2], "--");
	assert_string_equal(v.s[v.n - 1], "db11");
}

/* What a host that hangs costs is what the team set, unless that is more than ours. */
static void a_shorter_patience_of_the_team_is_kept(void **state _unused_)
{
	static const char text[] = "Host db11\n\tConnectTimeout 3\nHost slow\n\tConnectTimeout 60\nHost never\n"
				   "\tConnectTimeout 0\n";
	static const struct { const char *address, *option; } rows[] = {
		{ "db11", "-oConnectTimeout=3" }, { "root@db11", "-oConnectTimeout=3" },
		{ "slow", "-oConnectTimeout=10" }, { "never", "-oConnectTimeout=10" },
		{ "other", "-oConnectTimeout=10" },
		{ "db11", "-oConnectTimeout=3" },
	};
	char folder[] = "/tmp/firebreak-way-XXXXXX";
	struct err e = ERR_INIT;

	assert_true(mkdtemp(folder));
	_cleanup_(freep) char *path = fs_join(folder, "config");
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, &e), 0);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		const struct way w = { .host = "x", .address = rows[k].address, .control = "/tmp/x",
				       .ssh_config = path };
		_cleanup_(strv_free) struct strv v = STRV_INIT, alone = STRV_INIT;

		assert_int_equal(way_options(&w, &v, &e), 0);
		if (!strv_has(&v, rows[k].option))
			fail_msg("%s: not '%s'", rows[k].address, rows[k].option);
		assert_int_equal(way_options_alone(&w, true, &alone, &e), 0);
		assert_true(strv_has(&alone, rows[k].option));
	}
	/* whoever has it in a configuration of his own is not overruled */
	const struct way timed = { .host = "x", .address = "db11", .control = "/tmp/x", .ssh_config = path,
				   .timed = true };
	_cleanup_(strv_free) struct strv v = STRV_INIT;

	assert_int_equal(way_options(&timed, &v, &e), 0);
	for (size_t k = 0; k < v.n; k++)
		assert_null(strstr(v.s[k], "ConnectTimeout"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void a_folder_too_long_for_sockets_is_told(void **state _unused_)
{
	const struct way w = { .host = "x", .address = "db11",
		.control = "/home/somebody/with/a/rather/long/path/.local/state/firebreak/and/more/of/it/control" };
	_cleanup_(strv_free) struct strv v = STRV_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(way_options(&w, &v, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "shorter path"));
}

static void addresses_are_taken_apart(void **state _unused_)
{
	static const struct { const char *text, *host, *path; uint16_t port; } good[] = {
		{ "db11:3306", "db11", NULL, 3306 }, { "db11", "db11", NULL, 99 }, { "[::1]:5432", "::1", NULL, 5432 },
		{ "[fe80::1]", "fe80::1", NULL, 99 }, { "unix:/run/x.sock", NULL, "/run/x.sock", 0 },
		{ "127.0.0.1:1", "127.0.0.1", NULL, 1 },
	};
	static const char *const bad[] = {
		"", ":3306", "db11:", "db11:0", "db11:65536", "db11:33x", "::1", "::1:3306", "[::1", "[::1]3306",
		"[]:1", "-x:1", "a b:1", "unix:", "unix:run/x", "unix:/a:b", "a/b:1", "a'b:1", "a\n:1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_(freep) char *host = NULL, *path = NULL;
		uint16_t port = 7;
		struct err e = ERR_INIT;
		assert_int_equal(address_parse(good[i].text, 99, &host, &port, &path, &e), 0);
		assert_int_equal(port, good[i].port);
		if (good[i].host)
			assert_string_equal(host, good[i].host);
		else
			assert_null(host);
		if (good[i].path)
			assert_string_equal(path, good[i].path);
		else
			assert_null(path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *host = NULL, *path = NULL;
		uint16_t port;
		struct err e = ERR_INIT;
		if (address_parse(bad[i], 99, &host, &port, &path, &e) != -ERR_CONFIG)
			fail_msg("'%s' was taken", bad[i]);
		assert_null(host);
		assert_null(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_line_holds_folder_environment_and_words),
		cmocka_unit_test(a_program_that_env_would_misread_is_refused),
		cmocka_unit_test(a_command_line_has_a_limit),
		cmocka_unit_test(addresses_that_look_like_options_never_reach_ssh),
		cmocka_unit_test(options_keep_prompts_agents_and_local_commands_away),
		cmocka_unit_test(a_shorter_patience_of_the_team_is_kept),
		cmocka_unit_test(a_folder_too_long_for_sockets_is_told),
		cmocka_unit_test(addresses_are_taken_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
