/* publish and withdraw against real git remotes, with the checker of a real name server in between. */
#include "base/keypair.h"
#include "base/mem.h"
#include "keys/dkim.h"
#include "scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static char *old, *new, old_name[DKIM_SELECTOR], new_name[DKIM_SELECTOR];

static int copy(const char *bytes, size_t len, void *arg)
{
	*(char **)arg = mem_dupn(bytes, len);
	return 0;
}

static char *make(char selector[DKIM_SELECTOR], char **ret_record)
{
	_cleanup_(secret_freep) struct secret *s = NULL;
	_cleanup_(buf_free) struct buf record = BUF_INIT(DKIM_RECORD_MAX);
	struct public_key p;
	struct err e = ERR_INIT;
	char *text = NULL;

	if (keypair_make(KEYPAIR_RSA_2048, &s, &e) < 0 || keypair_public(s, &p, &e) < 0 ||
	    dkim_record(&p, &record, &e) < 0)
		fail_msg("%s", e.text);
	dkim_selector(&p, selector);
	(void)secret_with(s, copy, &text);
	*ret_record = buf_take(&record);
	return text;
}

static int begin(void **state)
{
	char *record, *other;
	struct err e = ERR_INIT;

	if (secret_init(&e) < 0 || scratch_begin(state) < 0)
		return -1;
	free(old);
	free(new);
	old = make(old_name, &record);
	new = make(new_name, &other);
	_cleanup_(freep) char *zone = mem_printf("$TTL 60\n@ IN SOA ns1 hostmaster 7 3600 600 604800 60\n  IN NS ns1\n"
		"ns1 A 127.0.0.1\nmail._domainkey TXT \"%.200s\" \"%s\" ; made in 2016\n", record, record + 200);

	free(record);
	free(other);
	must_sh("git init -q --bare -b main dns.git && git clone -q dns.git person 2>&1 && cd person && "
		"git config user.name Ada && git config user.email ada@example.org && git checkout -q -b main && "
		"mkdir -p zones tables");
	put_file("person/zones/wiki.lab", zone);
	put_file("person/tables/KeyTable", "mail._domainkey.wiki.lab wiki.lab:mail:/etc/dkim/mail.private\n");
	put_file("person/tables/SigningTable", "*@wiki.lab mail._domainkey.wiki.lab\n");
	must_sh("cd person && git add -A && git commit -qm first && git push -q origin main");
	return 0;
}

#define REPOSITORY "\"repositories\":[{\"name\":\"dns\",\"url\":\"%s/dns.git\",\"branch\":\"main\"," \
	"\"clone\":\"%s/clone\"}],\"incident\":7,\"author\":\"On Call\",\"trailer\":\"Firebreak-Journal: 12 abcdef\""
#define ZONE(check) "{\"name\":\"mail/dkim\",\"old\":\"old\",\"new\":\"new\",\"places\":[{\"repository\":\"dns\"," \
	"\"file\":\"zones/wiki.lab\"}],\"half\":{\"format\":\"dkim-zone\",\"options\":{\"domain\":\"wiki.lab\"}," \
	"\"check\":[" check "]}}"
#define TABLES "{\"name\":\"mail/dkim\",\"old\":\"old\",\"new\":\"new\",\"places\":[{\"repository\":\"dns\"," \
	"\"file\":\"tables/KeyTable\"},{\"repository\":\"dns\",\"file\":\"tables/SigningTable\"}],\"half\":" \
	"{\"format\":\"dkim-tables\",\"options\":{\"key\":\"/etc/dkim/mail.private\"," \
	"\"signing_table\":\"tables/SigningTable\"}}}"
#define NSD "\"nsd-checkzone\",\"wiki.lab\",\"{file}\""
#define JOB(verb, halves) "{\"verb\":\"" verb "\"," REPOSITORY ",\"secrets\":[" halves "]}", scratch, scratch

static void good(struct trial *t)
{
	if (t->r < 0)
		fail_msg("%s", t->e.text);
	assert_null(strstr(t->job.text, "PRIVATE"));
}

static const json_t *answer(const struct trial *t, size_t i)
{
	return json_array_get(json_object_get(t->job.result, "secrets"), i);
}

static void the_old_half_ends_in_one_commit_and_a_second_call_makes_none(void **state _unused_)
{
	struct trial t;

	try_job(&t, job_write_place, old, new, JOB("withdraw", ZONE(NSD)));
	good(&t);
	assert_int_equal(t.changing, 1);
	assert_int_equal(json_int(answer(&t, 0), "ttl_s", 0), 60);
	assert_non_null(strstr(json_str(answer(&t, 0), "text"), "withdrawn: mail._domainkey.wiki.lab"));
	trial_end(&t);
	_cleanup_(freep) char *stat = sh_text("git -C dns.git diff --numstat main~1 main");
	_cleanup_(freep) char *message = sh_text("git -C dns.git log -1 --format=%%s main");
	_cleanup_(freep) char *line = sh_text("git -C dns.git show main:zones/wiki.lab | tail -1");
	_cleanup_(freep) char *wanted = mem_printf("mail._domainkey TXT \"v=DKIM1; k=rsa; n=withdrawn-%s; p=\" ; made "
						   "in 2016", old_name);

	assert_string_equal(stat, "2\t2\tzones/wiki.lab");
	assert_string_equal(message, "Withdraw the public half of mail/dkim (incident 7)");
	assert_string_equal(line, wanted);
	try_job(&t, job_write_place, old, new, JOB("withdraw", ZONE(NSD)));
	good(&t);
	assert_int_equal(t.changing, 0);
	assert_non_null(strstr(json_str(answer(&t, 0), "text"), "already"));
	trial_end(&t);
}

