/* What is installed, whether its files are those that were installed, and what was changed when. */
#include "scout/packages.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <string.h>

#define STATUS_MAX ((size_t)128 << 20)
#define CHANGES_MAX 5000u
#define NAMES_MAX 4096u
#define CLOCK_WRONG_US ((int64_t)600000000)     /* a visit may have waited for its turn that long */

static bool is_installed(struct deb_text status)
{
	static const char ok[] = " installed";
	size_t len = sizeof(ok) - 1;

	return status.s && status.len > len && memcmp(status.s + status.len - len, ok, len) == 0;
}

static bool take_stanza(struct packages *p, struct deb_text st)
{
	char name[128], architecture[32] = "", version[128];

	if (!is_installed(deb_field(st, "Status")) || !deb_copy(deb_field(st, "Package"), name, sizeof(name)) ||
	    !deb_copy(deb_field(st, "Version"), version, sizeof(version)))
		return true;
	(void)deb_copy(deb_field(st, "Architecture"), architecture, sizeof(architecture));
	if (!GROW(p->list, p->n, p->cap, PACKAGES_MAX))
		return false;
	struct package *one = &p->list[p->n++];

	*one = (struct package){ .name = arena_dup(p->arena, name), .architecture = arena_dup(p->arena, architecture),
				 .version = arena_dup(p->arena, version),
				 .key = arena_printf(p->arena, "%s:%s", name, architecture),
				 .conffiles = deb_field(st, "Conffiles") };
	(void)map_put(&p->keys, one->key, p->n - 1);
	return true;
}

int packages_read(struct scout_out *o, struct packages *ret, struct err *e)
{
	_cleanup_(freep) char *path = scout_path(o, "/var/lib/dpkg/status");
	struct packages p = { .arena = arena_new(), .status = BUF_INIT(STATUS_MAX) };
	int r = fs_read(path, &p.status, e);
	const char *s = buf_text(&p.status), *end = s + p.status.len;
	struct deb_text st;

	while (r == 0 && (s = deb_stanza(s, end, &st)))
		if (!take_stanza(&p, st)) {
			scout_unread(o, "/var/lib/dpkg/status", "more packages than are looked at");
			break;
		}
	if (r == 0 && !p.n)
		r = err_set(e, ERR_CONFIG, "/var/lib/dpkg/status has no installed package");
	if (r < 0) {
		packages_free(&p);
		return r;
	}
	lines_trusted(o, "dpkg's database (what is installed, and the sums of its files), which lies on the host "
		"itself");
	*ret = p;
	return 0;
}

void packages_free(struct packages *p)
{
	map_free(&p->keys);
	free(p->list);
	buf_free(&p->status);
	arena_free(p->arena);
	*p = (struct packages){ 0 };
}

void packages_say(struct scout_out *o, const char *kind, const struct package *p, json_t *more)
{
	json_t *line = json_object();

	json_put(line, "of", "packages");
	json_put(line, "kind", kind);
	if (p) {
		json_put(line, "package", p->name);
		json_put(line, "installed", p->version);
	}
	(void)json_object_update(line, more);
	json_decref(more);
	(void)scout_found(o, line);
}

struct changes {
	struct scout_out *o;
	struct packages *p;
	const char *file;
	int64_t from_us, first_us, before_us;
	uint32_t n;
	struct buf zone_bytes;
	struct zone zone;
};

static int take_change(char *line, void *arg)
{
	struct changes *c = arg;
	struct deb_log_line l;

	if (!deb_log_read(line, &l))
		return 0;
	int64_t at_us = zone_utc_us(&c->zone, civil_us(&l.at));
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
	packages_say(c->o, "change", NULL, j);
	return 0;
}

/* dpkg writes local time. */
static void read_log(struct changes *c)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	_cleanup_(freep) char *zone = scout_path(c->o, "/etc/localtime");
	struct err e = ERR_INIT;
	uint32_t n = 0;

	if (fs_exists(zone) && fs_read(zone, &c->zone_bytes, &e) == 0)
		(void)zone_read(c->zone_bytes.data, c->zone_bytes.len, &c->zone);
	if (lines_names(c->o, "/var/log", NAMES_MAX, &names, &e) < 0)
		scout_unread(c->o, "/var/log", e.text);
	for (size_t k = 0; k < names.n; k++) {
		_cleanup_(freep) char *path = mem_printf("/var/log/%s", names.s[k]);

		if (strncmp(names.s[k], "dpkg.log", 8) != 0)
			continue;
		n++;
		if (lines_each(c->o, path, take_change, c, &e) < 0)
			scout_unread(c->o, path, e.text);
	}
	if (!n)
		scout_unread(c->o, "/var/log/dpkg.log", "it is not there: what was installed when is not known");
	else if (c->first_us > c->from_us || !c->first_us)
		scout_unread(c->o, "/var/log/dpkg.log", "it begins after the window: what was installed before is not "
			     "known");
	if (c->n > CHANGES_MAX)
		scout_unread(c->o, "/var/log/dpkg.log", "more changes than are told one by one");
	buf_free(&c->zone_bytes);
}

static void say_pending(struct scout_out *o, const struct packages *p)
{
	for (uint32_t k = 0; k < p->n; k++) {
		json_t *j;

		if (!p->list[k].security)
			continue;
		j = json_object();
		json_put(j, "candidate", p->list[k].security);
		packages_say(o, "pending", &p->list[k], j);
	}
}

int scout_packages(const json_t *request, struct scout_out *o, struct err *e)
{
	int64_t now_us = clock_now_us(), off = now_us - json_int(request, "now_us", now_us);
	struct packages p;
	int r = packages_read(o, &p, e);

	json_put_int(o->result, "now_us", now_us);
	if (r < 0) {
		scout_unread(o, "packages", e->text);
		return 0;
	}
	off = off < CLOCK_WRONG_US && off > -CLOCK_WRONG_US ? 0 : off;
	struct changes c = { .o = o, .p = &p, .from_us = json_int(request, "from_us", 0) + off,
			     .zone_bytes = BUF_INIT(1 << 20) };

	read_log(&c);
	packages_security(o, &p);
	say_pending(o, &p);
	json_put_int(o->result, "security_lists", p.n_lists);
	json_put_int(o->result, "lists_us", p.lists_us);
	json_put_int(o->result, "asked_us", p.asked_us);
	packages_verify(o, &p, json_object_get(request, "only"), c.from_us,
			json_int(request, "until_us", now_us) + off);
	json_put_int(o->result, "end_us", clock_now_us());
	(void)snprintf(o->text, sizeof(o->text), "%u packages", p.n);
	packages_free(&p);
	return 0;
}
