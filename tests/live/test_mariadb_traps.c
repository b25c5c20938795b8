/* Each trap that was measured on MariaDB 10.11, by its name: that the trap is real, then that
 * the driver is not in it. */
#include "mariadb_kit.h"
#include "base/macro.h"
#include <stdio.h>
#include <string.h>

#define LOCKED 4151u
#define DENIED 1045u

static void kill_user_with_a_host_pattern_cuts_nothing(void **state _unused_)
{
	struct service_session *x, *other;
	struct said s;

	kit_account("app@'127.%'", kit.old, "");
	kit_account("application@'%'", kit.old, "");
	x = service_mariadb.session(&kit_server, "app", kit.old);
	other = service_mariadb.session(&kit_server, "application", kit.old);
	assert_true(x && other);
	kit_do("KILL HARD USER app@'127.%%'");
	assert_true(service_mariadb.session_alive(x));

	s = kit_must(VERB_CUT, (struct with){ .user = "app@127.%" });
	assert_int_equal(s.a.count, 1);
	assert_int_equal(s.a.left, 0);
	assert_false(service_mariadb.session_alive(x));
	assert_true(service_mariadb.session_alive(other));
	service_mariadb.session_end(x);
	service_mariadb.session_end(other);
}

static void a_cut_by_pattern_spares_clients_from_elsewhere(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);

	assert_int_equal(kit_must(VERB_CUT, (struct with){ .user = "app@10.%" }).a.count, 0);
	assert_true(service_mariadb.session_alive(x));
	assert_int_equal(kit_must(VERB_CUT, (struct with){ USERS_OF("app@10.%", "app@%") }).a.count, 1);
	service_mariadb.session_end(x);
}

static void a_killed_transaction_rolls_back(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);

	kit_do("DELETE FROM shop.orders");
	assert_int_equal(service_mariadb_in(x, "START TRANSACTION"), 0);
	assert_int_equal(service_mariadb_in(x, "INSERT INTO shop.orders VALUES (1, 'not mine')"), 0);
	assert_int_equal(kit_must(VERB_CUT, (struct with){ 0 }).a.count, 1);
	service_mariadb.session_end(x);
	assert_string_equal(kit_ask("SELECT COUNT(*) FROM shop.orders"), "0");
}

static void a_prepared_transaction_outlives_the_cut(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);
	struct said s;

	assert_int_equal(service_mariadb_in(x, "XA START 'x1'"), 0);
	assert_int_equal(service_mariadb_in(x, "INSERT INTO shop.orders VALUES (2, 'held')"), 0);
	assert_int_equal(service_mariadb_in(x, "XA END 'x1'"), 0);
	assert_int_equal(service_mariadb_in(x, "XA PREPARE 'x1'"), 0);
	s = kit_must(VERB_CUT, (struct with){ 0 });
	assert_true(kit_found(&s, "medium", "prepared XA transactions"));
	service_mariadb.session_end(x);
	kit_do("XA ROLLBACK 'x1'");
}

static void a_second_hash_hides_in_auth_or(void **state _unused_)
{
	char old[42], decoy[42];

	service_mariadb_hash(kit.old, old);
	service_mariadb_hash("decoy", decoy);
	kit_do("ALTER USER app@'%%' IDENTIFIED VIA mysql_native_password USING '%s' OR mysql_native_password USING "
	       "'%s'", decoy, old);
	assert_string_equal(kit_ask("SELECT authentication_string FROM mysql.user WHERE User='app' AND Host='%%'"),
			    decoy);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_OLD);

	struct said s = kit_must(VERB_INSPECT, (struct with){ 0 });

	assert_true(kit_found(&s, "high", "neither the old nor the new"));
	s = kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_true(kit_found(&s, "medium", "a further password"));
	assert_int_equal(kit_login("app", kit.new), 0);
	assert_int_equal(kit_login("app", kit.old), DENIED);
	assert_int_equal(kit_login("app", "decoy"), DENIED);
	assert_string_equal(kit_ask("SELECT COUNT(*) FROM mysql.global_priv WHERE Priv LIKE '%%%s%%'", old), "0");
}

