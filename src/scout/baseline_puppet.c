/*
 * Files of Puppet's against the catalogue that the host applied last. The catalogue lies on the host and root can write
 * it, or take it away: which catalogues there are and which files they have are items of their own, so that one without
 * a file is not as in the baseline. So are files whose contents no catalogue has: they are held against that day.
 */
#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/baseline.h"
#include "scout/lines.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CATALOG_MAX ((size_t)48 << 20)
#define NAMES_MAX 20000u       /* of a folder that is filled from a source */
#define DEPTH_MAX 32u

struct puppet {
	struct baselining *b;
	struct strv seen;              /* files that are an item of "catalogue-files" */
	struct map in_seen;
	uint32_t n, elsewhere;         /* files of catalogues; those of them whose contents stand elsewhere */
};

static const char *const folders[] = {
	"/var/cache/puppet/client_data/catalog", "/var/lib/puppet/client_data/catalog",
	"/opt/puppetlabs/puppet/cache/client_data/catalog",
};

/* A text of the catalogue: what is sensitive is wrapped there, or left out. */
static const char *parameter(const json_t *parameters, const char *key)
{
	const json_t *one = json_object_get(parameters, key);

	if (json_is_object(one))
		one = json_object_get(one, "__pvalue");
	return json_string_value(one);
}

static bool is_absent(const char *ensure)
{
	return ensure && (!strcmp(ensure, "absent") || !strcmp(ensure, "false"));
}

/* Two catalogues may have one file, and a folder's files may be named one by one: the first time counts. */
static bool is_first(struct puppet *p, const char *path)
{
	if (map_get(&p->in_seen, path) != MAP_NONE)
		return false;
	strv_add(&p->seen, path);
	map_put(&p->in_seen, p->seen.s[p->seen.n - 1], 0);
	return true;
}

static void remember(struct puppet *p, const char *path, bool here)
{
	const char *kept = p->b->section;

	p->b->section = "catalogue-files";
	if (here)
		baseline_item(p->b, path, NULL, "its contents stand in the catalogue");
	else
		baseline_file(p->b, path);
	p->b->section = kept;
}

static void compare(struct puppet *p, const char *path, const json_t *parameters)
{
	const char *ensure = parameter(parameters, "ensure"), *content = parameter(parameters, "content");
	struct baselining *b = p->b;
	_cleanup_(freep) char *full = scout_path(b->o, path);
	char wanted[65], found[65];
	struct stat st;

	if (!is_first(p, path))
		return;
	/* from a source of the server, a template of a secret, a link: the baseline remembers it as it stands */
	remember(p, path, content || is_absent(ensure));
	if (lstat(full, &st) < 0) {
		if (!is_absent(ensure) && errno == ENOENT)
			baseline_item(b, path, NULL, "the catalogue has it, and it is not there");
		else if (errno != ENOENT)
			baseline_cut(b, "%.100s could not be read: %s", path, strerror(errno));
		return;
	}
	if (is_absent(ensure)) {
		baseline_item(b, path, NULL, "the catalogue wants it away, and it is there");
		return;
	}
	if (!content) {
		p->elsewhere += S_ISREG(st.st_mode);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		baseline_item(b, path, NULL, "the catalogue has its contents, and it is no file");
		return;
	}
	_cleanup_(closep) int fd = lines_open(b->o, path, NULL);

	if (fd < 0 || !baseline_sum(fd, found)) {
		baseline_cut(b, "%.100s could not be read", path);
		return;
	}
	baseline_text_sum(content, strlen(content), wanted);
	if (strcmp(wanted, found) != 0)
		baseline_item(b, path, found, "its contents are not those of the catalogue");
}

