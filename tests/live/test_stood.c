/* Where objects stand in a history: merges, roots, branches, what nothing leads to, SHA-256, odd names. */
#include "base/mem.h"
#include "objects_kit.h"
#include "transport/git_places.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define OBJECTS_ASKED 20

struct asked {
	struct git_sought s[OBJECTS_ASKED];
	size_t n;
	struct arena *arena;
	bool whole;
	char why[200];
};

static void asked_free(struct asked *a)
{
	arena_free(a->arena);
}

/* The objects that the command names, one a line. */
static void ask(struct asked *a, const char *repo, bool lost, const char *command)
{
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo(repo);
	_cleanup_(freep) char *text = sh_text("cd %s && %s", repo, command);

	a->n = 0;
	a->arena = arena_new();
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) && *line; a->n++)
		(void)snprintf(a->s[a->n].oid, sizeof(a->s[a->n].oid), "%s", line);
	if (git_places_find(r, a->s, a->n, lost, a->arena, &a->whole, a->why, &e) < 0)
		fail_msg("%s", e.text);
}

static const struct git_stood *stood_at(const struct asked *a, size_t i, const char *path)
{
	for (const struct git_stood *s = a->s[i].stood; s; s = s->next)
		if (path ? s->path && !strcmp(s->path, path) : !s->path)
			return s;
	fail_msg("object %zu does not stand at %s", i, path ? path : "itself");
	return NULL;
}

/* git_says: the commit that should have brought it. */
static void brought(const struct asked *a, size_t i, const char *path, const char *repo, const char *git_says,
		    const char *now)
{
	const struct git_stood *s = stood_at(a, i, path);
	_cleanup_(freep) char *commit = sh_text("cd %s && git rev-parse %s", repo, git_says);

	assert_string_equal(s->commit, commit);
	if (now)
		assert_string_equal(s->now, now);
	else
		assert_null(s->now);
}

#define COMMIT "git add -A && git -c user.name='Ada L' -c user.email=ada@example.org commit -qm"

static void each_path_has_the_commit_that_brought_it(void **state _unused_)
{
	_cleanup_(asked_free) struct asked a = { 0 };

	must_sh("git init -q -b main r && cd r && git config user.name x && git config user.email x@example.org && "
		"echo root >f && echo same >one && " COMMIT " 1 && git tag c1 && "
		"cp one two && echo second >f && " COMMIT " 2 && git tag c2 && git rm -q one && " COMMIT " 3 && "
		"git checkout -q -b side c1 && echo side >g && " COMMIT " 4 && git tag c4 && echo third >f && "
		COMMIT " 5 && git checkout -q main && (git merge -q side >/dev/null 2>&1 || true) && echo both >f && "
		COMMIT " merge && git tag c6 && echo tree | git tag -a -F - noted && "
		"git tag -a -m x blobbed $(echo blob | git hash-object -w --stdin)");
	ask(&a, "r", false, "git rev-parse c1:f c1:one c2:f side:g side:f c6:f c6^{commit} noted blobbed^{}");
	assert_int_equal(a.n, 9);
	assert_true(a.whole);
	brought(&a, 0, "f", "r", "c1", NULL);
	brought(&a, 1, "one", "r", "c1", "refs/heads/side");
	brought(&a, 1, "two", "r", "c2", "HEAD");
	assert_int_equal(a.s[1].n, 2);
	brought(&a, 2, "f", "r", "c2", NULL);
	brought(&a, 3, "g", "r", "c4", "HEAD");
	assert_int_equal(a.s[3].n, 1);
	brought(&a, 4, "f", "r", "side", "refs/heads/side");
	/* the merge brought what none of its parents has, and nothing else */
	brought(&a, 5, "f", "r", "c6", "HEAD");
	assert_string_equal(stood_at(&a, 5, "f")->who, "Ada L <ada@example.org>");
	assert_true(stood_at(&a, 5, "f")->at_s > 1000000000);
	assert_true(stood_at(&a, 0, "f")->age > stood_at(&a, 2, "f")->age);
	assert_true(stood_at(&a, 4, "f")->age > stood_at(&a, 5, "f")->age);
	brought(&a, 6, NULL, "r", "c6", NULL);
	assert_string_equal(a.s[7].name, "refs/tags/noted");
	for (size_t i = 0; i < 9; i++)
		assert_true(a.s[i].reached);
}

