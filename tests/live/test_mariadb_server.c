/* The state of the server and the rights of the admin: each is told in one sentence, with what may have changed. */
#include "mariadb_kit.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/macro.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DENIED 1045u
#define BLOCKED 4150u

/* Another admin with the same password; `rights` are granted one by one. */
static void be(const char *name, const char *const *rights)
{
	char account[100];

	(void) snprintf(account, sizeof(account), "%s@'%%'", name);
	kit_account(account, kit_server.admin_password, "");
	for (; *rights; rights++)
		kit_do("GRANT %s TO %s", *rights, account);
}

static struct said as(const char *name, enum driver_verb verb, struct with with)
{
	char was[64];
	struct said s;

	(void) snprintf(was, sizeof(was), "%s", kit_server.admin_user);
	(void) snprintf(kit_server.admin_user, sizeof(kit_server.admin_user), "%s", name);
	s = contract_call(&kit, verb, with);
	(void) snprintf(kit_server.admin_user, sizeof(kit_server.admin_user), "%s", was);
	return s;
}

static void the_least_rights_that_are_enough(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);
	static const char *const rights[] = { "CREATE USER, CONNECTION ADMIN, PROCESS ON *.*",
					      "SELECT ON mysql.global_priv", NULL };
	static const enum driver_verb verbs[] = { VERB_STAGE, VERB_RETIRE, VERB_CHANGE, VERB_CUT, VERB_PROBE };

	be("rotator", rights);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		struct said s = as("rotator", verbs[i], (struct with){ 0 });

		if (s.r < 0)
			fail_msg("%s: %s", driver_verb_name(verbs[i]), s.e.text);
	}
	assert_false(service_mariadb.session_alive(x));
	assert_int_equal(kit_login("app", kit.new), 0);
	service_mariadb.session_end(x);
}

static void without_process_nobody_can_say_that_no_session_is_left(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);
	static const char *const rights[] = { "CREATE USER, CONNECTION ADMIN ON *.*", NULL };
	struct said s;

	be("blind", rights);
	s = as("blind", VERB_CUT, (struct with){ 0 });
	assert_true(s.r < 0 && s.e.effect == EFFECT_CHANGED);
	assert_non_null(strstr(s.e.text, "GRANT PROCESS ON *.*"));
	assert_false(service_mariadb.session_alive(x));
	service_mariadb.session_end(x);
}

static void without_the_right_to_kill_nothing_is_cut(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);
	static const char *const rights[] = { "PROCESS ON *.*", NULL };
	struct said s;

	be("watcher", rights);
	s = as("watcher", VERB_CUT, (struct with){ 0 });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE);
	assert_true(service_mariadb.session_alive(x));
	service_mariadb.session_end(x);
}

static void without_a_look_at_the_accounts_patterns_must_be_written(void **state _unused_)
{
	static const char *const rights[] = { "CREATE USER ON *.*", NULL };
	struct said s;

	be("maker", rights);
	s = as("maker", VERB_CHANGE, (struct with){ 0 });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE && !s.changing);
	assert_non_null(strstr(s.e.text, "'app@PATTERN'"));
	s = as("maker", VERB_CHANGE, (struct with){ USERS_OF("app@%") });
	assert_int_equal(s.r, 0);
	assert_non_null(strstr(s.a.text, "accounts that share the value are not known"));
	assert_int_equal(kit_login("app", kit.new), 0);
	s = as("maker", VERB_PROBE, (struct with){ USERS_OF("app@%") });
	assert_int_equal(s.a.accepts, ACCEPTS_NEW);
	s = as("maker", VERB_RETIRE, (struct with){ USERS_OF("app@%") });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE);
}

static void an_admin_without_rights_is_told_which(void **state _unused_)
{
	struct said s;

	be("powerless", (const char *const[]){ "SELECT ON mysql.global_priv", NULL });
	s = as("powerless", VERB_CHANGE, (struct with){ 0 });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE);
	assert_non_null(strstr(s.e.text, "CREATE USER"));
	assert_int_equal(kit_login("app", kit.old), 0);
}

static void a_read_only_server_says_so(void **state _unused_)
{
	struct said s;

	be("writer", (const char *const[]){ "CREATE USER ON *.*", "SELECT ON mysql.global_priv", NULL });
	kit_do("SET GLOBAL read_only=1");
	s = as("writer", VERB_CHANGE, (struct with){ 0 });
	kit_do("SET GLOBAL read_only=0");
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE && s.e.code == ERR_REFUSED);
	assert_non_null(strstr(s.e.text, "read-only"));
	assert_int_equal(kit_login("app", kit.old), 0);
}

