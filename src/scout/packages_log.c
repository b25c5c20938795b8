/* What dpkg changed when, by its own log; and of what was upgraded, since when the newer one has been there. */
#include "base/fs.h"
#include "base/mem.h"
#include "scout/packages.h"
#include <string.h>

#define CHANGES_MAX 5000u
#define NAMES_MAX 4096u
#define CHANGELOGS_MAX 300u     /* each is a program of the host's that unpacks it */

struct changes {
	struct scout_out *o;
	struct packages *p;
	int64_t from_us, first_us;
	uint32_t n, changelogs;
	struct buf zone_bytes;
	struct zone zone;
};

static int take_entry(char *line, void *arg)
{
	return deb_changelog_line(line, arg);
}

/* When a version was made, by the changelog of the package. 0: not known. */
static int64_t made_us(struct changes *c, const char *package, const char *version)
{
	static const char *const names[] = { "changelog.Debian.gz", "changelog.gz", "changelog.Debian", "changelog" };
	struct deb_entry entry = { .version = version };

	for (size_t k = 0; k < ARRAY_SIZE(names) && !entry.at_us && !strchr(package, '/'); k++) {
		_cleanup_(freep) char *path = mem_printf("/usr/share/doc/%s/%s", package, names[k]);
		int fd = lines_open(c->o, path, NULL);

		if (fd < 0)
			continue;
		(void)close(fd);
		if (c->changelogs++ >= CHANGELOGS_MAX)
			return 0;
		/* one that cannot be read says nothing, and it is said that it is not known */
		(void)lines_each(c->o, path, take_entry, &entry, NULL);
	}
	return entry.at_us;
}

static int take_change(char *line, void *arg)
{
	struct changes *c = arg;
	struct deb_log_line l;

	if (!deb_log_read(line, &l))
		return 0;
	int64_t at_us = zone_utc_us(&c->zone, civil_us(&l.at)), made;
	_cleanup_(freep) char *key = mem_printf("%s:%s", l.package, l.architecture);
	uint32_t at = map_get(&c->p->keys, key);

	if (!c->first_us || at_us < c->first_us)
		c->first_us = at_us;
	if (at_us < c->from_us)
		return 0;
	if (at != MAP_NONE)
		c->p->list[at].was_changed = true;
	if (c->n++ >= CHANGES_MAX)
		return 0;
	json_t *j = json_object();

	json_put_int(j, "at_us", at_us);
	json_put(j, "action", l.action);
	json_put(j, "package", l.package);
	json_put(j, "before", l.before);
	json_put(j, "after", l.after);
	if (strcmp(l.action, "upgrade") == 0 && (made = made_us(c, l.package, l.after)))
		json_put_int(j, "made_us", made);
	packages_say(c->o, "change", NULL, j);
	return 0;
}

static void read_zone(struct changes *c)
{
	_cleanup_(freep) char *zone = scout_path(c->o, "/etc/localtime");

	if (fs_exists(zone) && fs_read(zone, &c->zone_bytes, NULL) == 0)
		(void)zone_read(c->zone_bytes.data, c->zone_bytes.len, &c->zone);
}

void packages_log(struct scout_out *o, struct packages *p, int64_t from_us)
{
	struct changes c = { .o = o, .p = p, .from_us = from_us, .zone_bytes = BUF_INIT(1 << 20) };
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;
	uint32_t n = 0;

	read_zone(&c);
	if (lines_names(o, "/var/log", NAMES_MAX, &names, &e) < 0)
		scout_unread(o, "/var/log", e.text);
	for (size_t k = 0; k < names.n; k++) {
		_cleanup_(freep) char *path = mem_printf("/var/log/%s", names.s[k]);

		if (strncmp(names.s[k], "dpkg.log", 8) != 0)
			continue;
		n++;
		if (lines_each(o, path, take_change, &c, &e) < 0)
			scout_unread(o, path, e.text);
	}
	if (!n)
		scout_unread(o, "/var/log/dpkg.log", "it is not there: what was installed when is not known");
	else if (c.first_us > from_us || !c.first_us)
		scout_unread(o, "/var/log/dpkg.log", "it begins after the window: what was installed before is not "
			     "known");
	if (c.n > CHANGES_MAX)
		scout_unread(o, "/var/log/dpkg.log", "more changes than are told one by one");
	buf_free(&c.zone_bytes);
}
