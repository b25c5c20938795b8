/* One test for each trap of PostgreSQL that was measured on a real server, named after it. */
#include "postgresql_kit.h"
#include "base/clock.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define OLD "Old-value-that-leaked-0001"
#define NEW "New-value-that-is-good-0002"

static const char *const app[] = { "app", NULL };

static void app_has(const char *password)
{
	assert_int_equal(service_postgresql.set(&kit, password, NULL), 0);
}

static enum accepts probed(const struct driver_job *job, struct driver_answer *a)
{
	struct err e;

	if (kit_call(job, VERB_PROBE, a, &e) < 0)
		fail_msg("probe: %s", e.text);
	return a->accepts;
}

static void do_verb(const struct driver_job *job, enum driver_verb verb, struct driver_answer *a)
{
	struct err e;

	if (kit_call(job, verb, a, &e) < 0)
		fail_msg("%s: %s", driver_verb_name(verb), e.text);
}

static void a_verifier_tells_nothing_by_comparison(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_role("twin", OLD, "scram-sha-256", "");
	kit_role("twin_md5", OLD, "md5", "");
	kit_role("stranger", "another-value-altogether", "scram-sha-256", "");
	assert_string_equal(kit_ask("SELECT count(DISTINCT rolpassword) FROM pg_authid WHERE rolname IN ('app', "
				    "'twin')"), "2");
	do_verb(&job, VERB_INSPECT, &a);
	assert_true(kit_found(&a, "same value", "'twin'", "high"));
	assert_true(kit_found(&a, "same value", "'twin_md5'", "high"));
	assert_false(kit_found(&a, "same value", "'stranger'", "high"));
	assert_true(kit_found(&a, "leaked value still set", "'app'", "high"));
	kit_sql("DROP ROLE twin, twin_md5, stranger");
}

static void an_md5_role_cannot_log_in_through_scram(void **state)
{
	static const char *const old_app[] = { "oldapp", NULL };
	_cleanup_(kit_job_free) struct driver_job job = kit_job(old_app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	kit_role("oldapp", OLD, "md5", "");
	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	do_verb(&job, VERB_CHANGE, &a);
	assert_true(kit_found(&a, "password form", "had an md5 hash", "low"));
	assert_string_equal(kit_ask("SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = 'oldapp'"),
			    "SCRAM-SHA-256");
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	kit_sql("DROP ROLE oldapp");
}

static void md5_is_kept_where_the_server_still_makes_it(void **state)
{
	static const char *const old_app[] = { "oldapp", NULL };
	_cleanup_(kit_job_free) struct driver_job job = kit_job(old_app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	kit_role("oldapp", OLD, "md5", "");
	kit_settings("password_encryption = md5\n");
	kit_hba("host all oldapp 127.0.0.1/32 md5\n");
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	do_verb(&job, VERB_CHANGE, &a);
	assert_true(kit_found(&a, "weak password form", "'oldapp'", "medium"));
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	assert_string_equal(kit_ask("SELECT left(rolpassword, 3) FROM pg_authid WHERE rolname = 'oldapp'"), "md5");
	/* A role that has a verifier already keeps its better form. */
	kit_role("oldapp", OLD, "scram-sha-256", "");
	do_verb(&job, VERB_CHANGE, &a);
	assert_string_equal(kit_ask("SELECT left(rolpassword, 5) FROM pg_authid WHERE rolname = 'oldapp'"), "SCRAM");
	kit_hba("");
	kit_settings("password_encryption = 'scram-sha-256'\n");
	kit_sql("DROP ROLE oldapp");
}

static void password_change_leaves_sessions(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct service_session *intruder;

	(void) state;
	app_has(OLD);
	intruder = service_postgresql.session(&kit, "app", OLD);
	assert_non_null(intruder);
	do_verb(&job, VERB_CHANGE, &a);
	assert_true(kit_tries.changing);
	assert_false(service_postgresql.login(&kit, "app", OLD));
	assert_true(service_postgresql.session_alive(intruder));
	do_verb(&job, VERB_CUT, &a);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.left, 0);
	assert_false(service_postgresql.session_alive(intruder));
	service_postgresql.session_end(intruder);
	/* Each call may be the second one. */
	do_verb(&job, VERB_CUT, &a);
	assert_int_equal(a.count, 0);
}

static void a_stopped_session_is_not_called_gone(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct service_session *intruder;
	uint32_t left;
	struct err e;
	pid_t pid;
	int r;

	(void) state;
	app_has(OLD);
	intruder = service_postgresql.session(&kit, "app", OLD);
	assert_non_null(intruder);
	pid = (pid_t)strtol(kit_ask("SELECT pid FROM pg_stat_activity WHERE usename = 'app'"), NULL, 10);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	r = kit_call(&job, VERB_CUT, &a, &e);
	left = a.left;
	(void) kill(pid, SIGCONT);
	assert_int_equal(r, -ERR_REMOTE);
	assert_int_equal(left, 1);
	assert_non_null(strstr(e.text, "still there"));
	service_postgresql.session_end(intruder);
}

static void clear_create_role_is_logged(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_sql("CREATE ROLE byhand LOGIN PASSWORD 'clear-value-by-hand-7'");
	assert_true(service_postgresql.logged(&kit, "clear-value-by-hand-7"));
	do_verb(&job, VERB_CHANGE, &a);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	assert_true(service_postgresql.logged(&kit, "ALTER ROLE \"app\" PASSWORD"));
	assert_false(service_postgresql.logged(&kit, NEW));
	assert_false(service_postgresql.logged(&kit, OLD));
	do_verb(&job, VERB_INSPECT, &a);
	assert_true(kit_found(&a, "clear text in the log", "log_statement = all", "high"));
	kit_sql("DROP ROLE byhand");
}

static void a_wrong_value_is_one_line_in_the_log(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, "wrong-value-of-this-test", NULL);
	struct driver_answer a;
	unsigned before = kit_log_count("password authentication failed for user");

	(void) state;
	app_has(OLD);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	assert_int_equal(kit_log_count("password authentication failed for user"), before + 1);
}

