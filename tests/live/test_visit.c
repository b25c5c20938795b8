/* The scout on a real host over a real sshd, and hosts that answer what no scout answers. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "fleet/hurry.h"
#include "fleet/visit.h"
#include "scratch.h"
#include "scout/limits.h"
#include "service_port.h"
#include "sshd.h"
#include "warden/ship.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static const char *warden, *scout, *kept;
static struct far far;

struct seen {
	uint32_t lines, ends;
	enum visit_outcome outcome;
	enum effect effect;
	char text[600], here[200];
	int64_t uid;
};

static void on_line(const struct visit *v _unused_, enum wire_type type _unused_, const json_t *line _unused_,
		    void *arg)
{
	((struct seen *)arg)->lines++;
}

static void on_end(const struct visit *v _unused_, const struct visited *r, void *arg)
{
	struct seen *s = arg;
	const json_t *here = json_object_get(r->answer, "here");

	s->ends++;
	s->outcome = r->outcome;
	s->effect = r->effect;
	s->uid = json_int(here, "uid", -1);
	(void)snprintf(s->text, sizeof(s->text), "%s", r->text);
	(void)snprintf(s->here, sizeof(s->here), "%s", json_str(here, "text") ? json_str(here, "text") : "");
}

static void visit_with(struct visits how, const char *request, struct seen *ret)
{
	const struct host host = { .name = "far11", .address = "far", .reach = REACH_SSH };
	_cleanup_(json_freep) json_t *body = NULL;
	struct err e = ERR_INIT;
	const struct visit v = { .host = &host, .kept = kept };

	*ret = (struct seen){ 0 };
	assert_int_equal(json_read("test", request, strlen(request), 1 << 20, &body, &e), 0);
	how.warden = warden;
	how.scout = how.scout ? how.scout : scout;
	how.ssh_config = far.config;
	how.at_once = 4;
	how.limit_ms = how.limit_ms ? how.limit_ms : 30000;
	how.line = on_line;
	how.end = on_end;
	how.arg = ret;

	struct visit one = v;
	one.request = body;
	assert_int_equal(fleet_visit(&how, &one, 1, &e), 0);
	assert_int_equal(ret->ends, 1);
}

static int begin(void **state)
{
	return scratch_begin(state) < 0 ? -1 : far_begin(&far);
}

static int end(void **state)
{
	far_end(&far);
	return scratch_end(state);
}

/* From here on that key runs this command, whatever is asked for. */
static void lie(const char *command)
{
	_cleanup_(freep) char *script = mem_printf("cd %s; cat >/dev/null; %s\n", scratch, command);

	put_file("lie", script);
	must_sh("printf 'command=\"sh %s/lie\" %%s\\n' \"$(cat ssh/client.pub)\" >ssh/authorized", scratch);
}

static int nothing_stays(void)
{
	return sh("! ls -d /dev/shm/.firebreak-* /run/.firebreak-* /root/.firebreak-* /var/tmp/.firebreak-* "
		  "/tmp/.firebreak-* 2>/dev/null | grep .");
}

static void a_host_is_visited_with_one_login_and_nothing_stays_there(void **state _unused_)
{
	struct seen s;

	visit_with((struct visits){ 0 }, "{\"here\":{}}", &s);
	assert_string_equal(s.text, "");
	assert_int_equal(s.outcome, VISIT_DONE);
	assert_int_equal(s.uid, geteuid());
	assert_non_null(strstr(s.here, "Linux"));
	_cleanup_(freep) char *logins = sh_text("grep -c 'Accepted publickey' ssh/log");
	assert_string_equal(logins, "1");
	assert_int_equal(nothing_stays(), 0);
}

static void a_command_that_the_scout_does_not_have_fails_with_its_name(void **state _unused_)
{
	struct seen s;

	visit_with((struct visits){ .changes = true }, "{\"here\":{},\"nonsense\":{}}", &s);
	assert_int_equal(s.outcome, VISIT_FAILED);
	assert_non_null(strstr(s.text, "nonsense"));
	assert_int_equal(s.uid, -1);
	assert_int_equal(nothing_stays(), 0);
}

