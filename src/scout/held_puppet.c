/* Of which files Puppet keeps contents here: secrets of its last catalogue, and earlier contents of what it changed. */
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/held.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define CATALOG_MAX ((size_t)48 << 20)
#define PATHS_MAX 2000u        /* files of which a bucket has contents */
#define DEPTH 9u               /* a bucket's: eight digits, then the sum */

static const char *const caches[] = { "/var/cache/puppet", "/var/lib/puppet", "/opt/puppetlabs/puppet/cache" };

static void cached(struct scout_out *o, const char *file, const char *path, bool secret)
{
	_cleanup_(freep) char *full = scout_path(o, file);
	json_t *line = json_object();
	struct stat st;

	json_put(line, "path", path);
	json_object_set_new(line, "secret", json_boolean(secret));
	if (lstat(full, &st) == 0)
		json_put_int(line, "uid", st.st_uid);
	held_say(o, "cached", file, line);
}

static bool names_content(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_is_string(json_array_get(list, i)) &&
		    !strcmp(json_string_value(json_array_get(list, i)), "content"))
			return true;
	return false;
}

/* What a manifest calls Sensitive stands in the catalogue in clear. */
static bool is_secret(const json_t *resource)
{
	const json_t *content = json_object_get(json_object_get(resource, "parameters"), "content");
	const char *type = json_str(content, "__ptype");

	return names_content(json_object_get(resource, "sensitive_parameters")) || (type && !strcmp(type, "Sensitive"));
}

static void catalogue(struct scout_out *o, const char *file)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(CATALOG_MAX);
	_cleanup_(freep) char *full = scout_path(o, file);
	_cleanup_(json_freep) json_t *j = NULL;
	struct err e = ERR_INIT;

	if (fs_read(full, &text, &e) < 0 || json_read(file, buf_text(&text), text.len, CATALOG_MAX, &j, &e) < 0) {
		scout_unread(o, file, e.text);
		return;
	}
	const json_t *list = json_object_get(j, "resources");

	if (!list)
		list = json_object_get(json_object_get(j, "data"), "resources");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *type = json_str(one, "type"), *title = json_str(one, "title"),
			   *path = json_str(json_object_get(one, "parameters"), "path");

		if (type && !strcmp(type, "File") && title && is_secret(one))
			cached(o, file, path ? path : title, true);
	}
}

struct bucket { struct scout_out *o; const char *file; struct strv seen; bool cut; };

static int take_path(char *line, void *arg)
{
	struct bucket *b = arg;

	if (line[0] != '/' || strv_has(&b->seen, line))
		return 0;
	if (b->seen.n == PATHS_MAX) {
		b->cut = true;
		return 1;
	}
	strv_add(&b->seen, line);
	cached(b->o, b->file, line, false);
	return 0;
}

/* BUCKET/1/2/3/4/5/6/7/8/12345678.../ has the file `contents`, and `paths`: whose they were. */
static void below(struct bucket *b, const char *folder, unsigned depth)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;

	if (lines_names(b->o, folder, PATHS_MAX, &names, &e) < 0) {
		scout_unread(b->o, folder, e.text);
		return;
	}
	for (size_t i = 0; i < names.n && !b->cut && !lines_late(b->o); i++) {
		_cleanup_(freep) char *one = mem_printf("%s/%s", folder, names.s[i]), *full = scout_path(b->o, one);
		struct stat st;

		if (lstat(full, &st) == 0 && S_ISDIR(st.st_mode) && depth < DEPTH)
			below(b, one, depth + 1);
		else if (!strcmp(names.s[i], "paths"))
			(void)lines_each(b->o, one, take_path, b, NULL);
	}
}

static bool is_there(const struct scout_out *o, const char *folder)
{
	_cleanup_(freep) char *full = scout_path(o, folder);

	return fs_exists(full);
}

void held_puppet(struct scout_out *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
		_cleanup_(freep) char *folder = mem_printf("%s/client_data/catalog", caches[i]),
				      *bucket = mem_printf("%s/clientbucket", caches[i]);
		_cleanup_(strv_free) struct strv names = STRV_INIT;
		struct bucket b = { .o = o, .file = bucket };

		if (is_there(o, folder))
			(void)lines_names(o, folder, 100, &names, NULL);
		for (size_t k = 0; k < names.n && !lines_late(o); k++) {
			_cleanup_(freep) char *file = mem_printf("%s/%s", folder, names.s[k]);

			catalogue(o, file);
		}
		if (is_there(o, bucket))
			below(&b, bucket, 0);
		if (b.cut || lines_late(o))
			scout_unread(o, bucket, "more is there than was looked at");
		strv_free(&b.seen);
	}
}
