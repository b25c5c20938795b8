/* Commands and connections through a real sshd. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strv.h"
#include "scratch.h"
#include "service_port.h"
#include "sshd.h"
#include "transport/git.h"
#include "transport/way_ssh.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <cmocka.h>

static struct far far;

static int begin(void **state)
{
	return scratch_begin(state) < 0 ? -1 : far_begin(&far);
}

static int end(void **state)
{
	way_end(&far.way);
	far_end(&far);
	return scratch_end(state);
}

static int run(const struct way *w, const char *const *argv, const char *input, int64_t limit_ms,
	       struct proc_result *ret, struct err *e)
{
	struct proc_job job = { .argv = argv, .input = input, .input_len = input ? strlen(input) : 0,
				.limit_ms = limit_ms };

	*e = (struct err)ERR_INIT;
	return way_run(w, &job, ret, e);
}

static void words_input_and_exit_codes_come_through(void **state _unused_)
{
	struct proc_result res = { 0 };
	struct err e;

	assert_int_equal(run(&far.way, (const char *const[]){ "printf", "<%s>", "it's", "$HOME `id` \\", "a\n"
							      "b", "", "*", NULL }, NULL,
			     20000, &res, &e), 0);
	assert_string_equal(buf_text(&res.out), "<it's><$HOME `id` \\><a\nb><><*>");
	proc_result_free(&res);
	assert_int_equal(run(&far.way, (const char *const[]){ "sh", "-c", "cat; echo trouble >&2; exit 7", NULL },
			     "through stdin", 20000, &res, &e), 0);
	assert_int_equal(res.status, 7);
	assert_string_equal(buf_text(&res.out), "through stdin");
	assert_string_equal(buf_text(&res.err), "trouble\n");
	proc_result_free(&res);
}

static int one_master(void)
{
	return sh("test $(ls control | wc -l) = 1");
}

static void one_connection_serves_many_commands_and_ends_when_told(void **state _unused_)
{
	struct err e;

	for (int i = 0; i < 5; i++) {
		struct proc_result res = { 0 };
		assert_int_equal(run(&far.way, (const char *const[]){ "true", NULL }, NULL, 20000, &res, &e), 0);
		proc_result_free(&res);
	}
	_cleanup_(freep) char *logins = sh_text("grep -c 'Accepted publickey' ssh/log");
	assert_string_equal(logins, "1");
	assert_int_equal(one_master(), 0);
	_cleanup_(freep) char *mode = sh_text("stat -c %%a control");
	assert_string_equal(mode, "700");
	way_end(&far.way);
	assert_int_equal(sh("test -z \"$(ls control)\""), 0);
}

static void a_secret_goes_through_standard_input_only(void **state _unused_)
{
	char text[] = "canary-7c1f";
	_cleanup_(secret_freep) struct secret *s = NULL;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct err e = ERR_INIT;
	struct proc_job job = { .limit_ms = 20000 };

	assert_int_equal(secret_take(text, strlen(text), &s, &e), 0);
	job.secret = s;
	/* Both ends of the connection are processes of this machine, so this look finds ssh's own arguments as well. */
	job.argv = (const char *const[]){ "sh", "-c",
		"read x; echo got ${#x}; for f in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do "
		"c=$(tr '\\0' ' ' <$f) 2>/dev/null; case $c in *\"$x\"*) echo found in $f;; esac; done; true", NULL };
	assert_int_equal(way_run(&far.way, &job, &res, &e), 0);
	assert_string_equal(buf_text(&res.out), "got 11\n");
	assert_int_not_equal(sh("grep -q canary-7c1f ssh/log"), 0);
}

static void a_host_that_is_away_is_told_with_sshs_words_and_no_effect(void **state _unused_)
{
	struct proc_result res = { 0 };
	struct err e;

	must_sh("sed -i 's/^Port .*/Port %u/' ssh/config", service_free_port());
	assert_int_equal(run(&far.way, (const char *const[]){ "true", NULL }, NULL, 20000, &res, &e), -ERR_NET);
	assert_non_null(strstr(e.text, "far11"));
	assert_non_null(strstr(e.text, "Connection refused"));
	assert_int_equal(e.effect, EFFECT_NONE);
	proc_result_free(&res);
}

