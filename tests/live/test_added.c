/* Who added a key or a file to a repository: real git, real histories. */
#include "base/mem.h"
#include "objects_kit.h"
#include "transport/git_added.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define BY(name, day) "GIT_AUTHOR_NAME='" name "' GIT_AUTHOR_EMAIL=" name "@example.org GIT_AUTHOR_DATE='2021-03-" day \
	"T10:00:00+0000' git -C history commit -qam '" name "' && "

/* carol adds, dave changes the value, erin takes out, heidi puts in again; names in quotes, in lists, nested. */
static int begin(void **state)
{
	if (objects_begin(state) < 0)
		return -1;
	must_sh("git init -q -b main history && cd history && git config user.name nobody && "
		"git config user.email n@example.org && mkdir data && "
		"printf 'a::first: 1\\n\"b::quoted\": 2\\n' >data/common.yaml && : >keep && git add -A && cd .. && "
		BY("carol", "01")
		"printf 'a::first: 9\\n\"b::quoted\": 2\\nc::map:\\n  inner: 3\\n' >history/data/common.yaml && "
		BY("dave", "02")
		"printf '\"b::quoted\": 2\\nc::map:\\n  inner: 3\\nc::list:\\n  - within: 4\\n' "
		">history/data/common.yaml && "
		BY("erin", "03")
		"printf \"a::first: 8\\n'b::quoted': 2\\nc::map:\\n  inner: 3\\nc::list:\\n  - within: 4\\n\" "
		">history/data/common.yaml && printf '\\001\\002' >'history/a key.pem' && git -C history add -A && "
		BY("heidi", "04") "git -C history rm -q keep && " BY("carol", "05")
		": >history/keep && git -C history add keep && "
		BY("dave", "06") "true");
	return 0;
}

static void answered(const struct git_added *ask, const char *who, int day)
{
	if (!ask->who || !strstr(ask->who, who))
		fail_msg("%s %s: %s instead of %s", ask->file, ask->key ? ask->key : "", ask->who ? ask->who : "nobody",
			 who);
	assert_int_equal(strlen(ask->commit), 40);
	assert_int_equal(ask->at_s, 1614592800 + (day - 1) * 86400);
}

static void who_put_it_in_last_is_who_added_it(void **state _unused_)
{
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("history");
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct git_added asks[] = {
		{ .file = "data/common.yaml", .key = "a::first" }, { .file = "data/common.yaml", .key = "b::quoted" },
		{ .file = "data/common.yaml", .key = "inner" }, { .file = "data/common.yaml", .key = "within" },
		{ .file = "a key.pem" }, { .file = "keep" }, { .file = "data/common.yaml", .key = "absent" },
		{ .file = "absent" },
	};
	char head[65];

	assert_int_equal(git_repo_commit(r, "HEAD", head, &e), 0);
	assert_int_equal(git_repo_added(r, head, asks, ARRAY_SIZE(asks), a, &e), 0);
	answered(&asks[0], "heidi <heidi@example.org>", 4);
	answered(&asks[1], "carol", 1);
	answered(&asks[2], "dave", 2);
	answered(&asks[3], "erin", 3);
	answered(&asks[4], "heidi", 4);
	answered(&asks[5], "dave", 6);
	assert_null(asks[6].who);
	assert_string_equal(asks[7].commit, "");
}

static void an_older_commit_knows_what_was_then(void **state _unused_)
{
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("history");
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct git_added asks[] = { { .file = "data/common.yaml", .key = "a::first" }, { .file = "keep" },
				    { .file = "a key.pem" } };
	char then[65];

	assert_int_equal(git_repo_commit(r, "HEAD~4", then, &e), 0);
	assert_int_equal(git_repo_added(r, then, asks, ARRAY_SIZE(asks), a, &e), 0);
	answered(&asks[0], "carol", 1);
	answered(&asks[1], "carol", 1);
	assert_null(asks[2].who);
}

static void attributes_and_binary_bytes_hide_nothing(void **state _unused_)
{
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct git_added ask = { .file = "x.yaml", .key = "k::one" };
	char head[65];

	must_sh("git init -q -b main odd && cd odd && git config user.name Odd && "
		"git config user.email odd@example.org && echo '*.yaml -diff binary' >.gitattributes && "
		"printf 'bin: \\000\\001\\nk::one: v\\n' >x.yaml && git add -A && git commit -qm odd");
	r = objects_repo("odd");
	assert_int_equal(git_repo_commit(r, "HEAD", head, &e), 0);
	assert_int_equal(git_repo_added(r, head, &ask, 1, a, &e), 0);
	assert_string_equal(ask.who, "Odd <odd@example.org>");
}

static void a_history_with_a_hole_is_an_error_not_an_answer(void **state _unused_)
{
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct git_added ask = { .file = "x.yaml", .key = "k::one" };
	char head[65];

	must_sh("cp -r odd hole && blob=$(git -C hole rev-parse HEAD:x.yaml) && rm -f hole/.git/objects/"
		"$(echo $blob | cut -c1-2)/$(echo $blob | cut -c3-)");
	r = objects_repo("hole");
	assert_int_equal(git_repo_commit(r, "HEAD", head, &e), 0);
	assert_true(git_repo_added(r, head, &ask, 1, a, &e) < 0);
	if (!strstr(e.text, "could not be read to its end"))
		fail_msg("%s", e.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_put_it_in_last_is_who_added_it),
		cmocka_unit_test(an_older_commit_knows_what_was_then),
		cmocka_unit_test(attributes_and_binary_bytes_hide_nothing),
		cmocka_unit_test(a_history_with_a_hole_is_an_error_not_an_answer),
	};

	return cmocka_run_group_tests(tests, begin, scratch_end);
}
