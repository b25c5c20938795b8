/* The ways to the account: TLS or none, through ssh, and a system account behind PAM. */
#include "dovecot_kit.h"
#include "base/fs.h"
#include "driver/dovecot_internal.h"
#include "scratch.h"
#include "sshd.h"
#include "transport/transport.h"
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The tests have their own mounts: nobody else sees what lies on a path here. */
static void cover(const char *what, const char *path)
{
	assert_int_equal(mount(what, path, NULL, MS_BIND, NULL), 0);
}

static void make_certificate(const char *key, const char *cert)
{
	RUN("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mx", "-addext",
	    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert);
}

/* By default; wrapped at its own ports, STARTTLS elsewhere. This process has a network of its own, so they are free. */
static void a_login_goes_over_tls_or_not_at_all(void **state _unused_)
{
	struct mail_test t;
	char folder[] = "/tmp/firebreak-tls-XXXXXX", cert[100], key[100], wrong[100], more[800], etc[300], set[3][200];
	char submission[32];
	struct err e = ERR_INIT;
	struct said s;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
	(void)snprintf(key, sizeof(key), "%s/key.pem", folder);
	(void)snprintf(wrong, sizeof(wrong), "%s/wrong.pem", folder);
	make_certificate(key, wrong);
	make_certificate(key, cert);
	/* Dovecot runs as an ordinary user here, and everything in this folder is made for this test. */
	RUN("chmod", "-R", "a+rX", folder);
	(void)snprintf(more, sizeof(more), "ssl = yes\nssl_cert = <%s\nssl_key = <%s\nservice imap-login {\n"
		       "  inet_listener imaps {\n    port = 993\n  }\n}\n", cert, key);
	mail_test_begin(&t, more, false);
	service_dovecot_folder(&t.service, "postfix", etc);
	(void)snprintf(set[0], sizeof(set[0]), "smtpd_tls_cert_file=%s", cert);
	(void)snprintf(set[1], sizeof(set[1]), "smtpd_tls_key_file=%s", key);
	RUN("postconf", "-c", etc, "-e", "smtpd_tls_security_level=may", "smtpd_tls_auth_only=yes", set[0], set[1]);
	RUN("postconf", "-c", etc, "-M", "-e", "465/inet=465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes");
	assert_true(service_dovecot_restart_postfix(&t.service));

	s = contract_call(&t.c, VERB_PROBE, (struct with){ OPTIONS_OF("tls", "yes", "ca", cert) });
	mail_test_says(&s, ACCEPTS_OLD);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ OPTIONS_OF("tls", "yes", "ca", cert, "submission",
			  "127.0.0.1:465"), .port = 993 });
	mail_test_says(&s, ACCEPTS_OLD);
	/* Neither the system's authorities nor another one know it: then nothing is sent. */
	s = contract_call(&t.c, VERB_PROBE, (struct with){ OPTIONS_OF("tls", "yes") });
	mail_test_says(&s, ACCEPTS_UNREACHABLE);
	assert_non_null(strstr(s.all, "certificate"));
	s = contract_call(&t.c, VERB_PROBE, (struct with){ OPTIONS_OF("tls", "yes", "ca", wrong) });
	mail_test_says(&s, ACCEPTS_UNREACHABLE);
	/* Postfix offers no login without it. */
	s = contract_call(&t.c, VERB_PROBE, (struct with){ 0 });
	mail_test_says(&s, ACCEPTS_UNREACHABLE);
	assert_non_null(strstr(s.all, "no AUTH PLAIN"));
	/* A door that speaks no TLS gets no password in clear. */
	RUN("postconf", "-c", etc, "-e", "smtpd_tls_security_level=none", "smtpd_tls_auth_only=no");
	assert_true(service_dovecot_restart_postfix(&t.service));
	s = contract_call(&t.c, VERB_PROBE, (struct with){ OPTIONS_OF("tls", "yes", "ca", cert) });
	mail_test_says(&s, ACCEPTS_UNREACHABLE);
	assert_non_null(strstr(s.all, "STARTTLS"));
	(void)snprintf(submission, sizeof(submission), "127.0.0.1:%u", service_dovecot_smtp_port(&t.service));
	s = contract_call(&t.c, VERB_PROBE, (struct with){ OPTIONS_OF("tls", "no", "submission", submission) });
	mail_test_says(&s, ACCEPTS_OLD);
	mail_test_end(&t);
	assert_int_equal(fs_remove_tree(folder, &e), 0);
}