static void a_closed_window_leaves_an_empty_brace_behind(void **state _unused_)
{
	struct said s;

	(void) kit_must(VERB_STAGE, (struct with){ 0 });
	(void) kit_must(VERB_RETIRE, (struct with){ 0 });
	assert_non_null(strstr(kit_ask("SELECT Priv FROM mysql.global_priv WHERE User='app' AND Host='%%'"),
			       "\"auth_or\":[{}]"));
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	assert_false(kit_found(&s, "medium", "the old and the new value"));
	assert_false(kit_found(&s, "high", "neither the old nor the new value"));
}

static void passwords_set_by_hand_stand_in_the_logs(void **state _unused_)
{
	struct said s;

	kit_do("CREATE USER byhand@'%%' IDENTIFIED BY 'Typed-Into-A-Statement-1'");
	assert_true(service_mariadb.logged(&kit_server, "Typed-Into-A-Statement-1"));
	kit_do("SET PASSWORD FOR byhand@'%%' = PASSWORD('Typed-Into-A-Statement-2')");
	assert_true(service_mariadb.logged(&kit_server, "Typed-Into-A-Statement-2"));
	kit_do("DROP USER byhand@'%%'");
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	assert_true(kit_found(&s, "high", "the general log is on"));
	assert_true(kit_found(&s, "high", "the binary log is on"));
	kit_do("SET GLOBAL general_log=0");
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	kit_do("SET GLOBAL general_log=1");
	assert_false(kit_found(&s, "high", "the general log is on"));
}

static void set_password_of_the_account_itself_leaves_the_second_hash(void **state _unused_)
{
	char old[42], decoy[42];

	service_mariadb_hash(kit.old, old);
	service_mariadb_hash("decoy", decoy);
	/* The first matching password is replaced, wherever the login matched: put the leaked one second. */
	kit_do("ALTER USER app@'%%' IDENTIFIED VIA mysql_native_password USING '%s' OR mysql_native_password USING "
	       "'%s'", decoy, old);
	(void) kit_fails(VERB_CHANGE, (struct with){ .itself = true }, ERR_REMOTE, EFFECT_CHANGED, "only an admin can "
			 "end");
	assert_int_equal(kit_login("app", kit.old), 0);
}

static void root_accounts_with_an_empty_password(void **state _unused_)
{
	struct said s;

	kit_do("INSERT INTO mysql.global_priv VALUES ('127.0.0.1', 'root', '{\"access\":18446744073709551615}')");
	kit_do("FLUSH PRIVILEGES");
	assert_int_equal(kit_login("root", ""), 0);
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	assert_true(kit_found(&s, "high", "'root'@'127.0.0.1' lets in without a password"));
	assert_false(kit_found(&s, "high", "mariadb.sys"));
	/* Declared, it gets the new value like any other. */
	(void) kit_must(VERB_CHANGE, (struct with){ .user = "root" });
	assert_int_equal(kit_login("root", ""), DENIED);
	assert_int_equal(kit_login("root", kit.new), 0);
}

