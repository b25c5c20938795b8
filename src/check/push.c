#include "base/mem.h"
#include "check/push_parts.h"
#include <stdlib.h>
#include <string.h>

static bool is_none(const char *oid)
{
	return oid[strspn(oid, "0")] == '\0';
}

/* A name that leads to no commit (a tag of a file) is a push of bytes that no path names. */
static int find_tips(const struct push *p, struct git_oids *ret, struct err *e)
{
	_cleanup_(map_free) struct map once = MAP_INIT;

	for (uint32_t i = 0; i < p->n_refs; i++) {
		const struct push_ref *ref = &p->refs[i];
		char oid[65];
		struct err why = ERR_INIT;
		int x;

		if (is_none(ref->after) || !map_put(&once, ref->after, 1))
			continue;
		x = git_repo_commit(p->repo, ref->after, oid, &why);
		if (x < 0)
			return err_set(e, ERR_REFUSED, "'%.200s' leads to no commit, and what no commit has cannot be "
				       "held against the register: push commits, and tags of commits", ref->name);
		x = git_oids_add(ret, oid, e);
		if (x < 0)
			return x;
	}
	return 0;
}

/* One register for all. */
static int judge_all(struct push *p, const struct git_oids *tips, struct err *e)
{
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	int x = push_register_read(p, NULL, &reg, e);

	return x < 0 ? x : push_judge(&(struct push_group){ p, reg, tips }, e);
}

/* Each tip brings its own. */
static int judge_each(struct push *p, const struct git_oids *tips, struct err *e)
{
	int x = 0;

	if (tips->n > PUSH_REGISTERS_MAX)
		return err_set(e, ERR_LIMIT, "the push moves %zu branches and tags, and each has a register of its "
			       "own: at most %u at once", tips->n, PUSH_REGISTERS_MAX);
	for (size_t i = 0; x == 0 && i < tips->n; i++) {
		_cleanup_(register_freep) struct firebreak_register *reg = NULL;
		_cleanup_(git_oids_free) struct git_oids one = { 0 };
		char hex[65];

		x = git_oids_add(&one, git_oids_hex(tips, i, hex), e);
		if (x == 0)
			x = push_register_read(p, hex, &reg, e);
		if (x == 0)
			x = push_judge(&(struct push_group){ p, reg, &one }, e);
	}
	return x;
}

int push_check(struct push *p, struct err *e)
{
	_cleanup_(git_oids_free) struct git_oids tips = { 0 };
	int x;

	p->arena = arena_new();
	x = git_repo_open_push(p->limit_ms, &p->repo, e);
	if (x == 0)
		x = find_tips(p, &tips, e);
	if (x < 0 || tips.n == 0)
		return x;
	return push_register_is_pushed(p) ? judge_each(p, &tips, e) : judge_all(p, &tips, e);
}

bool push_is_refused(const struct push *p)
{
	return p->n_found || p->gaps.n;
}

void push_free(struct push *p)
{
	git_repo_freep(&p->repo);
	free(p->found);
	gaps_free(&p->gaps);
	arena_freep(&p->arena);
}
