/*
 * Two hosts with real agents of a real puppetserver: one of this machine, one through ssh.
 * Debian's Puppet keeps ssldir outside of confdir and vardir, so each folder is named.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "farm.h"
#include "puppetdb.h"
#include "scratch.h"
#include "sshd.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define OLD "Old-Pass-1"
#define NEW "nEw/Pass-2"

static struct puppetserver server;
static struct puppetdb database;
static struct far far;
static char *program;                /* firebreak itself */
static char *points, *source, *programs;     /* folders: of those that are ended, of the sources, of all others */

static int begin(void **state)
{
	if (scratch_begin(state) < 0)
		return -1;
	farm_make(OLD);
	/* Each host writes its own file. */
	must_sh("sed -i 's,/app.conf,/${trusted[certname]}.conf,; s,class app,class app,' "
		"code/environments/production/manifests/site.pp && sed -i "
		"\"s,'\\(%s/.*\\.conf\\)',\\\"\\1\\\",\" code/environments/production/manifests/site.pp", scratch);
	if (far_begin(&far) < 0)
		return -1;
	puppetserver_prepare(&server);
	/* side by side: what asks it comes last */
	if (puppetdb_start(&database) < 0 || puppetserver_begin(&server) < 0)
		return -1;
	return 0;
}

static int end(void **state)
{
	far_end(&far);
	puppetserver_end(&server);
	puppetdb_end(&database);
	return scratch_end(state);
}

static char *host_json(const char *name)
{
	if (strcmp(name, "web1") == 0)
		return mem_dup("{\"name\":\"web1\",\"address\":\"web1\",\"local\":true}");
	return mem_printf("{\"name\":\"%s\",\"address\":\"far\",\"local\":false,\"ssh_config\":\"%s\","
			  "\"control\":\"%s\"}", name, far.config, far.control);
}

static char *options(const char *name)
{
	return mem_printf("[\"--server\",\"localhost\",\"--serverport\",\"%u\",\"--certname\",\"%s\","
			  "\"--confdir\",\"%s/%s/conf\",\"--vardir\",\"%s/%s/var\",\"--publicdir\","
			  "\"%s/%s/public\",\"--rundir\",\"%s/%s/run\",\"--logdir\",\"%s/%s/log\","
			  "\"--ssldir\",\"%s/%s/ssl\",\"--codedir\",\"%s/code\",\"--keylength\",\"2048\"]",
			  server.port, name, scratch, name, scratch, name, scratch, name, scratch, name, scratch,
			  name, scratch, name, scratch);
}

static void apply(struct trial *t, const char *name, const char *expect, int limit_ms)
{
	_cleanup_(freep) char *host = host_json(name), *words = options(name);

	must_sh("mkdir -p %s", name);
	try_job(t, job_apply, OLD, NEW,
		"{\"host\":%s,\"apply\":\"puppet-agent\",\"options\":%s,\"expect\":\"%s\",\"limit_ms\":%d}", host,
		words, expect, limit_ms);
}

static void expect_applied(const char *name, const char *expect, bool changed)
{
	struct trial t;

	apply(&t, name, expect, 150000);
	if (t.r < 0)
		fail_msg("%s: %s", name, t.e.text);
	assert_int_equal(json_is(t.job.result, "changed"), changed);
	trial_end(&t);
}

static void expect_holds(const char *name, const char *what)
{
	_cleanup_(freep) char *host = host_json(name);
	struct trial t;

	try_job(&t, job_look, OLD, NEW, "{\"host\":%s,\"file\":\"%s/%s.conf\"}", host, scratch, name);
	if (t.r < 0)
		fail_msg("%s: %s", name, t.e.text);
	assert_string_equal(json_str(t.job.result, "holds"), what);
	trial_end(&t);
}

