/*
 * Files of Puppet's against the catalogue that the host applied last. The catalogue lies on the host and root can write
 * it; that it is the server's shows a run of the agent.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/baseline.h"
#include "scout/lines.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CATALOG_MAX ((size_t)48 << 20)

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

static void compare(struct baselining *b, const char *path, const json_t *parameters, uint32_t *other)
{
	const char *ensure = parameter(parameters, "ensure"), *content = parameter(parameters, "content");
	_cleanup_(freep) char *full = scout_path(b->o, path);
	char wanted[65], found[65];
	struct stat st;

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
	if (!content || !S_ISREG(st.st_mode)) {
		/* from a source of the server, a template of a secret, a folder or a link: nothing to compare with */
		*other += S_ISREG(st.st_mode);
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

static void catalog(struct baselining *b, const char *path)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(CATALOG_MAX);
	_cleanup_(freep) char *full = scout_path(b->o, path);
	_cleanup_(json_freep) json_t *j = NULL;
	uint32_t other = 0, n = 0;
	struct err e = ERR_INIT;

	if (fs_read(full, &text, &e) < 0 || json_read(path, buf_text(&text), text.len, CATALOG_MAX, &j, &e) < 0) {
		baseline_cut(b, "%s", e.text);
		return;
	}
	const json_t *list = json_object_get(j, "resources");

	if (!list)
		list = json_object_get(json_object_get(j, "data"), "resources");
	for (size_t i = 0; i < json_array_size(list) && !baseline_late(b); i++) {
		const json_t *one = json_array_get(list, i), *parameters = json_object_get(one, "parameters");
		const char *type = json_str(one, "type"), *title = json_str(one, "title"),
			   *at = parameter(parameters, "path");

		if (!type || strcmp(type, "File") != 0)
			continue;
		at = at ? at : title;
		if (!at || at[0] != '/' || strlen(at) > 2000)
			continue;
		n++;
		compare(b, at, parameters, &other);
	}
	if (!json_is_array(list))
		baseline_cut(b, "%.100s is no catalogue", path);
	json_put_int(b->o->result, "puppet_files", n);
	json_put_int(b->o->result, "puppet_files_not_compared", other);
}

void baseline_puppet(struct baselining *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(strv_free) struct strv names = STRV_INIT;

		if (lines_names(b->o, folders[i], 100, &names, NULL) < 0)
			continue;
		for (size_t k = 0; k < names.n; k++) {
			size_t len = strlen(names.s[k]);
			_cleanup_(freep) char *path = mem_printf("%s/%s", folders[i], names.s[k]);

			if (len > 5 && !strcmp(names.s[k] + len - 5, ".json"))
				catalog(b, path);
		}
	}
}
