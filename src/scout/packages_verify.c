/* Each file of each package against the sum that dpkg keeps, read and computed here: the host's debsums and md5sum are
 * not asked. Diverted files are looked for where they were put. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scout/md5.h"
#include "scout/packages.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TOLD_MAX 2000u
#define SECOND_US ((int64_t)1000000)

struct verify {
	struct scout_out *o;
	const struct packages *p;
	const struct package *now;
	int64_t from_us, until_us;
	struct arena *arena;
	struct map diverted;            /* path -> index of to */
	const char **to, **by;
	uint32_t n_diverted, files, told, missing, conffiles;
	size_t cap_to, cap_by;
	char first_missing[300];
	char *line[3];
	uint32_t n_line;
};

static int take_diversion(char *line, void *arg)
{
	struct verify *v = arg;
	size_t a = v->n_diverted, b = v->n_diverted;

	v->line[v->n_line++] = arena_dup(v->arena, line);
	if (v->n_line < 3)
		return 0;
	v->n_line = 0;
	if (!GROW(v->to, a, v->cap_to, PACKAGES_MAX) || !GROW(v->by, b, v->cap_by, PACKAGES_MAX))
		return 1;
	v->to[v->n_diverted] = v->line[1];
	v->by[v->n_diverted] = v->line[2];
	(void)map_put(&v->diverted, v->line[0], v->n_diverted++);
	return 0;
}

/* Where the file of this package lies: another package may have had it moved. */
static const char *place_of(const struct verify *v, const char *path)
{
	uint32_t at = map_get(&v->diverted, path);

	return at == MAP_NONE || strcmp(v->by[at], v->now->name) == 0 ? path : v->to[at];
}

static int sum_of(struct verify *v, const char *path, char ret[33], struct stat *st)
{
	_cleanup_(closep) int fd = lines_open(v->o, path, st);
	static char part[1 << 16];
	struct md5 m;
	ssize_t n;

	if (fd < 0)
		return -errno;
	md5_begin(&m);
	while ((n = read(fd, part, sizeof(part))) > 0)
		md5_add(&m, part, (size_t)n);
	md5_end(&m, ret);
	return n < 0 ? -errno : 0;
}

static void tell(struct verify *v, const char *kind, const char *path, const struct stat *st, const char *md5)
{
	json_t *j = json_object();

	json_put(j, "path", path);
	if (st) {
		json_put_int(j, "written_us", st->st_mtim.tv_sec * SECOND_US);
		json_put_int(j, "at_us", st->st_ctim.tv_sec * SECOND_US);
	}
	json_put(j, "md5", md5);
	if (v->told++ < TOLD_MAX)
		packages_say(v->o, kind, v->now, j);
	else
		json_decref(j);
}

static bool is_link(const struct verify *v, const char *path)
{
	_cleanup_(freep) char *full = scout_path(v->o, path);
	struct stat st;

	return lstat(full, &st) == 0 && S_ISLNK(st.st_mode);
}

static int take_sum(char *line, void *arg)
{
	struct verify *v = arg;
	char want[33], have[33];
	const char *name;
	struct stat st;

	if (!deb_sum_line(line, want, &name)) {
		scout_unread(v->o, v->now->name, "its list of checksums has a line that is none");
		return 1;
	}
	_cleanup_(freep) char *path = mem_printf("/%s", name);
	const char *at = place_of(v, path);
	int r = sum_of(v, at, have, &st);

	v->files++;
	if (r == -ENOENT) {
		if (!v->missing++)
			(void)snprintf(v->first_missing, sizeof(v->first_missing), "%s", at);
	} else if (r < 0) {
		if (is_link(v, at))
			tell(v, "link", at, NULL, NULL);
		else
			scout_unread(v->o, at, r == -EINVAL ? "a file of a package that is no regular file" :
				strerror(-r));
	} else if (strcmp(want, have) != 0) {
		tell(v, "replaced", at, &st, have);
	}
	return lines_late(v->o);
}

/* Configuration is there to be changed: it is told apart. */
static void conffiles(struct verify *v)
{
	const char *s = v->now->conffiles.s, *end = s ? s + v->now->conffiles.len : NULL;
	struct deb_text path;
	char want[33], have[33];

	while (s && (s = deb_conffile(s, end, &path, want))) {
		_cleanup_(freep) char *name = mem_dupn(path.s, path.len);
		const char *at = place_of(v, name);
		struct stat st;

		if (sum_of(v, at, have, &st) == 0 && strcmp(want, have) != 0) {
			v->conffiles++;
			tell(v, "configured", at, &st, have);
		}
	}
}

/* A list of sums that was written in the window, without dpkg having installed anything: it was made to fit. */
static void list_itself(struct verify *v, const char *list, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	int64_t changed = st.st_ctim.tv_sec * SECOND_US;

	if (changed >= v->from_us && changed <= v->until_us && !v->now->was_changed)
		tell(v, "sums-written", list, &st, NULL);
}

static void one(struct verify *v)
{
	_cleanup_(freep) char *list = NULL;
	_cleanup_(closep) int fd = packages_sums(v->o, v->now, &list);
	struct err e = ERR_INIT;

	v->missing = 0;
	conffiles(v);
	if (fd >= 0)
		list_itself(v, list, fd);
	if (lines_each(v->o, list, take_sum, v, &e) < 0)
		scout_unread(v->o, v->now->name, "the package has no list of checksums that can be read");
	if (v->missing) {
		json_t *j = json_object();

		json_put_int(j, "count", v->missing);
		json_put(j, "path", v->first_missing);
		packages_say(v->o, "missing", v->now, j);
	}
}

static bool is_asked(const json_t *only, const char *name)
{
	for (size_t k = 0; k < json_array_size(only); k++) {
		const char *s = json_string_value(json_array_get(only, k));

		if (s && strcmp(s, name) == 0)
			return true;
	}
	return !json_array_size(only);
}

void packages_verify(struct scout_out *o, const struct packages *p, const json_t *only, int64_t from_us,
		     int64_t until_us)
{
	struct verify v = { .o = o, .p = p, .from_us = from_us, .until_us = until_us, .arena = arena_new() };
	struct err e = ERR_INIT;
	uint32_t k = 0;

	if (lines_each(o, "/var/lib/dpkg/diversions", take_diversion, &v, &e) < 0)
		v.n_diverted = 0;
	for (; k < p->n && !lines_late(o); k++) {
		v.now = &p->list[k];
		if (is_asked(only, v.now->name))
			one(&v);
	}
	if (k < p->n) {
		char why[120];

		(void)snprintf(why, sizeof(why), "no time was left for the files of %u of %u packages", p->n - k, p->n);
		scout_unread(o, "packages", why);
	}
	if (v.told > TOLD_MAX)
		scout_unread(o, "packages", "more files differ than are told one by one");
	json_put_int(o->result, "files", v.files);
	json_put_int(o->result, "packages", k);
	map_free(&v.diverted);
	free(v.to);
	free(v.by);
	arena_free(v.arena);
}