static void a_changed_host_key_and_a_refused_key_are_told(void **state _unused_)
{
	struct proc_result res = { 0 };
	struct err e;

	must_sh("cp ssh/known ssh/known.good && ssh-keygen -q -t ed25519 -N '' -f ssh/other && "
		"printf '[127.0.0.1]:%u %%s\\n' \"$(cut -d' ' -f1,2 ssh/other.pub)\" >ssh/known", far.port);
	assert_int_equal(run(&far.way, (const char *const[]){ "true", NULL }, NULL, 20000, &res, &e), -ERR_NET);
	assert_non_null(strstr(e.text, "Host key verification failed"));
	proc_result_free(&res);
	must_sh("cp ssh/known.good ssh/known && : >ssh/authorized");
	assert_int_equal(run(&far.way, (const char *const[]){ "true", NULL }, NULL, 20000, &res, &e), -ERR_NET);
	assert_non_null(strstr(e.text, "Permission denied"));
	assert_int_equal(e.effect, EFFECT_NONE);
	proc_result_free(&res);
}

/* A server that greets each caller; a child of the test, ended by pid. */
static pid_t greeter(int family, const char *path, uint16_t *ret_port)
{
	int fd = socket(family, SOCK_STREAM, 0);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);

	if (path)
		(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	if (bind(fd, path ? (struct sockaddr *)&un : (struct sockaddr *)&in, path ? (socklen_t)sizeof(un) : len) < 0 ||
	    listen(fd, 5) < 0)
		fail_msg("no server");
	if (!path && getsockname(fd, (struct sockaddr *)&in, &len) == 0)
		*ret_port = ntohs(in.sin_port);
	pid_t pid = fork();
	if (pid == 0) {
		for (;;) {
			int c = accept(fd, NULL, NULL);
			(void)fs_write_all(c, "hello", 5);
			close(c);
		}
	}
	close(fd);
	return pid;
}

static enum way_answer asked(const char *key, int64_t limit_ms, char text[200])
{
	_cleanup_(strv_free) struct strv door = STRV_INIT;
	_cleanup_(freep) char *account = sh_text("id -un"), *file = mem_printf("%s/ssh/%s.pub", scratch, key);
	enum way_answer answer = WAY_UNASKED;
	struct err e = ERR_INIT;

	*text = '\0';
	if (way_door(&far.way, &door, &e) < 0 ||
	    way_ask(&far.way, &door, account, file, limit_ms, &answer, text, &e) < 0)
		fail_msg("%s", e.text);
	return answer;
}