static void a_host_of_another_processor_fails_clearly_and_is_never_clean(void **state _unused_)
{
	_cleanup_(freep) char *other = mem_printf("%s/other", scratch);
	struct seen s;

	/* e_machine of an ELF header: EM_RISCV */
	must_sh("cp %s other && printf '\\363\\000' | dd of=other bs=1 seek=18 conv=notrunc status=none", scout);
	visit_with((struct visits){ .scout = other, .changes = true }, "{\"here\":{}}", &s);
	assert_int_equal(s.outcome, VISIT_FAILED);
	assert_non_null(strstr(s.text, "processor"));
	assert_non_null(strstr(s.text, "riscv64"));
	assert_int_equal(s.uid, -1);
	assert_int_equal(nothing_stays(), 0);
}

static void a_host_that_is_away_has_heard_nothing(void **state _unused_)
{
	struct seen s;

	must_sh("sed -i 's/^Port .*/Port %u/' ssh/config", service_free_port());
	visit_with((struct visits){ .changes = true }, "{\"here\":{}}", &s);
	assert_int_equal(s.outcome, VISIT_UNREACHABLE);
	assert_int_equal(s.effect, EFFECT_NONE);
	assert_non_null(strstr(s.text, "Connection refused"));
}

static void what_is_no_answer_of_a_scout_is_refused(void **state _unused_)
{
	static const struct { const char *command, *file, *says; } lies[] = {
		{ "cat say", "Welcome to this host\n", "is no JSON object: 'Welcome to this host'" },
		{ "cat say", "{\"type\":\"evidence\"}\n", "evidence" },
		{ "cat say", "{\"type\":\"mailed\"}\n", "has no type that a scout has" },
		{ "cat say", "{\"type\":\"found\",\"a\":\"\\u0000\"}\n", "is no JSON object" },
		{ "cat say", "[1]\n", "is no JSON object" },
		{ "cat say", "{\"type\":\"result\",\"ok\":true}\nmore\n", "behind the result" },
		{ "cat say", "{\"type\":\"result\",\"ok\":false,\"text\":\"a\\nb\\u001b[2J\"}\n", "a\\nb\\x1b[2J" },
		{ "head -c 3000000 /dev/zero", "", "longer" },
		{ "cat /dev/zero", "", "longer" },
		{ "yes \"{\\\"type\\\":\\\"found\\\",\\\"x\\\":\\\"$(printf %03000d 7)\\\"}\"", "", "more than" },
		{ "true", "", "without a result" },
		{ "exit 7", "", "exit code 7" },
	};
	struct seen s;

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		put_file("say", lies[i].file);
		lie(lies[i].command);
		visit_with((struct visits){ .bytes_max = 5 << 20 }, "{\"here\":{}}", &s);
		if (s.outcome != VISIT_FAILED || !strstr(s.text, lies[i].says))
			fail_msg("%s: %s: %s", lies[i].command, visit_outcome_name(s.outcome), s.text);
		assert_true(s.lines <= SCOUT_LINES_MAX);
	}
	/* the same host, when it may have changed something */
	lie("echo nothing happened here");
	visit_with((struct visits){ .changes = true }, "{\"here\":{}}", &s);
	assert_int_equal(s.outcome, VISIT_UNKNOWN);
}

static void a_host_that_hangs_is_left_at_its_deadline(void **state _unused_)
{
	struct seen s;

	/* as long as the connection, and not a second more */
	lie("while kill -0 $PPID; do sleep 1; done");
	int64_t from = clock_mono_us();
	visit_with((struct visits){ .limit_ms = 3000, .changes = true }, "{\"here\":{}}", &s);
	assert_int_equal(s.outcome, VISIT_UNKNOWN);
	assert_true(clock_mono_us() - from < 20000000);
	visit_with((struct visits){ .limit_ms = 3000 }, "{\"here\":{}}", &s);
	assert_int_equal(s.outcome, VISIT_UNREACHABLE);
	assert_non_null(strstr(s.text, "within its time"));
}

