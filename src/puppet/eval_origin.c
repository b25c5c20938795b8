/* Private keys and files that are asked for, each under a number. FEED_NONE: none, or no more fit. */
#include "puppet/eval.h"
#include <string.h>

#define ORIGINS_MAX 200000u

static uint32_t intern(struct run *r, const char *key, struct feed_origin *o)
{
	struct feed *f = r->feed;
	uint32_t found = map_get(&r->origin_names, key);

	if (found != MAP_NONE)
		return found;
	if (strlen(o->raw) > VAL_NAME_MAX || !GROW(f->origins, f->n_origins, f->cap_origins, ORIGINS_MAX)) {
		r->taints->over = true;
		return FEED_NONE;
	}
	o->raw = arena_dup(f->arena, o->raw);
	o->pattern = strchr(o->raw, HOLE) != NULL;
	o->name = val_visible(f->arena, o->raw, strlen(o->raw));
	f->origins[f->n_origins] = *o;
	(void)map_put(&r->origin_names, arena_dup(f->arena, key), f->n_origins);
	return f->n_origins++;
}

static uint32_t origin_key(struct run *r, const char *raw, size_t len, uint32_t file, uint32_t line, uint32_t col)
{
	_cleanup_(freep) char *key = mem_zero(len + 2, 1);
	struct feed_origin o = { .from = FEED_KEY, .mount = "", .file = file, .line = line, .col = col };

	key[0] = 'k';
	memcpy(key + 1, raw, len);
	o.raw = key + 1;
	if (len > 2 && !memcmp(raw, "::", 2))
		o.raw += 2;
	return intern(r, key, &o);
}

/* "puppet:///mount/path", "puppet://server/mount/path", "/path"; FEED_NONE: a public file of a module. */
uint32_t origin_file(struct run *r, const char *url, size_t len, uint32_t file, uint32_t line, uint32_t col)
{
	_cleanup_(freep) char *copy = mem_dupn(url, len), *key = mem_printf("f%s", copy);
	struct feed_origin o = { .from = FEED_FILE, .mount = "", .file = file, .line = line, .col = col, .raw = copy };

	if (!strncmp(copy, "puppet://", 9)) {
		const char *mount = strchr(copy + 9, '/'), *path = mount ? strchr(mount + 1, '/') : NULL;

		if (!path)
			return FEED_NONE;
		o.mount = val_visible(r->feed->arena, mount + 1, (size_t)(path - mount) - 1);
		o.raw = path + 1;
		if (!strcmp(o.mount, "modules"))
			return FEED_NONE;
	} else if (copy[0] != '/' && copy[0] != HOLE) {
		return FEED_NONE;
	}
	return intern(r, key, &o);
}

uint32_t taint_of_key(struct run *r, const char *raw, size_t len, uint32_t file, uint32_t line, uint32_t col)
{
	uint32_t id = origin_key(r, raw, len, file, line, col);

	return id == FEED_NONE ? 0 : taint_of(r->taints, id);
}

uint32_t taint_of_file(struct run *r, const char *url, size_t len, uint32_t file, uint32_t line, uint32_t col)
{
	uint32_t id = origin_file(r, url, len, file, line, col);

	return id == FEED_NONE ? 0 : taint_of(r->taints, id);
}
