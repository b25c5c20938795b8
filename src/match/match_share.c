/* One compiled set for several threads: what Hyperscan, PCRE2 and we write to while looking is each thread's own. */
#include "match/match_parts.h"
#include "base/mem.h"
#include <string.h>

int matcher_share(const struct matcher *of, struct matcher **ret, struct err *e)
{
	_cleanup_(matcher_freep) struct matcher *m = mem_zero(1, sizeof(*m));

	*m = (struct matcher){
		.owner = of->owner ? of->owner : of, .database = of->database, .key = of->key,
		.n_finders = of->n_finders, .expressions = of->expressions, .literals = of->literals,
		.n_literals = of->n_literals, .keep = of->keep,
	};
	if (of->n_finders) {
		m->finders = mem_zero(of->n_finders, sizeof(*m->finders));
		memcpy(m->finders, of->finders, of->n_finders * sizeof(*m->finders));
	}
	int r = of->n_finders ? match_prepare(m, e) : m->database ? match_scratch(m, e) : 0;
	if (r == 0)
		*ret = TAKE(m);
	return r;
}