/* How many files of the host's Puppet folders hold the value; the path of the first. */
static size_t residue(const char *name, const char *value, char **ret_path)
{
	_cleanup_(freep) char *host = host_json(name);
	struct trial t;

	try_job(&t, job_residue, value, NULL, "{\"host\":%s,\"paths\":[\"%s/%s/var\"]}", host, scratch,
		name);
	if (t.r < 0)
		fail_msg("%s: %s", name, t.e.text);
	const json_t *found = json_object_get(t.job.result, "found");
	size_t n = json_array_size(found);
	*ret_path = n > 0 ? mem_dup(json_str(json_array_get(found, 0), "path")) : NULL;
	trial_end(&t);
	return n;
}

static void agents_bring_the_new_value_to_both_hosts(void **state _unused_)
{
	static const char *const hosts[] = { "web1", "web2" };
	struct trial t;

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		expect_applied(hosts[i], "any", true);
		expect_holds(hosts[i], "old");
	}
	try_job(&t, job_write_place, OLD, NEW,
		"{\"repositories\":[{\"name\":\"private\",\"url\":\"%s/remote.git\",\"branch\":\"main\","
		"\"clone\":\"%s/clone\"}],\"secrets\":[{\"name\":\"app/password\",\"old\":\"old\","
		"\"new\":\"new\",\"places\":[{\"repository\":\"private\",\"file\":\"hieradata/common.yaml\","
		"\"key\":\"" FARM_KEY "\"}]}],\"incident\":1}", scratch, scratch);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	trial_end(&t);
	must_sh("chmod -R a+rX private");
}

/* A trap: Puppet keeps the whole catalogue on each host, with the value in clear, also when it is Sensitive. */
static void puppets_cached_catalogue_keeps_the_value_in_clear(void **state _unused_)
{
	_cleanup_(freep) char *before = NULL, *after = NULL, *fresh = NULL;

	assert_int_equal(residue("web1", OLD, &before), 1);
	assert_non_null(strstr(before, "/client_data/catalog/web1.json"));
	expect_applied("web1", "any", true);
	expect_holds("web1", "new");
	assert_int_equal(residue("web1", OLD, &after), 0);
	assert_int_equal(residue("web1", NEW, &fresh), 1);
	expect_applied("web1", "unchanged", false);

	/* web2 has not run since: through ssh the same look finds the old value in its catalogue. */
	_cleanup_(freep) char *second = NULL;
	assert_int_equal(residue("web2", OLD, &second), 1);
	expect_applied("web2", "any", true);
	expect_holds("web2", "new");
	expect_applied("web2", "unchanged", false);
}

/* The other run has its catalogue and is in the midst of it. */
static bool other_is_at_it(void)
{
	_cleanup_(freep) char *path = mem_printf("%s/other-runs", scratch);

	return fs_exists(path);
}

/* Somebody's own run, which takes a while. */
static pid_t other_run(void)
{
	static char words[8][200];
	static const char *const names[] = { "--confdir", "--vardir", "--publicdir", "--rundir", "--logdir",
					     "--ssldir", "--codedir" };
	static const char *const folders[] = { "conf", "var", "public", "run", "log", "ssl", "code" };
	const char *argv[30] = { "puppet", "agent", "--onetime", "--no-daemonize", "--server", "localhost",
				 "--certname", "web1",
		"--http_keepalive_timeout", "0", "--serverport" };
	size_t n = 11;

	(void)snprintf(words[7], sizeof(words[7]), "%u", server.port);
	argv[n++] = words[7];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(words[i], sizeof(words[i]), "%s/web1/%s", scratch, folders[i]);
		argv[n++] = names[i];
		argv[n++] = words[i];
	}
	argv[n] = NULL;
	pid_t pid = start_program(argv, "other.log");
	if (!wait_for(other_is_at_it, 90000)) {
		_cleanup_(freep) char *log = file_text("other.log");
		stop_program(pid);
		fail_msg("the other run did not start: %s", log);
	}
	return pid;
}