static void pg_hba_refusal_is_no_proof(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_hba("host all app 127.0.0.1/32 reject\n");
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "28000"));
	assert_non_null(strstr(a.text, "nothing can be told"));
	kit_hba("");
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
}

static void trust_is_no_proof(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_hba("host all app 127.0.0.1/32 trust\n");
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "asked for no password"));
	do_verb(&job, VERB_INSPECT, &a);
	assert_true(kit_found(&a, "pg_hba.conf", "no password is asked for", "medium"));
	kit_hba("");
}

static void nologin_is_not_a_refused_password(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_sql("ALTER ROLE app NOLOGIN");
	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	assert_non_null(strstr(a.text, "NOLOGIN"));
	assert_non_null(strstr(a.text, "still its password"));
	kit_job_admin(&job, NULL, NULL);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	assert_non_null(strstr(a.text, "NOLOGIN"));
	kit_sql("ALTER ROLE app LOGIN");
}

static void an_expired_role_refuses_the_right_value(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_sql("ALTER ROLE app VALID UNTIL '2020-01-01'");
	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	assert_non_null(strstr(a.text, "has expired (VALID UNTIL 2020-01-01"));
	do_verb(&job, VERB_CHANGE, &a);
	assert_true(kit_found(&a, "role has expired", "'app'", "medium"));
	kit_sql("ALTER ROLE app VALID UNTIL 'infinity'");
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
}

static void an_unknown_role_looks_like_a_wrong_value(void **state)
{
	static const char *const nobody[] = { "nosuchrole", NULL };
	_cleanup_(kit_job_free) struct driver_job job = kit_job(nobody, OLD, NEW);
	struct driver_answer a;
	struct err e;

	(void) state;
	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	assert_true(kit_tried("old value", "28P01"));
	assert_non_null(strstr(a.text, "there is no role 'nosuchrole'"));
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_CONFIG);
	assert_int_equal(e.effect, EFFECT_NONE);
	assert_non_null(strstr(e.text, "there is no role 'nosuchrole'"));
	kit_job_admin(&job, NULL, NULL);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEITHER);
	assert_non_null(strstr(a.text, "does not tell apart"));
}

static void no_connection_left_is_not_refused(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_sql("ALTER ROLE app CONNECTION LIMIT 0");
	assert_int_equal(probed(&job, &a), ACCEPTS_UNREACHABLE);
	assert_true(kit_tried("old value", "53300"));
	kit_sql("ALTER ROLE app CONNECTION LIMIT -1");
}

