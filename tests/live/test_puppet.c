/*
 * Configuration runs with real Puppet: `puppet apply`, and a disabled agent. One run takes about four seconds.
 * Debian's Puppet keeps ssldir outside of confdir and vardir, so each folder is named.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "farm.h"
#include "scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define OLD "Old-Pass-1"
#define NEW "nEw/Pass-2"

static int begin(void **state)
{
	if (scratch_begin(state) < 0)
		return -1;
	farm_make(OLD);
	return 0;
}

#define HOST "\"host\":{\"name\":\"web1\",\"address\":\"web1\",\"local\":true}"
#define FOLDERS "\"--ssldir\",\"%s/pa/ssl\",\"--confdir\",\"%s/pa/conf\"," \
	"\"--codedir\",\"%s/code\",\"--vardir\",\"%s/pa/var\",\"--publicdir\",\"%s/pa/public\"," \
	"\"--rundir\",\"%s/pa/run\",\"--logdir\",\"%s/pa/log\",\"--certname\",\"web1\""
#define APPLY(expect) "{" HOST ",\"apply\":\"puppet-apply\",\"options\":[" FOLDERS "," \
	"\"--environment\",\"production\",\"%s/code/environments/production/manifests/site.pp\"]," \
	"\"expect\":\"" expect "\",\"limit_ms\":120000}", scratch, scratch, scratch, scratch, scratch, scratch, \
	scratch, scratch
#define AGENT(limit) "{" HOST ",\"apply\":\"puppet-agent\",\"options\":[" FOLDERS ",\"--server\",\"127.0.0.1\"," \
	"\"--serverport\",\"1\"],\"limit_ms\":" limit "}", scratch, scratch, scratch, scratch, scratch, scratch, \
	scratch
#define PLACE "{\"repositories\":[{\"name\":\"private\",\"url\":\"%s/remote.git\",\"branch\":\"main\"," \
	"\"clone\":\"%s/clone\"}],\"secrets\":[{\"name\":\"app/password\",\"old\":\"old\",\"new\":\"new\"," \
	"\"places\":[{\"repository\":\"private\",\"file\":\"hieradata/common.yaml\",\"key\":\"" FARM_KEY "\"}]}]," \
	"\"incident\":1}", scratch, scratch
#define LOOK "{" HOST ",\"file\":\"%s/app.conf\"}", scratch

static void expect_holds(const char *what)
{
	struct trial t;

	try_job(&t, job_look, OLD, NEW, LOOK);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	assert_string_equal(json_str(t.job.result, "holds"), what);
	trial_end(&t);
}

static void expect_applied(bool changed, int code, const char *fmt, ...)
{
	struct trial t;
	va_list ap;
	char body[4096];

	va_start(ap, fmt);
	(void)vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	try_job(&t, job_apply, OLD, NEW, "%s", body);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	assert_int_equal(json_is(t.job.result, "changed"), changed);
	assert_int_equal(json_int(t.job.result, "exit", -1), code);
	assert_int_equal(t.changing, 1);
	trial_end(&t);
}

static void a_value_goes_from_the_private_git_through_puppet_into_the_file(void **state _unused_)
{
	struct trial t;

	expect_applied(true, 2, APPLY("any"));
	expect_holds("old");
	expect_applied(false, 0, APPLY("unchanged"));
	try_job(&t, job_write_place, OLD, NEW, PLACE);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	trial_end(&t);
	expect_applied(true, 2, APPLY("any"));
	expect_holds("new");
	expect_applied(false, 0, APPLY("unchanged"));
}

static void a_second_run_that_changes_something_is_no_success(void **state _unused_)
{
	struct trial t;

	farm_site("exec { '/bin/true': }\n");
	expect_applied(true, 2, APPLY("any"));
	try_job(&t, job_apply, OLD, NEW, APPLY("unchanged"));
	assert_int_equal(t.r, -ERR_CONFLICT);
	assert_non_null(strstr(t.e.text, "the second run changed something again"));
	trial_end(&t);
}

static void expect_failed(int code, const char *text)
{
	struct trial t;

	try_job(&t, job_apply, OLD, NEW, APPLY("any"));
	assert_int_equal(t.r, -ERR_REMOTE);
	assert_int_equal(json_int(t.job.result, "exit", -1), code);
	if (!strstr(t.e.text, text) || strstr(t.e.text, OLD))
		fail_msg("%s", t.e.text);
	trial_end(&t);
}

/* 4: some resources failed; 6: that, and others changed; 1: nothing was run. The value is in
 * Puppet's own error line. */
static void exit_codes_1_4_and_6_are_failures_and_values_stay_out_of_the_text(void **state _unused_)
{
	farm_site("exec { '/bin/false': require => Class['app'] }\n");
	expect_failed(6, "'/bin/false' returned 1");
	expect_failed(4, "some resources failed (exit code 4)");
	farm_site("exec { \"/bin/false " OLD "\": }\n");
	expect_failed(4, "not shown");
	farm_site("this is no manifest\n");
	expect_failed(1, "the run did not take place");
}

