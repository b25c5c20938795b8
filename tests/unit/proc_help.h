#pragma once
/* Is a process that is not our child gone? Whoever adopted it may be slow to bury it. */
#include "base/clock.h"
#include "base/fs.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline bool is_gone(long pid)
{
	char path[64], state[512] = "";

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	if (read(fd, state, sizeof(state) - 1) < 0)
		state[0] = '\0';
	return strstr(state, ") Z ") != NULL;
}

/* Within two seconds. */
static inline bool goes_away(long pid)
{
	for (int i = 0; i < 100 && !is_gone(pid); i++)
		clock_sleep_ms(20);
	return is_gone(pid);
}
