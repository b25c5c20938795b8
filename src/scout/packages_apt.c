/* What security archives had when apt last asked: /var/lib/apt/lists. The signatures are apt's to check, and were
 * checked when it fetched them; whoever has root since may have written anything there. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/text.h"
#include "model/deb_version.h"
#include "scout/packages.h"
#include <string.h>
#include <unistd.h>

#define LISTS "/var/lib/apt/lists"
#define LIST_MAX ((size_t)256 << 20)
#define NAMES_MAX 4096u
#define HELPER "/usr/lib/apt/apt-helper"
#define HELPER_MS 30000

static void take(struct packages *p, struct deb_text st, int64_t made_us)
{
	char name[128], architecture[32] = "", version[128];

	if (!deb_copy(deb_field(st, "Package"), name, sizeof(name)) ||
	    !deb_copy(deb_field(st, "Version"), version, sizeof(version)))
		return;
	(void)deb_copy(deb_field(st, "Architecture"), architecture, sizeof(architecture));
	_cleanup_(freep) char *key = mem_printf("%s:%s", name, architecture);
	uint32_t at = map_get(&p->keys, key);

	if (at == MAP_NONE)
		return;
	struct package *one = &p->list[at];

	if (deb_version_compare(version, one->version) > 0 &&
	    (!one->security || deb_version_compare(version, one->security) > 0)) {
		one->security = arena_dup(p->arena, version);
		one->security_us = made_us;
	}
}

static int unpack(struct scout_out *o, const char *path, struct buf *ret, struct err *e)
{
	_cleanup_(freep) char *full = scout_path(o, path);
	const char *const argv[] = { HELPER, "cat-file", full, NULL };
	struct proc_result r = { 0 };
	int x = proc_run(&(struct proc_job){ .argv = argv, .limit_ms = HELPER_MS, .output_max = LIST_MAX }, &r, e);

	lines_trusted(o, "apt-helper, for lists that are packed");
	if (x == 0 && (r.status || r.timed_out))
		x = err_set(e, ERR_IO, "%s: apt-helper could not unpack it", path);
	if (x == 0)
		x = buf_add(ret, r.out.data, r.out.len);
	proc_result_free(&r);
	return x;
}

static void one_list(struct scout_out *o, struct packages *p, const char *name, int64_t made_us)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(LIST_MAX);
	_cleanup_(freep) char *path = mem_printf(LISTS "/%s", name), *full = scout_path(o, path);
	size_t len = strlen(name);
	bool plain = len > 9 && strcmp(name + len - 9, "_Packages") == 0;
	struct err e = ERR_INIT;
	struct deb_text st;

	if ((plain ? fs_read(full, &b, &e) : unpack(o, path, &b, &e)) < 0) {
		scout_unread(o, path, e.text);
		return;
	}
	const char *s = buf_text(&b), *end = s + b.len;

	while ((s = deb_stanza(s, end, &st)))
		take(p, st, made_us);
}

/* prefix: of the release's own file, up to "InRelease". */
static void lists_of(struct scout_out *o, struct packages *p, const struct strv *names, const char *prefix,
		     int64_t made_us)
{
	uint32_t n = 0;

	for (size_t k = 0; k < names->n; k++)
		if (text_starts(names->s[k], prefix) && strstr(names->s[k], "_Packages")) {
			one_list(o, p, names->s[k], made_us);
			n++;
		}
	if (!n)
		scout_unread(o, prefix, "the release is there, and none of its lists of packages");
}

static void asked(struct packages *p, const struct stat *st)
{
	int64_t at = st->st_ctim.tv_sec * (int64_t)1000000;

	p->asked_us = at > p->asked_us ? at : p->asked_us;
}

static void release(struct scout_out *o, struct packages *p, const struct strv *names, const char *name, size_t prefix)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(16 << 20);
	_cleanup_(freep) char *path = mem_printf(LISTS "/%s", name), *full = scout_path(o, path);
	_cleanup_(freep) char *begins = mem_dupn(name, prefix);
	struct deb_text st;
	struct stat facts;
	struct err e = ERR_INIT;

	if (fs_read(full, &b, &e) < 0) {
		scout_unread(o, path, e.text);
		return;
	}
	if (!deb_stanza(buf_text(&b), buf_text(&b) + b.len, &st) || !deb_is_security(st))
		return;
	int64_t made = deb_date_us(deb_field(st, "Date"));

	p->n_lists++;
	if (made && (!p->lists_us || made < p->lists_us))
		p->lists_us = made;
	int fd = lines_open(o, path, &facts);

	if (fd >= 0) {
		asked(p, &facts);
		(void)close(fd);
	}
	lists_of(o, p, names, begins, made);
}

void packages_security(struct scout_out *o, struct packages *p)
{
	static const char *const ends[] = { "InRelease", "Release" };
	static const char *const stamps[] = { "/var/lib/apt/periodic/update-success-stamp",
					      "/var/lib/apt/periodic/update-stamp" };
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct stat st;
	struct err e = ERR_INIT;

	if (lines_names(o, LISTS, NAMES_MAX, &names, &e) < 0) {
		scout_unread(o, LISTS, e.text);
		return;
	}
	for (size_t k = 0; k < names.n; k++)
		for (size_t x = 0; x < ARRAY_SIZE(ends); x++) {
			size_t len = strlen(names.s[k]), end = strlen(ends[x]);

			if (len > end && names.s[k][len - end - 1] == '_' && !strcmp(names.s[k] + len - end, ends[x]))
				release(o, p, &names, names.s[k], len - end);
		}
	/* apt leaves the lists alone when the archive has nothing new */
	for (size_t k = 0; p->n_lists && k < ARRAY_SIZE(stamps); k++) {
		int fd = lines_open(o, stamps[k], &st);

		if (fd >= 0) {
			asked(p, &st);
			(void)close(fd);
		}
	}
}
