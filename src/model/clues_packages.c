/* What the packages say: files that are not what was installed, and what was old. */
#include "base/text.h"
#include "model/clues_parts.h"
#include <inttypes.h>
#include <string.h>

#define PENDING_TOLD 100u

struct seen { uint32_t pending, configured, installed; };

static bool runs(const char *path)
{
	static const char *const folders[] = { "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/lib/", "/lib/",
					       "/usr/libexec/", "/etc/pam.d/", "/lib64/" };

	for (size_t k = 0; k < ARRAY_SIZE(folders); k++)
		if (text_starts(path, folders[k]))
			return true;
	return false;
}

static bool in_window(const struct clues *c, int64_t at_us)
{
	return at_us - c->in->off_us >= c->in->from_us && at_us - c->in->off_us <= c->in->until_us;
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

static void change(struct clues *c, const json_t *l, struct seen *s)
{
	int64_t at_us = clue_us(l, "at_us");
	bool later = c->in->suspected_us && at_us - c->in->off_us >= c->in->suspected_us;

	if (strcmp(clue_text(l, "action"), "upgrade") == 0 && later)
		clue(c, CLUE_OLD, true, at_us, "%.60s was %.60s until %s, when %.60s was installed: at the time in "
			"question the "
		     "older one ran", clue_text(l, "package"), clue_text(l, "before"), clue_time(c, at_us),
		     clue_text(l, "after"));
	else if (strcmp(clue_text(l, "action"), "install") == 0 && in_window(c, at_us) && s->installed++ < PENDING_TOLD)
		clue(c, CLUE_SOFTWARE, false, at_us, "%.60s %.60s was installed at %s", clue_text(l, "package"),
		     clue_text(l, "after"), clue_time(c, at_us));
}

static void one(struct clues *c, const json_t *l, struct seen *s)
{
	int64_t at_us = clue_us(l, "at_us");

	if (clue_is(l, "pending") && s->pending++ < PENDING_TOLD) {
		clue(c, CLUE_OLD, true, 0, "%.60s %.60s is installed; the security archive has %.60s", clue_text(l,
			"package"),
		     clue_text(l, "installed"), clue_text(l, "candidate"));
	} else if (clue_is(l, "configured")) {
		if (in_window(c, at_us))
			clue(c, CLUE_USE, false, at_us, "%.200s, configuration of %.60s, was changed at %s",
			     clue_text(l, "path"), clue_text(l, "package"), clue_time(c, at_us));
		else
			s->configured++;
	} else if (clue_is(l, "change")) {
		change(c, l, s);
	} else {
		file(c, l);
	}
}

static void upstream(struct clues *c, const struct seen *s)
{
	int64_t asked_us = clue_us(c->in->packages, "asked_us");

	if (!json_int(c->in->packages, "security_lists", 0)) {
		clue_not_read(c, "/var/lib/apt/lists", "apt knows no security archive here");
		return;
	}
	if (s->pending)
		clue(c, CLUE_UPSTREAM, true, 0,
			"the security archive mends %u packages that this host has unmended: whether one "
		     "of the holes was the way in, its advisories say", s->pending);
	else
		clue(c, CLUE_UPSTREAM, false, 0,
			"by what apt learnt at %s the security archive has nothing newer than what is "
		     "installed: if software let them in, no mended one is there yet, or it is not the distribution's",
		     clue_time(c, asked_us));
}

void clues_packages(struct clues *c)
{
	struct seen s = { 0 };

	for (size_t k = 0; k < json_array_size(c->in->found); k++) {
		const json_t *l = json_array_get(c->in->found, k);

		if (strcmp(clue_text(l, "of"), "packages") == 0)
			one(c, l, &s);
	}
	if (s.pending > PENDING_TOLD)
		clue(c, CLUE_OLD, true, 0, "and %u more packages with mended versions in the security archive",
		     s.pending - PENDING_TOLD);
	if (s.configured)
		clue(c, CLUE_USE, false, 0, "%u more configuration files are not as installed, none of them changed "
			"in the "
		     "window", s.configured);
	if (c->in->packages)
		upstream(c, &s);
}
