/* What names lead to, by git's quick walk: the same as its slow one says, whatever the history is like. */
#include "base/mem.h"
#include "objects_kit.h"
#include "transport/git_walk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct walked { struct git_walk walk; struct git_history told; };

static void walked_free(struct walked *w)
{
	git_walk_free(&w->walk);
	git_history_free(&w->told);
}

static void walk(const char *repo, struct walked *ret)
{
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo(repo);

	if (git_walk_run(r, &ret->walk, &ret->told, &e) < 0)
		fail_msg("%s", e.text);
}

/* Of all objects of the store, trees left out, just those that `git rev-list --objects` names. */
static void walk_is_that_of_git(const char *repo)
{
	_cleanup_(walked_free) struct walked w = { .walk = GIT_WALK_INIT };
	_cleanup_(freep) char *said = sh_text("cd %s && git rev-list --objects --no-object-names --missing=print --all "
					      "HEAD | grep -v '^?' | sort -u", repo);
	_cleanup_(freep) char *all = sh_text("cd %s && git cat-file --batch-all-objects --batch-check="
					     "'%%(objectname) %%(objecttype)' | grep -v tree | cut -d' ' -f1", repo);
	_cleanup_(git_oids_free) struct git_oids asked = { 0 };
	size_t n = 0;
	char hex[65];

	walk(repo, &w);
	if (!w.told.whole)
		fail_msg("%s", w.told.why);
	for (char *rest = all, *line; (line = strsep(&rest, "\n")) && *line;)
		assert_int_equal(git_oids_add(&asked, line, &e), 0);
	git_oids_once(&asked);
	_cleanup_(freep) bool *marks = mem_zero(asked.n, sizeof(*marks));

	assert_int_equal(git_walk_mark(&w.walk, &asked, marks, &e), 0);
	for (size_t i = 0; i < asked.n; i++) {
		bool named = strstr(said, git_oids_hex(&asked, i, hex)) != NULL;

		if (marks[i] != named)
			fail_msg("%s is %s", hex, named ? "not walked to" : "walked to");
		n += !named;
	}
	/* something of the store is left to nothing, or the comparison tells little */
	assert_true(n > 0 && n < asked.n);
}

#define LOST "echo lost $$ | git hash-object -w --stdin >../lost"

static void every_kind_of_history_is_walked(void **state _unused_)
{
	must_sh("cd repo && " LOST " && git checkout -q -b side HEAD~1 && echo side >side && git add -A && "
		"git commit -qm side && git checkout -q -b third HEAD~1 && echo third >third && git add -A && "
		"git commit -qm third && git checkout -q main");
	walk_is_that_of_git("repo");
	/* a merge that brings what no parent has, in a file of both and in one of none; and one of three */
	must_sh("cd repo && git merge -q --no-commit side >../out 2>&1; echo merged >>two && echo evil >side && "
		"echo new >evil && git add -A && git commit -qm merge && git merge -q -m octopus third side "
		">../out 2>&1; "
		"git checkout -q -b octo HEAD~1 && git commit -q --allow-empty -m e && git merge -q --no-ff -m o third "
		"main >../out 2>&1; git checkout -q main");
	walk_is_that_of_git("repo");
	/* a root of its own, modes, links, what was a file becomes a folder, names of every kind */
	must_sh("cd repo && git checkout -q --orphan root && git rm -rqf . && echo root >r && ln -s r l && "
		"git add -A && git commit -qm root && chmod +x r && git add -A && git commit -qm mode && "
		"git rm -q l && "
		"mkdir l && echo deep >l/deep && printf odd >\"$(printf ':1 2\\n\\001x')\" && git add -A && "
		"git commit -qm odd && git checkout -q main && git merge -q --allow-unrelated-histories -m both root "
		">../out 2>&1");
	walk_is_that_of_git("repo");
	/* tags of blobs, trees and tags; notes, a stash, a detached HEAD, other names; a submodule */
	must_sh("cd repo && git tag -a -m b tb $(echo only a tag has it | git hash-object -w --stdin) && "
		"git tag plain $(echo a plain tag | git hash-object -w --stdin) && "
		"git tag -a -m t tt $(git rev-parse HEAD^{tree}) && git tag -a -m c tc HEAD && "
		"git tag -a -m n tn tc && "
		"git notes add -m noted HEAD && echo stashed >two && git stash -q && "
		"git update-ref refs/other/x $(git commit-tree -m other HEAD^{tree}) && git update-index --add "
		"--cacheinfo 160000,$(git rev-parse HEAD),sub && git commit -qm sub && git checkout -q --detach && "
		"echo detached >detached && git add detached && git commit -qm detached");
	walk_is_that_of_git("repo");
	must_sh("cd repo && git gc -q --prune=now && git checkout -q main && " LOST);
	walk_is_that_of_git("repo");
	must_sh("git init -q --object-format=sha256 wide && cd wide && echo one >one && git add -A && "
		"git -c user.name=a "
		"-c user.email=a@b commit -qm one && " LOST);
	walk_is_that_of_git("wide");
}

static void missing_is(const char *repo, const char *git_says)
{
	_cleanup_(walked_free) struct walked w = { .walk = GIT_WALK_INIT };
	_cleanup_(freep) char *said = sh_text("%s", git_says);
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	char hex[65];

	walk(repo, &w);
	assert_true(w.told.whole);
	for (size_t i = 0; i < w.told.missing.n; i++)
		(void)buf_printf(&b, "%s%s", i ? "\n" : "", git_oids_hex(&w.told.missing, i, hex));
	assert_string_equal(buf_text(&b), said);
}

static void what_is_missing_is_told_once(void **state _unused_)
{
	must_sh("git -C repo config uploadpack.allowFilter true && cd repo && echo again >again && git add -A && git "
		"commit -qm in && git rm -q again && git commit -qm out && echo again >again && git add -A && "
		"git commit "
		"-qm again && cd .. && for f in blob:none tree:0; do git clone -q --no-local --no-checkout --filter=$f "
		"file://%s/repo ${f%%:*}; done", scratch);
	missing_is("repo", ":");
	missing_is("blob", "cd blob && git rev-list --objects --all --missing=print | sed -n 's/^?//p' | sort -u");
	missing_is("tree", "cd tree && git rev-list --objects --all --missing=print | sed -n 's/^?//p' | sort -u");
	must_sh("cd repo && o=$(git rev-parse main~1) && rm -f .git/objects/$(echo $o | cut -c1-2)/$(echo $o | "
		"cut -c3-)");
	_cleanup_(walked_free) struct walked w = { .walk = GIT_WALK_INIT };
	walk("repo", &w);
	assert_false(w.told.whole);
	assert_true(*w.told.why);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, objects_begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(every_kind_of_history_is_walked),
		T(what_is_missing_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
