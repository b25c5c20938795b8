#include "check/check.h"
#include "base/mem.h"
#include <string.h>

static const struct manifest_file *file_of(const struct check *c, const struct fact *f)
{
	return &c->manifest->files[f->file];
}

static void at_fact(struct check *c, enum finding_rule rule, const struct fact *f, const char *next, const char *text)
{
	findings_add(c->findings, &(struct finding){ .rule = rule, .repository = file_of(c, f)->repository,
		     .file = file_of(c, f)->path, .line = f->line, .col = f->col, .subject = f->name, .text = text,
		     .next = next });
}

struct keys {
	struct map public, private;        /* top keys: of public data -> fact; of the private trees -> leaf */
};

static void keys_clear(struct keys *k)
{
	map_free(&k->public);
	map_free(&k->private);
}

static void top_key(struct check *c, struct map *m, const char *key, uint32_t value)
{
	size_t len = strcspn(key, ".");

	(void)map_put(m, key[len] ? arena_dupn(c->arena, key, len) : key, value);
	(void)map_put(m, key, value);
}

static void collect(struct check *c, struct keys *k)
{
	for (uint32_t i = 0; i < c->manifest->n_facts; i++)
		if (c->manifest->facts[i].kind == FACT_HIERA)
			top_key(c, &k->public, c->manifest->facts[i].name, i);
	for (uint32_t i = 0; i < c->leaves->n; i++)
		if (c->leaves->list[i].key)
			top_key(c, &k->private, c->leaves->list[i].key, i);
	for (uint32_t i = 0; i < c->n_places; i++) {
		const struct check_place *p = &c->places[i];
		const char *key = c->reg->secrets[p->secret].places[p->place].key;

		if (key)
			top_key(c, &k->private, key, 0);
	}
}

static bool is_known(const struct keys *k, const char *key)
{
	size_t len = strcspn(key, ".");

	return map_get(&k->public, key) != MAP_NONE || map_get(&k->private, key) != MAP_NONE ||
	       map_getn(&k->public, key, len) != MAP_NONE || map_getn(&k->private, key, len) != MAP_NONE;
}

static void lookups(struct check *c, const struct keys *k)
{
	for (uint32_t i = 0; i < c->manifest->n_facts; i++) {
		const struct fact *f = &c->manifest->facts[i];

		if (f->kind != FACT_LOOKUP || f->flags & FACT_RESOLVED)
			continue;
		if (f->flags & FACT_AT_RUN_TIME)
			at_fact(c, RULE_UNDECIDED, f, "write the keys out, or look which of them there are",
				arena_printf(c->arena, "which key %s asks for is known at run time only: %s", f->how,
					     f->name));
		else if (!(f->flags & FACT_HAS_DEFAULT) && !is_known(k, f->name))
			at_fact(c, RULE_LOOKUP_UNKNOWN, f, "add the key where it is kept, or take the lookup out",
				arena_printf(c->arena, "'%s' is asked for, and nothing has it: neither register, nor "
					     "private git, nor public Hiera", f->name));
	}
}

static void undecided(struct check *c)
{
	for (uint32_t i = 0; i < c->manifest->n_gaps; i++) {
		const struct manifest_gap *g = &c->manifest->gaps[i];
		const struct manifest_file *f = &c->manifest->files[g->file];

		if (g->kind == GAP_UNDECIDED)
			findings_add(c->findings, &(struct finding){ .rule = RULE_UNDECIDED,
				     .repository = f->repository, .file = f->path, .line = g->line, .col = g->col,
				     .subject = g->text, .text = g->text, .next = "a person has to look" });
	}
}

/* Top keys of the register's places -> place. */
static void shadows(struct check *c)
{
	_cleanup_(map_free) struct map places = MAP_INIT, seen = MAP_INIT;

	for (uint32_t i = 0; i < c->n_places; i++) {
		const struct check_place *p = &c->places[i];
		const char *key = c->reg->secrets[p->secret].places[p->place].key;

		if (key)
			top_key(c, &places, key, i);
	}
	for (uint32_t i = 0; i < c->manifest->n_facts; i++) {
		const struct fact *f = &c->manifest->facts[i];
		uint32_t place = f->kind == FACT_HIERA ? map_getn(&places, f->name, strcspn(f->name, ".")) : MAP_NONE;

		if (place != MAP_NONE && map_put(&seen, f->name, i))
			at_fact(c, RULE_SHADOWED, f, "take it out of the public data, or register it as not secret",
				arena_printf(c->arena, "'%s' stands in public Hiera, and is private: '%s'", f->name,
					     c->reg->secrets[c->places[place].secret].name));
	}
}

static bool any(struct check *c _unused_, uint32_t origin _unused_, void *arg _unused_)
{
	return true;
}

static bool is_read(struct check *c, const struct check_place *p)
{
	return check_origins(c, &c->reg->secrets[p->secret].places[p->place], any, NULL);
}

/* A consumer or account that the register names is read by something, whoever feeds it. */
static void dead(struct check *c)
{
	for (uint32_t i = 0; i < c->n_places; i++) {
		const struct check_place *p = &c->places[i];
		const struct secret_def *s = &c->reg->secrets[p->secret];

		if (p->leaf == NOTHING || s->n_consumers || s->n_accounts || s->n_externals || s->unused ||
		    is_read(c, p))
			continue;
		check_at_leaf(c, RULE_DEAD, p->leaf, "take it out of the private git and of the register, or say there "
			      "why it is kept (unused: ...)",
			      "'%s' is read by nothing: no manifest of a host asks for it", s->name);
	}
}

void check_lookups(struct check *c)
{
	_cleanup_(keys_clear) struct keys k = { .public = MAP_INIT, .private = MAP_INIT };

	if (!c->manifest)
		return;
	collect(c, &k);
	lookups(c, &k);
	undecided(c);
	shadows(c);
	if (c->feed)
		dead(c);
}