static void noop_is_not_taken_for_a_run_that_changed_nothing(void **state _unused_)
{
	struct trial t;

	must_sh("mkdir -p pa/conf && printf '[main]\\nnoop = true\\n' >pa/conf/puppet.conf");
	try_job(&t, job_apply, OLD, NEW, APPLY("any"));
	assert_int_equal(t.r, -ERR_REFUSED);
	assert_non_null(strstr(t.e.text, "noop"));
	trial_end(&t);
}

static void a_disabled_agent_is_told_with_its_reason(void **state _unused_)
{
	struct trial t;

	must_sh("puppet agent --disable 'Ada looks at disk 3' --ssldir pa/ssl --confdir pa/conf --codedir code "
		"--vardir pa/var --publicdir pa/public --rundir pa/run --logdir pa/log");
	try_job(&t, job_apply, OLD, NEW, AGENT("120000"));
	if (t.r != -ERR_REFUSED || !strstr(t.e.text, "is disabled (reason: 'Ada looks at disk 3')"))
		fail_msg("%d: %s", t.r, t.e.text);
	trial_end(&t);
}

static void what_show_diff_wrote_to_a_log_is_found(void **state _unused_)
{
	struct trial t;

	farm_site("file { '/nonexistent-folder/x': ensure => absent }\n");
	must_sh("printf 'password=" OLD "\\n' >plain.conf && mkdir logs && printf '%%s' \"file { '%s/plain.conf': "
		"content => 'password=" NEW
		"' }\" >diff.pp && puppet apply --show_diff --ssldir pa/ssl --confdir pa/conf --codedir code "
		"--vardir pa/var --publicdir pa/public --rundir pa/run --logdir pa/log --logdest %s/logs/puppet.log "
		"diff.pp; ln -s %s/person logs/link", scratch, scratch, scratch);
	must_sh("printf 'nothing here\\n' >logs/other.log");
	try_job(&t, job_residue, OLD, NEW, "{" HOST ",\"paths\":[\"%s/logs\",\"%s/none\"]}", scratch,
		scratch);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	const json_t *found = json_object_get(t.job.result, "found");
	assert_int_equal(json_array_size(found), 1);
	assert_non_null(strstr(json_str(json_array_get(found, 0), "path"), "/logs/puppet.log"));
	assert_int_equal(json_int(json_array_get(found, 0), "count", 0), 1);
	assert_null(strstr(t.job.text, OLD));
	trial_end(&t);
}

static void a_command_of_the_team_tells_by_exit_code_and_silence(void **state _unused_)
{
#define COMMAND(line, expect) \
	"{" HOST ",\"apply\":\"command\",\"command\":[\"sh\",\"-c\",\"" line "\"],\"expect\":\"" expect "\"}"
	struct trial t;

	expect_applied(false, 0, "%s", COMMAND("echo run on {host}; test {host} = web1", "any"));
	expect_applied(true, 2, "%s", COMMAND("exit 2", "any"));
	expect_applied(false, 0, "%s", COMMAND("true", "unchanged"));
	try_job(&t, job_apply, OLD, NEW, "%s", COMMAND("echo changed", "unchanged"));
	assert_int_equal(t.r, -ERR_CONFLICT);
	trial_end(&t);
	try_job(&t, job_apply, OLD, NEW, "%s", COMMAND("exit 2", "unchanged"));
	assert_int_equal(t.r, -ERR_CONFLICT);
	trial_end(&t);
	try_job(&t, job_apply, OLD, NEW, "%s", COMMAND("echo 'no such host' >&2; exit 3", "any"));
	assert_int_equal(t.r, -ERR_REMOTE);
	assert_non_null(strstr(t.e.text, "(exit code 3): no such host"));
	assert_int_equal(t.e.effect, EFFECT_UNKNOWN);
	trial_end(&t);
	try_job(&t, job_apply, OLD, NEW, "{"
		HOST ",\"apply\":\"command\",\"command\":[\"sleep\",\"30\"],\"limit_ms\":700}");
	assert_int_equal(t.r, -ERR_NET);
	assert_int_equal(t.e.effect, EFFECT_UNKNOWN);
	trial_end(&t);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(a_command_of_the_team_tells_by_exit_code_and_silence),
		T(a_value_goes_from_the_private_git_through_puppet_into_the_file),
		T(a_second_run_that_changes_something_is_no_success),
		T(exit_codes_1_4_and_6_are_failures_and_values_stay_out_of_the_text),
		T(noop_is_not_taken_for_a_run_that_changed_nothing),
		T(a_disabled_agent_is_told_with_its_reason),
		T(what_show_diff_wrote_to_a_log_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
