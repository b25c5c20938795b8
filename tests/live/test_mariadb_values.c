/* How a value reaches the server: hashes of both plugins, plugins that judge passwords,
 * servers that want the clear text. */
#include "mariadb_kit.h"
#include "base/fs.h"
#include "base/macro.h"
#include "driver/mariadb.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DENIED 1045u
#define VALIDATION "INSTALL PLUGIN simple_password_check SONAME 'simple_password_check'"

static void hash_of(const char *password, struct mariadb_hash *ret)
{
	_cleanup_(secret_freep) struct secret *s = NULL;
	struct err e = ERR_INIT;
	char copy[200];

	(void) snprintf(copy, sizeof(copy), "%s", password);
	assert_int_equal(secret_take(copy, strlen(copy), &s, &e), 0);
	assert_int_equal(mariadb_hash(s, ret, &e), 0);
}

static void ed25519_hashes_are_the_servers_for_any_length(void **state _unused_)
{
	static const size_t lengths[] = { 1, 2, 31, 32, 33, 63, 64, 65, 150 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct mariadb_hash h;
		char password[200] = "";

		for (size_t k = 0; k < lengths[i]; k++)
			password[k] = (char)('a' + (k * 7 + i) % 26);
		hash_of(password, &h);
		assert_string_equal(kit_ask("SELECT ed25519_password('%s')", password), h.ed25519);
		assert_string_equal(kit_ask("SELECT PASSWORD('%s')", password), h.native);
	}
}

static void ed25519_is_changed_staged_and_retired(void **state _unused_)
{
	struct mariadb_hash h;

	hash_of(kit.old, &h);
	kit_do("ALTER USER app@'%%' IDENTIFIED VIA ed25519 USING '%s', app@'10.%%' IDENTIFIED VIA ed25519 USING '%s'",
	       h.ed25519, h.ed25519);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_OLD);
	(void) kit_must(VERB_STAGE, (struct with){ 0 });
	assert_int_equal(kit_login("app", kit.old), 0);
	assert_int_equal(kit_login("app", kit.new), 0);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_BOTH);
	(void) kit_must(VERB_RETIRE, (struct with){ 0 });
	assert_int_equal(kit_login("app", kit.old), DENIED);
	assert_string_equal(kit_ask("SELECT plugin FROM mysql.user WHERE User = 'app' AND Host = '%%'"), "ed25519");
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
}

static void an_ed25519_account_changes_itself(void **state _unused_)
{
	struct mariadb_hash h;

	hash_of(kit.old, &h);
	kit_do("ALTER USER app@'%%' IDENTIFIED VIA ed25519 USING '%s'", h.ed25519);
	(void) kit_must(VERB_CHANGE, (struct with){ .itself = true });
	assert_int_equal(kit_login("app", kit.new), 0);
	assert_int_equal(kit_login("app", kit.old), DENIED);
	assert_string_equal(kit_ask("SELECT plugin FROM mysql.user WHERE User = 'app' AND Host = '%%'"), "ed25519");
}

static void the_option_plugin_moves_an_account_to_ed25519(void **state _unused_)
{
	(void) kit_must(VERB_CHANGE, (struct with){ OPTIONS_OF("plugin", "ed25519") });
	assert_int_equal(kit_login("app", kit.new), 0);
	assert_string_equal(kit_ask("SELECT plugin FROM mysql.user WHERE User = 'app' AND Host = '%%'"), "ed25519");
	/* Staged over the change of plugin: each value in its own way. */
	assert_int_equal(service_mariadb.set(&kit_server, kit.old, NULL), 0);
	(void) kit_must(VERB_STAGE, (struct with){ OPTIONS_OF("plugin", "ed25519") });
	assert_int_equal(kit_login("app", kit.old), 0);
	assert_int_equal(kit_login("app", kit.new), 0);
}

static void equal_values_have_equal_hashes_across_plugins(void **state _unused_)
{
	struct mariadb_hash h;
	struct said s;

	hash_of(kit.old, &h);
	kit_do("CREATE USER wiki@'%%' IDENTIFIED VIA ed25519 USING '%s'", h.ed25519);
	s = kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_true(kit_found(&s, "high", "'wiki'@'%'"));
}

static void a_password_validation_plugin_refuses_hashes(void **state _unused_)
{
	char new[42];

	service_mariadb_hash(kit.new, new);
	kit_do(VALIDATION);
	assert_int_equal(service_mariadb_ask(&kit_server, NULL, 0,
			 "ALTER USER app@'%' IDENTIFIED BY PASSWORD '*0000000000000000000000000000000000000000'"),
			 1396);
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_int_equal(kit_login("app", kit.new), 0);
	assert_int_equal(kit_login("app", kit.old), DENIED);
	assert_string_equal(kit_ask("SELECT @@GLOBAL.strict_password_validation"), "1");
	kit_do("UNINSTALL PLUGIN simple_password_check");
}

