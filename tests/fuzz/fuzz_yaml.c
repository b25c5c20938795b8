/* Any bytes: no crash, no leak, and the tree's own claims about the source hold. */
#include "base/yaml.h"
#include "fuzz.h"

static void look(const struct yaml_node *n, size_t len, unsigned depth)
{
	if (depth > 2 * 64)
		abort();
	for (; n; n = n->next) {
		size_t count = 0;

		if (n->start > n->end || n->end > len || n->line == 0 || n->col == 0)
			abort();
		if (!n->text || n->text[n->len] != '\0')
			abort();
		for (const struct yaml_node *c = n->child; c; c = c->next) {
			count++;
			if ((n->kind == YAML_MAP) != (c->key != NULL) || c->start < n->start)
				abort();
		}
		if (count != n->count)
			abort();
		if (n->key)
			look(n->key, len, depth + 1);
		look(n->child, len, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;
	int r = yaml_parse(a, "fuzz", (const char *)data, size, &root, &e);

	if ((r < 0) != (e.code != ERR_NONE) || (r < 0 && (root || strncmp(e.text, "fuzz:", 5) != 0)))
		abort();
	look(root, size, 0);
	return 0;
}