static void offers(int64_t limit_ms, char ret[200])
{
	_cleanup_(strv_free) struct strv door = STRV_INIT;
	char text[200];
	struct err e = ERR_INIT;

	if (way_door(&far.way, &door, &e) < 0 || way_offers(&far.way, &door, "nobody", limit_ms, ret, text, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(!*ret, *text != '\0');
}

/* Where it says nothing, nothing is known: not that it takes keys only. */
static void what_sshd_offers_is_its_own_word_or_not_known(void **state _unused_)
{
	char methods[200];

	offers(20000, methods);
	assert_int_equal(strncmp(methods, "publickey", strlen("publickey")), 0);
	kill(far.pid, SIGSTOP);
	offers(1500, methods);
	kill(far.pid, SIGCONT);
	assert_string_equal(methods, "");
}

static void a_login_that_nobody_answers_for_is_not_refused(void **state _unused_)
{
	uint16_t port = 0;
	pid_t hasty;
	char text[200];

	must_sh("ssh-keygen -q -t ed25519 -N '' -f ssh/other");
	assert_int_equal(asked("client", 20000, text), WAY_ACCEPTED);
	assert_int_equal(asked("other", 20000, text), WAY_REFUSED);
	kill(far.pid, SIGSTOP);
	enum way_answer silent = asked("other", 1500, text);
	kill(far.pid, SIGCONT);
	assert_int_equal(silent, WAY_UNREACHED);
	/* one that closes at once, and says nothing that ssh would take for a greeting */
	hasty = greeter(AF_INET, NULL, &port);
	must_sh("cp ssh/config ssh/config.good && sed -i 's/^Port .*/Port %u/' ssh/config", port);
	enum way_answer closed = asked("other", 20000, text);
	kill(hasty, SIGKILL);
	waitpid(hasty, NULL, 0);
	assert_int_equal(closed, WAY_UNREACHED);
	assert_string_not_equal(text, "");
	must_sh("sed -i 's/^Port .*/Port %u/' ssh/config", service_free_port());
	assert_int_equal(asked("other", 20000, text), WAY_UNREACHED);
	/* where it is reached and who it is are two things: a stranger's word is no refusal either */
	must_sh("cp ssh/config.good ssh/config && ssh-keygen -q -t ed25519 -N '' -f ssh/stranger && "
		"printf '[127.0.0.1]:%u %%s\\n' \"$(cut -d' ' -f1,2 ssh/stranger.pub)\" >ssh/known", far.port);
	assert_int_equal(asked("other", 20000, text), WAY_UNREACHED);
}

static void a_connection_that_breaks_leaves_the_effect_unknown(void **state _unused_)
{
	struct proc_result res = { 0 };
	struct err e;

	/* The far command ends its own sshd: the connection goes while it runs. */
	int r = run(&far.way, (const char *const[]){ "sh", "-c", "kill -9 $PPID $(ps -o ppid= -p $PPID); sleep "
						     "5", NULL }, NULL, 20000,
		    &res, &e);
	assert_int_equal(r, -ERR_NET);
	assert_int_equal(e.effect, EFFECT_UNKNOWN);
	proc_result_free(&res);
}

static void a_command_that_hangs_is_stopped_at_the_limit(void **state _unused_)
{
	struct proc_result res = { 0 };
	struct err e;
	int64_t from = clock_mono_us();

	assert_int_equal(run(&far.way, (const char *const[]){ "sleep", "60", NULL }, NULL, 1500, &res, &e), 0);
	assert_true(res.timed_out);
	assert_true(clock_mono_us() - from < 8000000);
	proc_result_free(&res);
}

static bool forwarded(const struct forward *f, const char *expected)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char got[64] = "";
	size_t n = 0;

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->unix_path);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		for (ssize_t r; n < sizeof(got) - 1 && (r = read(fd, got + n, sizeof(got) - 1 - n)) > 0; )
			n += (size_t)r;
	close(fd);
	return strcmp(got, expected) == 0;
}

static void connections_are_forwarded_to_ports_and_sockets_and_taken_back(void **state _unused_)
{
	_cleanup_(freep) char *path = mem_printf("%s/far.sock", scratch);
	uint16_t port = 0;
	pid_t tcp = greeter(AF_INET, NULL, &port), sock = greeter(AF_UNIX, path, NULL);
	_cleanup_(freep) char *address = mem_printf("127.0.0.1:%u", port), *unix_address = mem_printf("unix:%s", path);
	struct forward one = { 0 }, two = { 0 };
	struct err e = ERR_INIT;

	int r = way_forward(&far.way, address, &one, &e);
	if (r == 0)
		r = way_forward(&far.way, unix_address, &two, &e);
	bool works = r == 0 && forwarded(&one, "hello") && forwarded(&two, "hello");
	_cleanup_(freep) char *mode = works ? sh_text("stat -c %%a %s", one.unix_path) : NULL;
	_cleanup_(freep) char *was = one.unix_path ? mem_dup(one.unix_path) : NULL;
	way_forward_end(&far.way, &one);
	way_forward_end(&far.way, &two);
	kill(tcp, SIGKILL);
	kill(sock, SIGKILL);
	waitpid(tcp, NULL, 0);
	waitpid(sock, NULL, 0);
	if (!works)
		fail_msg("%s", e.text);
	assert_string_equal(mode, "600");
	assert_false(fs_exists(was));
}

