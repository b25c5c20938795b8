/* What an inspection finds after somebody has been in with the leaked value. */
#include "mariadb_kit.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/macro.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void who_is_in_and_from_where(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);
	struct said s;

	assert_int_equal(service_mariadb_in(x, "USE shop"), 0);
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	assert_true(kit_found(&s, "medium", "'app' from 127.0.0.1:"));
	assert_true(kit_found(&s, "medium", "database 'shop'"));
	service_mariadb.session_end(x);
}

static void tables_in_reach_are_checked_and_others_are_not(void **state _unused_)
{
	struct said s = kit_must(VERB_INSPECT, (struct with){ 0 });

	assert_true(kit_found(&s, "info", "2 tables in the account's reach, 0 damaged"));
	assert_non_null(strstr(s.a.text, "2 of 2 tables checked, 0 damaged"));
	assert_true(kit_found(&s, "high", "'shop.people' has columns that may hold passwords (user_password)"));
}

static void a_damaged_table_is_found(void **state _unused_)
{
	char path[400];
	struct said s;
	int fd;

	kit_do("CREATE TABLE shop.`evil``name` (id INT PRIMARY KEY, note VARCHAR(200)) ENGINE=MyISAM");
	for (int i = 0; i < 50; i++)
		kit_do("INSERT INTO shop.`evil``name` VALUES (%d, REPEAT('x', 150))", i);
	kit_do("FLUSH TABLES");
	(void) snprintf(path, sizeof(path), "%s/data/shop/evil@0060name.MYD", kit_server.folder);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1000), 0);
	(void) close(fd);
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	if (!kit_found(&s, "high", "'shop'.'evil`name'"))
		fail_msg("%s", s.all);
	assert_non_null(strstr(s.a.text, "1 damaged"));
	kit_do("DROP TABLE shop.`evil``name`");
}

static void what_runs_without_the_password_is_found(void **state _unused_)
{
	int64_t now = clock_now_us();
	struct said s;

	kit_do("CREATE DEFINER=app@'%%' EVENT shop.backdoor ON SCHEDULE EVERY 1 HOUR DO SELECT 1");
	kit_do("CREATE DEFINER=app@'%%' TRIGGER shop.spy BEFORE INSERT ON shop.orders FOR EACH ROW SET @a = 1");
	kit_do("CREATE DEFINER=app@'%%' PROCEDURE shop.door() SELECT 1");
	s = kit_must(VERB_INSPECT, (struct with){ .since_us = now - INT64_C(3600000000) });
	assert_true(kit_found(&s, "high", "event 'shop'.'backdoor'"));
	assert_true(kit_found(&s, "high", "trigger 'shop'.'spy'"));
	assert_true(kit_found(&s, "high", "routine 'shop'.'door'"));
	s = kit_must(VERB_INSPECT, (struct with){ .since_us = now + INT64_C(86400000000) });
	assert_false(kit_found(&s, "high", "backdoor"));
	kit_do("DROP EVENT shop.backdoor");
	kit_do("DROP TRIGGER shop.spy");
	kit_do("DROP PROCEDURE shop.door");
}

static void an_account_made_since_then_is_found(void **state _unused_)
{
	struct said s;

	kit_account("helper@'%'", "a password of the intruder", "");
	s = kit_must(VERB_INSPECT, (struct with){ .since_us = clock_now_us() - INT64_C(60000000) });
	assert_true(kit_found(&s, "high", "'helper'@'%' was made"));
	s = kit_must(VERB_INSPECT, (struct with){ .since_us = clock_now_us() + INT64_C(60000000) });
	assert_false(kit_found(&s, "high", "helper"));
}

static void rights_on_the_whole_server_are_named(void **state _unused_)
{
	struct said s;

	kit_do("GRANT FILE, SUPER ON *.* TO app@'%%'");
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	kit_do("REVOKE FILE, SUPER ON *.* FROM app@'%%'");
	assert_true(kit_found(&s, "high", "SUPER, FILE"));
}

static void a_login_without_process_is_not_taken_for_nobody_there(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);
	struct said s;

	kit_account("reader@'%'", kit_server.admin_password, "");
	kit_do("GRANT SELECT ON mysql.global_priv TO reader@'%%'");
	(void) snprintf(kit_server.admin_user, sizeof(kit_server.admin_user), "reader");
	s = contract_call(&kit, VERB_INSPECT, (struct with){ 0 });
	(void) snprintf(kit_server.admin_user, sizeof(kit_server.admin_user), "boss");
	assert_int_equal(s.r, 0);
	assert_true(kit_found(&s, "medium", "PROCESS"));
	assert_true(kit_found(&s, "medium", "not checked"));
	service_mariadb.session_end(x);
}

static void without_an_admin_the_account_sees_its_own_sessions(void **state _unused_)
{
	struct service_session *x = service_mariadb.session(&kit_server, "app", kit.old);
	struct said s = kit_must(VERB_INSPECT, (struct with){ .itself = true });

	assert_true(kit_found(&s, "medium", "'app' from 127.0.0.1:"));
	assert_true(kit_found(&s, "medium", "not checked"));
	service_mariadb.session_end(x);
}

static void a_validation_left_off_is_found(void **state _unused_)
{
	struct said s;

	kit_do("INSTALL PLUGIN simple_password_check SONAME 'simple_password_check'");
	kit_do("SET GLOBAL strict_password_validation=0");
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	kit_do("SET GLOBAL strict_password_validation=1");
	assert_true(kit_found(&s, "low", "strict_password_validation is off"));
	s = kit_must(VERB_INSPECT, (struct with){ 0 });
	assert_false(kit_found(&s, "low", "strict_password_validation"));
	kit_do("UNINSTALL PLUGIN simple_password_check");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_is_in_and_from_where, kit_fresh),
		cmocka_unit_test_setup(tables_in_reach_are_checked_and_others_are_not, kit_fresh),
		cmocka_unit_test_setup(a_damaged_table_is_found, kit_fresh),
		cmocka_unit_test_setup(what_runs_without_the_password_is_found, kit_fresh),
		cmocka_unit_test_setup(an_account_made_since_then_is_found, kit_fresh),
		cmocka_unit_test_setup(rights_on_the_whole_server_are_named, kit_fresh),
		cmocka_unit_test_setup(without_an_admin_the_account_sees_its_own_sessions, kit_fresh),
		cmocka_unit_test_setup(a_validation_left_off_is_found, kit_fresh),
		cmocka_unit_test_setup(a_login_without_process_is_not_taken_for_nobody_there, kit_fresh),
	};

	return cmocka_run_group_tests_name("mariadb inspect", tests, kit_begin, kit_end);
}
