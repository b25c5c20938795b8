/*
 * Services that run as them, with the timers of the same name. What a package brought stands elsewhere, and is told by
 * what runs of it. A service that was ended only would be started again by its "Restart=".
 */
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#define DROP_IN "drop-in that makes a service run as the account: what it is to run as, a person has to say"

/* own: systemd writes it there, and takes it away when the unit is stopped */
static const struct { const char *folder; bool own; } places[] = {
	{ "/etc/systemd/system", false }, { "/run/systemd/system", false }, { "/usr/local/lib/systemd/system", false },
	{ "/run/systemd/transient", true },
};

static bool is_theirs(const struct evicting *v, const char *user, size_t n)
{
	for (size_t u = 0; u < v->who.n_users; u++) {
		const struct evicted_user *one = &v->who.users[u];
		char number[16];

		(void)snprintf(number, sizeof(number), "%u", one->uid);
		if ((strlen(one->name) == n && !strncmp(user, one->name, n)) ||
		    (one->has_uid && one->uid && strlen(number) == n && !strncmp(user, number, n)))
			return true;
	}
	return false;
}

static const char *behind_blanks(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* " User = alice ": blanks are the writer's choice. */
static bool names_them(const struct evicting *v, char *text)
{
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *s = behind_blanks(line);
		size_t n;

		if (!text_starts(s, "User") || *(s = behind_blanks(s + 4)) != '=')
			continue;
		s = behind_blanks(s + 1);
		n = strlen(s);
		while (n && isspace((unsigned char)s[n - 1]))
			n--;
		if (is_theirs(v, s, n))
			return true;
	}
	return false;
}

/* A unit that is masked is a link to nothing, and no file to read. */
static bool is_masked(const struct evicting *v, const char *path)
{
	_cleanup_(freep) char *full = scout_path(v->o, path);
	char to[16];
	ssize_t n = readlink(full, to, sizeof(to));

	return n == 9 && !memcmp(to, "/dev/null", 9);
}

static bool file_is_theirs(struct evicting *v, const char *path)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);

	return !is_masked(v, path) && evict_read(v, path, &text) && text.len && names_them(v, text.data);
}

static void systemctl(struct evicting *v, const char *verb, const char *unit)
{
	const char *const argv[] = { "systemctl", verb, unit, NULL };
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 16);
	int status;

	if (!*v->o->root && v->change && access("/run/systemd/system", F_OK) == 0)
		(void)evict_run(v, argv, NULL, &out, &status);
}

/* Of "name@.service" all that were started: "name@*.service". */
static char *started_units(const char *name, const char *dot, const char *kind)
{
	bool many = dot > name && dot[-1] == '@';

	return mem_printf("%.*s%s%s", (int)(dot - name), name, many ? "*" : "", kind);
}

static void end_unit(struct evicting *v, const char *name, const char *dot, const char *kind, const char *path,
		     bool own)
{
	_cleanup_(freep) char *units = started_units(name, dot, kind);
	const char *what = *kind == '.' && kind[1] == 't' ? "timer" : "service";

	if (own)
		evict_take_away(v, path, what);
	systemctl(v, "stop", units);
	if (!own)
		evict_take_away(v, path, what);
}

static void drop_ins(struct evicting *v, const char *folder)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;

	evict_names_in(v, folder, &names);
	for (size_t k = 0; k < names.n; k++) {
		_cleanup_(freep) char *path = mem_printf("%s/%s", folder, names.s[k]);
		const char *dot = strrchr(names.s[k], '.');

		if (dot && !strcmp(dot, ".conf") && file_is_theirs(v, path))
			evict_left(v, DROP_IN, path);
	}
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

void evict_units(struct evicting *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_(strv_free) struct strv names = STRV_INIT;
		const char *folder = places[i].folder;
		bool any = false;

		evict_names_in(v, folder, &names);
		for (size_t k = 0; k < names.n; k++) {
			const char *name = names.s[k], *dot = strrchr(name, '.');
			_cleanup_(freep) char *path = mem_printf("%s/%s", folder, name), *timer = NULL;

			if (ends_in(name, ".service.d"))
				drop_ins(v, path);
			if (!ends_in(name, ".service") || !file_is_theirs(v, path))
				continue;
			timer = mem_printf("%s/%.*s.timer", folder, (int)(dot - name), name);
			end_unit(v, name, dot, ".timer", timer, places[i].own);
			end_unit(v, name, dot, ".service", path, places[i].own);
			any = true;
		}
		if (any)
			systemctl(v, "daemon-reload", NULL);
	}
}