/* The team's keys often live in an agent only. */
static void the_persons_agent_is_used_for_hosts_and_for_git(void **state _unused_)
{
	_cleanup_(freep) char *sock = mem_printf("%s/agent", scratch),
		*url = mem_printf("ssh://far%s/remote.git", scratch);
	_cleanup_(freep) char *clone = mem_printf("%s/clone's", scratch);
	const char *const argv[] = { "ssh-agent", "-D", "-a", sock, NULL };
	struct proc_result without = { 0 }, with = { 0 };
	struct git *g = NULL;
	struct err e, with_agent = ERR_INIT, git = ERR_INIT;
	char head[GIT_OID] = "";

	must_sh("git init -q --bare -b main remote.git && git clone -q remote.git person 2>&1 && cd person && git "
		"checkout -q -b main && echo x >x && git add x && git -c user.name=A -c user.email=a@example.org "
		"commit -qm x && git push -q origin main");
	/* A quote in the file's name: git hands it to a shell. */
	must_sh("sed '/^Identit/d' ssh/config >\"ssh/it's\" && printf 'IdentityFile none\\n' >>\"ssh/it's\"");
	(void)snprintf(far.config, sizeof(far.config), "%s/ssh/it's", scratch);
	pid_t agent = start_program(argv, "log");
	must_sh("for i in $(seq 100); do [ -S agent ] && break; sleep 0.1; done; SSH_AUTH_SOCK=%s ssh-add -q "
		"ssh/client", sock);

	unsetenv("SSH_AUTH_SOCK");
	int r_without = run(&far.way, (const char *const[]){ "true", NULL }, NULL, 20000, &without, &e);
	setenv("SSH_AUTH_SOCK", sock, 1);
	int r_with = run(&far.way, (const char *const[]){ "true", NULL }, NULL, 20000, &with, &with_agent);
	int r_git = git_open(clone, url, "main", far.config, 20000, &g, &git);
	int r_head = r_git == 0 ? git_fetch(g, &git) : -1;
	if (r_head == 0)
		r_head = git_read(g, head, NULL, 0, &git);
	unsetenv("SSH_AUTH_SOCK");
	stop_program(agent);
	int r_other = git_fetch(g, &e);
	git_freep(&g);
	proc_result_free(&without);
	proc_result_free(&with);
	assert_int_equal(r_without, -ERR_NET);
	if (r_with < 0)
		fail_msg("%s", with_agent.text);
	if (r_head < 0)
		fail_msg("%s", git.text);
	assert_int_equal(r_other, -ERR_NET);
	assert_non_null(strstr(e.text, "Permission denied"));
}

static void a_local_host_needs_no_forward(void **state _unused_)
{
	const struct way w = { .host = "here", .address = "here", .local = true };
	struct forward f = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(way_forward(&w, "127.0.0.1:6379", &f, &e), 0);
	assert_string_equal(f.host, "127.0.0.1");
	assert_int_equal(f.port, 6379);
	assert_false(f.made);
	way_forward_end(&w, &f);
	assert_int_equal(way_forward(&w, "127.0.0.1", &f, &e), -ERR_CONFIG);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(words_input_and_exit_codes_come_through),
		T(one_connection_serves_many_commands_and_ends_when_told),
		T(a_secret_goes_through_standard_input_only),
		T(a_host_that_is_away_is_told_with_sshs_words_and_no_effect),
		T(a_changed_host_key_and_a_refused_key_are_told),
		T(what_sshd_offers_is_its_own_word_or_not_known),
		T(a_login_that_nobody_answers_for_is_not_refused),
		T(a_connection_that_breaks_leaves_the_effect_unknown),
		T(a_command_that_hangs_is_stopped_at_the_limit),
		T(connections_are_forwarded_to_ports_and_sockets_and_taken_back),
		T(the_persons_agent_is_used_for_hosts_and_for_git),
		T(a_local_host_needs_no_forward),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
