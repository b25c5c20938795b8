/* Two servers: a replica presents the value to its primary. CHANGE MASTER takes clear text, and no log may hold it. */
#include "mariadb_kit.h"
#include "base/clock.h"
#include "base/macro.h"
#include <stdio.h>
#include <string.h>

static struct service replica;
static struct contract there;

static const char *ask(const char *sql)
{
	static char answer[4000];
	unsigned number = service_mariadb_ask(&replica, answer, sizeof(answer), sql);

	if (number)
		fail_msg("error %u for: %s", number, sql);
	return answer;
}

static bool replicates(void)
{
	char wanted[40];

	(void) snprintf(wanted, sizeof(wanted), "%lld", (long long)clock_now_us());
	kit_do("REPLACE INTO shop.orders VALUES (99, '%s')", wanted);
	for (int i = 0; i < 50; i++) {
		if (strcmp(ask("SELECT note FROM shop.orders WHERE id = 99"), wanted) == 0)
			return true;
		clock_sleep_ms(50);
	}
	return false;
}

static int begin(void **state)
{
	char password[33];

	service_password(password);
	if (kit_begin(state) < 0 || service_mariadb_start(&replica, password, NULL) < 0)
		return -1;
	there = kit;
	there.service = &replica;
	return 0;
}

static int end(void **state)
{
	service_kill(&replica);
	return kit_end(state);
}

/* Each test begins with a replica that runs and presents kit.old; the value stands in no log of it by our doing. */
static int fresh(void **state)
{
	char sql[600], position[100], old[33];

	if (kit_fresh(state) < 0)
		return -1;
	kit_account("repl@'127.0.0.1'", kit.old, "");
	kit_do("GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'");
	memcpy(there.old, kit.old, sizeof(kit.old));
	memcpy(there.new, kit.new, sizeof(kit.new));
	(void) snprintf(replica.user, sizeof(replica.user), "repl");
	(void) snprintf(position, sizeof(position), "%s", kit_ask("SELECT @@GLOBAL.gtid_binlog_pos"));
	service_mariadb_do(&replica, "STOP SLAVE");
	service_mariadb_do(&replica, "RESET SLAVE ALL");
	(void) snprintf(sql, sizeof(sql), "SET GLOBAL gtid_slave_pos = '%s'", position);
	service_mariadb_do(&replica, "SET GLOBAL gtid_domain_id = 7");
	service_mariadb_do(&replica, sql);
	(void) snprintf(old, sizeof(old), "%.32s", kit.old);
	(void) snprintf(sql, sizeof(sql), "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%u, "
			"MASTER_USER='repl', MASTER_PASSWORD='%s', MASTER_USE_GTID=slave_pos, "
			"MASTER_CONNECT_RETRY=1", kit_server.port, old);
	service_mariadb_do(&replica, sql);
	service_mariadb_do(&replica, "START SLAVE");
	return replicates() ? 0 : -1;
}

static struct said must(enum driver_verb verb, struct with with)
{
	struct said s;

	with.replica = true;
	s = contract_call(&there, verb, with);
	if (s.r < 0)
		fail_msg("%s: %s", driver_verb_name(verb), s.e.text);
	return s;
}

static void a_replica_presents_the_new_value_and_no_log_has_it(void **state _unused_)
{
	char info[400];
	struct said s;

	s = must(VERB_PROBE, (struct with){ 0 });
	assert_int_equal(s.a.accepts, ACCEPTS_OLD);

	/* Emergency at the primary: the replica stands outside, and says so. */
	(void) kit_must(VERB_CHANGE, (struct with){ .user = "repl" });
	(void) kit_must(VERB_CUT, (struct with){ .user = "repl" });
	s = must(VERB_PROBE, (struct with){ 0 });
	assert_int_equal(s.a.accepts, ACCEPTS_NEITHER);
	assert_non_null(strstr(s.a.text, "1045"));

	s = must(VERB_CHANGE, (struct with){ 0 });
	assert_true(s.changing);
	assert_non_null(strstr(s.a.text, "master.info"));
	assert_true(replicates());
	s = must(VERB_PROBE, (struct with){ 0 });
	assert_int_equal(s.a.accepts, ACCEPTS_NEW);

	assert_false(service_mariadb.logged(&replica, there.new));
	assert_false(service_mariadb.logged(&kit_server, there.new));
	(void) snprintf(info, sizeof(info), "%s/data/master.info", replica.folder);
	assert_true(service_file_has(info, there.new));
}

static void while_the_primary_takes_both_a_replica_cannot_be_told_apart(void **state _unused_)
{
	struct said s;

	(void) kit_must(VERB_STAGE, (struct with){ .user = "repl" });
	s = must(VERB_PROBE, (struct with){ 0 });
	assert_int_equal(s.a.accepts, ACCEPTS_BOTH);
	(void) must(VERB_CHANGE, (struct with){ 0 });
	(void) kit_must(VERB_RETIRE, (struct with){ .user = "repl" });
	s = must(VERB_PROBE, (struct with){ 0 });
	assert_int_equal(s.a.accepts, ACCEPTS_NEW);
	assert_true(replicates());
}