static void put_in_again_was_brought_the_first_time(void **state _unused_)
{
	_cleanup_(asked_free) struct asked a = { 0 };

	must_sh("git init -q r && cd r && echo x >f && " COMMIT " 1 && git tag c1 && echo y >f && " COMMIT " 2 && "
		"echo x >f && " COMMIT " 3");
	ask(&a, "r", false, "git rev-parse HEAD:f");
	brought(&a, 0, "f", "r", "c1", "HEAD");
}

static void what_no_name_leads_to_is_told_apart(void **state _unused_)
{
	_cleanup_(asked_free) struct asked a = { 0 }, b = { 0 };

	must_sh("cd repo && echo here >here && " COMMIT " here && echo gone >gone && " COMMIT " gone && "
		"git rev-parse HEAD:gone >../oids && git rev-parse HEAD >../lost && git reset -q --hard HEAD~1 && "
		"echo alone | git hash-object -w --stdin >>../oids && git rev-parse HEAD:here >>../oids");
	ask(&a, "repo", false, "cat ../oids");
	assert_true(a.n == 3 && !a.s[0].reached && a.s[0].n == 0 && !a.s[1].reached);
	ask(&b, "repo", true, "cat ../oids");
	brought(&b, 0, "gone", "repo", "$(cat ../lost)", NULL);
	assert_false(b.s[0].reached || stood_at(&b, 0, "gone")->reached);
	assert_int_equal(b.s[1].n, 0);
	assert_true(b.s[2].reached && stood_at(&b, 2, "here")->reached);
	assert_string_equal(stood_at(&b, 2, "here")->now, "HEAD");
}

static void names_of_any_bytes_and_sha256(void **state _unused_)
{
	_cleanup_(asked_free) struct asked a = { 0 };

	must_sh("git init -q --object-format=sha256 r && cd r && echo x >$(printf 'a\\nb\\001\\377') && "
		"git -c user.name=\"$(printf 'E\\033[31m:100644')\" -c user.email=x@y commit -qm none --allow-empty && "
		"git add -A && git -c user.name=\"$(printf 'E\\033[31m')\" -c user.email=x@y commit -qm odd");
	ask(&a, "r", false, "git rev-parse $(git ls-tree HEAD | cut -d' ' -f3 | cut -f1)");
	assert_int_equal(strlen(a.s[0].oid), 64);
	brought(&a, 0, "a\nb\001\377", "r", "HEAD", "HEAD");
	assert_string_equal(stood_at(&a, 0, "a\nb\001\377")->who, "E\033[31m <x@y>");
}

static void a_history_with_holes_is_not_whole(void **state _unused_)
{
	_cleanup_(asked_free) struct asked a = { 0 }, fresh = { 0 };

	must_sh("git init -q r && cd r && echo x >f && " COMMIT " 1 && git tag c1 && echo y >f && " COMMIT " 2 && "
		"git rev-parse HEAD:f >../oids && t=$(git rev-parse c1^{tree}) && "
		"rm -f .git/objects/${t%%${t#??}}/${t#??}");
	ask(&a, "r", false, "cat ../oids");
	assert_false(a.whole);
	assert_true(*a.why);
	must_sh("git init -q fresh");
	ask(&fresh, "fresh", true, "cat ../oids");
	assert_true(fresh.whole && fresh.s[0].n == 0 && !fresh.s[0].reached);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, objects_begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(each_path_has_the_commit_that_brought_it),
		T(put_in_again_was_brought_the_first_time),
		T(what_no_name_leads_to_is_told_apart),
		T(names_of_any_bytes_and_sha256),
		T(a_history_with_holes_is_not_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
