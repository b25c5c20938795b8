/* Each trap that was measured on Redis 7, by its name: first that the trap is real, then that
 * the driver is not in it. */
#include "redis_kit.h"
#include "base/digest.h"
#include "base/fs.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void rule_of(char sign, const char *value, char ret[70])
{
	char hash[65];

	digest_sha256_hex(value, strlen(value), hash);
	(void) snprintf(ret, 70, "%c%s", sign, hash);
}

static void config_rewrite_opens_the_files_mode(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	assert_int_equal(mode_of(t.conf), 0600);
	assert_true(SAYS(&t, "+OK", "CONFIG", "REWRITE"));
	assert_int_equal(mode_of(t.conf), 0644);
	assert_int_equal(chmod(t.conf, 0640), 0);

	s = contract_call(&t.c, VERB_CHANGE, (struct with){ OPTIONS_OF("file", t.conf) });
	redis_test_must(&s);
	assert_int_equal(mode_of(t.conf), 0640);
	assert_true(redis_test_found(&s, "mode"));
	assert_true(service_file_has(t.conf, t.c.new));
	assert_false(service_file_has(t.conf, t.c.old));
	redis_test_restart(&t);
	assert_true(redis_test_login(&t, "default", t.c.new));
	assert_false(redis_test_login(&t, "default", t.c.old));
	redis_test_end(&t);
}

/* As a call leaves it that was ended between CONFIG REWRITE and the mode: what it was before, nobody knows any more. */
static void a_file_that_a_rewrite_left_open_is_told(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ OPTIONS_OF("file", t.conf) });
	redis_test_must(&s);
	assert_null(strstr(s.all, "is open to everybody"));
	assert_true(SAYS(&t, "+OK", "CONFIG", "REWRITE"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ OPTIONS_OF("file", t.conf) });
	redis_test_must(&s);
	assert_non_null(strstr(s.all, "is open to everybody on its host (0644)"));
	redis_test_end(&t);
}

/* requirepass is the new value already, and the old one stands beside it: CONFIG SET of the same value does nothing. */
static void retire_ends_an_old_value_beside_a_new_requirepass(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	assert_int_equal(service_redis.set(&t.service, t.c.new, t.c.old), 0);
	assert_true(redis_test_login(&t, "default", t.c.old));
	s = contract_call(&t.c, VERB_RETIRE, (struct with){ OPTIONS_OF("file", t.conf) });
	redis_test_must(&s);
	assert_true(redis_test_login(&t, "default", t.c.new));
	assert_false(redis_test_login(&t, "default", t.c.old));
	redis_test_restart(&t);
	assert_true(redis_test_login(&t, "default", t.c.new));
	assert_false(redis_test_login(&t, "default", t.c.old));
	redis_test_end(&t);
}

static void requirepass_stays_old_after_an_acl_change(void **state _unused_)
{
	struct redis_test t;
	struct said s;
	char rule[70];

	redis_test_begin(&t, NULL);
	rule_of('#', t.c.new, rule);
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "default", "resetpass", rule));
	assert_false(redis_test_login(&t, "default", t.c.old));
	assert_true(SAYS(&t, t.c.old, "CONFIG", "GET", "requirepass"));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(redis_test_found(&s, "requirepass"));

	/* Change and the retirement of a staged value both leave nothing old in memory or file. */
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ OPTIONS_OF("file", t.conf) });
	redis_test_must(&s);
	assert_true(SAYS(&t, t.c.new, "CONFIG", "GET", "requirepass"));
	assert_false(service_file_has(t.conf, t.c.old));
	assert_int_equal(service_redis.set(&t.service, t.c.old, NULL), 0);
	s = contract_call(&t.c, VERB_STAGE, (struct with){ 0 });
	redis_test_must(&s);
	s = contract_call(&t.c, VERB_RETIRE, (struct with){ OPTIONS_OF("file", t.conf) });
	redis_test_must(&s);
	assert_true(SAYS(&t, t.c.new, "CONFIG", "GET", "requirepass"));
	assert_false(service_file_has(t.conf, t.c.old));
	redis_test_end(&t);
}

