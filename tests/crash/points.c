#include "points.h"
#include "base/mem.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/file.h>

const char *__asan_default_options(void);

static char folder[PATH_MAX];

/* Our own ends do not wait for a search of leaks; other tests do that, and look at globals. Nor does each of the
 * thousands of short programs here pay for both a guard around each global and a stack of each allocation: half of
 * what it takes the program to start. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0:abort_on_error=1:report_globals=0:malloc_context_size=0";
}

/* Before main: a process that has made itself undumpable may no longer read its own links. */
static __attribute__((constructor)) void find_folder(void)
{
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	folder[n > 0 ? n : 0] = '\0';
	if (strrchr(folder, '/'))
		*strrchr(folder, '/') = '\0';
}

static int open_beside(const char *name, int flags)
{
	_cleanup_(freep) char *path = mem_printf("%s/%s", folder, name);

	return open(path, flags | O_CLOEXEC, 0600);
}

#define TEXT 8192

static void read_beside(const char *name, char ret[TEXT])
{
	int fd = open_beside(name, O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, ret, TEXT - 1) : 0;

	ret[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static int open_points(const char *role, int flags)
{
	char file[32];

	snprintf(file, sizeof(file), "points.%s", role);
	return open_beside(file, flags);
}

/* How many records the file has whose first bytes are these; only asked where somebody is to be ended. */
static unsigned count(int fd, const char *record, size_t bytes)
{
	char other[POINT_RECORD];
	unsigned n = 0;

	for (off_t at = 0; pread(fd, other, POINT_RECORD, at) == POINT_RECORD; at += POINT_RECORD)
		n += memcmp(other, record, bytes) == 0;
	return n;
}

/* "12" or "2 before message": is this record the one? */
static bool is_it(int fd, const char *record, char *want)
{
	char *name = strchr(want, ' '), wanted[POINT_NAME + 1];
	uint32_t number;

	if (name)
		*name++ = '\0';
	if (text_u32(want, 1, UINT32_MAX, &number) < 0)
		return false;
	if (!name)
		return count(fd, record, POINT_STEP) == number;
	snprintf(wanted, sizeof(wanted), "%-79.79s\n", name);
	return !memcmp(record + POINT_STEP, wanted, POINT_NAME) && count(fd, record, POINT_RECORD) == number;
}

static bool is_wanted(int fd, const char *role, const char *step, const char *record)
{
	char text[TEXT], want[64];
	int n = snprintf(want, sizeof(want), "%s %s ", role, step);

	read_beside("control", text);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (text_starts(line, want) && is_it(fd, record, line + n))
			return true;
	}
	return false;
}

static const char *end_of_quoted(const char *from)
{
	const char *end = strchr(from + 1, '\'');

	return end ? end : from + strlen(from) - 1;
}

/* Numbers, and what is made anew each time: names of keys, which stand in quotes. */
static void mask(char *name)
{
	char *to = name;

	for (const char *from = name; *from; from++) {
		if (*from != '\'' && !isdigit((unsigned char)*from)) {
			*to++ = *from;
			continue;
		}
		if (*from == '\'')
			from = end_of_quoted(from);
		if (to == name || to[-1] != '#')
			*to++ = '#';
	}
	*to = '\0';
}

void point_of(pid_t victim, const char *role, const char *step, const char *name)
{
	char masked[POINT_NAME];
	char record[POINT_RECORD + 1];
	int saved = errno, fd = open_points(role, O_RDWR | O_CREAT | O_APPEND);

	snprintf(masked, sizeof(masked), "%s", name);
	mask(masked);
	snprintf(record, sizeof(record), "%-15.15s %-79.79s\n", step, masked);
	if (fd < 0 || flock(fd, LOCK_EX) < 0 || write(fd, record, POINT_RECORD) != POINT_RECORD)
		abort();
	if (is_wanted(fd, role, step, record)) {
		int ended = open_beside("ended", O_WRONLY | O_CREAT | O_APPEND);

		if (write(ended, record, POINT_RECORD) != POINT_RECORD)
			abort();
		kill(victim, SIGKILL);
	}
	close(fd);
	errno = saved;
}

void point(const char *role, const char *step, const char *name)
{
	point_of(getpid(), role, step, name);
}

void point_last_step(const char *role, char ret[POINT_STEP])
{
	int fd = open_points(role, O_RDONLY);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	snprintf(ret, POINT_STEP, "-");
	if (size >= POINT_RECORD && pread(fd, ret, POINT_STEP, size - POINT_RECORD) == POINT_STEP)
		ret[strcspn(ret, " ")] = '\0';
	if (fd >= 0)
		close(fd);
}

void point_durable(int64_t seq)
{
	int fd = open_beside("durable", O_WRONLY | O_CREAT | O_TRUNC);

	if (fd < 0 || dprintf(fd, "%lld\n", (long long)seq) < 0)
		abort();
	close(fd);
}

int64_t point_clock_back_us(void)
{
	char text[TEXT];
	int64_t seconds;

	read_beside("clock", text);
	text[strcspn(text, "\n")] = '\0';
	return text_i64(text, &seconds) == 0 ? seconds * 1000000 : 0;
}
