#include "cli/drivers.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/places.h"
#include "driver/driver.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRIVERS_MAX 60u
#define PREFIX "firebreak-driver-"

static int check_owner(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(e, "drivers: '%s'", path);
	if (st.st_mode & S_IWOTH || (st.st_uid != 0 && st.st_uid != geteuid()))
		return err_set(e, ERR_CONFIG, "drivers: '%s' is not yours or root's alone to write: what lies there "
			       "would be given every value; chown and chmod o-w it", path);
	return 0;
}

static bool is_name(const char *s)
{
	return *s && strlen(s) <= 40 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s);
}

static int take(struct cli *c, const char *file, struct err *e)
{
	_cleanup_(freep) char *path = fs_join(c->drivers_folder, file);
	const char *name = file + strlen(PREFIX);

	if (!text_starts(file, PREFIX) || !is_name(name) || access(path, X_OK) < 0)
		return 0;
	if (driver_facts_find(name))
		return err_set(e, ERR_CONFIG, "drivers: '%s' has the name of a driver of ours; give it another", path);
	if (c->drivers.n == DRIVERS_MAX)
		return err_set(e, ERR_LIMIT, "drivers: more than %u in '%s'", DRIVERS_MAX, c->drivers_folder);
	strv_add(&c->drivers, name);
	return check_owner(path, e);
}

/* The person's word, which must be right, or the usual place, which need not be there. */
static int find_folder(struct cli *c, struct err *e)
{
	_cleanup_(freep) char *own = places_own(), *usual = fs_join(own, "../libexec/firebreak/drivers");
	const char *named = env_get("FIREBREAK_DRIVERS");
	char *folder = realpath(named ? named : usual, NULL);

	if (!folder)
		return named ? err_errno(e, "FIREBREAK_DRIVERS: '%s'", named) : 0;
	c->drivers_folder = places_keep(c, folder);
	return check_owner(folder, e);
}

int drivers_find(struct cli *c, struct err *e)
{
	_cleanup_(strv_free) struct strv files = STRV_INIT;
	int r;

	if (c->drivers_folder)
		return 0;
	r = find_folder(c, e);
	if (r < 0 || !c->drivers_folder)
		return r;
	r = fs_list(c->drivers_folder, "", 1000, &files, e);
	for (size_t i = 0; r == 0 && i < files.n; i++)
		r = take(c, files.s[i], e);
	return r;
}

size_t drivers_words(const struct cli *c, struct driver_words **ret)
{
	struct driver_words *words = mem_zero(driver_facts_count + c->drivers.n + 1, sizeof(*words));
	size_t n = 0;

	for (; n < driver_facts_count; n++)
		words[n] = (struct driver_words){ driver_facts[n].name, driver_facts[n].options };
	for (size_t i = 0; i < c->drivers.n; i++)
		words[n++] = (struct driver_words){ c->drivers.s[i], NULL };
	*ret = words;
	return n;
}