static void removing_a_password_does_not_end_sessions(void **state _unused_)
{
	static const char *const users[] = { "default", "app" };
	struct redis_test t;

	redis_test_begin(&t, "user app on >another ~app:* +@read +@connection");
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "app", "resetpass", ">another"));
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		struct with with = { .user = users[i], .old = i == 0 ? t.c.old : "another" };
		struct service_session *x = service_redis.session(&t.service, users[i], with.old);
		struct said s = contract_call(&t.c, VERB_CHANGE, with);

		redis_test_must(&s);
		assert_false(redis_test_login(&t, users[i], with.old));
		assert_true(service_redis.session_alive(x));
		s = contract_call(&t.c, VERB_CUT, with);
		redis_test_must(&s);
		assert_int_equal(s.a.count, 1);
		assert_false(service_redis.session_alive(x));
		service_redis.session_end(x);
	}
	redis_test_end(&t);
}

static void client_kill_user_would_end_our_own_connection(void **state _unused_)
{
	struct redis_test t;
	struct service_session *x;
	struct said s;

	redis_test_begin(&t, NULL);
	x = service_redis.session(&t.service, "default", t.c.old);
	s = contract_call(&t.c, VERB_CUT, (struct with){ .itself = true });
	redis_test_must(&s);
	assert_int_equal(s.a.count, 1);
	assert_false(service_redis.session_alive(x));
	service_redis.session_end(x);
	redis_test_end(&t);
}

static void acl_setuser_would_make_a_user_that_is_missing(void **state _unused_)
{
	struct redis_test t;
	struct said s;
	char rule[70];

	redis_test_begin(&t, NULL);
	rule_of('#', t.c.new, rule);
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "mistyped", rule));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .user = "mistypde" });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE && !s.changing);
	assert_non_null(strstr(s.e.text, "there is no user 'mistypde'"));
	assert_false(SAYS(&t, "mistypde", "ACL", "LIST"));
	redis_test_end(&t);
}

static void equal_hash_is_equal_password(void **state _unused_)
{
	struct redis_test t;
	struct said s;
	char rule[70];

	redis_test_begin(&t, NULL);
	rule_of('#', t.c.old, rule);
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "forgotten", "on", rule, "~*", "+@all"));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(redis_test_found(&s, "same-value"));
	assert_non_null(strstr(s.all, "user 'forgotten' accepts the old value too"));
	redis_test_end(&t);
}

static void acl_log_lists_refused_logins(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	assert_false(redis_test_login(&t, "default", "a wrong one"));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .since_us = 1 });
	redis_test_must(&s);
	assert_true(redis_test_found(&s, "refused-login"));
	assert_non_null(strstr(s.all, "from 127.0.0.1:"));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .since_us = INT64_MAX });
	assert_false(redis_test_found(&s, "refused-login"));
	redis_test_end(&t);
}

static void auth_takes_anything_where_there_is_no_password(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	assert_true(SAYS(&t, "+OK", "CONFIG", "SET", "requirepass", ""));
	assert_true(redis_test_login(&t, "default", "anything at all"));
	s = contract_call(&t.c, VERB_PROBE, (struct with){ 0 });
	assert_int_equal(s.a.accepts, ACCEPTS_BOTH);
	assert_non_null(strstr(s.a.text, "it has no password"));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ 0 });
	assert_true(redis_test_found(&s, "no-password"));
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "open", "on", "nopass", "~*", "+@all"));
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .user = "open" });
	assert_int_equal(s.a.accepts, ACCEPTS_BOTH);
	assert_non_null(strstr(s.a.text, "it has no password"));

	/* The first password ends "nopass": the old value must stand beside the new one, or all are locked out. */
	s = contract_call(&t.c, VERB_STAGE, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(redis_test_login(&t, "default", t.c.old) && redis_test_login(&t, "default", t.c.new));
	assert_false(redis_test_login(&t, "default", "anything at all"));
	redis_test_end(&t);
}

static void an_unknown_command_says_its_arguments_back(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, "rename-command CONFIG \"\"");
	assert_true(SAYS(&t, "'private'", "CONFIG", "SET", "requirepass", "private"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(redis_test_found(&s, "requirepass"));
	assert_true(redis_test_login(&t, "default", t.c.new) && !redis_test_login(&t, "default", t.c.old));
	assert_false(service_redis.logged(&t.service, t.c.new));
	redis_test_end(&t);
}

static void a_server_without_acl_is_told_before_anything_moves(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, "rename-command ACL \"\"");
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ 0 });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE && !s.changing);
	assert_non_null(strstr(s.e.text, "ACL GETUSER: the server says"));
	redis_test_end(&t);
}

