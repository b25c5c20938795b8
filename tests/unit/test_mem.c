#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void copies_are_whole(void **state _unused_)
{
	_cleanup_(freep) char *a = mem_dup("abc"), *b = mem_dupn("ab\0c", 4), *c = mem_printf("%d-%s", 7, "x");

	assert_string_equal(a, "abc");
	assert_memory_equal(b, "ab\0c", 5);
	assert_string_equal(c, "7-x");
	assert_null(mem_dup(NULL));
}

static void zeroed_even_when_nothing_is_asked(void **state _unused_)
{
	_cleanup_(freep) char *none = mem_zero(0, 0);
	_cleanup_(freep) int *some = mem_zero(4, sizeof(int));

	assert_non_null(none);
	assert_int_equal(some[3], 0);
}

static void grows_to_its_limit_and_no_further(void **state _unused_)
{
	_cleanup_(freep) int *v = NULL;
	size_t n = 0, cap = 0;

	while (GROW(v, n, cap, 21))
		v[n] = (int)n, n++;
	assert_int_equal(n, 21);
	assert_int_equal(cap, 21);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(v[i], (int)i);
	assert_false(GROW(v, n, cap, 21));
}

static int signal_of(void (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		close(STDERR_FILENO);
		f();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) || WEXITSTATUS(status) ? 1 : 0;
}

static void too_much(void)
{
	void *v = NULL;
	/* twice this, times 16, is 32 again */
	size_t cap = ((size_t)1 << 59) + 1;

	(void)mem_grow(&v, cap, &cap, 16, SIZE_MAX);
}

static void the_impossible_ends_the_process(void **state _unused_)
{
	assert_int_equal(signal_of(too_much), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_whole),
		cmocka_unit_test(zeroed_even_when_nothing_is_asked),
		cmocka_unit_test(grows_to_its_limit_and_no_further),
		cmocka_unit_test(the_impossible_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
