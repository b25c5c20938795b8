/*
 * A program at a terminal of its own: terminal-run SECONDS [WAIT-FOR TYPE]... -- PROGRAM WORD... waits until the
 * terminal shows WAIT-FOR, types TYPE and a line's end, and so on. What the terminal showed goes to standard output;
 * the exit code is the program's, or 99 when something that was waited for did not come in time.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char shown[1 << 20];
static size_t len, seen;

/* False when the other side has closed, or in silence until the time is over. */
static bool more(int fd, time_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int left = (int)(until - time(NULL)) * 1000;
	ssize_t n = left > 0 && poll(&p, 1, left) == 1 ? read(fd, shown + len, sizeof(shown) - 1 - len) : -1;

	if (n <= 0)
		return false;
	(void)!write(STDOUT_FILENO, shown + len, (size_t)n);
	len += (size_t)n;
	return len < sizeof(shown) - 1;
}

static bool wait_for(int fd, const char *text, time_t until)
{
	for (;;) {
		const char *at = strstr(shown + seen, text);

		if (at) {
			seen = (size_t)(at - shown) + strlen(text);
			return true;
		}
		if (!more(fd, until))
			return false;
	}
}

int main(int argc, char **argv)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int fd, status = 0, at = 2, program = 2;
	time_t until;
	pid_t pid;

	while (program < argc && strcmp(argv[program], "--") != 0)
		program++;
	if (program + 1 >= argc || (program - 2) % 2 != 0) {
		fputs("usage: terminal-run SECONDS [WAIT-FOR TYPE]... -- PROGRAM WORD...\n", stderr);
		return 98;
	}
	until = time(NULL) + strtol(argv[1], NULL, 10);
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0)
		return 98;
	if (pid == 0) {
		execvp(argv[program + 1], argv + program + 1);
		_exit(127);
	}
	for (; at < program; at += 2) {
		if (!wait_for(fd, argv[at], until))
			return 99;
		if (write(fd, argv[at + 1], strlen(argv[at + 1])) < 0 || write(fd, "\n", 1) < 0)
			return 99;
	}
	while (more(fd, until))
		;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}