static void a_value_that_the_primary_refuses_is_told_and_the_replica_goes_on_trying(void **state _unused_)
{
	struct said s;

	s = contract_call(&there, VERB_CHANGE, (struct with){ .replica = true });
	assert_true(s.r == -ERR_AUTH && s.e.effect == EFFECT_CHANGED);
	assert_non_null(strstr(s.e.text, "does not get in at its primary"));
	(void) kit_must(VERB_CHANGE, (struct with){ .user = "repl" });
	(void) must(VERB_CHANGE, (struct with){ 0 });
	assert_true(replicates());
}

static void values_with_quotes_reach_the_primary(void **state _unused_)
{
	static const char value[] = "it's \\ \"a\" `test` %s; STOP SLAVE";

	(void) kit_must(VERB_CHANGE, (struct with){ .user = "repl", .new = value });
	(void) must(VERB_CHANGE, (struct with){ .new = value });
	assert_true(replicates());
	assert_false(service_mariadb.logged(&replica, value));
}

static void a_value_longer_than_a_replica_takes_is_not_sent(void **state _unused_)
{
	char value[120];
	struct said s;

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	s = contract_call(&there, VERB_CHANGE, (struct with){ .replica = true, .new = value });
	assert_true(s.r == -ERR_REFUSED);
	assert_non_null(strstr(s.e.text, "96 bytes"));
	assert_true(replicates());
	assert_false(service_mariadb.logged(&replica, "vvvvvvvv"));
}

static void a_general_log_that_cannot_be_kept_silent_stops_the_change(void **state _unused_)
{
	char sql[300], hash[42], was[64];
	struct said s;

	service_mariadb_hash(replica.admin_password, hash);
	(void) snprintf(sql, sizeof(sql), "GRANT REPLICATION SLAVE ADMIN, REPLICA MONITOR ON *.* TO small@'%%' "
			"IDENTIFIED BY PASSWORD '%s'", hash);
	service_mariadb_do(&replica, sql);
	(void) snprintf(was, sizeof(was), "%s", replica.admin_user);
	(void) snprintf(replica.admin_user, sizeof(replica.admin_user), "small");
	s = contract_call(&there, VERB_CHANGE, (struct with){ .replica = true });
	(void) snprintf(replica.admin_user, sizeof(replica.admin_user), "%s", was);
	assert_true(s.r == -ERR_REFUSED && s.e.effect == EFFECT_NONE && !s.changing);
	assert_non_null(strstr(s.e.text, "general log"));
	assert_false(service_mariadb.logged(&replica, there.new));

	/* Where it is off, the smaller rights are enough. */
	service_mariadb_do(&replica, "SET GLOBAL general_log=0");
	(void) kit_must(VERB_CHANGE, (struct with){ .user = "repl" });
	(void) snprintf(replica.admin_user, sizeof(replica.admin_user), "small");
	s = contract_call(&there, VERB_CHANGE, (struct with){ .replica = true });
	(void) snprintf(replica.admin_user, sizeof(replica.admin_user), "%s", was);
	service_mariadb_do(&replica, "SET GLOBAL general_log=1");
	if (s.r < 0)
		fail_msg("%s", s.e.text);
	assert_true(replicates());
	assert_false(service_mariadb.logged(&replica, there.new));
}

static void a_server_that_replicates_nothing_with_this_user_says_so(void **state _unused_)
{
	struct said s = contract_call(&there, VERB_CHANGE, (struct with){ .replica = true, .user = "other" });

	assert_true(s.r == -ERR_CONFIG && s.e.effect == EFFECT_NONE && !s.changing);
	s = contract_call(&there, VERB_PROBE, (struct with){ .replica = true, .user = "other" });
	assert_true(s.r == -ERR_CONFIG);
}

static void a_change_at_the_primary_does_not_stop_a_replica_that_lacks_the_account(void **state _unused_)
{
	service_mariadb_do(&replica, "DROP USER app@'%', app@'10.%'");
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_true(replicates());
	service_mariadb_do(&replica, "CREATE USER app@'%', app@'10.%'");
}

static void a_stopped_sql_thread_stays_stopped(void **state _unused_)
{
	service_mariadb_do(&replica, "STOP SLAVE SQL_THREAD");
	(void) kit_must(VERB_CHANGE, (struct with){ .user = "repl" });
	(void) must(VERB_CHANGE, (struct with){ 0 });
	assert_false(replicates());
	service_mariadb_do(&replica, "START SLAVE SQL_THREAD");
	assert_true(replicates());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_replica_presents_the_new_value_and_no_log_has_it, fresh),
		cmocka_unit_test_setup(while_the_primary_takes_both_a_replica_cannot_be_told_apart, fresh),
		cmocka_unit_test_setup(a_value_that_the_primary_refuses_is_told_and_the_replica_goes_on_trying, fresh),
		cmocka_unit_test_setup(values_with_quotes_reach_the_primary, fresh),
		cmocka_unit_test_setup(a_value_longer_than_a_replica_takes_is_not_sent, fresh),
		cmocka_unit_test_setup(a_general_log_that_cannot_be_kept_silent_stops_the_change, fresh),
		cmocka_unit_test_setup(a_server_that_replicates_nothing_with_this_user_says_so, fresh),
		cmocka_unit_test_setup(a_change_at_the_primary_does_not_stop_a_replica_that_lacks_the_account, fresh),
		cmocka_unit_test_setup(a_stopped_sql_thread_stays_stopped, fresh),
	};

	return cmocka_run_group_tests_name("mariadb replica", tests, begin, end);
}
