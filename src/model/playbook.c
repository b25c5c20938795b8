#include "model/playbook.h"
#include "base/keypair.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "model/half_format.h"
#include <string.h>

static const char *const dos[STEP_DOS] = {
	[DO_VALUES] = "values", [DO_COMMIT] = "commit", [DO_INSPECT] = "inspect", [DO_STAGE] = "stage",
	[DO_CHANGE] = "change", [DO_RETIRE] = "retire", [DO_CUT] = "cut", [DO_APPLY] = "apply",
	[DO_DRAIN] = "drain", [DO_RESTART] = "restart", [DO_LOOK] = "look", [DO_SETTLE] = "settle",
	[DO_PROVE] = "prove", [DO_RESIDUE] = "residue", [DO_PERSON] = "person", [DO_WITHDRAW] = "withdraw",
	[DO_PUBLISH] = "publish", [DO_ISSUE] = "issue", [DO_REVOKE] = "revoke",
	[DO_HOLD] = "hold", [DO_RESUME] = "resume", [DO_KEEP] = "keep", [DO_PULL] = "pull", [DO_GONE] = "gone",
};
static const char *const sides[] = { [SIDE_CLIENT] = "client", [SIDE_SERVER] = "server", [SIDE_PUBLIC] = "public" };
static const char *const olds[] = { "refused", "any" };
static const char *const news[] = { "accepted", "any" };
static const char *const roles[] = { [ROLE_ACCEPTS] = "accepts", [ROLE_REPLICA] = "replica" };
static const char *const eaches[] = {
	[EACH_ONCE] = "once", [EACH_ACCOUNT] = "account", [EACH_EXTERNAL] = "external",
	[EACH_PUBLIC_HALF] = "public-half", [EACH_STORED] = "stored", [EACH_HOST] = "host",
	[EACH_DOMAINS] = "domains", [EACH_REACHED_HOST] = "reached-host",
};
static const char *const whens[] = {
	[WHEN_ALWAYS] = "always", [WHEN_CAN_STAGE] = "can-stage", [WHEN_CANNOT_STAGE] = "cannot-stage",
	[WHEN_PULLED] = "pulled",
};
static const char *const modes[] = { [MODE_EMERGENCY] = "emergency", [MODE_PLANNED] = "planned" };

const char *step_do_name(enum step_do d)
{
	return dos[d];
}

const char *mode_name(enum mode m)
{
	return modes[m];
}

struct reader {
	struct playbooks *b;
	const char *file;
	struct err *e;
	struct playbook *p;
	struct playbook_step *s;
};

typedef int field_fn(struct reader *r, const struct yaml_node *v);
struct field { const char *key; field_fn *take; };