static char *said_of_far(const char *team_config, const char *word)
{
	_cleanup_(freep) char *path = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(hurry_config(scratch, team_config, &path, &e), 0);
	return sh_text("ssh -G -F %s far 2>/dev/null | sed -n 's/^%s //p'", path, word);
}

static void in_a_hurry_the_quick_exchange_comes_first_unless_the_team_says_another(void **state _unused_)
{
	_cleanup_(freep) char *usual = said_of_far(far.config, "kexalgorithms"), *own = NULL, *bad = NULL;
	_cleanup_(freep) char *team = mem_printf("%s/team", scratch);
	struct err e = ERR_INIT;

	assert_int_equal(strncmp(usual, "curve25519-sha256,", 18), 0);
	assert_non_null(strstr(usual, "sntrup761x25519-sha512"));
	put_file("team", "Host other\n\tPort 1\nHost far\n\tKexAlgorithms sntrup761x25519-sha512@openssh.com\n");
	own = said_of_far(team, "kexalgorithms");
	assert_string_equal(own, "sntrup761x25519-sha512@openssh.com");
	assert_int_equal(hurry_config(scratch, "/etc/ssh/*", &bad, &e), -ERR_CONFIG);
	assert_int_equal(hurry_config(scratch, "ssh_config", &bad, &e), -ERR_CONFIG);
	assert_null(bad);
}

static void in_a_hurry_the_teams_patience_with_a_host_is_kept(void **state _unused_)
{
	_cleanup_(freep) char *team = mem_printf("%s/team", scratch), *said = NULL, *silent = NULL;

	put_file("team", "Host far\n\tConnectTimeout 3\n");
	said = said_of_far(team, "connecttimeout");
	assert_string_equal(said, "3");
	put_file("team", "Host other\n\tConnectTimeout 3\n");
	silent = said_of_far(team, "connecttimeout");
	assert_string_equal(silent, "10");
}

static void a_scout_that_came_in_half_leaves_nothing(void **state _unused_)
{
	_cleanup_(buf_free) struct buf program = BUF_INIT(SHIP_SCOUT_MAX), line = BUF_INIT(4096);
	_cleanup_(proc_result_free) struct proc_result r = { 0 };
	const char *machine = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(ship_read(scout, &program, &machine, &e), 0);
	ship_line(&line, program.len, machine, "0123456789abcdef");
	const struct proc_job job = { .argv = (const char *const[]){ "sh", "-c", buf_text(&line), NULL },
				      .input = program.data, .input_len = program.len / 2, .limit_ms = 20000 };
	assert_int_equal(proc_run(&job, &r, &e), 0);
	assert_int_not_equal(r.status, 0);
	assert_int_equal(nothing_stays(), 0);
}

#define KEPT "/dev/shm/.firebreak-00112233445566ff"

/* What stands at `kept` in the place of a scout says so. */
static void put_kept(void)
{
	put_file("kept.sh", "#!/bin/sh\nread r\nrm -rf " KEPT "\n"
		 "echo '{\"type\":\"result\",\"ok\":true,\"here\":{\"uid\":7,\"text\":\"kept\"}}'\n");
	must_sh("rm -rf " KEPT " && mkdir -m 700 " KEPT " && install -m 700 kept.sh " KEPT "/s");
}

static void a_scout_that_waits_there_is_not_sent_again(void **state _unused_)
{
	struct seen s;

	put_kept();
	kept = KEPT "/s";
	visit_with((struct visits){ .changes = true }, "{\"here\":{}}", &s);
	assert_string_equal(s.here, "kept");
	/* gone since: it is sent, by the same login */
	visit_with((struct visits){ .changes = true }, "{\"here\":{}}", &s);
	assert_int_equal(s.outcome, VISIT_DONE);
	assert_non_null(strstr(s.here, "Linux"));
	_cleanup_(freep) char *logins = sh_text("grep -c 'Accepted publickey' ssh/log");
	assert_string_equal(logins, "2");
	assert_int_equal(nothing_stays(), 0);
	/* a host that says neither, before it reads anything */
	lie("true");
	put_file("lie", "echo welcome\n");
	visit_with((struct visits){ .changes = true }, "{\"here\":{}}", &s);
	kept = NULL;
	assert_int_equal(s.outcome, VISIT_FAILED);
	assert_int_equal(s.effect, EFFECT_NONE);
	assert_non_null(strstr(s.text, "does not say whether"));
}

