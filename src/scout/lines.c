#include "scout/lines.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define UNPACKED_MAX ((size_t)64 << 20)
#define UNPACK_MS 20000

struct feed { lines_fn *each; void *arg; char line[LINES_LINE_MAX]; size_t n; int stop; };

static void end_line(struct feed *f)
{
	f->line[f->n] = '\0';
	f->n = 0;
	f->stop = f->each(f->line, f->arg);
}

static void feed(struct feed *f, const char *s, size_t len)
{
	for (size_t k = 0; k < len && !f->stop; k++) {
		if (s[k] == '\n')
			end_line(f);
		else if (f->n < sizeof(f->line) - 1)
			f->line[f->n++] = s[k] ? s[k] : ' ';
	}
}

int lines_open(struct scout_out *o, const char *path, struct stat *ret)
{
	_cleanup_(freep) char *full = scout_path(o, path);
	struct stat st;
	int fd = open(full, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		errno = EINVAL;
		return -1;
	}
	if (ret)
		*ret = st;
	return fd;
}

static int packed(struct scout_out *o, const char *path, struct feed *f, struct err *e)
{
	_cleanup_(freep) char *full = scout_path(o, path);
	const char *const argv[] = { "gzip", "-dc", "--", full, NULL };
	struct proc_result r = { 0 };
	int x = proc_run(&(struct proc_job){ .argv = argv, .limit_ms = UNPACK_MS, .output_max = UNPACKED_MAX }, &r, e);

	lines_trusted(o, "gzip, for logs that were packed");
	if (x == 0 && (r.status || r.timed_out))
		x = err_set(e, ERR_IO, "%s: gzip could not unpack it", path);
	feed(f, r.out.data, r.out.len);
	proc_result_free(&r);
	return x;
}

static int plain(struct scout_out *o, const char *path, struct feed *f, struct err *e)
{
	_cleanup_(closep) int fd = lines_open(o, path, NULL);
	uint64_t total = 0;
	char part[65536];
	ssize_t n;

	if (fd < 0)
		return err_errno(e, "%s", path);
	while ((n = read(fd, part, sizeof(part))) > 0 && !f->stop) {
		feed(f, part, (size_t)n);
		total += (uint64_t)n;
		if (total > LINES_FILE_MAX)
			return err_set(e, ERR_LIMIT, "%s is larger than %llu bytes: the rest was not read", path,
				       (unsigned long long)LINES_FILE_MAX);
		if (lines_late(o))
			return err_set(e, ERR_LIMIT, "%s: no time was left for the rest", path);
	}
	return n < 0 ? err_errno(e, "%s", path) : 0;
}

int lines_each(struct scout_out *o, const char *path, lines_fn *each, void *arg, struct err *e)
{
	_cleanup_(freep) struct feed *f = mem_zero(1, sizeof(*f));
	size_t len = strlen(path);

	f->each = each;
	f->arg = arg;
	int r = len > 3 && strcmp(path + len - 3, ".gz") == 0 ? packed(o, path, f, e) : plain(o, path, f, e);

	if (f->n && !f->stop)
		end_line(f);
	return r;
}

int lines_names(struct scout_out *o, const char *folder, size_t limit, struct strv *ret, struct err *e)
{
	_cleanup_(freep) char *full = scout_path(o, folder);
	DIR *d = opendir(full);

	if (!d)
		return err_errno(e, "%s", folder);
	for (struct dirent *one; (one = readdir(d)) && ret->n < limit; )
		if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0)
			strv_add(ret, one->d_name);
	(void)closedir(d);
	strv_sort(ret);
	return 0;
}

void lines_trusted(struct scout_out *o, const char *what)
{
	json_t *list = json_object_get(o->result, "trusted");

	if (!list) {
		list = json_array();
		json_object_set_new(o->result, "trusted", list);
	}
	for (size_t k = 0; k < json_array_size(list); k++)
		if (strcmp(json_string_value(json_array_get(list, k)), what) == 0)
			return;
	json_array_append_new(list, json_string(what));
}

bool lines_late(const struct scout_out *o)
{
	return clock_mono_us() > o->deadline_us - 1000000;
}
