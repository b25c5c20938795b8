/* Each trap that was measured on Dovecot 2.3 and Postfix 3.7, by its name: first that the trap is real, then that the
 * driver is not in it. */
#include "dovecot_kit.h"
#include "base/clock.h"
#include "base/fs.h"
#include "driver/dovecot_internal.h"
#include "transport/transport.h"
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The tests have their own mounts: nobody else sees what lies on a path here. */
static void cover(const char *what, const char *path)
{
	assert_int_equal(mount(what, path, NULL, MS_BIND, NULL), 0);
}

static void put(const struct mail_test *t, const char *name, const char *text)
{
	struct err e = ERR_INIT;
	char path[300];

	service_dovecot_folder(&t->service, name, path);
	if (fs_write_atomic(path, text, strlen(text), 0644, &e) < 0)
		fail_msg("%s", e.text);
}

static void users_path(const struct mail_test *t, char ret[300])
{
	service_dovecot_folder(&t->service, "users", ret);
}

/* The first of both: after a change, a kick and a reload, mail still goes out over it. */
static void an_smtp_session_survives_everything_but_the_cut(void **state _unused_)
{
	struct mail_test t;
	struct service_session *imap, *smtp;
	char conf[300], etc[300];
	struct said s;

	mail_test_begin(&t, "", false);
	imap = service_dovecot_imap_session(&t.service, t.service.user, t.c.old);
	smtp = service_dovecot_smtp_session(&t.service, t.service.user, t.c.old);
	assert_non_null(imap);
	assert_non_null(smtp);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ 0 });
	mail_test_must(&s);
	service_dovecot_folder(&t.service, "dovecot.conf", conf);
	service_dovecot_folder(&t.service, "postfix", etc);
	RUN("doveadm", "-c", conf, "kick", t.service.user);
	RUN("postfix", "-c", etc, "reload");
	assert_false(service_dovecot.session_alive(imap));
	assert_true(service_dovecot_sends(smtp));

	s = contract_call(&t.c, VERB_CUT, (struct with){ 0 });
	mail_test_must(&s);
	assert_int_equal(s.a.count, 1);
	assert_int_equal(s.a.left, 0);
	assert_false(service_dovecot_sends(smtp));
	service_dovecot.session_end(imap);
	service_dovecot.session_end(smtp);
	assert_true(mail_test_accepts(&t, t.c.new));
	mail_test_end(&t);
}

/* Where the kernel ends no sockets. */
static void without_ss_the_process_goes(void **state _unused_)
{
	struct mail_test t;
	struct service_session *x;
	struct said s;

	mail_test_begin(&t, "", false);
	x = service_dovecot_smtp_session(&t.service, t.service.user, t.c.old);
	assert_non_null(x);
	cover("/bin/false", "/usr/bin/ss");
	s = contract_call(&t.c, VERB_CUT, (struct with){ 0 });
	assert_int_equal(umount("/usr/bin/ss"), 0);
	mail_test_must(&s);
	assert_int_equal(s.a.count, 1);
	assert_false(service_dovecot_sends(x));
	service_dovecot.session_end(x);
	mail_test_end(&t);
}

/* Dovecot's look at its file: size, and the whole second. A hash is as long as the one before. */
static void a_write_within_the_same_second_is_never_seen(void **state _unused_)
{
	struct mail_test t;
	struct timespec now[2];
	struct stat before, after;
	char path[300];
	struct said s;

	mail_test_begin(&t, "", false);
	users_path(&t, path);
	assert_int_equal(stat(path, &before), 0);
	assert_true(service_dovecot_write(&t.service, t.c.new, false));
	now[0] = now[1] = (struct timespec){ .tv_sec = before.st_mtime };
	assert_int_equal(utimensat(AT_FDCWD, path, now, 0), 0);
	clock_sleep_ms(1200);
	assert_int_equal(service_dovecot_imap(&t.service, t.service.user, t.c.old), 1);
	assert_int_equal(service_dovecot.set(&t.service, t.c.old, NULL), 0);

	/* At the beginning of a second, so that what follows happens within it. */
	while (clock_now_us() % 1000000 > 100000)
		clock_sleep_ms(5);
	now[0] = now[1] = (struct timespec){ .tv_sec = clock_now_us() / 1000000 };
	assert_int_equal(utimensat(AT_FDCWD, path, now, 0), 0);
	assert_int_equal(service_dovecot_imap(&t.service, t.service.user, t.c.old), 1);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ 0 });
	mail_test_must(&s);
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(after.st_mtime, now[0].tv_sec);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_true(mail_test_accepts(&t, t.c.new));
	assert_false(mail_test_accepts(&t, t.c.old));
	mail_test_end(&t);
}

