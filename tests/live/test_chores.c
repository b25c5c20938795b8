/* look, restart and residue on a host of this machine and through a real sshd. */
#include "base/fs.h"
#include "base/mem.h"
#include "scratch.h"
#include "sshd.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#define OLD "0ld'Pass\"w/rd&1"
#define NEW "n3w-Pass-0002"

static struct far far;
static bool through_ssh;

static int begin_local(void **state)
{
	through_ssh = false;
	return scratch_begin(state);
}

static int begin_far(void **state)
{
	through_ssh = true;
	return scratch_begin(state) < 0 ? -1 : far_begin(&far);
}

static int end(void **state)
{
	if (through_ssh)
		far_end(&far);
	return scratch_end(state);
}

static char *host(void)
{
	if (!through_ssh)
		return mem_dup("{\"name\":\"web1\",\"address\":\"web1\",\"local\":true}");
	return mem_printf("{\"name\":\"web1\",\"address\":\"far\",\"local\":false,\"ssh_config\":\"%s\","
			  "\"control\":\"%s\"}", far.config, far.control);
}

static void look(const char *file, const char *old, const char *new, int r, const char *expected)
{
	_cleanup_(freep) char *h = host();
	struct trial t;

	try_job(&t, job_look, old, new, "{\"host\":%s,\"file\":\"%s/%s\"}", h, scratch, file);
	if (t.r != r)
		fail_msg("%s: %d %s", file, t.r, t.e.text);
	if (r == 0)
		assert_string_equal(json_str(t.job.result, "holds"), expected);
	else
		assert_non_null(strstr(t.e.text, expected));
	assert_null(strstr(t.e.text, OLD));
	assert_int_equal(t.changing, 0);
	trial_end(&t);
}

static void look_tells_old_new_both_and_neither(void **state _unused_)
{
	put_file("old.php", "<?php $p = '0ld\\'Pass\"w/rd&1';\n");
	put_file("old.json", "{\"p\": \"0ld'Pass\\\"w\\/rd&1\"}\n");
	put_file("url.conf", "db = mysql://u:0ld%27Pass%22w%2Frd%261@db/x\n");
	put_file("new.conf", "p=" NEW "\n");
	put_file("both.conf", "p=" NEW "\n# was: " OLD "\n");
	put_file("it's.conf", "p=" NEW "\n");
	put_file("other.conf", "p=something\n");
	put_file("empty.conf", "");
	look("old.php", OLD, NEW, 0, "old");
	look("old.json", OLD, NEW, 0, "old");
	look("url.conf", OLD, NEW, 0, "old");
	look("new.conf", OLD, NEW, 0, "new");
	look("both.conf", OLD, NEW, 0, "both");
	look("it's.conf", OLD, NEW, 0, "new");
	look("other.conf", OLD, NEW, 0, "neither");
	look("empty.conf", OLD, NEW, 0, "neither");
	look("none.conf", OLD, NEW, -ERR_REMOTE, "No such file");
	must_sh("mkdir folder");
	look("folder", OLD, NEW, -ERR_REMOTE, "cannot be read");
}

static void look_tells_keys_apart(void **state _unused_)
{
	must_sh("for k in a b; do openssl genpkey -algorithm ED25519 -out $k.pem; openssl genrsa -out $k.rsa 2048; "
		"done 2>/dev/null; cat b.pem b.rsa >all.pem");
	_cleanup_(freep) char *a = file_text("a.pem"), *b = file_text("b.pem"), *ar = file_text("a.rsa"),
		*br = file_text("b.rsa");
	look("a.pem", a, b, 0, "old");
	look("b.pem", a, b, 0, "new");
	look("a.rsa", ar, br, 0, "old");
	look("b.rsa", ar, br, 0, "new");
	look("all.pem", a, br, 0, "new");
	look("all.pem", b, br, 0, "both");
}

