/* if, case and ?: the branch that is taken, or all that may be. */
#include "puppet/eval.h"
#include "puppet/regex.h"
#include <string.h>

#define BRANCHES 256u

struct branches {
	const struct pp_node *of[BRANCHES];     /* NULL: nothing happens */
	uint32_t n;
};

struct set_vars { struct var *vars; uint32_t n; };

static uint32_t value_in(const struct set_vars *v, const struct var *name)
{
	uint32_t i = 0;

	while (i < v->n && (v->vars[i].len != name->len || memcmp(v->vars[i].name, name->name, name->len) != 0))
		i++;
	return i;
}

/* What each branch set, put together: a variable that one of them did not set may be undef. */
static void merge(struct eval *e, struct scope *s, const struct set_vars *all, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < all[i].n; k++) {
			const struct var *var = &all[i].vars[k];
			const struct val *values[BRANCHES];
			bool seen = false;

			for (uint32_t j = 0; j < i && !seen; j++)
				seen = value_in(&all[j], var) < all[j].n;
			for (uint32_t j = 0; j < n && !seen; j++) {
				uint32_t at = value_in(&all[j], var);

				values[j] = at < all[j].n ? all[j].vars[at].val : val_undef();
			}
			if (!seen)
				scope_set(e, s, var->name, var->len, val_oneof(&e->vals, values, n));
		}
}

static void stopped(struct eval *e)
{
	const struct val *both[2] = { e->stopped_with ? e->stopped_with : val_undef(), e->maybe_with };

	if (!e->stop)
		return;
	e->maybe_with = val_oneof(&e->vals, both, e->maybe_with ? 2 : 1);
	e->stop = STOP_NOT;
	e->stopped_with = NULL;
}

static const struct val *take_all(struct eval *e, struct scope *s, const struct branches *b)
{
	const struct val *values[BRANCHES];
	struct set_vars set[BRANCHES];
	uint32_t before = s->n;

	e->maybe++;
	for (uint32_t i = 0; i < b->n; i++) {
		values[i] = b->of[i] ? eval_block(e, s, b->of[i]) : val_undef();
		stopped(e);
		set[i].n = s->n - before;
		set[i].vars = arena_zero(e->vals.arena, (set[i].n + 1) * sizeof(struct var));
		if (set[i].n)
			memcpy(set[i].vars, s->vars + before, set[i].n * sizeof(struct var));
		s->n = before;
	}
	e->maybe--;
	merge(e, s, set, b->n);
	return val_oneof(&e->vals, values, b->n);
}

const struct val *eval_if(struct eval *e, struct scope *s, const struct pp_node *n)
{
	enum maybe m = val_truth(eval(e, s, n->a));
	struct branches b = { .of = { n->b, n->c }, .n = 2 };

	if (m == MAYBE)
		return take_all(e, s, &b);
	return m == YES ? eval_block(e, s, n->b) : n->c ? eval_block(e, s, n->c) : val_undef();
}

/* Each pattern of the text is compiled once for all hosts. */
static const struct compiled *compiled(struct run *r, const char *pattern, size_t len)
{
	char key[40];
	uint32_t i;

	(void)snprintf(key, sizeof(key), "%p", (const void *)pattern);
	i = map_get(&r->regex_names, key);
	if (i != MAP_NONE)
		return &r->regexes[i];
	if (!GROW(r->regexes, r->n_regexes, r->cap_regexes, MANIFEST_FACTS_MAX))
		return &r->regexes[0];
	i = r->n_regexes++;
	r->regexes[i] = (struct compiled){ .why = NULL };
	r->regexes[i].regex = regex_compile(r->feed->arena, pattern, len, &r->regexes[i].why);
	(void)map_put(&r->regex_names, arena_dup(r->feed->arena, key), i);
	return &r->regexes[i];
}

enum maybe eval_regex(struct eval *e, struct scope *s, const struct val *v, const char *pattern, size_t len,
		      const struct pp_node *at)
{
	const struct compiled *c;

	if (v->kind == VAL_UNDEF)
		return NO;
	if (v->kind != VAL_STRING || val_has_hole(v))
		return MAYBE;
	c = compiled(e->run, pattern, len);
	if (!c->regex) {
		eval_gap(e, GAP_UNDECIDED, s, at, "the pattern /%.*s/ is not understood (%s): both ways are followed",
			 (int)len, pattern, c->why);
		return MAYBE;
	}
	return regex_matches(c->regex, v->s, v->len) ? YES : NO;
}

/* Does a value satisfy an option of case or selector? */
enum maybe eval_matches(struct eval *e, struct scope *s, const struct val *v, const struct val *option,
			const struct pp_node *at)
{
	if (option->kind == VAL_DEFAULT)
		return YES;
	if (option->kind == VAL_REGEX)
		return eval_regex(e, s, v, option->s, option->len, at);
	if (option->kind == VAL_REF)
		return MAYBE; /* a type: "case $x { String: ..." */
	return val_equal(v, option);
}

/* The options in order; "default" wherever it stands comes last. */
struct choice { const struct pp_node *test, *then; };

static const struct val *choose(struct eval *e, struct scope *s, const struct val *v, const struct choice *c,
				uint32_t n)
{
	struct branches b = { .n = 0 };
	const struct pp_node *otherwise = NULL;
	bool decided = false;

	for (uint32_t i = 0; i < n && !decided; i++) {
		enum maybe m;

		if (c[i].test->kind == PP_DEFAULT) {
			otherwise = c[i].then;
			continue;
		}
		m = eval_matches(e, s, v, eval(e, s, c[i].test), c[i].test);
		if (m == NO || b.n >= BRANCHES - 1)
			continue;
		b.of[b.n++] = c[i].then;
		decided = m == YES;
	}
	if (!decided)
		b.of[b.n++] = otherwise;
	if (b.n == 1)
		return b.of[0] ? eval_block(e, s, b.of[0]) : val_undef();
	return take_all(e, s, &b);
}

static const struct val *choose_of(struct eval *e, struct scope *s, const struct val *v, const struct choice *c,
				   uint32_t n)
{
	const struct val *out[ONEOF_MAX];

	/* a selector of few known values is one of few results */
	if (v->kind != VAL_ONEOF)
		return choose(e, s, v, c, n);
	e->maybe++;
	for (uint32_t i = 0; i < v->n; i++)
		out[i] = choose(e, s, v->v[i], c, n);
	e->maybe--;
	return val_oneof(&e->vals, out, v->n);
}

const struct val *eval_case(struct eval *e, struct scope *s, const struct pp_node *n)
{
	_cleanup_(freep) struct choice *c = NULL;
	const struct val *of = eval(e, s, n->a);
	uint32_t count = 0;
	size_t cap = 0;

	for (const struct pp_node *o = n->b; o; o = o->next)
		for (const struct pp_node *k = o->a; k && GROW(c, count, cap, VAL_LIST_MAX); k = k->next)
			c[count++] = (struct choice){ k, o->b };
	return choose(e, s, of, c, count);
}

const struct val *eval_select(struct eval *e, struct scope *s, const struct pp_node *n)
{
	_cleanup_(freep) struct choice *c = NULL;
	const struct val *of = eval(e, s, n->a);
	uint32_t count = 0;
	size_t cap = 0;

	for (const struct pp_node *p = n->b; p && GROW(c, count, cap, VAL_LIST_MAX); p = p->next)
		c[count++] = (struct choice){ p->a, p->b };
	return choose_of(e, s, of, c, count);
}