/* Puppet was faster: its file stays as it is, for another salt would be a change of ours that its next run undoes. */
static void what_configuration_management_wrote_stays(void **state _unused_)
{
	struct mail_test t;
	struct stat first, before, after;
	struct timespec same[2];
	char path[300];
	struct said s;

	mail_test_begin(&t, "", false);
	users_path(&t, path);
	assert_int_equal(stat(path, &first), 0);
	assert_true(service_dovecot_write(&t.service, t.c.new, false));
	/* Within the second of the write before, so that Dovecot would never see it. */
	same[0] = same[1] = (struct timespec){ .tv_sec = first.st_mtime };
	assert_int_equal(utimensat(AT_FDCWD, path, same, 0), 0);
	assert_int_equal(stat(path, &before), 0);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ 0 });
	mail_test_must(&s);
	assert_false(mail_test_accepts(&t, t.c.old));
	assert_true(mail_test_accepts(&t, t.c.new));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_size, before.st_size);
	mail_test_end(&t);
}

/* Who failed waits, with the right value too; a wait is no refusal, and a probe adds one try for each door. */
static void an_address_that_failed_waits_and_is_not_refused(void **state _unused_)
{
	struct mail_test t;
	int64_t since;
	struct said s;

	mail_test_begin(&t, "", true);
	assert_int_equal(service_dovecot_imap(&t.service, t.service.user, "no"), 0);
	since = clock_mono_us();
	assert_int_equal(service_dovecot_imap(&t.service, t.service.user, t.c.old), 1);
	assert_true(clock_mono_us() - since > 1500000);
	/* The value of before is refused first, and the one that works waits behind it, over each door. */
	assert_true(service_dovecot_write(&t.service, t.c.new, false));
	clock_sleep_ms(1200);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_NEW);
	assert_int_equal(s.tries, 4);
	mail_test_end(&t);
}

static void too_many_sessions_say_nothing_of_the_value(void **state _unused_)
{
	struct mail_test t;
	struct service_session *x;
	struct said s;

	mail_test_begin(&t, "mail_max_userip_connections = 1\n", false);
	x = service_dovecot_imap_session(&t.service, t.service.user, t.c.old);
	assert_non_null(x);
	assert_int_equal(service_dovecot_imap(&t.service, t.service.user, t.c.old), -1);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ 0 });
	mail_test_says(&s, ACCEPTS_UNREACHABLE);
	service_dovecot.session_end(x);
	mail_test_end(&t);
}

/* Postfix says 535 of it, as of a wrong value; IMAP says what it is, and is asked first. */
static void a_file_that_dovecot_cannot_read_is_no_refusal(void **state _unused_)
{
	struct timespec times[2] = { 0 };
	struct mail_test t;
	struct stat st;
	char path[300];
	struct said s;

	mail_test_begin(&t, "", false);
	users_path(&t, path);
	assert_int_equal(stat(path, &st), 0);
	times[0].tv_sec = times[1].tv_sec = st.st_mtime + 5;
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	clock_sleep_ms(1200);          /* it looks once a second */
	assert_int_equal(service_dovecot_smtp(&t.service, t.service.user, t.c.old), 0);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ 0 });
	mail_test_says(&s, ACCEPTS_UNREACHABLE);
	mail_test_end(&t);
}

