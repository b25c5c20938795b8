#include "cli/reading.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/places.h"
#include <string.h>

static int name_all(const struct firebreak_register *reg, const struct strv *repositories, struct reading *ret,
		    struct err *e)
{
	if (repositories->n > READING_AT_MAX)
		return err_set(e, ERR_USAGE, "--repository stands %zu times: at most %u are taken", repositories->n,
			       READING_AT_MAX);
	for (size_t i = 0; i < repositories->n; i++) {
		const char *word = repositories->s[i], *is = strchr(word, '=');
		_cleanup_(freep) char *name = is ? mem_dupn(word, (size_t)(is - word)) : NULL;
		uint32_t index = name ? map_get(&reg->repository_names, name) : MAP_NONE;

		if (!is || !is[1])
			return err_set(e, ERR_USAGE, "--repository '%s': expected NAME=PATH, such as private=.", word);
		if (index == MAP_NONE)
			return err_set(e, ERR_USAGE, "--repository '%s': the register has no repository of that name",
				       name);
		strv_add(&ret->words, is + 1);
		ret->at[ret->n++] = (struct survey_at){ index, ret->words.s[ret->words.n - 1], NULL };
	}
	return 0;
}

int reading_begin(struct cli *c, const struct firebreak_register *reg, const struct strv *repositories,
		  struct reading *ret, struct err *e)
{
	_cleanup_(freep) char *key_file = NULL;
	struct digest_key installation;
	const char *state = NULL;
	int r = name_all(reg, repositories, ret, e);

	if (r < 0)
		return r;
	r = places_state(c, &state, e);
	if (r < 0)
		return r;
	r = fs_mkdirs(state, 0700, e);
	if (r < 0)
		return r;
	ret->clones = fs_join(state, "clones");
	key_file = fs_join(state, "journal.key");
	r = digest_key_open(key_file, true, &installation, e);
	if (r == 0)
		digest_key_for(&installation, LEAF_TAG_PURPOSE, &ret->key);
	explicit_bzero(&installation, sizeof(installation));
	return r;
}

void reading_give(const struct reading *r, const struct firebreak_register *reg, struct survey *ret)
{
	ret->reg = reg;
	ret->key = &r->key;
	ret->clones = r->clones;
	ret->at = r->at;
	ret->n_at = r->n;
	ret->limit_ms = READING_GIT_LIMIT_MS;
}

void reading_end(struct reading *r)
{
	strv_free(&r->words);
	free(r->clones);
	explicit_bzero(&r->key, sizeof(r->key));
}
