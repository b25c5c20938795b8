#include "base/fs.h"
#include "base/mem.h"
#include "transport/git_run.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* What a program that git starts (ssh, as a rule) finds in its environment. */
static void environment_of_git(struct proc_result *ret)
{
	const struct git g = { .folder = (char[]){ "/nonexistent" }, .url = NULL, .branch = NULL, .limit_ms = 20000 };
	const struct git_call call = { .args = (const char *const[]){ "-c", "alias.look=!env", "look", NULL } };
	struct err e = ERR_INIT;

	assert_int_equal(0, git_run(&g, &call, ret, &e));
	assert_int_equal(0, ret->status);
}

static void the_agent_is_known_to_git(void **state)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };

	(void)state;
	setenv("SSH_AUTH_SOCK", "/run/agent", 1);
	environment_of_git(&res);
	assert_non_null(strstr(buf_text(&res.out), "\nSSH_AUTH_SOCK=/run/agent\n"));
}

static void without_an_agent_there_is_none(void **state)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };

	(void)state;
	unsetenv("SSH_AUTH_SOCK");
	environment_of_git(&res);
	assert_null(strstr(buf_text(&res.out), "SSH_AUTH_SOCK"));
}

static void nothing_of_a_person_s_git_comes_in(void **state)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };

	(void)state;
	setenv("GIT_DIR", "/somewhere", 1);
	setenv("GIT_EXTERNAL_DIFF", "/somewhere", 1);
	environment_of_git(&res);
	unsetenv("GIT_DIR");
	unsetenv("GIT_EXTERNAL_DIFF");
	assert_null(strstr(buf_text(&res.out), "/somewhere"));
	assert_non_null(strstr(buf_text(&res.out), "GIT_CONFIG_GLOBAL=/dev/null\n"));
}

/* ssh, as git would be told to start it, for a remote. */
static char *ssh_of(char *url, char *config, bool remote)
{
	const struct git g = { .folder = (char[]){ "/nonexistent" }, .url = url, .ssh_config = config, .limit_ms = 1 };
	const struct git_call call = { .args = (const char *const[]){ "fetch", NULL }, .remote = remote };
	_cleanup_(strv_free) struct strv argv = STRV_INIT, env = STRV_INIT;

	git_words(&g, &call, &argv, &env);
	for (size_t k = 0; k < env.n; k++)
		if (strncmp(env.s[k], "GIT_SSH_COMMAND=", 16) == 0)
			return mem_dup(env.s[k] + 16);
	fail_msg("git is not told how to start ssh");
	return NULL;
}

static void a_shorter_patience_of_the_team_is_kept(void **state)
{
	static const char text[] = "Host slow.example.org\n\tConnectTimeout 60\n"
				   "Host *.example.org\n\tConnectTimeout 4\n"
				   "Match originalhost two user ada\n\tConnectTimeout 3\n";
	static const struct { const char *url, *seconds; } rows[] = {
		{ "ssh://git@git.example.org:2222/x.git", "4" }, { "ssh://git.example.org", "4" },
		{ "git@git.example.org:x.git", "4" }, { "git.example.org:/srv/x.git", "4" }, { "ada@two:x", "3" },
		{ "two:x", "10" },
		/* longer than ours, not said, and no ssh at all */
		{ "slow.example.org:x", "10" }, { "ssh://git.example.net/x", "10" },
		{ "https://git.example.org/x", "10" },
		{ "/srv/git.example.org:x", "10" }, { "-oProxyCommand=x.example.org:x", "10" }, { "ssh:///x", "10" },
	};
	char config[] = "/tmp/firebreak-git-run-XXXXXX";
	struct err e = ERR_INIT;

	(void)state;
	assert_true(mkdtemp(config));
	_cleanup_(freep) char *path = fs_join(config, "config");
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, &e), 0);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		_cleanup_(freep) char *url = mem_dup(rows[k].url), *said = ssh_of(url, path, true);
		_cleanup_(freep) char *want = mem_printf(" -oConnectTimeout=%s ", rows[k].seconds);
		_cleanup_(freep) char *local = ssh_of(url, path, false);

		if (!strstr(said, want))
			fail_msg("%s: '%s' is not in: %s", url, want, said);
		/* what does not leave this machine asks nobody */
		assert_non_null(strstr(local, " -oConnectTimeout=10 "));
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(config), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_agent_is_known_to_git),
		cmocka_unit_test(without_an_agent_there_is_none),
		cmocka_unit_test(nothing_of_a_person_s_git_comes_in),
		cmocka_unit_test(a_shorter_patience_of_the_team_is_kept),
	};

	return cmocka_run_group_tests_name("git_run", tests, NULL, NULL);
}