/* Postfix answers, and what it asks is not there. */
static void submission_without_dovecot_says_nothing_of_the_value(void **state _unused_)
{
	struct mail_test t;
	struct err e = ERR_INIT;
	struct secret *value = NULL;
	enum dovecot_login login;
	_cleanup_(json_freep) json_t *options = json_object();
	const struct way here = { .host = "localhost", .address = "localhost", .local = true };
	struct driver_job job = { .driver = "dovecot", .options = options, .from = &here, .limit_ms = 30000 };
	char copy[sizeof(t.c.old)];

	mail_test_begin(&t, "", false);
	job.address = t.service.address;
	for (size_t i = 0; t.service.options[i]; i += 2)
		json_put(options, t.service.options[i], t.service.options[i + 1]);
	(void)snprintf(copy, sizeof(copy), "%s", t.c.old);
	assert_int_equal(secret_take(copy, strlen(copy), &value, &e), 0);
	assert_int_equal(dovecot_login(&job, DOVECOT_SMTP, t.service.user, value, "it", &login, &e), 0);
	assert_int_equal(login, DOVECOT_ACCEPTED);
	assert_int_equal(kill(-t.service.pid, SIGKILL), 0);
	assert_int_equal(dovecot_login(&job, DOVECOT_SMTP, t.service.user, value, "it", &login, &e), -ERR_NET);
	secret_free(value);
	mail_test_end(&t);
}

static void another_passdb_lets_the_old_value_in(void **state _unused_)
{
	struct mail_test t;
	char more[500], second[] = "/tmp/firebreak-second-XXXXXX", path[300];
	int fd = mkstemp(second);
	struct said s;

	assert_true(fd >= 0);
	(void)snprintf(more, sizeof(more), "passdb {\n  driver = passwd-file\n  args = username_format=%%u %s\n}\n",
		       second);
	mail_test_begin(&t, more, false);
	users_path(&t, path);
	RUN("cp", "--", path, second);
	assert_int_equal(chmod(second, 0644), 0);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .limit_ms = 30000 });
	assert_int_equal(s.r, -ERR_REMOTE);
	assert_int_equal(s.e.effect, EFFECT_CHANGED);
	assert_non_null(strstr(s.e.text, "another passdb"));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ 0 });
	mail_test_must(&s);
	assert_true(mail_test_found(&s, "passdb", second));
	assert_int_equal(unlink(second), 0);
	(void)close(fd);
	mail_test_end(&t);
}

/* Where Dovecot has the password of its users in a database. */
static void fill(const struct mail_test *t, const char *password)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(4096);
	char script[300], db[300];

	service_dovecot_folder(&t->service, "users.db", db);
	service_dovecot_folder(&t->service, "fill.sql", script);
	(void)buf_printf(&text, ".timeout 5000\ncreate table if not exists users (name text primary key, value text);\n"
			 "insert or replace into users values ('%s', '%s');\n", t->service.user, password);
	put(t, "fill.sql", buf_text(&text));
	RUN("sh", "-c", "sqlite3 \"$0\" <\"$1\" && chmod 666 \"$0\" && rm \"$1\"", db, script);
}

static void without_option(struct service *s, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; s->options[i]; i += 2) {
		if (!strcmp(s->options[i], name))
			continue;
		s->options[n++] = s->options[i];
		s->options[n++] = s->options[i + 1];
	}
	s->options[n] = NULL;
}

static void a_user_of_sql_is_changed_by_a_person_and_proven_here(void **state _unused_)
{
	struct mail_test t;
	struct stat st;
	const struct passwd *pw;
	char more[500], conf[300], wanted[400], etc[300];
	struct said s;

	mail_test_begin(&t, "", false);
	assert_int_equal(stat(t.service.folder, &st), 0);
	pw = getpwuid(st.st_uid);
	assert_non_null(pw);
	fill(&t, t.c.old);
	(void)snprintf(more, sizeof(more), "driver = sqlite\nconnect = %s/users.db\ndefault_pass_scheme = PLAIN\n"
		       "password_query = SELECT name AS user, value AS password FROM users WHERE name = '%%u'\n",
		       t.service.folder);
	put(&t, "sql.conf", more);
	service_dovecot_folder(&t.service, "dovecot.conf", conf);
	(void)snprintf(wanted, sizeof(wanted), "s,driver = passwd-file,driver = sql,; "
		       "s,args = scheme=.*,args = %s/sql.conf,; "
		       "$ a service auth-worker {\\n  user = %s\\n}", t.service.folder, pw->pw_name);
	RUN("sed", "-i", wanted, conf);
	RUN("doveadm", "-c", conf, "reload");
	/* who asks it already goes on asking the one of before */
	assert_true(service_dovecot_restart_postfix(&t.service));
	without_option(&t.service, "file");
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_OLD);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .limit_ms = 60000 });
	assert_int_equal(s.r, -ERR_REFUSED);
	assert_int_equal(s.e.effect, EFFECT_NONE);
	service_dovecot_folder(&t.service, "sql.conf", etc);
	(void)snprintf(wanted, sizeof(wanted), "looks users up in sql (%s), which is not written here: have a person",
		       etc);
	assert_non_null(strstr(s.e.text, wanted));
	fill(&t, t.c.new);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .limit_ms = 60000 });
	mail_test_must(&s);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_NEW);
	mail_test_end(&t);
}