static void a_missing_database_still_tells_the_value(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct err e;

	(void) state;
	app_has(OLD);
	kit_job_option(&job, "database", "nosuchdatabase");
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	assert_true(kit_tried("old value", "3D000"));
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "set option 'database'"));
	assert_int_equal(e.effect, EFFECT_NONE);
}

static void a_hostile_role_name_stays_a_name(void **state)
{
	static const char *const hostile[] = { "a\"; DROP ROLE app; -- '\\,{}", NULL };
	static const char *const too_long[] = { "r123456789012345678901234567890123456789012345678901234567890123",
						NULL };
	_cleanup_(kit_job_free) struct driver_job job = kit_job(hostile, OLD, NEW);
	_cleanup_(kit_job_free) struct driver_job cut_name = kit_job(too_long, OLD, NEW);
	struct service_session *intruder;
	struct driver_answer a;
	struct err e;

	(void) state;
	kit_role(hostile[0], OLD, "scram-sha-256", "");
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	intruder = service_postgresql.session(&kit, hostile[0], OLD);
	assert_non_null(intruder);
	do_verb(&job, VERB_CHANGE, &a);
	do_verb(&job, VERB_CUT, &a);
	assert_int_equal(a.count, 1);
	service_postgresql.session_end(intruder);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	do_verb(&job, VERB_INSPECT, &a);
	assert_string_equal(kit_ask("SELECT count(*) FROM pg_roles WHERE rolname = 'app'"), "1");
	assert_int_equal(kit_call(&cut_name, VERB_CHANGE, &a, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "would cut it"));
}

static void a_lesser_admin_is_enough_and_says_what_it_may_not(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct service_session *intruder;
	struct driver_answer a;
	struct err e;

	(void) state;
	app_has(OLD);
	kit_role("rotator", "value-of-the-rotator", "scram-sha-256", "CREATEROLE");
	kit_job_admin(&job, "rotator", "value-of-the-rotator");
	intruder = service_postgresql.session(&kit, "app", OLD);
	assert_non_null(intruder);
	do_verb(&job, VERB_CHANGE, &a);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	assert_int_equal(kit_call(&job, VERB_CUT, &a, &e), -ERR_AUTH);
	assert_non_null(strstr(e.text, "grant pg_signal_backend"));
	assert_true(service_postgresql.session_alive(intruder));
	kit_sql("GRANT pg_signal_backend TO rotator");
	do_verb(&job, VERB_CUT, &a);
	assert_int_equal(a.count, 1);
	do_verb(&job, VERB_INSPECT, &a);
	assert_true(kit_found(&a, "not looked at", "only a superuser may read pg_authid", "medium"));
	service_postgresql.session_end(intruder);
	kit_sql("DROP ROLE rotator");
}

static void a_wrong_admin_changes_nothing(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;
	struct err e;

	(void) state;
	app_has(OLD);
	kit_job_admin(&job, "postgres", "not-the-admin's-value");
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_AUTH);
	assert_int_equal(e.effect, EFFECT_NONE);
	assert_false(kit_tries.changing);
	assert_non_null(strstr(e.text, "admin 'postgres'"));
	assert_true(service_postgresql.login(&kit, "app", OLD));
}

static void a_role_changes_and_cuts_itself(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct service_session *intruder;
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_job_admin(&job, NULL, NULL);
	intruder = service_postgresql.session(&kit, "app", OLD);
	assert_non_null(intruder);
	do_verb(&job, VERB_CHANGE, &a);
	do_verb(&job, VERB_CHANGE, &a);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	do_verb(&job, VERB_CUT, &a);
	assert_int_equal(a.count, 1);
	assert_false(service_postgresql.session_alive(intruder));
	service_postgresql.session_end(intruder);
}

static void two_roles_change_together_or_not_at_all(void **state)
{
	static const char *const both[] = { "app", "second", NULL };
	static const char *const broken[] = { "app", "nosuchrole", NULL };
	_cleanup_(kit_job_free) struct driver_job job = kit_job(broken, OLD, NEW);
	struct driver_answer a;
	struct err e;

	(void) state;
	app_has(OLD);
	kit_role("second", OLD, "scram-sha-256", "");
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_CONFIG);
	assert_int_equal(e.effect, EFFECT_NONE);
	assert_true(service_postgresql.login(&kit, "app", OLD));
	job.users = both;
	do_verb(&job, VERB_CHANGE, &a);
	assert_int_equal(probed(&job, &a), ACCEPTS_NEW);
	app_has(OLD);
	assert_int_equal(probed(&job, &a), ACCEPTS_OLD);
	kit_sql("DROP ROLE second");
}

