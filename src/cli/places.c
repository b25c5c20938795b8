#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/places.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REGISTER_FILE "firebreak.yaml" /* what marks a folder as a register */

const char *places_keep(struct cli *c, char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->owned); i++)
		if (!c->owned[i])
			return c->owned[i] = s;
	abort();
}

static char *below_home(const char *xdg, const char *otherwise)
{
	const char *base = env_get(xdg), *home = env_get("HOME");

	if (base)
		return mem_printf("%s/firebreak", base);
	return mem_printf("%s/%s/firebreak", home ? home : "", otherwise);
}

/* The worker lies beside the program in a build tree, in libexec when installed; the playbooks in share. */
char *places_own(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return mem_dup("/usr/bin");
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	return mem_dup(path);
}

int places_find(const char *what, const char *const *names, char **ret, struct err *e)
{
	_cleanup_(freep) char *own = places_own();

	for (const char *const *name = names; *name; name++) {
		char *path = fs_join(own, *name);

		if (fs_exists(path)) {
			*ret = path;
			return 0;
		}
		free(path);
	}
	return err_set(e, ERR_CONFIG, "%s not where it belongs: '%s/%s'; install again", what, own, names[0]);
}

int places_scanner(char **ret, struct err *e)
{
	static const char *const names[] = { "../libexec/firebreak/firebreak-scanner", "firebreak-scanner", NULL };

	return places_find("the scanner is", names, ret, e);
}

int places_publisher(char **ret, struct err *e)
{
	static const char *const names[] = { "../libexec/firebreak/firebreak-publisher", "firebreak-publisher", NULL };

	return places_find("the publisher is", names, ret, e);
}

int places_state(struct cli *c, const char **ret, struct err *e)
{
	if (!c->state_folder)
		c->state_folder = env_get("FIREBREAK_STATE");
	if (!c->state_folder)
		c->state_folder = places_keep(c, geteuid() == 0 ? mem_dup("/var/lib/firebreak")
							: below_home("XDG_STATE_HOME", ".local/state"));
	if (c->state_folder[0] != '/') {
		char *here = realpath(".", NULL);

		if (!here)
			return err_errno(e, "the current folder");
		c->state_folder = places_keep(c, fs_join(here, c->state_folder));
		free(here);
	}
	*ret = c->state_folder;
	return 0;
}

const char *places_key(struct cli *c)
{
	if (!c->key_file)
		c->key_file = env_get("FIREBREAK_KEY");
	if (!c->key_file) {
		_cleanup_(freep) char *folder = below_home("XDG_CONFIG_HOME", ".config");

		c->key_file = places_keep(c, fs_join(folder, "key"));
	}
	return c->key_file;
}

/* Like git: from where we stand upwards. */
static char *register_upwards(void)
{
	char *at = realpath(".", NULL);

	while (at) {
		_cleanup_(freep) char *file = fs_join(at, REGISTER_FILE);

		if (fs_exists(file))
			return at;
		char *slash = strrchr(at, '/');

		if (!slash || slash == at)
			break;
		*slash = '\0';
	}
	free(at);
	return NULL;
}

int places_register(struct cli *c, const char **ret, struct err *e)
{
	if (!c->register_folder)
		c->register_folder = env_get("FIREBREAK_REGISTER");
	if (!c->register_folder) {
		char *found = register_upwards();

		if (!found)
			return err_set(e, ERR_CONFIG, "no register: there is no " REGISTER_FILE " here or above; "
				       "name the folder with --register DIR or FIREBREAK_REGISTER");
		c->register_folder = places_keep(c, found);
	}
	*ret = c->register_folder;
	return 0;
}

void places_free(struct cli *c)
{
	strv_free(&c->drivers);
	for (size_t i = 0; i < ARRAY_SIZE(c->owned); i++)
		free(c->owned[i]);
}