static void a_file_that_cannot_be_rewritten_is_told(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	assert_int_equal(chmod(t.service.folder, 0500), 0);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ OPTIONS_OF("file", t.conf) });
	redis_test_must(&s);
	assert_true(redis_test_found(&s, "not-kept"));
	assert_non_null(strstr(s.all, "CONFIG REWRITE: the server says"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ OPTIONS_OF("file", "/nowhere/redis.conf") });
	redis_test_must(&s);
	assert_non_null(strstr(s.all, "'/nowhere/redis.conf' cannot be seen from here"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ 0 });
	redis_test_must(&s);
	assert_non_null(strstr(s.all, "no option file says where"));
	assert_int_equal(chmod(t.service.folder, 0700), 0);
	redis_test_end(&t);
}

static void users_of_an_acl_file_are_saved_there(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	/* Users stand in one place only: the admin's line moves into the ACL file. */
	assert_int_equal(service_run(&t.service, (const char *const[]){ "sh", "-c",
			 "grep '^user ' redis.conf > users.acl; sed -i '/^user /d; /^requirepass/d' redis.conf; "
			 "echo \"aclfile $PWD/users.acl\" >> redis.conf", NULL }, NULL), 0);
	redis_test_restart(&t);
	assert_int_equal(service_redis.set(&t.service, t.c.old, NULL), 0);
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "app", "on", "resetpass", ">another"));
	assert_true(SAYS(&t, "+OK", "ACL", "SAVE"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .user = "app", .old = "another" });
	redis_test_must(&s);
	assert_false(redis_test_found(&s, "not-kept"));
	redis_test_restart(&t);
	assert_true(redis_test_login(&t, "app", t.c.new) && !redis_test_login(&t, "app", "another"));
	redis_test_end(&t);
}

static void several_users_share_one_value(void **state _unused_)
{
	struct redis_test t;
	struct with with = { USERS_OF("default", "app", "cron") };
	struct said s;
	char rule[70];

	redis_test_begin(&t, NULL);
	rule_of('#', t.c.old, rule);
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "app", "on", rule, "~*", "+@read", "+@connection"));
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "cron", "on", rule, "~*", "+@read", "+@connection"));
	s = contract_call(&t.c, VERB_PROBE, with);
	assert_int_equal(s.a.accepts, ACCEPTS_OLD);
	rule_of('#', t.c.new, rule);
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "app", "resetpass", rule));
	s = contract_call(&t.c, VERB_PROBE, with);
	assert_int_equal(s.a.accepts, ACCEPTS_BOTH);
	s = contract_call(&t.c, VERB_CHANGE, with);
	redis_test_must(&s);
	s = contract_call(&t.c, VERB_PROBE, with);
	assert_int_equal(s.a.accepts, ACCEPTS_NEW);
	/* A user that is switched off gets the new value, and that nobody can use it is said. */
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "cron", "off"));
	s = contract_call(&t.c, VERB_CHANGE, with);
	redis_test_must(&s);
	assert_true(redis_test_found(&s, "off"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ USERS_OF("default", "app") });
	assert_false(redis_test_found(&s, "off"));
	/* A later user that is missing: the ones before it are changed, and that is said. */
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ USERS_OF("app", "gone") });
	assert_true(s.r < 0 && s.e.effect == EFFECT_CHANGED);
	redis_test_end(&t);
}

static void retire_keeps_other_passwords_and_names_them(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "default", ">a-third-one"));
	s = contract_call(&t.c, VERB_STAGE, (struct with){ 0 });
	redis_test_must(&s);
	s = contract_call(&t.c, VERB_RETIRE, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(redis_test_found(&s, "other-password"));
	assert_true(redis_test_login(&t, "default", "a-third-one") && redis_test_login(&t, "default", t.c.new));
	assert_false(redis_test_login(&t, "default", t.c.old));
	redis_test_end(&t);
}

static void a_login_without_rights_is_told_which(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, "user app on >another ~app:* +@read +@connection");
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .user = "app", .old = "another", .itself = true });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE && !s.changing);
	assert_non_null(strstr(s.e.text, "name an admin"));
	redis_test_end(&t);
}

