/*
 * kill -9 at random moments: an acknowledged row is never lost, a row that was not acknowledged is whole or absent, and
 * the chain goes on. The child tells each seq through a pipe only after journal_append returned.
 */
#include "journal_help.h"
#include "base/clock.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/wait.h>

#define KILLS 50

static void append_for_ever(const char *folder, int fd)
{
	struct journal *j = NULL;
	struct err e = ERR_INIT;
	char body[600];

	if (journal_open(folder, JOURNAL_WRITE, &j, &e) < 0) {
		fprintf(stderr, "open: %s\n", e.text);
		_exit(1);
	}
	snprintf(body, sizeof(body), "{\"text\":\"%0500d\"}", 1);
	for (;;) {
		struct row row = help_row(ROW_OUTCOME, 1, body);
		int64_t seq;

		if (journal_append(j, &row, &seq, &e) < 0) {
			fprintf(stderr, "append: %s\n", e.text);
			_exit(2);
		}
		if (write(fd, &seq, sizeof(seq)) != sizeof(seq))
			_exit(3);
	}
}

static int64_t last_told(int fd, bool *ret_any)
{
	int64_t seq = 0, next;

	*ret_any = false;
	while (read(fd, &next, sizeof(next)) == sizeof(next)) {
		seq = next;
		*ret_any = true;
	}
	return seq;
}

static void kill_and_look(void **state)
{
	int64_t acknowledged = 0, rows = 0, unseen = 0;

	for (unsigned i = 0; i < KILLS; i++) {
		struct err e = ERR_INIT;
		int fd[2], status;
		uint32_t chance;
		bool any;

		assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
		assert_int_equal(fcntl(fd[0], F_SETPIPE_SZ, 1 << 20) > 0, 1);

		pid_t pid = fork();

		if (pid == 0)
			append_for_ever(*state, fd[1]);
		close(fd[1]);
		assert_int_equal(getrandom(&chance, sizeof(chance), 0), sizeof(chance));
		/* Every other one in the midst of its rows, however slow the machine is; the others anywhere. */
		if (i % 2)
			assert_int_equal(poll(&(struct pollfd){ .fd = fd[0], .events = POLLIN }, 1, 60000), 1);
		clock_sleep_ms(chance % 40);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));

		int64_t seq = last_told(fd[0], &any);

		close(fd[0]);
		if (any) {
			assert_true(seq > acknowledged);
			acknowledged = seq;
		}
		/* Killed before there was a journal: nothing was acknowledged either. */
		struct journal *j = help_open(*state, JOURNAL_WRITE);

		if (journal_verify(j, NULL, &rows, &e) < 0)
			fail_msg("after kill %u: %s", i, e.text);
		journal_close(j);
		assert_true(rows >= acknowledged);
		unseen += rows - acknowledged;
		acknowledged = rows;
	}
	print_message("# %d kills, %lld rows, %lld of them written but not acknowledged\n", KILLS, (long long)rows,
		      (long long)unseen);
	assert_true(rows >= KILLS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kill_and_look, help_folder, help_folder_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
