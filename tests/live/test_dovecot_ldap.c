/* Where Dovecot has its users in a directory: Debian's slapd, which checks the password itself. */
#include "dovecot_kit.h"
#include "base/clock.h"
#include "base/fs.h"
#include "service_port.h"
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MS 30000

struct directory { char folder[64], conf[100]; uint16_t port; pid_t pid; };

static void put(const char *folder, const char *name, mode_t mode, const char *text)
{
	struct err e = ERR_INIT;
	char path[400];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (fs_write_atomic(path, text, strlen(text), mode, &e) < 0)
		fail_msg("%s", e.text);
}

static void run_slapd(struct directory *d)
{
	char url[64];

	(void)snprintf(url, sizeof(url), "ldap://127.0.0.1:%u/", d->port);
	d->pid = fork();
	if (d->pid == 0) {
		(void)execlp("setpriv", "setpriv", "--pdeathsig", "KILL", "/usr/sbin/slapd", "-h", url, "-f", d->conf,
			     "-d", "0", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < READY_MS / 50; i++) {
		char script[100];

		(void)snprintf(script, sizeof(script), "exec 3<>/dev/tcp/127.0.0.1/%u", d->port);
		if (mail_test_run((const char *const[]){ "bash", "-c", script, NULL }) == 0)
			return;
		clock_sleep_ms(50);
	}
	fail_msg("slapd does not start");
}

static void end_slapd(struct directory *d)
{
	(void)kill(d->pid, SIGKILL);
	(void)waitpid(d->pid, NULL, 0);
}

static void directory_begin(struct directory *d, const char *user, const char *password)
{
	char text[1200];

	*d = (struct directory){ .folder = "/tmp/firebreak-ldap-XXXXXX", .port = service_free_port() };
	assert_non_null(mkdtemp(d->folder));
	(void)snprintf(d->conf, sizeof(d->conf), "%s/slapd.conf", d->folder);
	(void)snprintf(text, sizeof(text), "include /etc/ldap/schema/core.schema\n"
		       "include /etc/ldap/schema/cosine.schema\n"
		       "modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile %s/pid\ndatabase mdb\n"
		       "suffix \"dc=lab\"\nrootdn \"cn=admin,dc=lab\"\ndirectory %s\n"
		       "access to attrs=userPassword by anonymous auth by * none\naccess to * by * read\n", d->folder,
		       d->folder);
	put(d->folder, "slapd.conf", 0600, text);
	(void)snprintf(text, sizeof(text), "dn: dc=lab\nobjectClass: dcObject\nobjectClass: organization\no: lab\n"
		       "dc: lab\n\n"
		       "dn: uid=%s,dc=lab\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: %s\n"
		       "userPassword: %s\n", user, user, password);
	put(d->folder, "people", 0600, text);
	RUN("sh", "-c", "/usr/sbin/slapadd -q -f \"$0/slapd.conf\" -l \"$0/people\" && rm \"$0/people\"", d->folder);
	run_slapd(d);
}

/* What a person does by hand. */
static void set_password(const struct directory *d, const char *user, const char *password)
{
	char text[400];

	(void)snprintf(text, sizeof(text), "dn: uid=%s,dc=lab\nchangetype: modify\nreplace: userPassword\n"
		       "userPassword: %s\n", user, password);
	put(d->folder, "change", 0600, text);
	RUN("sh", "-c", "/usr/sbin/slapmodify -q -f \"$0/slapd.conf\" -l \"$0/change\" && rm \"$0/change\"", d->folder);
}

static void directory_end(struct directory *d)
{
	struct err e = ERR_INIT;

	end_slapd(d);
	assert_int_equal(fs_remove_tree(d->folder, &e), 0);
}

static void ask_it(struct mail_test *t, const struct directory *d)
{
	char text[600], conf[300], wanted[500];

	(void)snprintf(text, sizeof(text), "hosts = 127.0.0.1:%u\nldap_version = 3\nbase = dc=lab\nauth_bind = yes\n"
		       "auth_bind_userdn = uid=%%u,dc=lab\n", d->port);
	put(t->service.folder, "ldap.conf", 0644, text);
	service_dovecot_folder(&t->service, "dovecot.conf", conf);
	(void)snprintf(wanted, sizeof(wanted), "s,driver = passwd-file,driver = ldap,; "
		       "s,args = scheme=.*,args = %s/ldap.conf,", t->service.folder);
	RUN("sed", "-i", wanted, conf);
	RUN("doveadm", "-c", conf, "reload");
	/* who asks it already goes on asking the one of before */
	assert_true(service_dovecot_restart_postfix(&t->service));
	for (size_t i = 0; t->service.options[i]; i += 2)
		if (!strcmp(t->service.options[i], "file"))
			for (size_t k = i; (t->service.options[k] = t->service.options[k + 2]) != NULL; k++)
				t->service.options[k + 1] = t->service.options[k + 3];
}

static void a_user_of_ldap_is_changed_by_a_person_and_proven_here(void **state _unused_)
{
	struct service_session *x;
	struct directory d;
	struct mail_test t;
	char wanted[500];
	struct said s;

	mail_test_begin(&t, "", false);
	directory_begin(&d, t.service.user, t.c.old);
	ask_it(&t, &d);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_OLD);
	/* The plan says so in words, before anything is done; and so does the change, which leaves everything alone. */
	assert_non_null(strstr(t.c.facts->cannot, "LDAP or SQL is changed there by a person, and proven here"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .limit_ms = 60000 });
	assert_int_equal(s.r, -ERR_REFUSED);
	assert_int_equal(s.e.effect, EFFECT_NONE);
	assert_false(s.changing);
	(void)snprintf(wanted, sizeof(wanted), "'%s' is no system account, and Dovecot looks users up in ldap "
		       "(%s/ldap.conf), which is not written here: have a person set the new value there",
		       t.service.user, t.service.folder);
	if (!strstr(s.e.text, wanted))
		fail_msg("%s", s.e.text);
	assert_true(mail_test_accepts(&t, t.c.old));
	assert_false(mail_test_accepts(&t, t.c.new));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .limit_ms = 60000 });
	mail_test_must(&s);
	assert_true(mail_test_found(&s, "passdb", "Dovecot asks ldap"));

	x = service_dovecot_smtp_session(&t.service, t.service.user, t.c.old);
	assert_non_null(x);
	set_password(&d, t.service.user, t.c.new);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .limit_ms = 60000 });
	mail_test_must(&s);
	assert_true(service_dovecot_sends(x));
	s = contract_call(&t.c, VERB_CUT, (struct with){ .limit_ms = 60000 });
	mail_test_must(&s);
	assert_false(service_dovecot_sends(x));
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_NEW);
	service_dovecot.session_end(x);
	directory_end(&d);
	mail_test_end(&t);
}

/* Postfix says 535 of it as of a wrong value, or nothing for a while; IMAP says what it is. */
static void a_directory_that_is_down_refuses_nobody(void **state _unused_)
{
	struct directory d;
	struct mail_test t;
	struct said s;

	mail_test_begin(&t, "", false);
	directory_begin(&d, t.service.user, t.c.old);
	ask_it(&t, &d);
	assert_true(mail_test_accepts(&t, t.c.old));
	end_slapd(&d);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_UNREACHABLE);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .limit_ms = 60000 });
	assert_true(s.r < 0);
	assert_int_equal(s.e.effect, EFFECT_NONE);
	run_slapd(&d);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 60000 });
	mail_test_says(&s, ACCEPTS_OLD);
	directory_end(&d);
	mail_test_end(&t);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_of_ldap_is_changed_by_a_person_and_proven_here),
		cmocka_unit_test(a_directory_that_is_down_refuses_nobody),
	};

	return mail_test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