static void another_account_with_the_same_hash_stays_open(void **state _unused_)
{
	struct said s;

	kit_account("wiki@'%'", kit.old, "");
	kit_account("unrelated@'%'", "something else", "");
	s = kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_true(kit_found(&s, "high", "'wiki'@'%'"));
	assert_true(kit_found(&s, "high", "add 'wiki@%' to the users"));
	assert_false(kit_found(&s, "high", "unrelated"));
	assert_non_null(strstr(s.a.text, "'wiki'@'%'"));
	assert_int_equal(kit_login("wiki", kit.old), 0);
	/* The leaked value still opens something: not finished, whatever the declared account says. */
	s = kit_must(VERB_PROBE, (struct with){ 0 });
	assert_int_equal(s.a.accepts, ACCEPTS_BOTH);
	assert_non_null(strstr(s.a.text, "'wiki'@'%'"));

	s = kit_must(VERB_CHANGE, (struct with){ OPTIONS_OF("lock_sharers", "yes") });
	assert_int_equal(kit_login("wiki", kit.old), LOCKED);
	assert_int_equal(kit_login("unrelated", "something else"), 0);
	assert_false(kit_found(&s, "high", "wiki"));
	assert_non_null(strstr(s.a.text, "locked"));
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
}

static void the_second_hash_of_another_account_is_found_too(void **state _unused_)
{
	struct said s;
	char old[42];

	service_mariadb_hash(kit.old, old);
	kit_do("CREATE USER wiki@'%%' IDENTIFIED VIA ed25519 USING 'Gv2JI8Env2fd5YGonZ082tX3UAW+yJYldOlj4R1bfK4' OR "
	       "mysql_native_password USING '%s'", old);
	s = kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_true(kit_found(&s, "high", "'wiki'@'%'"));
}

static void the_admins_own_account_is_never_locked(void **state _unused_)
{
	struct said s;

	(void) snprintf(kit.old, sizeof(kit.old), "%.32s", kit_server.admin_password);
	assert_int_equal(service_mariadb.set(&kit_server, kit.old, NULL), 0);
	s = kit_must(VERB_CHANGE, (struct with){ OPTIONS_OF("lock_sharers", "yes") });
	assert_true(kit_found(&s, "high", "'boss'@'%'"));
	assert_int_equal(kit_login("boss", kit_server.admin_password), 0);
}

static void a_locked_account_takes_neither(void **state _unused_)
{
	kit_do("ALTER USER app@'%%', app@'10.%%' ACCOUNT LOCK");
	assert_int_equal(kit_login("app", kit.old), LOCKED);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEITHER);
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_int_equal(kit_login("app", kit.new), LOCKED);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEITHER);
}

static void an_expired_password_is_still_the_right_one(void **state _unused_)
{
	kit_do("ALTER USER app@'%%' PASSWORD EXPIRE");
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_OLD);
	(void) kit_must(VERB_CHANGE, (struct with){ .itself = true });
	assert_int_equal(kit_login("app", kit.new), 0);
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	kit_do("SET GLOBAL disconnect_on_expired_password=1");
	kit_do("ALTER USER app@'%%' PASSWORD EXPIRE");
	assert_int_equal(kit_login("app", kit.new), 1862);
	assert_int_equal(kit_accepts((struct with){ USERS_OF("app@%") }), ACCEPTS_NEW);
	kit_do("SET GLOBAL disconnect_on_expired_password=0");
	kit_do("ALTER USER app@'%%' PASSWORD EXPIRE NEVER");
}

static void staging_opens_nothing_that_was_closed(void **state _unused_)
{
	char other[42];

	/* One pattern has a value of its own: staging adds the new one there, and neither
	 * drops its own nor adds the old. */
	service_mariadb_hash("a third value", other);
	kit_do("ALTER USER app@'%%' IDENTIFIED BY PASSWORD '%s'", other);
	(void) kit_must(VERB_STAGE, (struct with){ 0 });
	assert_int_equal(kit_login("app", kit.old), DENIED);
	assert_int_equal(kit_login("app", "a third value"), 0);
	assert_int_equal(kit_login("app", kit.new), 0);
	(void) kit_must(VERB_RETIRE, (struct with){ 0 });
	assert_int_equal(kit_login("app", "a third value"), DENIED);
	/* A second password that is empty is an open door, and no reason to keep one. */
	kit_do("ALTER USER app@'%%' IDENTIFIED VIA mysql_native_password USING '%s' OR mysql_native_password", other);
	assert_int_equal(kit_login("app", ""), 0);
	(void) kit_must(VERB_STAGE, (struct with){ 0 });
	assert_int_equal(kit_login("app", ""), DENIED);
	assert_int_equal(kit_login("app", "a third value"), 0);
	(void) kit_must(VERB_RETIRE, (struct with){ 0 });
	/* Called once more on an account that has only the new value, it opens nothing either. */
	(void) kit_must(VERB_STAGE, (struct with){ 0 });
	assert_int_equal(kit_login("app", kit.old), DENIED);
}