static void a_value_in_clear_is_told_and_becomes_a_hash(void **state _unused_)
{
	struct mail_test t;
	char path[300];
	struct said s;

	mail_test_begin(&t, "", false);
	users_path(&t, path);
	assert_true(service_dovecot_write(&t.service, t.c.old, true));
	assert_int_equal(chmod(path, 0644), 0);
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ 0 });
	mail_test_must(&s);
	assert_true(mail_test_found(&s, "how it is kept", "in clear"));
	assert_true(mail_test_found(&s, "file that all can read", "0644"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ OPTIONS_OF("scheme", "BLF-CRYPT") });
	mail_test_must(&s);
	assert_true(service_file_has(path, "noreply:{BLF-CRYPT}$2y$10$"));
	assert_true(service_file_has(path, "::::::\n"));
	assert_false(service_file_has(path, t.c.old));
	assert_true(mail_test_accepts(&t, t.c.new));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ OPTIONS_OF("scheme", "BLF-CRYPT"), .new =
			  "0123456789012345678901234567890123456789012345678901234567890123456789012" });
	assert_int_equal(s.r, -ERR_CONFIG);
	assert_int_equal(s.e.effect, EFFECT_NONE);
	mail_test_end(&t);
}

static void wait_logged(const struct mail_test *t, const char *name, const char *text)
{
	char path[300];

	service_dovecot_folder(&t->service, name, path);
	for (int i = 0; i < 600 && !service_file_has(path, text); i++)
		clock_sleep_ms(50);
	assert_true(service_file_has(path, text));
}

