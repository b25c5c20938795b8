#include "model/law.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/law_parts.h"
#include <string.h>

static const struct regime *regime_named(const struct law *l, const char *name)
{
	for (uint32_t i = 0; i < l->n_regimes; i++)
		if (!strcmp(l->regimes[i].name, name))
			return &l->regimes[i];
	return NULL;
}

const struct authority *law_authority(const struct law *l, const char *name)
{
	for (uint32_t i = 0; i < l->n_authorities; i++)
		if (!strcmp(l->authorities[i].name, name))
			return &l->authorities[i];
	return NULL;
}

const struct rung *law_rung(const struct law *l, const char *name)
{
	for (uint32_t i = 0; i < l->n_rungs; i++)
		if (!strcmp(l->rungs[i].name, name))
			return &l->rungs[i];
	return NULL;
}

int law_audience(const struct law *l, const char *name, const struct authority **ret_authority,
		 const struct rung **ret_rung, struct err *e)
{
	const char *names[LAW_AUTHORITIES_MAX + LAW_RUNGS_MAX];
	_cleanup_(buf_free) struct buf all = BUF_INIT(300);
	uint32_t n = 0;

	*ret_authority = law_authority(l, name);
	*ret_rung = *ret_authority ? NULL : law_rung(l, name);
	if (*ret_authority || *ret_rung)
		return 0;
	for (uint32_t i = 0; i < l->n_authorities; i++)
		names[n++] = l->authorities[i].name;
	for (uint32_t i = 0; i < l->n_rungs; i++)
		names[n++] = l->rungs[i].name;
	for (uint32_t i = 0; i < n; i++)
		buf_printf(&all, "%s%s", i ? ", " : "", names[i]);

	const char *near = text_nearest(name, names, n);

	return near ? err_set(e, ERR_USAGE, "nobody is called '%.60s' here; did you mean '%s'?", name, near)
		    : err_set(e, ERR_USAGE, "nobody is called '%.60s' here: there are %s", name, buf_text(&all));
}

static int at(struct err *e, const struct position *p, const char *what, const char *name, const char *hint)
{
	return err_set(e, ERR_CONFIG, "%s:%u:%u: %s '%s'%s", p->file, p->line, p->col, what, name, hint);
}

static int check_authorities(struct law *l, struct err *e)
{
	const char *names[LAW_REGIMES_MAX];

	for (uint32_t i = 0; i < l->n_regimes; i++)
		names[i] = l->regimes[i].name;
	for (uint32_t i = 0; i < l->n_authorities; i++) {
		struct authority *a = &l->authorities[i];

		a->regime = regime_named(l, a->regime_name);
		if (!a->regime)
			return at(e, &a->at, "no regime is called", a->regime_name,
				  hint_words(a->regime_name, names, l->n_regimes));
		if (law_authority(l, a->name) != a)
			return at(e, &a->at, "a second authority is called", a->name, "");
	}
	return 0;
}

static int check_rungs(const struct law *l, struct err *e)
{
	for (uint32_t i = 0; i < l->n_regimes; i++)
		if (regime_named(l, l->regimes[i].name) != &l->regimes[i])
			return at(e, &l->regimes[i].at, "a second regime is called", l->regimes[i].name, "");
	for (uint32_t i = 0; i < l->n_rungs; i++) {
		const struct rung *r = &l->rungs[i];

		if (law_rung(l, r->name) != r || law_authority(l, r->name))
			return at(e, &r->at, "another rung or authority is called", r->name, "");
	}
	return 0;
}

int law_check(struct law *l, struct err *e)
{
	const struct { bool there; const char *what; } needed[] = {
		{ l->n_regimes > 0, "regimes" }, { l->n_authorities > 0, "authorities" }, { l->n_rungs > 0, "ladder" },
		{ l->severity.band[BAND_MEDIUM] > 0, "severity" }, { l->suspicion_hours > 0, "suspicion-hours" },
		{ l->few_wikis > 0, "few-wikis" },
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!needed[i].there)
			return err_set(e, ERR_CONFIG, "no file of rules of notification says '%s': the shipped one "
				       "does; install again", needed[i].what);
	r = check_authorities(l, e);
	return r == 0 ? check_rungs(l, e) : r;
}

static void read_file(struct loader *l, struct law *law, const struct source *file)
{
	_cleanup_(arena_freep) struct arena *tree = arena_new();
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;
	struct law copy = *law;

	if (yaml_parse(tree, l->file, file->text, file->len, &root, &e) < 0) {
		l->n_problems++;
		l->first = e;
		if (l->problems)
			strv_add(l->problems, e.text);
		return;
	}
	if (!root)
		(void)problem_at(l, NULL, "the file is empty: expected 'notification: 1' and what it says");
	else if (law_read(l, root, &copy))
		*law = copy;
}

int law_add(struct law *l, const struct source *file, struct strv *problems, struct err *e)
{
	_cleanup_(arena_freep) struct arena *draft = arena_new();

	if (!l->arena)
		l->arena = arena_new();
	struct loader loader = { .keep = l->arena, .draft = draft, .noun = "file of rules", .problems = problems,
				 .file = arena_dup(l->arena, file->name) };

	read_file(&loader, l, file);
	return loader.n_problems ? err_set(e, ERR_CONFIG, "%s", loader.first.text) : 0;
}

void law_free(struct law *l)
{
	arena_free(l->arena);
	*l = (struct law){ 0 };
}