static void a_value_with_a_zero_byte_is_refused(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NULL);
	char bytes[] = "begin\0end-of-value";
	struct secret *value = NULL;
	struct driver_answer a;
	struct err e;

	(void) state;
	app_has(OLD);
	assert_int_equal(secret_take(bytes, sizeof(bytes) - 1, &value, NULL), 0);
	job.new = value;
	assert_int_equal(kit_call(&job, VERB_CHANGE, &a, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "zero byte"));
	assert_true(service_postgresql.login(&kit, "app", OLD));
}

static void passwords_stand_in_every_database(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_sql("CREATE DATABASE shop OWNER app");
	kit_sql_in("shop", "CREATE TABLE customer (name text, password_hash text); GRANT SELECT ON customer TO app; "
		   "CREATE TABLE hidden (api_token text)");
	kit_sql("GRANT pg_read_server_files TO app");
	do_verb(&job, VERB_INSPECT, &a);
	assert_true(kit_found(&a, "stored passwords", "'shop.public.customer' that may hold passwords (password_hash;",
			      "high"));
	assert_false(kit_found(&a, "stored passwords", "hidden", "high"));
	assert_true(kit_found(&a, "membership", "'pg_read_server_files'", "high"));
	assert_true(kit_found(&a, "objects", "the database itself", "medium"));
	kit_sql("REVOKE pg_read_server_files FROM app");
	kit_sql("DROP DATABASE shop");
}

static void another_search_path_does_not_lie_to_us(void **state)
{
	_cleanup_(kit_job_free) struct driver_job job = kit_job(app, OLD, NEW);
	struct driver_answer a;

	(void) state;
	app_has(OLD);
	kit_sql("CREATE SCHEMA evil; CREATE VIEW evil.pg_roles AS SELECT * FROM pg_catalog.pg_roles WHERE false; "
		"CREATE VIEW evil.pg_authid AS SELECT * FROM pg_catalog.pg_authid WHERE false; "
		"ALTER DATABASE postgres SET search_path = evil, pg_catalog");
	do_verb(&job, VERB_INSPECT, &a);
	assert_true(kit_found(&a, "leaked value still set", "'app'", "high"));
	kit_sql("ALTER DATABASE postgres RESET search_path");
	kit_sql("DROP SCHEMA evil CASCADE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verifier_tells_nothing_by_comparison),
		cmocka_unit_test(an_md5_role_cannot_log_in_through_scram),
		cmocka_unit_test(md5_is_kept_where_the_server_still_makes_it),
		cmocka_unit_test(password_change_leaves_sessions),
		cmocka_unit_test(a_stopped_session_is_not_called_gone),
		cmocka_unit_test(clear_create_role_is_logged),
		cmocka_unit_test(a_wrong_value_is_one_line_in_the_log),
		cmocka_unit_test(pg_hba_refusal_is_no_proof),
		cmocka_unit_test(trust_is_no_proof),
		cmocka_unit_test(nologin_is_not_a_refused_password),
		cmocka_unit_test(an_expired_role_refuses_the_right_value),
		cmocka_unit_test(an_unknown_role_looks_like_a_wrong_value),
		cmocka_unit_test(no_connection_left_is_not_refused),
		cmocka_unit_test(a_missing_database_still_tells_the_value),
		cmocka_unit_test(a_hostile_role_name_stays_a_name),
		cmocka_unit_test(a_lesser_admin_is_enough_and_says_what_it_may_not),
		cmocka_unit_test(a_wrong_admin_changes_nothing),
		cmocka_unit_test(a_role_changes_and_cuts_itself),
		cmocka_unit_test(two_roles_change_together_or_not_at_all),
		cmocka_unit_test(a_value_with_a_zero_byte_is_refused),
		cmocka_unit_test(passwords_stand_in_every_database),
		cmocka_unit_test(another_search_path_does_not_lie_to_us),
	};

	return cmocka_run_group_tests_name("postgresql_traps", tests, kit_start, kit_stop);
}