static void inspect_tells_who_used_it_and_what_was_sent(void **state _unused_)
{
	static const char older[] =
		"2026-01-05T10:00:00.123456+02:00 mx postfix/smtpd[77]: 9ABCDEF012: client=evil.example[192.0.2.66]"
		", sasl_method=PLAIN, sasl_username=noreply\n"
		"2026-01-05T10:00:01+02:00 mx postfix/smtp[78]: 9ABCDEF012: to=<a@example.org>, relay=x, status=sent"
		" (ok)\n"
		"2026-01-05T10:00:02+02:00 mx postfix/smtp[78]: 9ABCDEF012: to=<b@example.org>, relay=x, "
		"status=bounced (no)\n"
		"2026-01-05T10:00:03+02:00 mx postfix/smtpd[79]: 9ABCDEF013: client=other[192.0.2.67], "
		"sasl_method=PLAIN, sasl_username=noreply-of-others\n";
	struct mail_test t;
	struct service_session *x;
	char etc[300], path[300];
	struct said s;

	mail_test_begin(&t, "", false);
	service_dovecot_folder(&t.service, "postfix", etc);
	put(&t, "postfix.log.1", older);
	service_dovecot_folder(&t.service, "postfix.log.1", path);
	RUN("gzip", path);
	service_dovecot_folder(&t.service, "mail/noreply", path);
	RUN("mkdir", "-p", path);
	put(&t, "mail/noreply/.forward", "thief@example.com\n");
	put(&t, "mail/noreply/.dovecot.sieve", "require \"copy\";\nredirect :copy \"thief@example.com\";\n");
	RUN("postconf", "-c", etc, "-e", "defer_transports=discard");
	assert_true(service_dovecot_restart_postfix(&t.service));
	x = service_dovecot_smtp_session(&t.service, t.service.user, t.c.old);
	assert_non_null(x);
	assert_true(service_dovecot_sends(x));
	assert_int_equal(service_dovecot_imap(&t.service, t.service.user, "not it"), 0);
	assert_int_equal(service_dovecot_imap(&t.service, t.service.user, t.c.old), 1);
	wait_logged(&t, "postfix.log", "status=deferred");

	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .since_us = INT64_C(1700000000000000),
			  .limit_ms = 30000 });
	mail_test_must(&s);
	assert_true(mail_test_found(&s, "mail sent", "1 mails from evil.example[192.0.2.66] between "
							"2026-01-05T08:00:00Z"));
	assert_true(mail_test_found(&s, "mail sent", "1 recipients took them, 1 did not"));
	assert_true(mail_test_found(&s, "mail sent", "from localhost[127.0.0.1]"));
	assert_false(mail_test_found(&s, "mail sent", "192.0.2.67"));
	assert_true(mail_test_found(&s, "mail in the queue", "1 mails of 'noreply'"));
	assert_true(mail_test_found(&s, "login", "by imap from 127.0.0.1"));
	assert_true(mail_test_found(&s, "refused login", "127.0.0.1"));
	assert_true(mail_test_found(&s, "rule of the mailbox", ".forward' holds 1"));
	assert_true(mail_test_found(&s, "rule of the mailbox", ".dovecot.sieve' holds 1"));
	assert_true(mail_test_found(&s, "any sender", "noreply"));
	assert_true(mail_test_found(&s, "no login needed", "127.0.0.250"));
	assert_true(mail_test_found(&s, "open connection", "127.0.0.1"));

	/* What was before the suspected time is not the intruder's. */
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .since_us = clock_now_us() + 60000000,
			  .limit_ms = 30000 });
	mail_test_must(&s);
	assert_false(mail_test_found(&s, "mail sent", ""));
	assert_false(mail_test_found(&s, "login", ""));
	service_dovecot.session_end(x);
	mail_test_end(&t);
}

/* The text alone: one line's second field, and nothing else. */
static void a_line_is_put_and_the_rest_stays(void **state _unused_)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "a:x:1\nnoreply:{PLAIN}y:2:3::\nb:z\n", "a:x:1\nnoreply:NEW:2:3::\nb:z\n" },
		{ "noreply:y", "noreply:NEW" }, { "noreply", "noreply:NEW" }, { "noreply\nb:z", "noreply:NEW\nb:z" },
		{ "noreply::1", "noreply:NEW:1" }, { "# noreply:x\nnoreply:y\r\n", "# noreply:x\nnoreply:NEW\r\n" },
		{ "noreply2:x\nnoreply:y\n", "noreply2:x\nnoreply:NEW\n" },
		{ "", NULL }, { "noreply2:x", NULL }, { "xnoreply:y", NULL }, { "noreply:a\nnoreply:b\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
		struct err e = ERR_INIT;
		int r = dovecot_file_put(&b, rows[i].text, strlen(rows[i].text), "noreply", "NEW", &e);

		assert_int_equal(r, rows[i].want ? 0 : -ERR_CONFIG);
		if (rows[i].want)
			assert_string_equal(buf_text(&b), rows[i].want);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_smtp_session_survives_everything_but_the_cut),
		cmocka_unit_test(without_ss_the_process_goes),
		cmocka_unit_test(a_write_within_the_same_second_is_never_seen),
		cmocka_unit_test(what_configuration_management_wrote_stays),
		cmocka_unit_test(an_address_that_failed_waits_and_is_not_refused),
		cmocka_unit_test(too_many_sessions_say_nothing_of_the_value),
		cmocka_unit_test(a_file_that_dovecot_cannot_read_is_no_refusal),
		cmocka_unit_test(submission_without_dovecot_says_nothing_of_the_value),
		cmocka_unit_test(another_passdb_lets_the_old_value_in),
		cmocka_unit_test(a_user_of_sql_is_changed_by_a_person_and_proven_here),
		cmocka_unit_test(a_value_in_clear_is_told_and_becomes_a_hash),
		cmocka_unit_test(inspect_tells_who_used_it_and_what_was_sent),
		cmocka_unit_test(a_line_is_put_and_the_rest_stays),
	};

	return mail_test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