static void restart_runs_the_teams_words_and_tells_failures_without_values(void **state _unused_)
{
	_cleanup_(freep) char *h = host();
	struct trial t;

	try_job(&t, job_restart, OLD, NEW,
		"{\"host\":%s,\"command\":[\"sh\",\"-c\",\"echo $0 >%s/restarted\",\"it's x\"]}", h, scratch);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	assert_int_equal(t.changing, 1);
	assert_true(file_has("restarted", "it's x"));
	trial_end(&t);
	try_job(&t, job_restart, OLD, NEW,
		"{\"host\":%s,\"service\":\"redis\",\"command\":[\"sh\",\"-c\",\"echo bad config >&2; exit 3\"]}", h);
	assert_int_equal(t.r, -ERR_REMOTE);
	assert_non_null(strstr(t.e.text, "restart of 'redis' on 'web1' failed with exit code 3: bad config"));
	assert_int_equal(t.e.effect, EFFECT_UNKNOWN);
	trial_end(&t);
	try_job(&t, job_restart, OLD, NEW, "{\"host\":%s,\"command\":[\"sh\",\"-c\",\"echo line with "
		NEW " >&2; exit 1\"]}", h);
	assert_int_equal(t.r, -ERR_REMOTE);
	assert_null(strstr(t.e.text, NEW));
	trial_end(&t);
	try_job(&t, job_restart, OLD, NEW, "{\"host\":%s,\"service\":\"-x\"}", h);
	assert_int_equal(t.r, -ERR_CONFIG);
	assert_int_equal(t.changing, 0);
	trial_end(&t);
}

static void residue_names_files_and_counts(void **state _unused_)
{
	_cleanup_(freep) char *h = host();
	struct trial t;

	must_sh("mkdir -p logs/deep");
	put_file("logs/a.log", "x\nwas " OLD "\n-password=0ld'Pass\\\"w/rd&1\n");
	put_file("logs/deep/new\nline", OLD);
	put_file("logs/other", NEW);
	try_job(&t, job_residue, OLD, NEW, "{\"host\":%s,\"paths\":[\"%s/logs\",\"%s/logs\",\"/nonexistent\"]}", h,
		scratch, scratch);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	const json_t *found = json_object_get(t.job.result, "found");
	assert_int_equal(json_array_size(found), 2);
	assert_int_equal(json_int(json_array_get(found, 0), "count", 0), 2);
	assert_non_null(strstr(json_str(json_array_get(found, 1), "path"), "new\nline"));
	assert_false(json_is(t.job.result, "more"));
	trial_end(&t);

	must_sh("for i in $(seq 300); do cp logs/a.log logs/deep/$i; done");
	try_job(&t, job_residue, OLD, NEW, "{\"host\":%s,\"paths\":[\"%s/logs\"]}", h, scratch);
	assert_int_equal(t.r, 0);
	assert_int_equal(json_array_size(json_object_get(t.job.result, "found")), 200);
	assert_true(json_is(t.job.result, "more"));
	assert_non_null(strstr(t.job.text, "more than 200 files"));
	trial_end(&t);

	try_job(&t, job_residue, "nowhere-at-all", NEW, "{\"host\":%s,\"paths\":[\"%s/logs\"]}", h, scratch);
	assert_int_equal(t.r, 0);
	assert_int_equal(json_array_size(json_object_get(t.job.result, "found")), 0);
	trial_end(&t);
}

/* grep waits for the other end of a pipe here, and every process of the machine is looked at meanwhile. */
static void no_value_stands_in_any_process(void **state _unused_)
{
	const char *const argv[] = { "sh", "-c",
		"old=$(cat value.old); new=$(cat value.new); for turn in 1 2; do sleep 2; for f in "
		"/proc/[0-9]*/cmdline /proc/[0-9]*/environ; do c=$(tr '\\0' ' ' <$f) 2>/dev/null; case $c in "
		"*\"$old\"*|*\"$new\"*) echo $f >>seen;; esac; done; echo $turn >>turns; echo nothing >pipe; "
		"done", NULL };

	put_file("value.old", OLD);
	put_file("value.new", NEW);
	must_sh("mkfifo pipe");
	pid_t pid = start_program(argv, "log");
	look("pipe", OLD, NEW, 0, "neither");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(file_has("turns", "2"));
	assert_int_not_equal(sh("test -e seen"), 0);
}

int main(void)
{
#define LOCAL(f) { #f " (local)", f, begin_local, end, NULL }
#define FAR(f) { #f " (ssh)", f, begin_far, end, NULL }
	const struct CMUnitTest tests[] = {
		LOCAL(look_tells_old_new_both_and_neither), FAR(look_tells_old_new_both_and_neither),
		LOCAL(look_tells_keys_apart), FAR(look_tells_keys_apart),
		LOCAL(restart_runs_the_teams_words_and_tells_failures_without_values),
		FAR(restart_runs_the_teams_words_and_tells_failures_without_values),
		LOCAL(residue_names_files_and_counts), FAR(residue_names_files_and_counts),
		LOCAL(no_value_stands_in_any_process), FAR(no_value_stands_in_any_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