static void a_path_that_no_warden_made_is_not_run(void **state _unused_)
{
	static const char *const paths[] = {
		"/dev/shm/.firebreak-00112233445566ff/s;touch x", "/dev/shm/.firebreak-00112233445566ff/../s",
		"/dev/shm/.firebreak-00112233445566f/s", "/dev/shm/.firebreak-00112233445566ff0/s", "/bin/sh", "",
		"/home/.firebreak-00112233445566ff/s", "/tmp/a/.firebreak-00112233445566ff/s", "$(touch x)",
		"/dev/shm/.firebreak-00112233445566ff/s\n", " /tmp/.firebreak-00112233445566ff/s",
	};

	assert_true(ship_is_path("/dev/shm/.firebreak-00112233445566ff/s"));
	assert_true(ship_is_path("/tmp/.firebreak-00112233445566ff/s"));
	assert_true(ship_is_path("/var/tmp/.firebreak-0123456789abcdef/s"));
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (ship_is_path(paths[i]))
			fail_msg("'%s'", paths[i]);

	struct seen s;

	kept = paths[0];
	visit_with((struct visits){ 0 }, "{\"here\":{}}", &s);
	kept = NULL;
	assert_int_equal(s.outcome, VISIT_DONE);
	assert_non_null(strstr(s.here, "Linux"));
	assert_int_equal(sh("test -e ~/x -o -e /x -o -e x"), 1);
}

static uint32_t ended;

static void count(const struct visit *v, const struct visited *r, void *arg _unused_)
{
	assert_int_equal(r->outcome, strcmp(v->host->name, "away") ? VISIT_DONE : VISIT_FAILED);
	ended++;
}

static void one_bad_host_holds_back_nobody(void **state _unused_)
{
	const struct host good = { .name = "far11", .address = "far" },
			  option = { .name = "away", .address = "-oProxyCommand=touch${IFS}x" };
	_cleanup_(json_freep) json_t *request = json_pack("{s:{}}", "here");
	struct visit list[6];
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = (struct visit){ .host = i == 1 ? &option : &good, .request = request };
	ended = 0;
	assert_int_equal(fleet_visit(&(struct visits){ .warden = warden, .scout = scout, .ssh_config = far.config,
						       .at_once = 3, .limit_ms = 30000, .end = count },
				     list, ARRAY_SIZE(list), &e), 0);
	assert_int_equal(ended, ARRAY_SIZE(list));
	assert_int_equal(sh("test -e x"), 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_host_is_visited_with_one_login_and_nothing_stays_there, begin, end),
		cmocka_unit_test_setup_teardown(a_command_that_the_scout_does_not_have_fails_with_its_name, begin, end),
		cmocka_unit_test_setup_teardown(a_host_of_another_processor_fails_clearly_and_is_never_clean, begin,
						end),
		cmocka_unit_test_setup_teardown(a_host_that_is_away_has_heard_nothing, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_answer_of_a_scout_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_host_that_hangs_is_left_at_its_deadline, begin, end),
		cmocka_unit_test_setup_teardown(in_a_hurry_the_quick_exchange_comes_first_unless_the_team_says_another,
						begin, end),
		cmocka_unit_test_setup_teardown(in_a_hurry_the_teams_patience_with_a_host_is_kept, begin, end),
		cmocka_unit_test_setup_teardown(a_scout_that_came_in_half_leaves_nothing, begin, end),
		cmocka_unit_test_setup_teardown(a_scout_that_waits_there_is_not_sent_again, begin, end),
		cmocka_unit_test_setup_teardown(a_path_that_no_warden_made_is_not_run, begin, end),
		cmocka_unit_test_setup_teardown(one_bad_host_holds_back_nobody, begin, end),
	};

	if (argc < 3)
		return 1;
	warden = realpath(argv[1], NULL);
	scout = realpath(argv[2], NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