static void halves_of_one_repository_change_in_one_commit(void **state _unused_)
{
	struct trial t;

	try_job(&t, job_write_place, old, new, JOB("publish", ZONE(NSD) "," TABLES));
	good(&t);
	trial_end(&t);
	_cleanup_(freep) char *files = sh_text("git -C dns.git diff --name-only main~1 main");
	_cleanup_(freep) char *message = sh_text("git -C dns.git log -1 --format=%%s main");
	_cleanup_(freep) char *keys = sh_text("git -C dns.git show main:tables/KeyTable");
	_cleanup_(freep) char *count = sh_text("git -C dns.git show main:zones/wiki.lab | grep -c p=MII");
	_cleanup_(freep) char *wanted = mem_printf("%s._domainkey.wiki.lab wiki.lab:%s:/etc/dkim/mail.private",
						   new_name, new_name);

	assert_string_equal(files, "tables/KeyTable\ntables/SigningTable\nzones/wiki.lab");
	assert_string_equal(message, "Publish the new public half of mail/dkim (incident 7)");
	assert_string_equal(keys, wanted);
	assert_string_equal(count, "2");
}

/* What the server would not load is not pushed; what it has nothing to do with is. */
static void what_the_checker_refuses_is_not_pushed(void **state _unused_)
{
	struct trial t;

	must_sh("cd person && echo 'www A 192.0.2.300' >>zones/wiki.lab && git commit -qam broken && git push -q");
	try_job(&t, job_write_place, old, new, JOB("publish", ZONE(NSD) "," TABLES));
	good(&t);
	assert_false(json_is(answer(&t, 0), "ok"));
	assert_non_null(strstr(json_str(answer(&t, 0), "text"), "'nsd-checkzone' refuses the new 'zones/wiki.lab', so "
			       "it was not pushed"));
	assert_true(json_is(answer(&t, 1), "ok"));
	trial_end(&t);
	_cleanup_(freep) char *files = sh_text("git -C dns.git diff --name-only main~1 main");
	_cleanup_(freep) char *left = sh_text("ls -d clone.check 2>&1 | grep -c cannot");

	assert_string_equal(files, "tables/KeyTable\ntables/SigningTable");
	assert_string_equal(left, "1");
	try_job(&t, job_write_place, old, new, JOB("withdraw", ZONE("\"no-such-checker\"")));
	assert_true(t.r < 0);
	assert_int_equal(t.e.effect, EFFECT_NONE);
	trial_end(&t);
}

static void a_push_of_somebody_else_in_between_is_kept(void **state _unused_)
{
	struct trial t;

	try_job(&t, job_write_place, old, new, JOB("withdraw", ZONE(NSD)));
	good(&t);
	_cleanup_(freep) char *seen = mem_dup(json_str(json_object_get(t.job.result, "heads"), "dns"));

	trial_end(&t);
	must_sh("cd person && git pull -q && echo 'www A 192.0.2.3' >>zones/wiki.lab && git commit -qam www && "
		"git push -q");
	try_job(&t, job_write_place, old, new, "{\"verb\":\"publish\",\"repositories\":[{\"name\":\"dns\",\"url\":"
		"\"%s/dns.git\",\"branch\":\"main\",\"clone\":\"%s/clone\",\"head\":\"%s\"}],\"secrets\":["
		ZONE(NSD) "]}", scratch, scratch, seen);
	good(&t);
	trial_end(&t);
	_cleanup_(freep) char *lines = sh_text("git -C dns.git show main:zones/wiki.lab | "
					       "grep -c '192.0.2.3\\|n=withdrawn\\|p=MII'");

	assert_string_equal(lines, "3");
}

static void a_new_key_is_made_where_the_old_one_is_read(void **state _unused_)
{
	struct public_key p;
	struct trial t;

	must_sh("cd person && openssl genpkey -algorithm ED25519 >key && git add -A && git commit -qm key && "
		"git push -q");
	try_job(&t, job_read_place, NULL, NULL, "{\"verb\":\"read-place\"," REPOSITORY ",\"secrets\":[{\"name\":"
		"\"mail/dkim\",\"old\":\"old0\",\"new\":\"new0\",\"make\":\"ed25519\",\"places\":[{\"repository\":"
		"\"dns\",\"file\":\"key\"}]}]}", scratch, scratch);
	good(&t);
	const struct secret *made = wire_secrets_get(&t.job.out, "new0"), *was = wire_secrets_get(&t.job.out, "old0");

	assert_non_null(made);
	assert_non_null(was);
	assert_false(secret_equal(made, was));
	assert_int_equal(keypair_public(made, &p, NULL), 0);
	assert_int_equal(p.type, KEY_ED25519);
	trial_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_old_half_ends_in_one_commit_and_a_second_call_makes_none, begin,
						scratch_end),
		cmocka_unit_test_setup_teardown(halves_of_one_repository_change_in_one_commit, begin, scratch_end),
		cmocka_unit_test_setup_teardown(what_the_checker_refuses_is_not_pushed, begin, scratch_end),
		cmocka_unit_test_setup_teardown(a_push_of_somebody_else_in_between_is_kept, begin, scratch_end),
		cmocka_unit_test_setup_teardown(a_new_key_is_made_where_the_old_one_is_read, begin, scratch_end),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	free(old);
	free(new);
	return r;
}
