/* Questions to a finished feed. */
#include "puppet/feed.h"
#include "base/buf.h"
#include "base/macro.h"
#include "puppet/val.h"
#include <string.h>

#define PIECES 16u

static const char *const told_names[] = {
	[TOLD_NOTIFIED] = "notified", [TOLD_BY_EXEC] = "by-exec", [TOLD_READER] = "reader", [TOLD_ORDERED] = "ordered",
	[TOLD_BESIDE] = "beside",
};

const char *feed_told_name(enum feed_told told)
{
	return told_names[told];
}

struct fill { char hole[HOLE_LEN]; const char *s; size_t len; };

/* Fits the name into the pattern, and says what each hole is: the shortest text that makes the rest fit. */
static bool fit(const char *raw, const char *name, struct fill *fills, unsigned *n, unsigned depth)
{
	while (*raw && *raw != HOLE) {
		if (*raw++ != *name++)
			return false;
	}
	if (!*raw)
		return !*name;
	if (depth == 0)
		return false;
	for (unsigned i = 0; i < *n; i++)
		if (!memcmp(fills[i].hole, raw, HOLE_LEN)) {
			if (strncmp(name, fills[i].s, fills[i].len) != 0)
				return false;
			return fit(raw + HOLE_LEN, name + fills[i].len, fills, n, depth - 1);
		}
	if (*n == PIECES)
		return false;
	for (size_t len = 0;; len++) {
		unsigned before = (*n)++;

		memcpy(fills[before].hole, raw, HOLE_LEN);
		fills[before].s = name;
		fills[before].len = len;
		if (fit(raw + HOLE_LEN, name + len, fills, n, depth - 1))
			return true;
		*n = before;
		if (!name[len])
			return false;
	}
}

static bool is_name(const struct feed_origin *o, const char *name)
{
	struct fill fills[PIECES];
	unsigned n = 0;

	return o->pattern ? fit(o->raw, name, fills, &n, 4) : !strcmp(o->raw, name);
}

bool feed_is_key(const struct feed_origin *o, const char *key)
{
	size_t len = strlen(o->raw);

	if (o->from != FEED_KEY)
		return false;
	/* a leaf of a hash that is looked up as a whole; or the whole of which one leaf is looked up */
	if (!o->pattern && !strncmp(o->raw, key, len) && key[len] == '.')
		return true;
	return is_name(o, key);
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

bool feed_is_file(const struct feed_origin *o, const char *repository, const char *path)
{
	const char *below;

	if (o->from != FEED_FILE)
		return false;
	if (!strcmp(o->mount, "secret")) {
		below = strstr(path, "secrets/");
		return below && is_name(o, below + 8);
	}
	if (*o->mount)
		return !strcmp(o->mount, repository)
			&& (is_name(o, path) || (starts(path, "files/") && is_name(o, path + 6)));
	/* a path of the puppet server: the repository's folder is one of its parts */
	for (below = strstr(o->raw, repository); below; below = strstr(below + 1, repository)) {
		const char *rest = below + strlen(repository);
		struct feed_origin part = *o;

		if (below == o->raw || below[-1] != '/' || *rest != '/')
			continue;
		part.raw = rest + 1;
		if (is_name(&part, path))
			return true;
	}
	return false;
}

const char *feed_target(struct arena *a, const struct feed *f, const struct feed_item *i, const char *key_or_path)
{
	const struct feed_origin *o = &f->origins[i->origin];
	_cleanup_(buf_free) struct buf out = BUF_INIT(65536);
	struct fill fills[PIECES];
	unsigned n = 0;

	if (!o->pattern || (!fit(o->raw, key_or_path, fills, &n, 4)
			    && !(starts(key_or_path, "files/") && fit(o->raw, key_or_path + 6, fills, &n, 4))))
		return i->target;
	for (const char *s = i->raw; *s; s++) {
		unsigned k = 0;

		if (*s != HOLE) {
			(void)buf_char(&out, *s);
			continue;
		}
		while (k < n && memcmp(fills[k].hole, s, HOLE_LEN) != 0)
			k++;
		if (k < n)
			(void)buf_add(&out, fills[k].s, fills[k].len);
		else
			(void)buf_char(&out, '*');
		s += HOLE_LEN - 1;
	}
	return arena_dup(a, buf_text(&out));
}
