/* Encryption: used when the server has it, checked when the register says so, and never a
 * reason to misread a refusal. */
#include "mariadb_kit.h"
#include "base/fs.h"
#include "base/macro.h"
#include "base/proc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[64], extra[300], ca[100], other_ca[100];

static int certificate(const char *name)
{
	char key[100], cert[100];
	struct proc_result out = { 0 };
	struct err e = ERR_INIT;
	int r;

	(void) snprintf(key, sizeof(key), "%s/%s.key", folder, name);
	(void) snprintf(cert, sizeof(cert), "%s/%s.pem", folder, name);
	r = proc_run(&(struct proc_job){ .limit_ms = 60000, .argv = (const char *const[]){
			"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
			"-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
			"subjectAltName=IP:127.0.0.1,DNS:127.0.0.1", NULL } }, &out, &e);
	if (r == 0 && out.status == 0)
		(void) chmod(key, 0644);
	else
		fprintf(stderr, "openssl: %s %s\n", e.text, buf_text(&out.err));
	r = r == 0 ? out.status : -1;
	proc_result_free(&out);
	return r;
}

static int begin(void **state)
{
	(void) snprintf(folder, sizeof(folder), "/tmp/firebreak-mariadb-tls-XXXXXX");
	if (!mkdtemp(folder) || chmod(folder, 0755) < 0 || certificate("server") != 0 || certificate("other") != 0)
		return -1;
	(void) snprintf(ca, sizeof(ca), "%s/server.pem", folder);
	(void) snprintf(other_ca, sizeof(other_ca), "%s/other.pem", folder);
	(void) snprintf(extra, sizeof(extra), "ssl-cert=%s/server.pem\nssl-key=%s/server.key\n", folder, folder);
	kit_extra = extra;
	return kit_begin(state);
}

static int end(void **state)
{
	struct err e = ERR_INIT;

	(void) fs_remove_tree(folder, &e);
	return kit_end(state);
}

static void an_account_that_requires_tls_is_probed_and_changed(void **state _unused_)
{
	kit_do("ALTER USER app@'%%' REQUIRE SSL");
	assert_int_equal(kit_login("app", kit.old), 1045);
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_OLD);
	(void) kit_must(VERB_CHANGE, (struct with){ .itself = true });
	(void) kit_must(VERB_CHANGE, (struct with){ 0 });
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
	/* Without TLS the right value is refused in the words for a wrong one: the hash tells which it is. */
	assert_int_equal(kit_accepts((struct with){ OPTIONS_OF("tls", "no") }), ACCEPTS_NEW);
	kit_do("ALTER USER app@'%%' REQUIRE X509");
	assert_int_equal(kit_accepts((struct with){ 0 }), ACCEPTS_NEW);
	kit_do("ALTER USER app@'%%' REQUIRE NONE");
}

static void the_certificate_is_checked_when_the_register_says_so(void **state _unused_)
{
	assert_int_equal(kit_accepts((struct with){ OPTIONS_OF("tls", "yes", "ca", ca) }), ACCEPTS_OLD);
	(void) kit_must(VERB_CHANGE, (struct with){ OPTIONS_OF("tls", "yes", "ca", ca) });
	(void) kit_fails(VERB_CHANGE, (struct with){ OPTIONS_OF("tls", "yes", "ca", other_ca) }, ERR_NET, EFFECT_NONE,
			 "the encrypted connection failed");
	(void) kit_fails(VERB_CHANGE, (struct with){ OPTIONS_OF("tls", "yes") }, ERR_NET, EFFECT_NONE,
			 "the encrypted connection failed");
	assert_int_equal(kit_accepts((struct with){ OPTIONS_OF("tls", "yes", "ca", other_ca) }), ACCEPTS_UNREACHABLE);
	assert_int_equal(kit_accepts((struct with){ OPTIONS_OF("tls", "yes", "ca", "/nonexistent") }),
			 ACCEPTS_UNREACHABLE);
}

static void a_server_without_tls_is_refused_when_the_register_wants_it(void **state _unused_)
{
	struct service plain;
	struct contract c = kit;
	char password[33];
	struct said s;

	service_password(password);
	assert_int_equal(service_mariadb_start(&plain, password, NULL), 0);
	c.service = &plain;
	s = contract_call(&c, VERB_CHANGE, (struct with){ OPTIONS_OF("tls", "yes", "ca", ca) });
	assert_true(s.r == -ERR_NET && s.e.effect == EFFECT_NONE);
	assert_true(service_mariadb.login(&plain, "app", password));
	service_kill(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_account_that_requires_tls_is_probed_and_changed, kit_fresh),
		cmocka_unit_test_setup(the_certificate_is_checked_when_the_register_says_so, kit_fresh),
		cmocka_unit_test_setup(a_server_without_tls_is_refused_when_the_register_wants_it, kit_fresh),
	};

	return cmocka_run_group_tests_name("mariadb tls", tests, begin, end);
}