static void another_run_is_waited_for_or_told(void **state _unused_)
{
	struct trial t;

	must_sh("cp code/environments/production/manifests/site.pp site.good && "
		"echo \"exec { 'other': command => '/bin/sh -c \\\"touch %s/other-runs; "
		"until test -e %s/go; do sleep 0.1; done\\\"' }\" >>code/environments/production/manifests/site.pp",
		scratch, scratch);
	pid_t pid = other_run();
	must_sh("cp site.good code/environments/production/manifests/site.pp");
	apply(&t, "web1", "any", 25000);
	bool told = t.r == -ERR_CONFLICT && strstr(t.e.text, "another Puppet run on 'web1' did not end in time") &&
		    strstr(t.e.text, "agent_catalog_run.lock");
	if (!told)
		print_error("%d: %s\n", t.r, t.e.text);
	trial_end(&t);
	(void)sh("(sleep 12; touch go) </dev/null >/dev/null 2>&1 &");
	apply(&t, "web1", "any", 150000);
	bool waited = t.r == 0;
	if (!waited)
		print_error("%d: %s\n", t.r, t.e.text);
	trial_end(&t);
	(void)waitpid(pid, NULL, 0);
	assert_true(told);
	assert_true(waited);
	expect_holds("web1", "new");
}

static void end_certificate(struct trial *t, const char *name)
{
	_cleanup_(freep) char *host = host_json("puppet1");

	try_job(t, job_end_certificate, NULL, NULL, "{\"host\":%s,\"certname\":\"%s\",\"config\":"
		"\"%s/ps/puppet/puppet.conf\",\"limit_ms\":180000}", host, name, scratch);
}

/* What an agent asks for first, with the certificate and key that lie on it: the HTTP code, 0 for none. */
static int served(const char *name, const char *certificate)
{
	_cleanup_(freep) char *code =
		sh_text("curl -s -o answer -w '%%{http_code}' --cacert web1/ssl/certs/ca.pem --cert %s --key "
		       "%s/ssl/private_keys/%s.pem 'https://localhost:%u/puppet/v3/node/%s?environment=production'",
		       certificate, name, name, server.port, name);

	return (int)strtol(code, NULL, 10);
}

/* puppetserver watches the list of revocations, and reads it some time after it was written. */
static void expect_refused(const char *name, const char *certificate)
{
	for (int64_t until = clock_mono_us() + INT64_C(60000000); clock_mono_us() < until; (void)usleep(200000))
		if (served(name, certificate) == 0)
			return;
	fail_msg("'%s' is served on", certificate);
}

/* By another program than the one under test. */
static bool is_revoked(const char *certificate)
{
	return sh("openssl crl -in ps/puppet/ca/ca_crl.pem -noout -text | grep -qx \" *Serial Number: "
		  "$(openssl x509 -in %s -noout -serial | cut -d= -f2)\"", certificate) == 0;
}

static void expect_ended(const char *name, bool changed, size_t serials)
{
	struct trial t;

	end_certificate(&t, name);
	if (t.r < 0)
		fail_msg("%s: %s", name, t.e.text);
	assert_int_equal(json_is(t.job.result, "changed"), changed);
	assert_int_equal(json_array_size(json_object_get(t.job.result, "serials")), serials);
	assert_int_equal(json_int(t.job.result, "listed", -1), serials);
	assert_int_equal(t.changing, changed);
	trial_end(&t);
}

static void the_certificate_of_a_lost_host_is_revoked_and_refused(void **state _unused_)
{
	struct trial t;

	must_sh("cp web2/ssl/certs/web2.pem lost.pem");
	assert_int_equal(served("web2", "lost.pem"), 200);
	assert_false(is_revoked("lost.pem"));
	expect_ended("web2", true, 1);
	assert_true(is_revoked("lost.pem"));
	expect_refused("web2", "lost.pem");
	apply(&t, "web2", "any", 150000);
	assert_int_equal(t.r, -ERR_REMOTE);
	trial_end(&t);
	/* nobody else's, and a second time is the same */
	assert_false(is_revoked("web1/ssl/certs/web1.pem"));
	assert_int_equal(served("web1", "web1/ssl/certs/web1.pem"), 200);
	expect_ended("web2", false, 1);
	expect_ended("web9", false, 0);
}

