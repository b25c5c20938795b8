/* What is installed, and where the lists of its files are; the command "packages". */
#include "scout/packages.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <string.h>

#define STATUS_MAX ((size_t)128 << 20)
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

int packages_sums(struct scout_out *o, const struct package *p, char **ret)
{
	const char *const names[] = { p->key, p->name };
	int fd = -1;

	/* of what several architectures may have side by side, and of all else */
	for (size_t k = 0; k < ARRAY_SIZE(names) && fd < 0; k++) {
		_cleanup_(freep) char *path = mem_printf("/var/lib/dpkg/info/%s.md5sums", names[k]);

		fd = lines_open(o, path, NULL);
		if (fd >= 0 || k + 1 == ARRAY_SIZE(names))
			*ret = TAKE(path);
	}
	return fd;
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

static void say_pending(struct scout_out *o, const struct packages *p)
{
	for (uint32_t k = 0; k < p->n; k++) {
		json_t *j;

		if (!p->list[k].security)
			continue;
		j = json_object();
		json_put(j, "candidate", p->list[k].security);
		if (p->list[k].security_us)
			json_put_int(j, "known_us", p->list[k].security_us);
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
	int64_t from_us = json_int(request, "from_us", 0) + off;

	packages_log(o, &p, from_us);
	packages_security(o, &p);
	say_pending(o, &p);
	json_put_int(o->result, "security_lists", p.n_lists);
	json_put_int(o->result, "lists_us", p.lists_us);
	json_put_int(o->result, "asked_us", p.asked_us);
	packages_verify(o, &p, json_object_get(request, "only"), from_us,
			json_int(request, "until_us", now_us) + off);
	json_put_int(o->result, "end_us", clock_now_us());
	(void)snprintf(o->text, sizeof(o->text), "%u packages", p.n);
	packages_free(&p);
	return 0;
}
