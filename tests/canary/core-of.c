/*
 * What a core of a running process would hold: every readable mapping that the kernel would dump (no "dd" flag,
 * madvise(2) MADV_DONTDUMP), written to standard output. gcore does the same, but cannot be waited for when the process
 * has a sanitizer's shadow of terabytes. Only root may open /proc/PID/mem. usage: core-of PID > FILE
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

struct mapping { uint64_t from, to; };

static int dump(pid_t pid, const struct mapping *m)
{
	static char page[65536];

	for (uint64_t at = m->from; at < m->to;) {
		size_t want = m->to - at < sizeof(page) ? (size_t)(m->to - at) : sizeof(page);
		struct iovec here = { page, want }, there = { (void *)(uintptr_t)at, want };
		ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);

		if (n > 0 && fwrite(page, 1, (size_t)n, stdout) != (size_t)n)
			return -1;
		at += n > 0 ? (uint64_t)n : 4096;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char path[64], line[4096], perms[8];
	struct mapping m = { 0 };
	unsigned long from, to;
	int wanted = 0;
	FILE *maps;
	pid_t pid;

	if (argc != 2)
		return 2;
	pid = (pid_t)strtol(argv[1], NULL, 10);
	snprintf(path, sizeof(path), "/proc/%s/smaps", argv[1]);
	maps = fopen(path, "re");
	if (!maps) {
		fprintf(stderr, "core-of: %s: %s\n", path, strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) == 3) {
			m = (struct mapping){ from, to };
			wanted = perms[0] == 'r';
		} else if (!strncmp(line, "VmFlags:", 8) && wanted && !strstr(line, " dd") && dump(pid, &m) < 0) {
			return 1;
		}
	}
	fclose(maps);
	return 0;
}
