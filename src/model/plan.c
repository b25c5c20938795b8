#include "model/plan.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/plan_build.h"
#include <string.h>

const struct driver_view *building_driver(const struct building *b, const char *name)
{
	for (size_t i = 0; i < b->in->n_drivers; i++)
		if (!strcmp(b->in->drivers[i].name, name))
			return &b->in->drivers[i];
	return NULL;
}

bool building_pulls(const struct building *b, uint32_t secret)
{
	for (size_t i = 0; i < b->in->n_pulled; i++)
		if (b->in->pulled[i] == secret)
			return true;
	return false;
}

const char *building_host_text(const struct building *b, const char *text, const char *host)
{
	_cleanup_(buf_free) struct buf out = BUF_INIT(4 * LIMIT_TEXT);

	for (const char *c = text; *c; c++)
		if (text_starts(c, "{host}")) {
			buf_str(&out, host);
			c += strlen("{host}") - 1;
		} else if (text_starts(c, "{incident}")) {
			buf_printf(&out, "%lld", (long long)b->in->incident);
			c += strlen("{incident}") - 1;
		} else {
			buf_char(&out, *c);
		}
	return arena_dup(b->p->arena, buf_text(&out));
}

static int choose_secrets(struct building *b)
{
	const struct plan_input *in = b->in;
	struct arena *a = b->p->arena;

	b->secrets.r = arena_zero(a, (in->n_members + 1) * sizeof(*b->secrets.r));
	for (size_t i = 0; i < in->n_members; i++) {
		if (in->members[i].kind != REF_SECRET)
			continue;
		const struct secret_def *s = &in->reg->secrets[in->members[i].index];
		const struct playbook *pb = playbooks_for(in->playbooks, s->kind);

		if (!pb)
			return err_set(b->e, ERR_CONFIG, "%s:%u:%u: secret '%s': no playbook names the kind '%s'; "
				       "write one below playbooks/ of the register, or correct the "
				       "kind", s->at.file, s->at.line, s->at.col, s->name, s->kind);
		b->of_secret[in->members[i].index] = pb;
		b->secrets.r[b->secrets.n++] = in->members[i];
	}
	return 0;
}

static void find_keepers(struct building *b)
{
	const struct firebreak_register *r = b->in->reg;

	b->keepers.i = arena_zero(b->p->arena, (r->n_secrets + 1) * sizeof(*b->keepers.i));
	for (uint32_t i = 0; i < r->n_secrets; i++)
		if (r->secrets[i].n_stored)
			b->keepers.i[b->keepers.n++] = i;
}

int plan_build(const struct plan_input *in, struct plan **ret, struct err *e)
{
	_cleanup_(plan_freep) struct plan *p = mem_zero(1, sizeof(*p));
	_cleanup_(freep) const struct playbook **of_secret = mem_zero(in->reg->n_secrets + 1,
								      sizeof(struct playbook *));
	struct building b = { .in = in, .p = p, .of_secret = of_secret, .e = e };
	int r;

	p->arena = arena_new();
	p->mode = in->mode;
	b.general = playbooks_for(in->playbooks, "incident");
	if (in->n_stored)
		find_keepers(&b);
	r = choose_secrets(&b);
	if (r == 0)
		r = plan_evict(&b);
	for (uint32_t i = 0; r == 0 && i < b.secrets.n; i++)
		r = plan_expand(&b, b.secrets.r[i].index, false);
	if (r == 0 && b.general)
		r = plan_expand(&b, NOTHING, false);
	/* Behind all others: what an inspection finds does not change the numbers that people have seen. */
	for (uint32_t i = 0; r == 0 && i < b.secrets.n; i++)
		r = plan_expand(&b, b.secrets.r[i].index, true);
	if (r == 0)
		r = plan_link(&b);
	if (r == 0)
		*ret = TAKE(p);
	return r;
}

struct plan *plan_free(struct plan *p)
{
	if (!p)
		return NULL;
	map_free(&p->ids);
	free(p->steps);
	arena_free(p->arena);
	free(p);
	return NULL;
}

void plan_freep(struct plan **p)
{
	*p = plan_free(*p);
}