/* What a source fills a folder with is not in the catalogue. */
static void below(struct puppet *p, const char *folder, unsigned depth)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;

	if (lines_names(p->b->o, folder, NAMES_MAX, &names, &e) < 0) {
		baseline_cut(p->b, "%s", e.text);
		return;
	}
	if (names.n >= NAMES_MAX || depth >= DEPTH_MAX) {
		baseline_cut(p->b, "%.100s: more than %u entries, or folders deeper than %u", folder, NAMES_MAX,
			     DEPTH_MAX);
		return;
	}
	for (size_t i = 0; i < names.n && !baseline_late(p->b); i++) {
		_cleanup_(freep) char *one = mem_printf("%s/%s", folder, names.s[i]);
		_cleanup_(freep) char *full = scout_path(p->b->o, one);
		struct stat st;

		if (lstat(full, &st) == 0 && S_ISDIR(st.st_mode)) {
			below(p, one, depth + 1);
		} else if (is_first(p, one)) {
			p->elsewhere++;
			remember(p, one, false);
		}
	}
}

static void fill(struct puppet *p, const char *path, const json_t *parameters)
{
	_cleanup_(freep) char *full = scout_path(p->b->o, path);
	const char *text = parameter(parameters, "recurse");
	struct stat st;

	if (!json_object_get(parameters, "source") || !json_object_get(parameters, "recurse") ||
	    json_is_false(json_object_get(parameters, "recurse")) || (text && !strcmp(text, "false")))
		return;
	if (lstat(full, &st) == 0 && S_ISDIR(st.st_mode))
		below(p, path, 0);
}

/* Its path; NULL: no file. Puppet's "/etc/x/" is /etc/x. */
static char *path_of(const json_t *resource)
{
	const char *type = json_str(resource, "type"),
		   *at = parameter(json_object_get(resource, "parameters"), "path");
	size_t n;

	if (!type || strcmp(type, "File") != 0)
		return NULL;
	at = at ? at : json_str(resource, "title");
	n = at ? strlen(at) : 0;
	while (n > 1 && at[n - 1] == '/')
		n--;
	return n && at[0] == '/' && n <= 2000 ? mem_dupn(at, n) : NULL;
}

static void each_file(struct puppet *p, const json_t *list,
		      void (*one)(struct puppet *p, const char *path, const json_t *parameters))
{
	for (size_t i = 0; i < json_array_size(list) && !baseline_late(p->b); i++) {
		const json_t *resource = json_array_get(list, i);
		_cleanup_(freep) char *path = path_of(resource);

		if (path)
			one(p, path, json_object_get(resource, "parameters"));
	}
}

static void count(struct puppet *p, const char *path _unused_, const json_t *parameters _unused_)
{
	p->n++;
}

static void catalog(struct puppet *p, const char *path)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(CATALOG_MAX);
	struct baselining *b = p->b;
	_cleanup_(freep) char *full = scout_path(b->o, path);
	_cleanup_(json_freep) json_t *j = NULL;
	struct err e = ERR_INIT;

	b->section = "catalogue";
	baseline_item(b, path, NULL, "a catalogue");
	b->section = "puppet-files";
	if (fs_read(full, &text, &e) < 0 || json_read(path, buf_text(&text), text.len, CATALOG_MAX, &j, &e) < 0) {
		baseline_cut(b, "%s", e.text);
		return;
	}
	const json_t *list = json_object_get(j, "resources");

	if (!list)
		list = json_object_get(json_object_get(j, "data"), "resources");
	if (!json_is_array(list))
		baseline_cut(b, "%.100s is no catalogue", path);
	each_file(p, list, count);
	each_file(p, list, compare);
	each_file(p, list, fill);
}

void baseline_puppet(struct baselining *b)
{
	struct puppet p = { .b = b };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(strv_free) struct strv names = STRV_INIT;

		if (lines_names(b->o, folders[i], 100, &names, NULL) < 0) {
			if (errno != ENOENT)
				baseline_cut(b, "%s could not be read: %s", folders[i], strerror(errno));
			continue;
		}
		for (size_t k = 0; k < names.n; k++) {
			size_t len = strlen(names.s[k]);
			_cleanup_(freep) char *path = mem_printf("%s/%s", folders[i], names.s[k]);

			if (len > 5 && !strcmp(names.s[k] + len - 5, ".json"))
				catalog(&p, path);
		}
	}
	json_put_int(b->o->result, "puppet_files", p.n);
	json_put_int(b->o->result, "puppet_files_not_compared", p.elsewhere);
	map_free(&p.in_seen);
	strv_free(&p.seen);
}
