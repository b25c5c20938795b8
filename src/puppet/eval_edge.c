/* Who comes before whom: arrows, and what attributes say. They are found when all is declared. */
#include "puppet/eval.h"
#include "puppet/pp_lex.h"

void wish_add(struct eval *e, const struct val *from, const struct val *to, bool notify)
{
	if (GROW(e->wishes, e->n_wishes, e->cap_wishes, (size_t)FEED_RESOURCES_MAX * 4))
		e->wishes[e->n_wishes++] = (struct wish){ from, to, notify, e->maybe > 0, NO_RESOURCE, NO_RESOURCE };
}

const struct val *eval_edge(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *a = eval(e, s, n->a), *b = eval(e, s, n->b);
	bool backwards = n->op == T_FROM || n->op == T_NOTIFIED;

	wish_add(e, backwards ? b : a, backwards ? a : b, n->op == T_NOTIFY || n->op == T_NOTIFIED);
	return b;
}
