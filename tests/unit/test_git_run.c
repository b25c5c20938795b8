#include "transport/git_run.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_agent_is_known_to_git),
		cmocka_unit_test(without_an_agent_there_is_none),
		cmocka_unit_test(nothing_of_a_person_s_git_comes_in),
	};

	return cmocka_run_group_tests_name("git_run", tests, NULL, NULL);
}