static void a_hash_behind_many_others_is_found(void **state _unused_)
{
	static char sql[8000], old[42], other[42];
	size_t n;

	service_mariadb_hash(kit.old, old);
	n = (size_t)snprintf(sql, sizeof(sql), "ALTER USER app@'%%' IDENTIFIED VIA ");
	for (int i = 0; i < 40; i++) {
		char decoy[20];

		(void) snprintf(decoy, sizeof(decoy), "decoy %d", i);
		service_mariadb_hash(decoy, other);
		n += (size_t)snprintf(sql + n, sizeof(sql) - n, "mysql_native_password USING '%s' OR ", other);
	}
	(void) snprintf(sql + n, sizeof(sql) - n, "mysql_native_password USING '%s'", old);
	service_mariadb_do(&kit_server, sql);
	assert_int_equal(kit_login("app", kit.old), 0);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_OLD);
	/* As somebody else's account it is a sharer. */
	assert_true(kit_must(VERB_CHANGE, (struct with){ .user = "app@10.%" }).a.findings != NULL);
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_int_equal(kit_login("app", "decoy 7"), DENIED);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
}

static void every_host_pattern_of_a_name_is_changed(void **state _unused_)
{
	char new[42];

	kit_account("app@'192.0.2.0/255.255.255.0'", kit.old, "");
	kit_account("app@'db1.example'", "another one", "");
	kit_account("App@'%'", "another one", "");
	service_mariadb_hash(kit.new, new);
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_string_equal(kit_ask("SELECT COUNT(*) FROM mysql.global_priv WHERE User = 'app' AND "
				    "JSON_VALUE(Priv, '$.authentication_string') = '%s'", new), "4");
	assert_int_equal(kit_login("App", "another one"), 0);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
	/* One pattern that no login from here meets still holds the old value: that is not "new". */
	service_mariadb_hash(kit.old, new);
	kit_do("ALTER USER app@'192.0.2.0/255.255.255.0' IDENTIFIED BY PASSWORD '%s'", new);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_OLD);
}

static void only_the_named_pattern_is_changed(void **state _unused_)
{
	kit_account("wiki@'127.0.0.1'", kit.old, "");
	kit_account("wiki@'192.0.2.1'", "another one", "");
	(void) kit_must(VERB_CHANGE, (struct with){ USERS_OF("app", "wiki@127.0.0.1") });
	assert_int_equal(kit_login("wiki", kit.new), 0);
	assert_string_equal(kit_ask("SELECT JSON_VALUE(Priv, '$.authentication_string') = PASSWORD('another one') FROM "
				    "mysql.global_priv WHERE User = 'wiki' AND Host = '192.0.2.1'"), "1");
	assert_int_equal(kit_accepts((struct with){ USERS_OF("app", "wiki@127.0.0.1") }), ACCEPTS_NEW);
}