static void clean_node(struct trial *t, const char *name)
{
	_cleanup_(freep) char *host = host_json("puppet1");

	try_job(t, job_clean_node, NULL, NULL, "{\"host\":%s,\"certname\":\"%s\",\"config\":"
		"\"%s/ps/puppet/puppet.conf\",\"limit_ms\":300000}", host, name, scratch);
}

static void expect_cleaned(const char *name, bool changed, const char *known, size_t moved)
{
	struct trial t;

	clean_node(&t, name);
	if (t.r < 0)
		fail_msg("%s: %s", name, t.e.text);
	if (json_is(t.job.result, "changed") != changed || strcmp(json_str(t.job.result, "database"), known) != 0 ||
	    json_array_size(json_object_get(t.job.result, "moved")) != moved)
		fail_msg("%s: %s", name, t.job.text);
	assert_int_equal(t.changing != 0, changed);
	trial_end(&t);
}

static void expect_state(const char *name, const char *state)
{
	_cleanup_(freep) char *got = puppetdb_state(&database, name);

	assert_string_equal(got, state);
}

static void expect_not_cleaned(const char *name, int code, const char *text)
{
	struct trial t;

	clean_node(&t, name);
	if (t.r != -code || !strstr(t.e.text, text) || t.changing)
		fail_msg("'%s': %d, %u changes: %s", name, t.r, t.changing, t.e.text);
	trial_end(&t);
}

/* web2's agent has run: the server has its facts and reports, in folders of which Puppet's own settings do not tell. */
static void a_lost_node_is_deactivated_and_nothing_of_it_is_left_in_caches(void **state _unused_)
{
	assert_int_equal(puppetdb_wait(&database), 0);
	puppetdb_facts(&database, "web1");
	puppetdb_facts(&database, "web2");
	expect_state("web2", "active");
	must_sh("test -e ps/var/server_data/facts/web2.json && test -n \"$(ls ps/var/reports/web2)\" && "
		"ls ps/var/reports/web2 >reports && mkdir -p ps/elsewhere/yaml/node && touch "
		"ps/elsewhere/yaml/node/web2.yaml");
	expect_cleaned("web2", true, "deactivated", 3);
	expect_state("web2", "deactivated");
	must_sh("test -z \"$(find ps/var ps/elsewhere -path '*/firebreak' -prune -o -name 'web2*' -print)\"");
	/* evidence is put aside */
	must_sh("ls ps/var/firebreak/web2/*-reports-web2 | cmp - reports && test $(ls ps/var/firebreak/web2 | wc -l) "
		"= 3 && test $(stat -c %%a ps/var/firebreak/web2) = 700");
	/* nobody else's, and a second time is the same */
	expect_state("web1", "active");
	must_sh("test -e ps/var/server_data/facts/web1.json && test -d ps/var/reports/web1");
	expect_cleaned("web2", false, "deactivated", 0);
	expect_cleaned("web9", false, "not known", 0);
	/* what came back is put beside what lies there already */
	must_sh("mkdir -p ps/var/reports/web2 && touch ps/var/reports/web2/late.yaml");
	expect_cleaned("web2", true, "deactivated", 1);
	must_sh("test $(ls ps/var/firebreak/web2 | wc -l) = 4 && test -e "
		"ps/var/firebreak/web2/*-reports-web2/late.yaml");
}

static void expect_kept_back(const char *text)
{
	struct trial t;

	clean_node(&t, "web2");
	if (t.r != -ERR_REFUSED || t.e.effect != EFFECT_NONE || !strstr(t.e.text, text))
		fail_msg("%d, effect %d: %s", t.r, t.e.effect, t.e.text);
	trial_end(&t);
	must_sh("test -z \"$(ls -A outside)\" && test -e theirs/web2/secret && rm -f theirs/web2/late.yaml");
}