/* As from a consumer's host: submission, which the driver reaches by itself, and the mail server's own host too. */
static void both_doors_and_the_host_are_reached_by_ssh(void **state _unused_)
{
	struct mail_test t;
	struct service_session *x[2];
	struct forward f = { 0 };
	struct far far = { 0 };
	struct err e = ERR_INIT;
	struct said s;

	mail_test_begin(&t, "", false);
	assert_int_equal(scratch_begin(NULL), 0);
	assert_int_equal(far_begin(&far), 0);
	if (way_forward(&far.way, t.service.address, &f, &e) < 0)
		fail_msg("%s", e.text);
	x[0] = service_dovecot_imap_session(&t.service, t.service.user, t.c.old);
	x[1] = service_dovecot_smtp_session(&t.service, t.service.user, t.c.old);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .way = &far.way, .unix_path = f.unix_path,
			  .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_OLD);
	assert_int_equal(s.tries, 4);
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .way = &far.way, .unix_path = f.unix_path,
			  .limit_ms = 60000 });
	mail_test_must(&s);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .way = &far.way, .unix_path = f.unix_path,
			  .limit_ms = 60000 });
	mail_test_must(&s);
	s = contract_call(&t.c, VERB_CUT, (struct with){ .way = &far.way, .unix_path = f.unix_path,
			  .limit_ms = 60000 });
	mail_test_must(&s);
	assert_int_equal(s.a.count, 2);
	assert_false(service_dovecot.session_alive(x[0]));
	assert_false(service_dovecot_sends(x[1]));
	assert_true(mail_test_accepts(&t, t.c.new));
	way_forward_end(&far.way, &f);
	way_end(&far.way);
	far_end(&far);
	assert_int_equal(scratch_end(NULL), 0);
	for (size_t i = 0; i < 2; i++)
		service_dovecot.session_end(x[i]);
	mail_test_end(&t);
}

/* A private copy of /etc, so that the account is one of this test only. */
static void a_system_account_is_changed_in_shadow(void **state _unused_)
{
	struct mail_test t;
	char etc[] = "/tmp/firebreak-etc-XXXXXX", hash[DOVECOT_HASH_MAX], copy[sizeof(t.c.old)];
	struct secret *value = NULL;
	struct err e = ERR_INIT;
	struct said s;

	assert_non_null(mkdtemp(etc));
	RUN("cp", "-a", "--", "/etc/.", etc);
	assert_int_equal(chmod(etc, 0755), 0);
	cover(etc, "/etc");
	/* Two seconds for each refusal are PAM's own. */
	RUN("sed", "-i", "s/pam_unix.so/pam_unix.so nodelay/", "/etc/pam.d/common-auth");
	mail_test_of(&t);
	RUN("useradd", "-M", "-d", "/nonexistent", "-s", "/usr/sbin/nologin", "noreply");
	(void)snprintf(copy, sizeof(copy), "%s", t.c.old);
	assert_int_equal(secret_take(copy, strlen(copy), &value, &e), 0);
	assert_int_equal(dovecot_hash(value, NULL, hash, &e), 0);
	secret_free(value);
	RUN("usermod", "-p", hash, "noreply");

	assert_int_equal(service_dovecot_start_system(&t.service, t.c.old), 0);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_OLD);
	for (int i = 0; i < 2; i++) {
		s = contract_call(&t.c, VERB_CHANGE, (struct with){ .limit_ms = 60000 });
		mail_test_must(&s);
		assert_int_equal(service_dovecot_imap(&t.service, "noreply", t.c.new), 1);
		assert_int_equal(service_dovecot_smtp(&t.service, "noreply", t.c.new), 1);
	}
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_NEW);
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .limit_ms = 60000 });
	mail_test_must(&s);
	assert_true(mail_test_found(&s, "system account", "nologin"));

	assert_true(mail_test_found(&s, "cache", "10 M"));

	/* The hash is another one already, and Dovecot's cache says for an hour that the value before it is good. */
	RUN("usermod", "-p", hash, "noreply");
	assert_int_equal(service_dovecot_imap(&t.service, "noreply", t.c.new), 1);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .old = t.c.new, .new = t.c.old, .limit_ms = 60000 });
	mail_test_must(&s);
	assert_int_equal(service_dovecot_imap(&t.service, "noreply", t.c.new), 0);

	/* A locked one accepts nothing, and a new password would open it. */
	RUN("usermod", "-L", "noreply");
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .limit_ms = 60000 });
	assert_int_equal(s.r, -ERR_REFUSED);
	assert_int_equal(s.e.effect, EFFECT_NONE);
	mail_test_end(&t);
	assert_int_equal(umount("/etc"), 0);
	assert_int_equal(fs_remove_tree(etc, &e), 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_goes_over_tls_or_not_at_all),
		cmocka_unit_test(both_doors_and_the_host_are_reached_by_ssh),
		cmocka_unit_test(a_system_account_is_changed_in_shadow),
	};

	return mail_test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
