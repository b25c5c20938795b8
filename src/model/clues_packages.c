/* What the packages say: files that are not what was installed. */
#include "base/text.h"
#include "model/clues_parts.h"
#include <inttypes.h>
#include <string.h>

static bool runs(const char *path)
{
	static const char *const folders[] = { "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/lib/", "/lib/",
					       "/usr/libexec/", "/etc/pam.d/", "/lib64/" };

	for (size_t k = 0; k < ARRAY_SIZE(folders); k++)
		if (text_starts(path, folders[k]))
			return true;
	return false;
}

static void file(struct clues *c, const json_t *l)
{
	const char *path = clue_text(l, "path"), *package = clue_text(l, "package");
	int64_t at_us = clue_us(l, "at_us");

	if (clue_is(l, "replaced"))
		clue(c, CLUE_SOFTWARE, true, at_us,
			"%.200s is not the file that %.60s %.60s installed; it was last changed at "
		     "%s", path, package, clue_text(l, "installed"), clue_time(c, at_us));
	else if (clue_is(l, "link"))
		clue(c, CLUE_SOFTWARE, true, 0, "%.200s of %.60s is a link now, and was installed as a file", path,
			package);
	else if (clue_is(l, "sums-written"))
		clue(c, CLUE_SOFTWARE, true, at_us,
			"%.200s, the sums of %.60s, was written at %s, and dpkg installed nothing: "
		     "its files may have been made to fit", path, package, clue_time(c, at_us));
	else if (clue_is(l, "missing"))
		clue(c, CLUE_SOFTWARE, runs(path), 0, "%" PRId64 " files of %.60s are not there, %.200s first",
		     json_int(l, "count", 0), package, path);
}

static bool changed_in_window(struct clues *c, const json_t *l)
{
	int64_t at_us = clue_us(l, "at_us");
	bool is = clue_in_window(c, at_us);

	if (is)
		clue(c, CLUE_USE, false, at_us, "%.200s, configuration of %.60s, was changed at %s",
		     clue_text(l, "path"), clue_text(l, "package"), clue_time(c, at_us));
	return is;
}

void clues_packages(struct clues *c)
{
	uint32_t configured = 0;

	for (size_t k = 0; k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);

		if (strcmp(clue_text(l, "of"), "packages") != 0)
			continue;
		if (clue_is(l, "configured"))
			configured += !changed_in_window(c, l);
		else
			file(c, l);
	}
	if (configured)
		clue(c, CLUE_USE, false, 0, "%u more configuration files are not as installed, none of them changed "
			"in the "
		     "window", configured);
	clues_old(c);
}