/* Whoever has a Puppet server in hand has the account puppet, and root works in its folders. */
static void what_the_account_puppet_exchanges_is_not_followed(void **state _unused_)
{
	must_sh("mkdir -m 700 outside && mkdir -p theirs/web2 && touch theirs/web2/secret && cd ps/var && mv firebreak "
		"kept && mkdir -p reports/web2 && touch reports/web2/late.yaml && ln -s ../../outside firebreak");
	expect_kept_back("/ps/var/firebreak' is a link, and is not followed");
	must_sh("cd ps/var && rm firebreak && mkdir -m 777 firebreak");
	expect_kept_back("/ps/var/firebreak' is not ours alone");
	must_sh("cd ps/var && rmdir firebreak && mv kept firebreak && mv firebreak/web2 was && ln -s ../../../outside "
		"firebreak/web2");
	expect_kept_back("/ps/var/firebreak/web2' is a link, and is not followed");
	must_sh("cd ps/var && rm firebreak/web2 && mv was firebreak/web2");
	/* as an ordinary user everything is one's own */
	if (geteuid() == 0) {
		must_sh("cd ps/var && mv reports theirs-not && ln -s ../../theirs reports && touch "
			"../../theirs/web2/late.yaml");
		expect_kept_back("'reports' of ");
		must_sh("cd ps/var && rm reports && mv theirs-not reports");
	}
	/* a link of root's is the team's own, and one in the place of a file is what is put aside */
	must_sh("ln -s ps/var by && sed -i 's,^ server-var-dir: .*, server-var-dir: %s/by,' "
		"ps/puppetserver/conf.d/puppetserver.conf && rm -r ps/var/reports/web2 && ln -s ../../../theirs/web2 "
		"ps/var/reports/web2", scratch);
	expect_cleaned("web2", true, "deactivated", 1);
	must_sh("sed -i 's,^ server-var-dir: .*, server-var-dir: %s/ps/var,' ps/puppetserver/conf.d/puppetserver.conf "
		"&& test -e theirs/web2/secret && test -L ps/var/firebreak/web2/*by-reports-web2 && "
		"! test -L ps/var/reports/web2", scratch);
}

/* Traps: Puppet asks a host called 'puppetdb' when nobody told it where; an answer that never came is an empty list. */
static void a_puppetdb_that_does_not_answer_is_not_a_clean_node(void **state _unused_)
{
	must_sh("cp ps/puppet/puppetdb.conf kept && sed -i 's/localhost:.*/localhost:1/' ps/puppet/puppetdb.conf");
	expect_not_cleaned("web1", ERR_NET, "what PuppetDB has of 'web1' is not known");
	expect_not_cleaned("web9", ERR_NET, "what PuppetDB has of 'web9' is not known");
	must_sh("rm ps/puppet/puppetdb.conf && printf 'server:\\n  facts: {terminus: puppetdb, cache: yaml}\\n' "
		">ps/puppet/routes.yaml");
	expect_not_cleaned("web1", ERR_REMOTE, "cannot ask PuppetDB");
	must_sh("rm ps/puppet/routes.yaml");
	expect_cleaned("web9", false, "none", 0);
	must_sh("cp kept ps/puppet/puppetdb.conf && mv ps/puppetserver/conf.d/puppetserver.conf kept.conf");
	expect_not_cleaned("web1", ERR_REMOTE, "where puppetserver on 'puppet1' keeps facts and reports is not known");
	must_sh("mv kept.conf ps/puppetserver/conf.d/puppetserver.conf");
	expect_not_cleaned("puppet.example.org", ERR_REFUSED, "is the Puppet server itself");
	expect_not_cleaned("../web1", ERR_CONFIG, "is no certname");
	expect_not_cleaned("-x", ERR_CONFIG, "is no certname");
	expect_state("web1", "active");
	must_sh("test -e ps/var/server_data/facts/web1.json && test -d ps/var/reports/web1");
}