static void strict_validation_is_set_back_when_the_change_fails(void **state _unused_)
{
	char name[64];

	/* One who may not read the accounts cannot see that one of them is missing: the server's 1396 says it. */
	kit_account("half@'%'", kit_server.admin_password, "");
	kit_do("GRANT CREATE USER, SUPER ON *.* TO half@'%%'");
	kit_do(VALIDATION);
	(void) snprintf(name, sizeof(name), "%s", kit_server.admin_user);
	(void) snprintf(kit_server.admin_user, sizeof(kit_server.admin_user), "half");
	(void) kit_fails(VERB_CHANGE, (struct with){ USERS_OF("app@%", "ghost@%") }, ERR_REMOTE, EFFECT_UNKNOWN,
			 "ghost");
	(void) snprintf(kit_server.admin_user, sizeof(kit_server.admin_user), "%s", name);
	assert_string_equal(kit_ask("SELECT @@GLOBAL.strict_password_validation"), "1");
	kit_do("UNINSTALL PLUGIN simple_password_check");
}

static void an_admin_who_may_not_pass_validation_says_so(void **state _unused_)
{
	char name[64];

	kit_account("weak@'%'", kit_server.admin_password, "");
	kit_do("GRANT CREATE USER ON *.* TO weak@'%%'");
	kit_do("GRANT SELECT ON mysql.global_priv TO weak@'%%'");
	kit_do(VALIDATION);
	(void) snprintf(name, sizeof(name), "%s", kit_server.admin_user);
	(void) snprintf(kit_server.admin_user, sizeof(kit_server.admin_user), "weak");
	(void) kit_fails(VERB_CHANGE, (struct with){ USERS_OF("app@%") }, ERR_REMOTE, EFFECT_NONE,
			 "a password validation plugin refuses hashes");
	(void) snprintf(kit_server.admin_user, sizeof(kit_server.admin_user), "%s", name);
	kit_do("UNINSTALL PLUGIN simple_password_check");
	assert_int_equal(kit_login("app", kit.old), 0);
}

static int listener(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*port = service_free_port();
	a.sin_port = htons(*port);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* A server of the intruder: greets, then asks to send the password as it is. Everything it hears goes to `heard`. */
static void greedy(int fd, int heard)
{
	static const char greeting[] = "\x0a" "10.11.0-MariaDB\0" "\x01\0\0\0" "abcdefgh\0" "\x08\x82" "\x2d" "\x02\0"
				       "\x08\0" "\x15" "\0\0\0\0\0\0" "\0\0\0\0" "ijklmnopqrst\0"
				       "mysql_native_password";
	static const char wish[] = "\xfe" "mysql_clear_password\0";
	char packet[4 + sizeof(greeting)] = { (char)sizeof(greeting), 0, 0, 0 };
	char ask[4 + sizeof(wish)] = { (char)sizeof(wish), 0, 0, 2 };
	int c;

	memcpy(packet + 4, greeting, sizeof(greeting));
	memcpy(ask + 4, wish, sizeof(wish));
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		char bytes[2000];
		ssize_t n;

		(void) fs_write_all(c, packet, sizeof(packet));
		n = read(c, bytes, sizeof(bytes));
		(void) fs_write_all(heard, bytes, n > 0 ? (size_t)n : 0);
		(void) fs_write_all(c, ask, sizeof(ask));
		n = read(c, bytes, sizeof(bytes));
		(void) fs_write_all(heard, bytes, n > 0 ? (size_t)n : 0);
		(void) close(c);
	}
	_exit(0);
}

static void a_server_that_asks_for_the_clear_text_does_not_get_it(void **state _unused_)
{
	char bytes[4000];
	uint16_t port;
	int fd = listener(&port), heard[2];
	pid_t pid;
	ssize_t n;
	struct said s;

	assert_int_equal(pipe(heard), 0);
	pid = fork();
	if (pid == 0)
		greedy(fd, heard[1]);
	s = contract_call(&kit, VERB_PROBE, (struct with){ .port = port, .limit_ms = 4000 });
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
	assert_int_equal(s.a.accepts, ACCEPTS_UNREACHABLE);
	if (!strstr(s.a.text, "clear text"))
		fail_msg("%s", s.all);
	(void) close(heard[1]);
	n = read(heard[0], bytes, sizeof(bytes));
	assert_true(n > 30);
	assert_null(memmem(bytes, (size_t)n, kit.old, strlen(kit.old)));
	assert_null(memmem(bytes, (size_t)n, kit_server.admin_password, strlen(kit_server.admin_password)));
	(void) close(heard[0]);
	(void) close(fd);
}

static int begin(void **state)
{
	int r = kit_begin(state);

	if (r == 0)
		kit_do("CREATE FUNCTION ed25519_password RETURNS STRING SONAME 'auth_ed25519.so'");
	return r;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ed25519_hashes_are_the_servers_for_any_length, kit_fresh),
		cmocka_unit_test_setup(ed25519_is_changed_staged_and_retired, kit_fresh),
		cmocka_unit_test_setup(an_ed25519_account_changes_itself, kit_fresh),
		cmocka_unit_test_setup(the_option_plugin_moves_an_account_to_ed25519, kit_fresh),
		cmocka_unit_test_setup(equal_values_have_equal_hashes_across_plugins, kit_fresh),
		cmocka_unit_test_setup(a_password_validation_plugin_refuses_hashes, kit_fresh),
		cmocka_unit_test_setup(strict_validation_is_set_back_when_the_change_fails, kit_fresh),
		cmocka_unit_test_setup(an_admin_who_may_not_pass_validation_says_so, kit_fresh),
		cmocka_unit_test_setup(a_server_that_asks_for_the_clear_text_does_not_get_it, kit_fresh),
	};

	return cmocka_run_group_tests_name("mariadb values", tests, begin, kit_end);
}
