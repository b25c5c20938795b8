#include "base/yaml_anchor.h"
#include "base/mem.h"
#include <string.h>

static int collect(const struct yaml_source *s, struct yaml_node *n, struct yaml_anchors *ret, struct err *e)
{
	for (; n; n = n->next) {
		struct yaml_anchor one = { .node = n };
		int r = n->key ? collect(s, n->key, ret, e) : 0;

		if (r < 0)
			return r;
		if (yaml_anchor_name(s, n, &one.name, &one.len)) {
			if (!GROW(ret->list, ret->n, ret->cap, YAML_ANCHORS_MAX))
				return yaml_err(e, s->name, n, "more than %u anchors stand in this file",
						YAML_ANCHORS_MAX);
			ret->list[ret->n++] = one;
		}
		r = collect(s, n->child, ret, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int yaml_anchors_make(const struct yaml_source *s, struct yaml_anchors *ret, struct err *e)
{
	*ret = (struct yaml_anchors){ 0 };
	return collect(s, s->root, ret, e);
}

struct yaml_node *yaml_anchors_find(const struct yaml_anchors *a, const struct yaml_node *alias)
{
	for (size_t i = a->n; i > 0; i--) {
		const struct yaml_anchor *one = &a->list[i - 1];

		if (one->node->start < alias->start && one->len == alias->len &&
		    memcmp(one->name, alias->text, alias->len) == 0)
			return one->node;
	}
	return NULL;
}

void yaml_anchors_free(struct yaml_anchors *a)
{
	free(a->list);
	*a = (struct yaml_anchors){ 0 };
}

bool yaml_is_merge(const struct yaml_node *element)
{
	return element->key && element->key->kind == YAML_SCALAR && element->key->len == 2 &&
	       memcmp(element->key->text, "<<", 2) == 0 && element->kind != YAML_SCALAR;
}