static void a_socket_account_keeps_its_socket(void **state _unused_)
{
	kit_do("CREATE USER deploy@localhost IDENTIFIED VIA unix_socket");
	kit_account("deploy@'%'", kit.old, "");
	kit_do("ALTER USER app@'10.%%' IDENTIFIED VIA mysql_native_password USING 'invalid' OR unix_socket");
	(void) kit_must(VERB_CHANGE, (struct with){ USERS_OF("deploy", "app") });
	assert_string_equal(kit_ask("SELECT JSON_VALUE(Priv, '$.plugin') FROM mysql.global_priv WHERE User = 'deploy' "
				    "AND Host = 'localhost'"), "unix_socket");
	assert_string_equal(kit_ask("SELECT JSON_VALUE(Priv, '$.authentication_string') FROM mysql.global_priv WHERE "
				    "User = 'app' AND Host = '10.%%'"), "invalid");
	/* Named with its pattern it is meant: it gets the value and keeps the socket. */
	(void) kit_must(VERB_CHANGE, (struct with){ USERS_OF("app@10.%", "app@%") });
	assert_non_null(strstr(kit_ask("SELECT Priv FROM mysql.global_priv WHERE User = 'app' AND Host = '10.%%'"),
			       "unix_socket"));
	assert_int_equal(kit_accepts((struct with){ USERS_OF("app@10.%", "app@%") }), ACCEPTS_NEW);
}

static void names_of_the_register_are_only_names(void **state _unused_)
{
	static const char evil[] = "o'b\\r\"i`en, boss@'%' --";

	kit_account("'o\\'b\\\\r\"i`en, boss@\\'%\\' --'@'%'", kit.old, "");
	(void) kit_must(VERB_CHANGE, (struct with){ USERS_OF("o'b\\r\"i`en, boss@'%' --@%", "app") });
	assert_int_equal(kit_login(evil, kit.new), 0);
	assert_int_equal(kit_login("boss", kit_server.admin_password), 0);
	(void) kit_must(VERB_INSPECT, (struct with){ USERS_OF("o'b\\r\"i`en, boss@'%' --@%") });
	(void) kit_fails(VERB_CHANGE, (struct with){ .user = "x' IDENTIFIED BY 'y" }, ERR_CONFIG, EFFECT_NONE,
			 "there is no account");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(kill_user_with_a_host_pattern_cuts_nothing, kit_fresh),
		cmocka_unit_test_setup(a_cut_by_pattern_spares_clients_from_elsewhere, kit_fresh),
		cmocka_unit_test_setup(a_killed_transaction_rolls_back, kit_fresh),
		cmocka_unit_test_setup(a_prepared_transaction_outlives_the_cut, kit_fresh),
		cmocka_unit_test_setup(a_second_hash_hides_in_auth_or, kit_fresh),
		cmocka_unit_test_setup(a_closed_window_leaves_an_empty_brace_behind, kit_fresh),
		cmocka_unit_test_setup(passwords_set_by_hand_stand_in_the_logs, kit_fresh),
		cmocka_unit_test_setup(set_password_of_the_account_itself_leaves_the_second_hash, kit_fresh),
		cmocka_unit_test_setup(root_accounts_with_an_empty_password, kit_fresh),
		cmocka_unit_test_setup(another_account_with_the_same_hash_stays_open, kit_fresh),
		cmocka_unit_test_setup(the_second_hash_of_another_account_is_found_too, kit_fresh),
		cmocka_unit_test_setup(the_admins_own_account_is_never_locked, kit_fresh),
		cmocka_unit_test_setup(a_locked_account_takes_neither, kit_fresh),
		cmocka_unit_test_setup(an_expired_password_is_still_the_right_one, kit_fresh),
		cmocka_unit_test_setup(staging_opens_nothing_that_was_closed, kit_fresh),
		cmocka_unit_test_setup(a_hash_behind_many_others_is_found, kit_fresh),
		cmocka_unit_test_setup(every_host_pattern_of_a_name_is_changed, kit_fresh),
		cmocka_unit_test_setup(only_the_named_pattern_is_changed, kit_fresh),
		cmocka_unit_test_setup(a_socket_account_keeps_its_socket, kit_fresh),
		cmocka_unit_test_setup(names_of_the_register_are_only_names, kit_fresh),
	};

	return cmocka_run_group_tests_name("mariadb traps", tests, kit_begin, kit_end);
}