static void a_backups_lock_is_waited_for_and_told(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "boss", kit_server.admin_password);
	struct said s;

	assert_int_equal(service_mariadb_in(x, "FLUSH TABLES WITH READ LOCK"), 0);
	s = kit_fails(VERB_CHANGE, (struct with){ .limit_ms = 6000 }, ERR_CONFLICT, EFFECT_NONE, "a lock");
	assert_true(s.took_ms < 4000);
	service_mariadb.session_end(x);
	assert_int_equal(kit_login("app", kit.old), 0);
}

static void an_unanswered_change_is_unknown(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "boss", kit_server.admin_password);
	struct said s;
	pid_t pid;

	/* The lock holds the statement back on the server; then the server stops answering at all. */
	assert_int_equal(service_mariadb_in(x, "FLUSH TABLES WITH READ LOCK"), 0);
	pid = fork();
	if (pid == 0) {
		clock_sleep_ms(1000);
		_exit(service_mariadb.pause(&kit_server) == 0 ? 0 : 1);
	}
	s = contract_call(&kit, VERB_CHANGE, (struct with){ .limit_ms = 8000 });
	(void) waitpid(pid, NULL, 0);
	assert_int_equal(service_mariadb.resume(&kit_server), 0);
	service_mariadb.session_end(x);
	assert_true(s.r < 0 && s.e.effect == EFFECT_UNKNOWN && s.e.code == ERR_NET);
	assert_true(s.took_ms < 7000);
}

static void probes_never_trip_the_lock_out(void **state _unused_)
{
	kit_do("SET GLOBAL max_password_errors=2");
	for (int i = 0; i < 6; i++)
		assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_OLD);
	assert_int_equal(kit_login("app", kit.old), 0);
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	for (int i = 0; i < 6; i++)
		assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
	/* A probe ends with the value that works: somebody's own mistake afterwards is the first, not the second. */
	assert_int_equal(kit_login("app", "mistyped"), DENIED);
	assert_int_equal(kit_login("app", kit.new), 0);

	/* One wrong login is one too many: what the hash rules out is not tried. */
	kit_do("SET GLOBAL max_password_errors=1");
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
	assert_int_equal(kit_accepts((struct with){ .old = "Some-Other-Value-1234", .new = "And-Another-Value-9" }),
			 ACCEPTS_NEITHER);
	assert_int_equal(kit_login("app", kit.new), 0);
	kit_do("SET GLOBAL max_password_errors=DEFAULT");
}

static void a_blocked_account_says_nothing_about_its_value(void **state _unused_)
{
	struct said s;

	kit_do("SET GLOBAL max_password_errors=1");
	assert_int_equal(kit_login("app", "wrong"), DENIED);
	assert_int_equal(kit_login("app", kit.old), BLOCKED);
	s = kit_must(VERB_PROBE, (struct with){ 0 });
	assert_int_equal(s.a.accepts, ACCEPTS_UNREACHABLE);
	assert_non_null(strstr(s.a.text, "blocked"));
	/* The change itself lets it in again. */
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
	kit_do("SET GLOBAL max_password_errors=DEFAULT");
}

static void another_kind_of_server_is_told(void **state _unused_)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), c;
	uint16_t port = service_free_port();
	struct said s;
	pid_t pid;

	a.sin_port = htons(port);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	pid = fork();
	if (pid == 0) {
		while ((c = accept(fd, NULL, NULL)) >= 0) {
			(void) fs_write_all(c, "220 mail.example ESMTP\r\n", 24);
			(void) close(c);
		}
		_exit(0);
	}
	s = contract_call(&kit, VERB_CHANGE, (struct with){ .port = port, .limit_ms = 4000 });
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
	(void) close(fd);
	assert_true(s.r == -ERR_NET && s.e.effect == EFFECT_NONE && s.took_ms < 3500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_least_rights_that_are_enough, kit_fresh),
		cmocka_unit_test_setup(without_process_nobody_can_say_that_no_session_is_left, kit_fresh),
		cmocka_unit_test_setup(without_the_right_to_kill_nothing_is_cut, kit_fresh),
		cmocka_unit_test_setup(without_a_look_at_the_accounts_patterns_must_be_written, kit_fresh),
		cmocka_unit_test_setup(an_admin_without_rights_is_told_which, kit_fresh),
		cmocka_unit_test_setup(a_read_only_server_says_so, kit_fresh),
		cmocka_unit_test_setup(a_backups_lock_is_waited_for_and_told, kit_fresh),
		cmocka_unit_test_setup(an_unanswered_change_is_unknown, kit_fresh),
		cmocka_unit_test_setup(probes_never_trip_the_lock_out, kit_fresh),
		cmocka_unit_test_setup(a_blocked_account_says_nothing_about_its_value, kit_fresh),
		cmocka_unit_test_setup(another_kind_of_server_is_told, kit_fresh),
	};

	return cmocka_run_group_tests_name("mariadb server", tests, kit_begin, kit_end);
}
