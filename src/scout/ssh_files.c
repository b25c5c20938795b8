#include "scout/ssh_files.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/ssh_setup.h"
#include "scout/lines.h"
#include <errno.h>
#include <string.h>

#define FILES_MAX 500u
#define DEPTH_MAX 16u          /* sshd's own limit */
#define INCLUDED_MAX 1000u

struct reading { const struct ssh_files *f; uint32_t files, matches, match; };
struct at { struct reading *r; unsigned depth; };

static void read_file(struct reading *r, const char *path, unsigned depth);

static void unread(const struct reading *r, const char *path, const char *why)
{
	r->f->unread(path, why, r->f->arg);
}

/* Patterns in the last part of a path, as everybody has them. The C library's glob() would bring its look-up of users
 * along, and that the host's own libraries. */
static void include_one(struct reading *r, const char *pattern, unsigned depth)
{
	const char *slash = strrchr(pattern, '/');
	_cleanup_(freep) char *folder = mem_dupn(pattern, (size_t)(slash - pattern));
	_cleanup_(freep) char *full = scout_path(r->f->o, folder);
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct stat st;

	if (strpbrk(folder, "*?[") || strchr(slash, '[')) {
		unread(r, pattern, "an Include of sshd_config whose pattern is not understood here");
		return;
	}
	if (lines_names(r->f->o, folder, INCLUDED_MAX, &names, NULL) < 0) {
		/* what is not there is no error of sshd's either */
		if (stat(full, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
			unread(r, folder, "an Include of sshd_config that cannot be read");
		return;
	}
	for (size_t k = 0; k < names.n; k++) {
		_cleanup_(freep) char *path = mem_printf("%s/%s", folder, names.s[k]);

		if (text_matches(slash + 1, names.s[k]) && (names.s[k][0] != '.' || slash[1] == '.'))
			read_file(r, path, depth + 1);
	}
}

/* Patterns are relative to /etc/ssh. */
static void include(struct reading *r, char *value, unsigned depth)
{
	for (char *save = NULL, *one = strtok_r(value, " \t\"", &save); one; one = strtok_r(NULL, " \t\"", &save)) {
		_cleanup_(freep) char *pattern = mem_printf("%s%s", *one == '/' ? "" : "/etc/ssh/", one);

		include_one(r, pattern, depth);
	}
}

static int take_line(char *line, void *arg)
{
	const struct at *at = arg;
	struct reading *r = at->r;
	char *key, *value;

	if (!ssh_config_line(line, &key, &value))
		return 0;
	if (!strcmp(key, "include")) {
		include(r, value, at->depth);
		return 0;
	}
	if (!strcmp(key, "match"))
		r->match = ++r->matches;
	r->f->line(key, value, r->match, r->f->arg);
	return 0;
}

static void read_file(struct reading *r, const char *path, unsigned depth)
{
	_cleanup_(freep) char *full = scout_path(r->f->o, path);
	uint32_t outer = r->match;
	struct at at = { r, depth };
	struct stat st;

	if (depth > DEPTH_MAX || r->files++ >= FILES_MAX)
		unread(r, path, "sshd_config includes more files than are followed here");
	else if (stat(full, &st) < 0 || !S_ISREG(st.st_mode) || lines_each(r->f->o, path, take_line, &at, NULL) < 0)
		unread(r, path, "a file of sshd's configuration that cannot be read");
	else if (r->f->file)
		r->f->file(&st, r->f->arg);
	/* a Match ends with the file that it stands in */
	r->match = outer;
}

int ssh_files_read(const struct ssh_files *f)
{
	static const char first[] = "/etc/ssh/sshd_config";
	_cleanup_(freep) char *full = scout_path(f->o, first);
	struct reading r = { .f = f };
	struct stat st;

	if (stat(full, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -ERR_IO;
	read_file(&r, first, 0);
	return 0;
}
