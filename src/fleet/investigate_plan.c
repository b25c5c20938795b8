#include "fleet/investigate_plan.h"
#include "base/mem.h"
#include "model/evict.h"

#define FILES_MAX 100000u

int investigate_plan_begin(const struct engine *en, const struct incident *i, struct investigate_plan *ret,
			   struct err *e)
{
	_cleanup_(evict_list_free) struct evict_list list = { 0 };
	int r = engine_reach(en, i, &ret->members, &ret->n, &ret->n_roots, e);

	if (r < 0)
		return r;
	evict_list_of(en->reg, ret->members, ret->n, ret->n_roots, &list);
	ret->keys = mem_zero(list.n_keys + 1, sizeof(*ret->keys));
	for (uint32_t k = 0; k < list.n_keys; k++)
		ret->keys[k] = en->reg->ssh_keys[list.keys[k]].fingerprint;
	ret->of.n_keys = list.n_keys;
	return 0;
}

static bool is_on(const struct consumer *c, uint32_t host)
{
	for (uint32_t k = 0; k < c->hosts.n; k++)
		if (c->hosts.i[k] == host)
			return true;
	return false;
}

void investigate_plan_host(const struct firebreak_register *r, struct investigate_plan *p, uint32_t host)
{
	uint32_t n = 0;
	size_t cap = 0;

	freep(&p->files);
	p->of.host = r->hosts[host].name;
	p->of.lost = false;
	for (size_t m = 0; m < p->n; m++) {
		if (p->members[m].kind == REF_HOST && p->members[m].index == host && m < p->n_roots)
			p->of.lost = true;
		if (p->members[m].kind != REF_SECRET)
			continue;
		const struct secret_def *s = &r->secrets[p->members[m].index];

		for (uint32_t k = 0; k < s->n_consumers; k++)
			if (s->consumers[k].file && is_on(&s->consumers[k], host) &&
			    GROW(p->files, n, cap, FILES_MAX))
				p->files[n++] = s->consumers[k].file;
	}
	p->of.keys = p->keys;
	p->of.files = p->files;
	p->of.n_files = n;
}

void investigate_plan_free(struct investigate_plan *p)
{
	freep(&p->members);
	freep(&p->keys);
	freep(&p->files);
	*p = (struct investigate_plan){ 0 };
}