static void a_rotator_needs_no_more_than_the_manual_says(void **state _unused_)
{
	static const enum driver_verb verbs[] = { VERB_PROBE, VERB_STAGE, VERB_RETIRE, VERB_CHANGE, VERB_CUT,
						  VERB_INSPECT, VERB_DRAIN };
	struct redis_test t;
	char rule[70];

	redis_test_begin(&t, NULL);
	rule_of('#', t.service.admin_password, rule);
	assert_true(SAYS(&t, "+OK", "ACL", "SETUSER", "rotator", "on", rule, "+ping", "+acl", "+client", "+config",
			 "+info", "+module", "+select", "+scan", "+llen", "~jobs:*"));
	assert_true(SAYS(&t, ":1", "RPUSH", "other", "c"));
	(void) snprintf(t.service.admin_user, sizeof(t.service.admin_user), "rotator");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		struct said s = contract_call(&t.c, verbs[i], (struct with){ OPTIONS_OF("queue", "jobs:* jobs:mail",
											 "file", t.conf) });

		redis_test_must(&s);
		assert_false(redis_test_found(&s, "not-seen") || redis_test_found(&s, "not-kept"));
	}
	redis_test_end(&t);
}

static void intruders_marks_are_found(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, "enable-protected-configs yes");
	assert_true(SAYS(&t, "+OK", "CONFIG", "SET", "dbfilename", "authorized_keys"));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(redis_test_found(&s, "save-path"));
	redis_test_end(&t);
}

static void a_queue_is_drained_before_a_restart(void **state _unused_)
{
	struct redis_test t;
	struct with with = { OPTIONS_OF("queue", "jobs:* other", "queue_limit", "1") };
	struct said s;

	redis_test_begin(&t, NULL);
	s = contract_call(&t.c, VERB_DRAIN, with);
	redis_test_must(&s);
	assert_true(SAYS(&t, ":2", "RPUSH", "jobs:mail", "a", "b"));
	assert_true(SAYS(&t, ":1", "RPUSH", "other", "c"));
	assert_true(SAYS(&t, ":1", "RPUSH", "not-a-queue", "d"));
	s = contract_call(&t.c, VERB_DRAIN, with);
	assert_true(s.r < 0 && s.a.count == 3 && s.e.effect == EFFECT_NONE && s.took_ms >= 900);
	assert_non_null(strstr(s.e.text, "'jobs:mail'"));
	assert_true(SAYS(&t, "+OK", "FLUSHALL"));
	s = contract_call(&t.c, VERB_DRAIN, with);
	redis_test_must(&s);
	redis_test_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_rewrite_opens_the_files_mode),
		cmocka_unit_test(a_file_that_a_rewrite_left_open_is_told),
		cmocka_unit_test(retire_ends_an_old_value_beside_a_new_requirepass),
		cmocka_unit_test(requirepass_stays_old_after_an_acl_change),
		cmocka_unit_test(removing_a_password_does_not_end_sessions),
		cmocka_unit_test(client_kill_user_would_end_our_own_connection),
		cmocka_unit_test(acl_setuser_would_make_a_user_that_is_missing),
		cmocka_unit_test(equal_hash_is_equal_password),
		cmocka_unit_test(acl_log_lists_refused_logins),
		cmocka_unit_test(auth_takes_anything_where_there_is_no_password),
		cmocka_unit_test(an_unknown_command_says_its_arguments_back),
		cmocka_unit_test(a_server_without_acl_is_told_before_anything_moves),
		cmocka_unit_test(a_file_that_cannot_be_rewritten_is_told),
		cmocka_unit_test(users_of_an_acl_file_are_saved_there),
		cmocka_unit_test(several_users_share_one_value),
		cmocka_unit_test(retire_keeps_other_passwords_and_names_them),
		cmocka_unit_test(a_login_without_rights_is_told_which),
		cmocka_unit_test(a_rotator_needs_no_more_than_the_manual_says),
		cmocka_unit_test(intruders_marks_are_found),
		cmocka_unit_test(a_queue_is_drained_before_a_restart),
	};

	return cmocka_run_group_tests_name("redis traps", tests, NULL, NULL);
}