static int word(struct reader *r, const struct yaml_node *v, const char *const *words, size_t n, uint32_t *ret)
{
	for (uint32_t i = 0; v->kind == YAML_SCALAR && i < n; i++)
		if (!strcmp(v->text, words[i])) {
			*ret = i;
			return 0;
		}
	const char *near = v->kind == YAML_SCALAR ? text_nearest(v->text, words, n) : NULL;

	return yaml_err(r->e, r->file, v, "one of the words of docs/formats/playbook.md is expected here%s%s%s",
			near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
}

static int text_of(struct reader *r, const struct yaml_node *v, const char **ret)
{
	if (v->kind != YAML_SCALAR || !v->len || v->len > LIMIT_TEXT)
		return yaml_err(r->e, r->file, v, "a text of 1 to %u characters is expected", LIMIT_TEXT);
	*ret = arena_dupn(r->b->arena, v->text, v->len);
	return 0;
}

static int list_of(struct reader *r, const struct yaml_node *v, struct names *ret)
{
	if (v->kind != YAML_LIST || v->count > 100)
		return yaml_err(r->e, r->file, v, "a list of at most 100 is expected: [one, two]");
	ret->s = arena_zero(r->b->arena, (v->count + 1) * sizeof(*ret->s));
	for (const struct yaml_node *x = v->child; x; x = x->next)
		if (text_of(r, x, &ret->s[ret->n++]) < 0)
			return -ERR_CONFIG;
	return 0;
}

static int take_id(struct reader *r, const struct yaml_node *v) { return text_of(r, v, &r->s->id); }
static int take_why(struct reader *r, const struct yaml_node *v) { return text_of(r, v, &r->s->why); }
static int take_text(struct reader *r, const struct yaml_node *v) { return text_of(r, v, &r->s->text); }
static int take_after(struct reader *r, const struct yaml_node *v) { return list_of(r, v, &r->s->after); }
static int take_behind(struct reader *r, const struct yaml_node *v) { return list_of(r, v, &r->s->behind); }

static int take_do(struct reader *r, const struct yaml_node *v)
{
	uint32_t w;
	int x = word(r, v, dos, STEP_DOS, &w);

	if (x == 0)
		r->s->what = (enum step_do)w;
	return x;
}

static int take_side(struct reader *r, const struct yaml_node *v)
{
	uint32_t w;
	int x = word(r, v, sides, ARRAY_SIZE(sides), &w);

	r->s->has_side = true;
	if (x == 0)
		r->s->side = (enum side)w;
	return x;
}

static int take_role(struct reader *r, const struct yaml_node *v)
{
	uint32_t w;
	int x = word(r, v, roles, ARRAY_SIZE(roles), &w);

	r->s->has_role = true;
	if (x == 0)
		r->s->role = (enum role)w;
	return x;
}

static int take_each(struct reader *r, const struct yaml_node *v)
{
	uint32_t w;
	int x = word(r, v, eaches, ARRAY_SIZE(eaches), &w);

	if (x == 0)
		r->s->each = (enum each)w;
	return x;
}

static int take_when(struct reader *r, const struct yaml_node *v)
{
	uint32_t w;
	int x = word(r, v, whens, ARRAY_SIZE(whens), &w);

	if (x == 0)
		r->s->when = (enum when)w;
	return x;
}

static int take_old(struct reader *r, const struct yaml_node *v)
{
	uint32_t w;
	int x = word(r, v, olds, ARRAY_SIZE(olds), &w);

	if (x == 0)
		r->s->old_any = w == 1;
	return x;
}

static int take_new(struct reader *r, const struct yaml_node *v)
{
	uint32_t w;
	int x = word(r, v, news, ARRAY_SIZE(news), &w);

	if (x == 0)
		r->s->new_any = w == 1;
	return x;
}

static int take_formats(struct reader *r, const struct yaml_node *v)
{
	int x = list_of(r, v, &r->s->formats);

	for (uint32_t i = 0; x == 0 && i < r->s->formats.n; i++)
		if (!half_format_find(r->s->formats.s[i]))
			return yaml_err(r->e, r->file, v, "no format of a public half is called '%s'",
					r->s->formats.s[i]);
	return x;
}

static int take_modes(struct reader *r, const struct yaml_node *v)
{
	if (v->kind != YAML_LIST)
		return yaml_err(r->e, r->file, v, "a list is expected: [emergency, planned]");
	r->s->emergency = r->s->planned = false;
	for (const struct yaml_node *x = v->child; x; x = x->next) {
		uint32_t w;

		if (word(r, x, modes, ARRAY_SIZE(modes), &w) < 0)
			return -ERR_CONFIG;
		*(w == MODE_EMERGENCY ? &r->s->emergency : &r->s->planned) = true;
	}
	return 0;
}

static int take_limit(struct reader *r, const struct yaml_node *v)
{
	uint32_t seconds;

	if (v->kind != YAML_SCALAR || text_u32(v->text, 1, 86400, &seconds) < 0)
		return yaml_err(r->e, r->file, v, "seconds are expected, 1 to 86400");
	r->s->limit_ms = (int64_t)seconds * 1000;
	return 0;
}

static const struct field step_fields[] = {
	{ "id", take_id }, { "do", take_do }, { "why", take_why }, { "text", take_text }, { "modes", take_modes },
	{ "side", take_side }, { "role", take_role }, { "each", take_each }, { "when", take_when },
	{ "old", take_old }, { "new", take_new }, { "formats", take_formats },
	{ "after", take_after }, { "behind", take_behind }, { "limit", take_limit },
};

static int map_of(struct reader *r, const struct yaml_node *map, const struct field *f, size_t n)
{
	const char *keys[32];

	if (map->kind != YAML_MAP)
		return yaml_err(r->e, r->file, map, "keys and values are expected here");
	for (size_t i = 0; i < n; i++)
		keys[i] = f[i].key;
	for (const struct yaml_node *v = map->child; v; v = v->next) {
		size_t i = 0;

		while (i < n && strcmp(keys[i], v->key->text) != 0)
			i++;
		if (i == n) {
			const char *near = text_nearest(v->key->text, keys, n);

			return yaml_err(r->e, r->file, v->key, "there is no key '%s' here%s%s%s", v->key->text,
					near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
		}
		for (const struct yaml_node *w = map->child; w != v; w = w->next)
			if (!strcmp(w->key->text, v->key->text))
				return yaml_err(r->e, r->file, v->key, "the key '%s' stands twice", v->key->text);
		if (f[i].take(r, v) < 0)
			return -ERR_CONFIG;
	}
	return 0;
}

static int64_t usual_limit(enum step_do d)
{
	switch (d) {
	case DO_APPLY: case DO_SETTLE: return 0;
	case DO_DRAIN: return 600000;
	case DO_INSPECT: return 300000;
	default: return 60000;
	}
}

static int check_step(struct reader *r, const struct yaml_node *v)
{
	struct playbook_step *s = r->s;

	if (!yaml_get(v, "do"))
		return yaml_err(r->e, r->file, v, "a step needs 'do'");
	if (!s->why)
		return yaml_err(r->e, r->file, v, "a step needs 'why': the sentence of the page that it comes from");
	if (s->what == DO_PERSON && !s->text)
		return yaml_err(r->e, r->file, v, "a person's step needs 'text': what to do");
	if (s->has_side && s->side == SIDE_PUBLIC && s->what != DO_APPLY && s->what != DO_SETTLE &&
	    s->what != DO_PULL)
		return yaml_err(r->e, r->file, v, "'side: public' is for 'apply', 'settle' and 'pull': no consumer is "
				"of that side");
	if (s->has_side && s->side != SIDE_PUBLIC && s->what == DO_PULL)
		return yaml_err(r->e, r->file, v, "'side' of a 'pull' can only be 'public'");
	if (s->formats.n && s->what != DO_PUBLISH && s->what != DO_WITHDRAW && s->what != DO_ISSUE &&
	    s->what != DO_REVOKE && s->what != DO_HOLD && s->what != DO_RESUME && s->what != DO_KEEP)
		return yaml_err(r->e, r->file, v, "'formats' is for 'publish', 'withdraw', 'issue', 'revoke', 'hold', "
				"'resume' and 'keep'");
	if (s->old_any && s->what != DO_PROVE)
		return yaml_err(r->e, r->file, v, "'old: any' is for 'prove'");
	if (s->new_any && (s->what != DO_PROVE || s->old_any))
		return yaml_err(r->e, r->file, v, "'new: any' is for a 'prove' that refuses the old value");
	if ((s->what == DO_KEEP || s->what == DO_PULL || s->what == DO_GONE) && s->when != WHEN_PULLED)
		return yaml_err(r->e, r->file, v, "'%s' takes a secret out of deployment: it needs 'when: pulled'",
				dos[s->what]);
	if (!s->id)
		s->id = dos[s->what];
	if (!s->limit_ms)
		s->limit_ms = usual_limit(s->what);
	for (const struct playbook_step *o = r->p->steps; o != s; o++)
		if (!strcmp(o->id, s->id))
			return yaml_err(r->e, r->file, v, "two steps are called '%s'; give one of them another 'id'",
					s->id);
	return 0;
}

/* Only steps that stand before may be waited for: a playbook cannot have a cycle. */
static int check_names(struct reader *r, const struct yaml_node *v, const struct names *names)
{
	for (uint32_t i = 0; i < names->n; i++) {
		const struct playbook_step *o = r->p->steps;

		while (o != r->s && strcmp(o->id, names->s[i]) != 0)
			o++;
		if (o == r->s)
			return yaml_err(r->e, r->file, v, "no step '%s' stands before this one", names->s[i]);
	}
	return 0;
}

static int take_steps(struct reader *r, const struct yaml_node *v)
{
	if (v->kind != YAML_LIST || !v->count || v->count > 100)
		return yaml_err(r->e, r->file, v, "a list of 1 to 100 steps is expected");
	r->p->steps = arena_zero(r->b->arena, v->count * sizeof(*r->p->steps));
	for (const struct yaml_node *x = v->child; x; x = x->next) {
		r->s = &r->p->steps[r->p->n_steps++];
		*r->s = (struct playbook_step){ .emergency = true, .planned = true,
			.at = { arena_dup(r->b->arena, r->file), x->line, x->col } };
		if (map_of(r, x, step_fields, ARRAY_SIZE(step_fields)) < 0 || check_step(r, x) < 0 ||
		    check_names(r, x, &r->s->after) < 0 || check_names(r, x, &r->s->behind) < 0)
			return -ERR_CONFIG;
	}
	return 0;
}

static int take_version(struct reader *r, const struct yaml_node *v)
{
	return v->kind == YAML_SCALAR && !strcmp(v->text, "1") ? 0 :
		yaml_err(r->e, r->file, v, "'playbook: 1' is expected: this version reads no other");
}

static int take_name(struct reader *r, const struct yaml_node *v) { return text_of(r, v, &r->p->name); }
static int take_title(struct reader *r, const struct yaml_node *v) { return text_of(r, v, &r->p->title); }
static int take_kinds(struct reader *r, const struct yaml_node *v) { return list_of(r, v, &r->p->kinds); }

static int take_alphabet(struct reader *r, const struct yaml_node *v)
{
	struct err why = ERR_INIT;
	int x = text_of(r, v, &r->p->alphabet);

	return x == 0 && secret_alphabet(r->p->alphabet, &why) < 0 ? yaml_err(r->e, r->file, v, "%s", why.text) : x;
}

static int take_length(struct reader *r, const struct yaml_node *v)
{
	if (v->kind != YAML_SCALAR || text_u32(v->text, 16, 512, &r->p->length) < 0)
		return yaml_err(r->e, r->file, v, "a length of 16 to 512 characters is expected");
	return 0;
}

static int take_make(struct reader *r, const struct yaml_node *v)
{
	uint32_t w;
	int x = word(r, v, keypair_names, KEYPAIRS, &w);

	if (x == 0)
		r->p->make = keypair_names[w];
	return x;
}

static int take_last(struct reader *r, const struct yaml_node *v)
{
	if (v->kind != YAML_SCALAR || (strcmp(v->text, "true") != 0 && strcmp(v->text, "false") != 0))
		return yaml_err(r->e, r->file, v, "true or false is expected");
	r->p->last = v->text[0] == 't';
	return 0;
}

static const struct field fields[] = {
	{ "playbook", take_version }, { "name", take_name }, { "title", take_title }, { "kinds", take_kinds },
	{ "make", take_make },
	{ "length", take_length }, { "alphabet", take_alphabet }, { "last", take_last }, { "steps", take_steps },
};

static int check_playbook(struct reader *r, const struct yaml_node *root, bool shipped)
{
	static const char *const needed[] = { "playbook", "name", "title", "kinds", "steps" };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!yaml_get(root, needed[i]))
			return yaml_err(r->e, r->file, root, "a playbook needs '%s'", needed[i]);
	for (uint32_t i = 0; i < r->p->kinds.n; i++) {
		const struct playbook *other = playbooks_for(r->b, r->p->kinds.s[i]);

		if (other && (other->shipped == shipped))
			return yaml_err(r->e, r->file, yaml_get(root, "kinds"), "the kind '%s' has a playbook already: "
					"%s", r->p->kinds.s[i], other->at.file);
	}
	if (r->p->make && (r->p->length || r->p->alphabet))
		return yaml_err(r->e, r->file, yaml_get(root, "make"), "'make' is a key, which has no 'length' or "
				"'alphabet': leave them away");
	if (!r->p->length)
		r->p->length = 32;
	if (!r->p->alphabet)
		r->p->alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	r->p->shipped = shipped;
	return 0;
}

int playbooks_add(struct playbooks *b, const struct source *file, bool shipped, struct err *e)
{
	struct playbook p = { 0 };
	struct reader r = { .b = b, .e = e, .p = &p, .file = file->name };
	struct arena *tree _cleanup_(arena_freep) = arena_new();
	struct yaml_node *root;

	if (!b->arena)
		b->arena = arena_new();
	int x = yaml_parse(tree, file->name, file->text, file->len, &root, e);

	if (x < 0)
		return x;
	if (!root)
		return yaml_err(e, file->name, NULL, "the playbook is empty");
	p.at = (struct position){ arena_dup(b->arena, file->name), root->line, root->col };
	if (map_of(&r, root, fields, ARRAY_SIZE(fields)) < 0 || check_playbook(&r, root, shipped) < 0)
		return -ERR_CONFIG;
	if (!GROW(b->p, b->n, b->cap, 1000))
		return err_set(e, ERR_LIMIT, "more than 1000 playbooks");
	b->p[b->n++] = p;
	return 0;
}

const struct playbook *playbooks_for(const struct playbooks *b, const char *kind)
{
	for (uint32_t i = b->n; i-- > 0;)
		for (uint32_t k = 0; k < b->p[i].kinds.n; k++)
			if (!strcmp(b->p[i].kinds.s[k], kind))
				return &b->p[i];
	return NULL;
}

void playbooks_free(struct playbooks *b)
{
	arena_free(b->arena);
	free(b->p);
	*b = (struct playbooks){ 0 };
}
