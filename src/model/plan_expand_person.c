#include "base/text.h"
#include "model/domains.h"
#include "model/plan_expand.h"

static int person_step(struct expansion *x, const char *about, const char *how)
{
	struct step *s = expand_add(x, expand_say(x, "%s:%s:%s", x->ps->id, x->s->name, about));

	if (!s)
		return expand_full(x);
	s->text = expand_say(x, "%s%s%s", x->ps->text, how ? ": " : "", how ? how : "");
	s->title = expand_say(x, "%s: by hand: %s (%s)", x->s->name, x->ps->text, about);
	return 0;
}

/* Two secrets that open the same table have one step between them: what it keeps is reset once. */
static int stored_step(struct expansion *x, const struct stored_find *f)
{
	const char *table = stored_id(x->b->p->arena, f->table);
	struct step *s = expand_add(x, expand_say(x, "%s:%s@%s", x->ps->id, table, f->address));

	if (!s)
		return expand_full(x);
	s->title = s->text = expand_say(x, "%s: %s", x->ps->text, stored_about(x->b, f));
	return 0;
}

/* What was declared stands at the front. */
static int expand_hosts(struct expansion *x)
{
	const struct plan_input *in = x->b->in;

	for (size_t k = 0; k < in->n_members; k++) {
		if (in->members[k].kind != REF_HOST || (k < in->n_roots) != (x->ps->each == EACH_HOST))
			continue;
		const char *host = in->reg->hosts[in->members[k].index].name;
		struct step *s = expand_add(x, expand_say(x, "%s:%s", x->ps->id, host));

		if (!s)
			return expand_full(x);
		s->host = in->members[k].index;
		s->text = building_host_text(x->b, x->ps->text, host);
		s->title = expand_say(x, "%s: by hand: %s", host, s->text);
	}
	return 0;
}

/* Only the ledger of mail says that they were told, where the register says who they are. */
static int expand_domains(struct expansion *x)
{
	_cleanup_(buf_free) struct buf command = BUF_INIT(LIMIT_TEXT);
	uint32_t at = 0, data;
	struct step *s;

	if (!domains_next(x->b->in->reg, x->s, &at, &data))
		return expand_once(x);
	s = expand_add(x, expand_say(x, "%s:%s", x->ps->id, x->s->name));
	if (!s)
		return expand_full(x);
	buf_str(&command, "firebreak mail send ");
	if (x->b->in->incident)
		buf_printf(&command, "%lld", (long long)x->b->in->incident);
	else
		buf_char(&command, 'N');
	buf_str(&command, " --domains-of ");
	text_shell(&command, x->s->name);
	s->mailed = true;
	s->text = expand_say(x, "%s: %s; it is done when the ledger of mail says so", x->ps->text, buf_text(&command));
	s->title = expand_say(x, "%s: by mail: %s", x->s->name, s->text);
	return 0;
}

int expand_person(struct expansion *x)
{
	int r = 0;

	if (x->ps->each == EACH_HOST || x->ps->each == EACH_REACHED_HOST)
		return expand_hosts(x);
	if (x->ps->each == EACH_ONCE || !x->s)
		return expand_once(x);
	if (x->ps->each == EACH_DOMAINS)
		return expand_domains(x);
	if (x->ps->each == EACH_ACCOUNT)
		for (uint32_t i = 0; r == 0 && i < x->s->n_accounts; i++)
			r = person_step(x, expand_account_words(x, &x->s->accounts[i]), NULL);
	if (x->ps->each == EACH_EXTERNAL)
		for (uint32_t i = 0; r == 0 && i < x->s->n_externals; i++)
			r = person_step(x, x->s->externals[i].name, x->s->externals[i].how);
	if (x->ps->each == EACH_PUBLIC_HALF)
		for (uint32_t i = 0; r == 0 && i < x->s->n_public_halves; i++)
			r = person_step(x, x->s->public_halves[i].file, x->s->public_halves[i].what);
	if (x->ps->each == EACH_STORED)
		for (size_t i = 0; r == 0 && i < x->b->in->n_stored; i++)
			if (x->b->in->stored[i].secret == x->secret)
				r = stored_step(x, &x->b->in->stored[i]);
	return r;
}