/* The CA signs what asks for the name. */
static void sign(const char *name)
{
	must_sh("mkdir -p %s/ssl/private_keys && openssl req -new -newkey rsa:2048 -nodes -batch -subj /CN=%s -keyout "
		"%s/ssl/private_keys/%s.pem -out %s/csr 2>/dev/null && curl -sf -X PUT -H 'Content-Type: text/plain' "
		"--cacert web1/ssl/certs/ca.pem --data-binary @%s/csr "
		"https://localhost:%u/puppet-ca/v1/certificate_request/%s && cp ps/puppet/ca/signed/%s.pem %s/now.pem",
		name, name, name, name, name, name, server.port, name, name, name);
}

static int firebreak(const char *words)
{
	return sh("HOME=%s FIREBREAK_REGISTER=%s/register FIREBREAK_STATE=%s/state LC_ALL=C.UTF-8 %s %s >out 2>err "
		  "</dev/null", scratch, scratch, scratch, program, words);
}

static void must(const char *words, int code)
{
	int got = firebreak(words);
	_cleanup_(freep) char *out = file_text("out"), *err = file_text("err");

	if (got != code)
		fail_msg("%s: %d: %s%s", words, got, out, err);
}

static void evict_ends_what_was_declared_and_spares_our_own_host(void **state _unused_)
{
	must_sh("mkdir register && printf 'register: 1\norganisation: {name: O, team: t@example.org, approver: em}\n"
		"roles: {em: }\npeople: {bob: {name: Bob, roles: [em]}}\nssh_config: %s\n"
		"puppet: {server: puppet1, config: %s/ps/puppet/puppet.conf}\nconfiguration: {apply: puppet-agent}\n"
		"hosts: {puppet1: {address: far}, web3: {address: gone.invalid, configuration: {apply: puppet-agent, "
		"options: [--certname, web3]}}, here: {reach: local}}\n"
		"systems: {s: {title: S, hosts: [\"*\"]}}\n' >register/firebreak.yaml", far.config, scratch);
	sign("web3");
	sign("here");
	must("key init", 0);
	puppetdb_facts(&database, "web3");
	must("declare host:web3 --because 'it is lost' --as bob", 0);
	assert_int_equal(served("web3", "web3/now.pem"), 200);
	must("evict 1 --as bob --json", 0);
	must_sh("jq -e '[.steps[] | .step + \" \" + .outcome] == [\"certificate@web3 proven\", "
		"\"node@web3 proven\"]' out");
	expect_state("web3", "deactivated");
	assert_true(is_revoked("web3/now.pem"));
	expect_refused("web3", "web3/now.pem");
	must("journal export 1", 0);
	must_sh("jq -es '[.[] | select(.step == \"certificate@web3\") | .kind] == [\"intent\", \"outcome\"]' out && "
		"jq -es '[.[] | select(.kind == \"outcome\")][0].body | .effect == \"changed\" and "
		".result.listed == 1' out");
	must("evict 1 web3 --as bob --json", 0);
	must_sh("jq -e '(.steps[0].text | endswith(\"they were already\")) and (.steps[1].text | endswith(\"it was so "
		"already\"))' out");

	must("declare host:here --because 'it is lost' --as bob", 0);
	must("evict 2 --as bob --json", 1);
	must_sh("jq -e '.steps | length == 2 and all(.[]; .outcome == \"failed\" and (.text | "
		"startswith(\"it is the host that\")))' out");
	assert_false(is_revoked("here/now.pem"));
	must("declare host:puppet1 --because 'it is lost' --as bob", 0);
	must("evict 3 --as bob", 2);
}

static void killed_at_each_point_they_are_ended_by_the_next_run_and_nothing_is_said_before(void **state _unused_)
{
	int r = sh("'%s/tests/crash/puppet_kills.sh' %s '%s' '%s' '%s' %u %u >kills.log 2>&1", source, scratch, points,
		   source, programs, server.port, database.port);
	_cleanup_(freep) char *said = file_text("kills.log");

	print_message("# %s\n", said);
	if (r != 0)
		fail_msg("%d", r);
}

