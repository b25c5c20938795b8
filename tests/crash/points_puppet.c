/*
 * The point in the middle of a Puppet run: the manifest asks this program between its two files, as `unless` of an
 * exec, so that asking changes nothing. What is ended is the firebreak that stands above Puppet, and with it all that
 * it began.
 */
#include "points.h"
#include "base/text.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Number and name of a process; false when it is gone. */
static bool look(pid_t pid, char name[32], pid_t *ret_parent)
{
	char path[64], text[512], *end;
	uint32_t parent;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	end = strrchr(text, ')');              /* "12 (firebreak) S 11 ..." */
	if (!end || !strchr(text, '('))
		return false;
	*end = '\0';
	snprintf(name, 32, "%s", strchr(text, '(') + 1);
	end[4 + strcspn(end + 4, " ")] = '\0';
	if (text_u32(end + 4, 0, INT32_MAX, &parent) < 0)
		return false;
	*ret_parent = (pid_t)parent;
	return true;
}

int main(void)
{
	pid_t pid = getppid(), parent;
	char name[32], step[POINT_STEP];

	while (pid > 1 && look(pid, name, &parent) && strcmp(name, "firebreak") != 0)
		pid = parent;
	if (pid <= 1) {
		fprintf(stderr, "no firebreak stands above this program\n");
		return 1;
	}
	point_last_step("parent", step);
	point_of(pid, "puppet", step, "in the middle of a run");
	return 0;
}
