/* The selector as a value of YAML data: Hiera feeds it to what writes KeyTable and SigningTable. */
#include "base/yaml_splice.h"
#include "keys/dkim.h"
#include "keys/half.h"
#include <string.h>

#define PARTS_MAX 32

/* A key as it is spelt, or Hiera's dotted form below it. */
static int path_of(const struct half_work *w, const char *path[PARTS_MAX + 1], char *room, size_t size, struct err *e)
{
	const char *key = half_option(w, "key");
	size_t n = 0;

	if (strlen(key) >= size)
		return err_set(e, ERR_CONFIG, "'key' of the public half is too long");
	(void)snprintf(room, size, "%s", key);
	for (char *s = room, *rest = NULL; n < PARTS_MAX; s = NULL) {
		path[n] = strtok_r(s, ".", &rest);
		if (!path[n])
			break;
		n++;
	}
	path[n] = NULL;
	return n ? 0 : err_set(e, ERR_CONFIG, "'key' of the public half is empty");
}

static int publish(const struct half_work *w, struct half_said *ret, struct err *e)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct half_file *f = &w->files[0];
	const char *path[PARTS_MAX + 1];
	const struct yaml_node *n = NULL;
	char selector[DKIM_SELECTOR], room[1024];
	int r = path_of(w, path, room, sizeof(room), e);

	if (r < 0 || (r = yaml_find(a, f->path, f->text, f->len, path, &n, e)) < 0)
		return r;
	dkim_selector(w->new, selector);
	(void)snprintf(ret->text, sizeof(ret->text), "%.150s says '%s'", half_option(w, "key"), selector);
	if (n->len == strlen(selector) && !memcmp(n->text, selector, n->len))
		return 0;
	return yaml_splice(f->path, f->text, f->len, path, selector, strlen(selector), f->ret, e);
}

const struct half_writer half_dkim_selector = { .name = "dkim-selector", .publish = publish };