static void expect_older_told(const char *name, enum effect effect)
{
	struct trial t;

	end_certificate(&t, name);
	if (t.r != -ERR_REMOTE || !strstr(t.e.text, "1 of 2 certificates are not revoked (serial ") ||
	    t.e.effect != effect)
		fail_msg("%d, effect %d: %s", t.r, t.e.effect, t.e.text);
	trial_end(&t);
}

/* A trap: the CA revokes the certificate that lies in its folder; one that it signed before stays as good. */
static void an_older_certificate_of_the_name_is_told(void **state _unused_)
{
	sign("web4");
	must_sh("cp web4/now.pem web4/1.pem && cp web4/ssl/private_keys/web4.pem web4/key1 && "
		"rm ps/puppet/ca/signed/web4.pem");
	sign("web4");
	assert_int_equal(served("web4", "web4/now.pem"), 200);
	expect_older_told("web4", EFFECT_CHANGED);
	assert_true(is_revoked("web4/now.pem"));
	expect_refused("web4", "web4/now.pem");
	assert_false(is_revoked("web4/1.pem"));
	must_sh("cp web4/key1 web4/ssl/private_keys/web4.pem");
	assert_int_equal(served("web4", "web4/1.pem"), 200);
	expect_older_told("web4", EFFECT_NONE);
}

static void refused(const char *name, int code)
{
	struct trial t;

	end_certificate(&t, name);
	if (t.r != -code || t.changing)
		fail_msg("'%s': %d, %u changes: %s", name, t.r, t.changing, t.e.text);
	trial_end(&t);
}

static void the_servers_own_certificate_and_what_is_no_name_are_refused(void **state _unused_)
{
	static const char *const wrong[] = { "", "--all", "-x", "web1,web2", "../web1", "web1;id", "web*", "WEB1", ".",
					     "a..b" };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		refused(wrong[i], ERR_CONFIG);
	refused("puppet.example.org", ERR_REFUSED);
	assert_false(is_revoked("ps/puppet/ca/signed/puppet.example.org.pem"));
}

/* Without its server an agent must not take the catalogue of yesterday and call that a success. */
static void a_server_that_is_away_is_no_success(void **state _unused_)
{
	struct trial t;

	puppetserver_end(&server);
	apply(&t, "web1", "any", 150000);
	if (t.r != -ERR_REMOTE || json_int(t.job.result, "exit", -1) != 1)
		fail_msg("%d: %s", t.r, t.e.text);
	trial_end(&t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agents_bring_the_new_value_to_both_hosts),
		cmocka_unit_test(puppets_cached_catalogue_keeps_the_value_in_clear),
		cmocka_unit_test(another_run_is_waited_for_or_told),
		cmocka_unit_test(the_servers_own_certificate_and_what_is_no_name_are_refused),
		cmocka_unit_test(the_certificate_of_a_lost_host_is_revoked_and_refused),
		cmocka_unit_test(a_lost_node_is_deactivated_and_nothing_of_it_is_left_in_caches),
		cmocka_unit_test(what_the_account_puppet_exchanges_is_not_followed),
		cmocka_unit_test(a_puppetdb_that_does_not_answer_is_not_a_clean_node),
		cmocka_unit_test(evict_ends_what_was_declared_and_spares_our_own_host),
		cmocka_unit_test(killed_at_each_point_they_are_ended_by_the_next_run_and_nothing_is_said_before),
		cmocka_unit_test(an_older_certificate_of_the_name_is_told),
		cmocka_unit_test(a_server_that_is_away_is_no_success),
	};

	if (argc != 5)
		return 2;
	program = realpath(argv[1], NULL);       /* the tests work in a folder of their own */
	points = realpath(argv[2], NULL);
	source = realpath(argv[3], NULL);
	programs = realpath(argv[4], NULL);
	if (!program || !points || !source || !programs)
		return 2;

	int failed = cmocka_run_group_tests(tests, begin, end);

	free(program);
	free(points);
	free(source);
	free(programs);
	return failed;
}
