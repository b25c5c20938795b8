#include "match/rules.h"
#include "base/mem.h"
#include "match/rules_parts.h"

const struct rule *rules_find(const struct rules *r, const char *id)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (!strcmp(r->r[i]->id, id))
			return r->r[i];
	return NULL;
}

static uint32_t index_of(const struct rules *r, const char *id)
{
	uint32_t i = 0;

	while (i < r->n && strcmp(r->r[i]->id, id) != 0)
		i++;
	return i;
}

static const char *hint_rules(const struct rules *r, const char *wrong)
{
	_cleanup_(freep) const char **ids = mem_zero(r->n + 1, sizeof(*ids));

	for (uint32_t i = 0; i < r->n; i++)
		ids[i] = r->r[i]->id;
	return hint_words(wrong, ids, r->n);
}

static bool twice(struct loader *l, const struct rule_file *f)
{
	struct map ids = MAP_INIT;
	bool ok = true;

	for (uint32_t i = 0; i < f->n && !enough(l); i++)
		if (!map_put(&ids, f->r[i].id, i)) {
			const struct position *first = &f->r[map_get(&ids, f->r[i].id)].at;

			ok = problem(l, f->r[i].at, "rule '%s' stands twice: the first is on line %u", f->r[i].id,
				     first->line);
		}
	map_free(&ids);
	return !ok;
}

/* What is switched off was there before this file. */
static bool switch_off(struct loader *l, struct rules *r, const struct words *off)
{
	bool ok = true;

	for (uint32_t i = 0; i < off->n; i++) {
		uint32_t at = index_of(r, off->w[i].s);

		if (at == r->n) {
			ok = problem(l, (struct position){ off->file, off->w[i].line, off->w[i].col },
				     "no rule is called '%.60s'%s", off->w[i].s, hint_rules(r, off->w[i].s));
			continue;
		}
		memmove(&r->r[at], &r->r[at + 1], (--r->n - at) * sizeof(const struct rule *));
	}
	return ok;
}

/* A rule of the same id takes the old one's place in the order; the others go before all that is there. */
static bool merge(struct loader *l, struct rules *r, const struct rule_file *f)
{
	uint32_t fresh = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		uint32_t at = index_of(r, f->r[i].id);

		if (at < r->n) {
			r->r[at] = &f->r[i];
			continue;
		}
		if (!GROW(r->r, r->n, r->cap, RULES_MAX))
			return problem(l, f->r[i].at, "more than %u rules", RULES_MAX);
		memmove(&r->r[fresh + 1], &r->r[fresh], (r->n++ - fresh) * sizeof(const struct rule *));
		r->r[fresh++] = &f->r[i];
	}
	return true;
}

static void read_file(struct loader *l, struct rules *r, const struct source *file, bool shipped)
{
	_cleanup_(arena_freep) struct arena *tree = arena_new();
	struct rule_file f = { .rules = r };
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;

	if (yaml_parse(tree, l->file, file->text, file->len, &root, &e) < 0) {
		l->n_problems++;
		l->first = e;
		if (l->problems)
			strv_add(l->problems, e.text);
		return;
	}
	if (!root) {
		(void)problem_at(l, NULL, "the file is empty: expected 'rules: 1' and a list of rules");
		return;
	}
	if (!rules_read(l, root, &f) || twice(l, &f) || !switch_off(l, r, &f.off))
		return;
	for (uint32_t i = 0; i < f.n; i++)
		f.r[i].shipped = shipped;
	(void)merge(l, r, &f);
}

int rules_add(struct rules *r, const struct source *file, bool shipped, struct strv *problems, struct err *e)
{
	_cleanup_(arena_freep) struct arena *draft = arena_new();

	if (!r->arena)
		r->arena = arena_new();
	struct loader l = { .keep = r->arena, .draft = draft, .noun = "rule file", .problems = problems,
			    .file = arena_dup(r->arena, file->name) };

	read_file(&l, r, file, shipped);
	return l.n_problems ? err_set(e, ERR_CONFIG, "%s", l.first.text) : 0;
}

void rules_free(struct rules *r)
{
	arena_free(r->arena);
	free(r->r);
	free(r->parts);
	*r = (struct rules){ 0 };
}
