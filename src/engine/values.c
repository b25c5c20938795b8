#include "base/mem.h"
#include "engine/run.h"
#include <string.h>

struct value *value_of(struct run *r, uint32_t secret)
{
	for (uint32_t i = 0; i < r->n_values; i++)
		if (r->values[i].secret == secret)
			return &r->values[i];
	return NULL;
}

char *value_context(int64_t incident, const char *secret, const char *which)
{
	return mem_printf("firebreak/1/%lld/%s/%s", (long long)incident, secret, which);
}

bool step_needs_admin(const struct run *r, uint32_t step, uint32_t *ret_secret)
{
	const struct step *s = &r->plan->steps[step];
	const struct account *a;

	if (s->secret == NOTHING || s->account == NOTHING || s->person)
		return false;
	a = &r->en->reg->secrets[s->secret].accounts[s->account];
	*ret_secret = a->admin_secret;
	return a->admin_secret != NOTHING && a->admin_secret != s->secret;
}

static int open_one(struct run *r, const char *sealed, const char *secret, const char *which, struct secret **ret,
		    struct err *e)
{
	_cleanup_(freep) char *context = value_context(r->number, secret, which);

	if (!r->o->key)
		return err_set(e, ERR_AUTH, "'%s' was sealed by an earlier run and your key is not open; name it with "
			       "--key", secret);
	int x = seal_open(r->o->key, sealed, context, ret, e);

	return x < 0 ? err_wrap(e, "the %s value of '%s'", which, secret) : 0;
}

/* An earlier run made the values: its sealed ones are the only truth. */
static int load_sealed(struct run *r, struct value *v, const struct step_state *s, struct err *e)
{
	const char *name = r->en->reg->secrets[v->secret].name;
	int x = open_one(r, s->sealed_old, name, "old", &v->old, e);

	if (x == 0)
		x = open_one(r, s->sealed_new, name, "new", &v->new, e);
	if (x < 0)
		return x;
	snprintf(v->old_tag, sizeof(v->old_tag), "%s", s->old_tag ? s->old_tag : "");
	snprintf(v->new_tag, sizeof(v->new_tag), "%s", s->new_tag ? s->new_tag : "");
	v->have = HAVE_IT;
	return 0;
}

static struct value *add(struct run *r, uint32_t secret)
{
	struct value *v = value_of(r, secret);

	if (v)
		return v;
	v = &r->values[r->n_values++];
	*v = (struct value){ .secret = secret };
	return v;
}

int values_load(struct run *r, struct err *e)
{
	int x = 0;

	r->values = mem_zero(r->en->reg->n_secrets + 1, sizeof(*r->values));
	for (uint32_t i = 0; x == 0 && i < r->plan->n; i++) {
		const struct step *s = &r->plan->steps[i];
		const struct step_state *state = incident_step(r->incident, s->id);
		uint32_t admin;

		if (s->what == DO_VALUES) {
			struct value *v = add(r, s->secret);

			if (state && state->sealed_new)
				x = load_sealed(r, v, state, e);
		}
		if (step_needs_admin(r, i, &admin))
			add(r, admin);
	}
	return x;
}

void values_free(struct run *r)
{
	for (uint32_t i = 0; i < r->n_values; i++) {
		secret_free(r->values[i].old);
		secret_free(r->values[i].new);
	}
	free(r->values);
}

static int seal_into(struct run *r, const struct value *v, const struct secret *s, const char *which, json_t *body,
		     struct err *e)
{
	_cleanup_(freep) char *context = value_context(r->number, r->en->reg->secrets[v->secret].name, which);
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(ROW_BODY_MAX);
	int x = seal_value(s, context, r->to, r->n_to, &sealed, e);

	if (x == 0)
		json_put(body, which, buf_text(&sealed));
	return x;
}

const char *value_kind(const struct run *r, uint32_t secret)
{
	const struct secret_def *def = &r->en->reg->secrets[secret];
	const struct playbook *pb = playbooks_for(r->en->playbooks, def->kind);

	return pb && pb->make && def->make ? def->make : pb ? pb->make : NULL;
}

static int new_value(const struct run *r, uint32_t secret, const struct secret *made, struct secret **ret,
		     struct err *e)
{
	const struct playbook *pb = playbooks_for(r->en->playbooks, r->en->reg->secrets[secret].kind);

	if (!value_kind(r, secret))
		return secret_random(pb->length, pb->alphabet, ret, e);
	if (!made)
		return err_set(e, ERR_REMOTE, "the worker did not give the new key");
	*ret = secret_copy(made);
	return 0;
}

int value_make(struct run *r, struct value *v, const struct secret *old, const struct secret *made, json_t *body,
	       struct err *e)
{
	const struct secret_def *def = &r->en->reg->secrets[v->secret];
	_cleanup_(secret_freep) struct secret *new = NULL;
	int x = new_value(r, v->secret, made, &new, e);

	if (x == 0)
		x = seal_into(r, v, old, "old", body, e);
	if (x == 0)
		x = seal_into(r, v, new, "new", body, e);
	if (x < 0)
		return err_wrap(e, "new value of '%s'", def->name);
	digest_tag(&r->tag_key, old, v->old_tag);
	digest_tag(&r->tag_key, new, v->new_tag);
	json_put(body, "old_tag", v->old_tag);
	json_put(body, "new_tag", v->new_tag);
	secret_free(v->old);
	v->old = secret_copy(old);
	v->new = TAKE(new);
	v->have = HAVE_IT;
	return 0;
}
