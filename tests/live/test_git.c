/* The clone by itself: what one commit holds, without a fetch where none is needed, and what a killed worker leaves. */
#include "base/fs.h"
#include "base/mem.h"
#include "scratch.h"
#include "transport/git.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define OLD "Old-Value"
#define NEW "New-Value"
#define ODD "a \"b\"\\c.yaml"

static void make_remote(const char *kind)
{
	must_sh("git init -q --bare -b main --object-format=%s remote.git && "
		"git init -q -b main --object-format=%s person && cd person && git config user.name Ada && "
		"git config user.email ada@example.org && mkdir -p data/deep && git remote add origin ../remote.git && "
		"ln -s common.yaml data/link && ln -s data way", kind, kind);
	put_file("person/data/common.yaml", "app: '" OLD "'\nother: 'x'\n");
	put_file("person/data/deep/" ODD, "app: '" OLD "'\n");
	must_sh("cd person && chmod 755 data/deep/* && git add -A && git commit -qm first && git push -q origin main");
}

static int begin(void **state)
{
	if (scratch_begin(state) < 0)
		return -1;
	make_remote("sha1");
	return 0;
}

#define PLACE(file) "{\"repository\":\"private\",\"file\":\"" file "\",\"key\":\"app\"}"
#define SECRET(name, places) "{\"name\":\"" name "\",\"old\":\"old\",\"new\":\"new\",\"places\":[" places "]}"
#define COMMON SECRET("app/common", PLACE("data/common.yaml"))
#define ODD_ONE SECRET("app/odd", PLACE("data/deep/a \\\"b\\\"\\\\c.yaml"))

/* head "": none is known. */
static void run(struct trial *t, job_fn *fn, const char *old, const char *new, const char *head, const char *secrets)
{
	try_job(t, fn, old, new, "{\"repositories\":[{\"name\":\"private\",\"url\":\"%s/remote.git\","
		"\"branch\":\"main\",\"clone\":\"%s/state/clone\"%s%s%s}],\"secrets\":[%s],\"incident\":7,"
		"\"author\":\"A <b> C (x) <a@example.org>\"}", scratch, scratch,
		*head ? ",\"head\":\"" : "", head, *head ? "\"" : "", secrets);
}

static void read_all(char ret_head[GIT_OID])
{
	struct trial t;

	run(&t, job_read_place, NULL, NULL, "", COMMON "," ODD_ONE);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	assert_true(same_secret(wire_secrets_get(&t.job.out, "old"), OLD));
	(void)snprintf(ret_head, GIT_OID, "%s", json_str(json_object_get(t.job.result, "heads"), "private"));
	trial_end(&t);
}

static void must_write(const char *head, const char *old, const char *new)
{
	struct trial t;

	run(&t, job_write_place, old, new, head, COMMON "," ODD_ONE);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	assert_true(json_is(t.job.result, "changed"));
	_cleanup_(freep) char *now = sh_text("git -C remote.git rev-parse main");
	assert_string_equal(json_str(json_object_get(t.job.result, "heads"), "private"), now);
	trial_end(&t);
	_cleanup_(freep) char *files = sh_text("git -C remote.git diff --raw main~1 main | "
		"sed -E 's/ [0-9a-f]{7,} [0-9a-f]{7,} / /'");
	assert_string_equal(files, ":100644 100644 M\tdata/common.yaml\n"
			    ":100755 100755 M\t\"data/deep/a \\\"b\\\"\\\\c.yaml\"");
	assert_int_equal(sh("git -C remote.git fsck --strict --no-dangling 2>&1 | grep ."), 1);
}

static bool was_fetched(void)
{
	return sh("git -C state/clone rev-parse -q --verify refs/firebreak-head >/dev/null") == 0;
}

static void forget_fetch(void)
{
	must_sh("git -C state/clone update-ref -d refs/firebreak-head");
}

static void a_push_behind_a_reading_needs_no_second_fetch(void **state _unused_)
{
	char head[GIT_OID];

	read_all(head);
	forget_fetch();
	must_write(head, OLD, NEW);
	assert_false(was_fetched());
	_cleanup_(freep) char *author = sh_text("git -C remote.git log -1 --format='%%an <%%ae>' main");
	assert_string_equal(author, "A b C (x) <a@example.org>");
	assert_int_equal(sh("git -C state/clone for-each-ref | grep ."), 1);
	must_write("", NEW, OLD);
	assert_true(was_fetched());
}

static void a_remote_that_moved_behind_the_reading_is_fetched_and_spliced_anew(void **state _unused_)
{
	char head[GIT_OID];

	read_all(head);
	must_sh("cd person && echo 'more: 1' >>data/common.yaml && git commit -qam faster && git push -q origin main");
	must_write(head, OLD, NEW);
	_cleanup_(freep) char *log = sh_text("git -C remote.git log --format=%%s main"),
		*text = sh_text("git -C remote.git show main:data/common.yaml");
	assert_string_equal(log, "Rotate 2 secrets (incident 7)\nfaster\nfirst");
	assert_string_equal(text, "app: '" NEW "'\nother: 'x'\nmore: 1");
}

static void the_same_key_changed_behind_the_reading_stops_for_a_person(void **state _unused_)
{
	struct trial t;
	char head[GIT_OID];

	read_all(head);
	must_sh("cd person && sed -i s/Old-/Hand-/ data/common.yaml && git commit -qam faster && "
		"git push -q origin main");
	run(&t, job_write_place, OLD, NEW, head, COMMON);
	assert_int_equal(t.r, -ERR_CONFLICT);
	assert_non_null(strstr(t.e.text, "'data/common.yaml: app' holds neither"));
	trial_end(&t);
	_cleanup_(freep) char *subject = sh_text("git -C remote.git log -1 --format=%%s main");
	assert_string_equal(subject, "faster");
}

/* A commit of long ago holds something else: neither "conflict" nor "nothing to do" is said without a look. */
static void what_an_old_commit_says_is_not_believed(void **state _unused_)
{
	struct trial t;
	char first[GIT_OID], head[GIT_OID];

	read_all(first);
	must_write(first, OLD, NEW);
	run(&t, job_write_place, NEW, OLD, first, COMMON "," ODD_ONE);
	assert_int_equal(t.r, 0);
	assert_true(json_is(t.job.result, "changed"));
	trial_end(&t);
	must_sh("cd person && git pull -q origin main && sed -i s/" OLD "/Third/ data/common.yaml && "
		"git commit -qam third && git push -q origin main");
	run(&t, job_write_place, "Third", NEW, first, COMMON);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	assert_true(json_is(t.job.result, "changed"));
	(void)snprintf(head, sizeof(head), "%s", json_str(json_object_get(t.job.result, "heads"), "private"));
	trial_end(&t);
	run(&t, job_write_place, "Third", NEW, head, COMMON);
	assert_int_equal(t.r, 0);
	assert_false(json_is(t.job.result, "changed"));
	trial_end(&t);
}

static void a_commit_that_the_clone_does_not_have_is_fetched(void **state _unused_)
{
	static const char *const heads[] = { "0123456789012345678901234567890123456789", "no commit", "--help" };
	char head[GIT_OID];

	must_write("0123456789012345678901234567890123456789", OLD, NEW);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		must_write(heads[i], i % 2 ? OLD : NEW, i % 2 ? NEW : OLD);
	must_sh("rm -r state/clone");
	read_all(head);
	must_sh("rm -r state/clone/objects");
	must_write(head, OLD, NEW);
}

static void sha_256_repositories_are_the_same(void **state _unused_)
{
	char head[GIT_OID];

	must_sh("rm -rf remote.git person");
	make_remote("sha256");
	read_all(head);
	assert_int_equal(strlen(head), 64);
	must_write(head, OLD, NEW);
	must_write("", NEW, OLD);
	/* The other way round: the remote was made anew with the usual names. */
	must_sh("rm -rf remote.git person");
	make_remote("sha1");
	read_all(head);
	assert_int_equal(strlen(head), 40);
	/* And a clone whose making was cut short. */
	must_sh("rm -rf remote.git person state/clone/objects/info");
	make_remote("sha256");
	read_all(head);
}

/* As kill -9 in the midst of a commit leaves it; git itself would wait for a lock that nobody holds. */
static void what_a_killed_commit_left_is_swept(void **state _unused_)
{
	char head[GIT_OID];

	read_all(head);
	must_sh("cd state/clone && : >refs/firebreak-making.lock && : >refs/firebreak-head.lock && "
		": >packed-refs.lock && echo half >objects/pack/tmp_pack_AbCdEf");
	must_write(head, OLD, NEW);
	assert_int_equal(sh("find state/clone -name 'tmp_*' -o -name '*.lock' | grep ."), 1);
}

static void read_files(struct git_text *files, size_t n)
{
	_cleanup_(freep) char *folder = mem_printf("%s/state/clone", scratch);
	_cleanup_(freep) char *url = mem_printf("%s/remote.git", scratch);
	_cleanup_(git_freep) struct git *g = NULL;
	struct err e = ERR_INIT;
	char head[GIT_OID] = "";

	if (git_open(folder, url, "main", NULL, 20000, &g, &e) < 0 || git_fetch(g, &e) < 0 ||
	    git_read(g, head, files, n, &e) < 0)
		fail_msg("%s", e.text);
}

static void what_is_no_regular_file_is_named(void **state _unused_)
{
	static const char *const files[][2] = {
		{ "data/link", "is a symbolic link" }, { "data/deep", "is a folder" }, { "sub", "is a submodule" },
		{ "way/common.yaml", "is not in branch" }, { "data/common.yaml/x", "is not in branch" },
		{ "sub/x", "is not in branch" }, { "data/commo", "is not in branch" },
		{ "data/common.yaml ", "is not in branch" },
	};
	struct git_text found[ARRAY_SIZE(files) + 1] = { 0 };

	must_sh("cd person && git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub && "
		"git commit -qm sub && git push -q origin main");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		found[i].path = files[i][0];
	found[ARRAY_SIZE(files)].path = "data/common.yaml";
	read_files(found, ARRAY_SIZE(found));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		assert_int_equal(found[i].r, -ERR_CONFIG);
		if (!strstr(found[i].why.text, files[i][1]))
			fail_msg("%s: %s", files[i][0], found[i].why.text);
		git_text_clear(&found[i]);
	}
	assert_int_equal(found[ARRAY_SIZE(files)].r, 0);
	assert_string_equal(buf_text(&found[ARRAY_SIZE(files)].text), "app: '" OLD "'\nother: 'x'\n");
	assert_string_equal(found[ARRAY_SIZE(files)].mode, "100644");
	git_text_clear(&found[ARRAY_SIZE(files)]);
}

/* Values have any bytes: lines that look like git's own words are still only the file's. */
static void bytes_of_a_file_are_not_taken_for_answers(void **state _unused_)
{
	static const char tricky[] = "refs/firebreak-head:tricky missing\n"
		"0123456789012345678901234567890123456789 blob 3\nab\n";
	struct git_text found[] = { { .path = "tricky" }, { .path = "zero" } };

	put_file("person/tricky", tricky);
	must_sh("cd person && printf 'a\\0b\\n\\0' >zero && git add -A && git commit -qm tricky && "
		"git push -q origin main");
	read_files(found, ARRAY_SIZE(found));
	assert_string_equal(buf_text(&found[0].text), tricky);
	assert_int_equal(found[1].text.len, 5);
	assert_memory_equal(found[1].text.data, "a\0b\n\0", 5);
	git_text_clear(&found[0]);
	git_text_clear(&found[1]);
}

static void a_file_that_is_too_long_holds_back_no_other(void **state _unused_)
{
	struct trial t;

	must_sh("cd person && head -c 36000000 /dev/zero >long && head -c 33000000 /dev/zero >other && git add -A && "
		"git commit -qm long && git push -q origin main");
	run(&t, job_read_place, NULL, NULL, "", SECRET("app/long", "{\"repository\":\"private\",\"file\":\"long\"}") ","
	    SECRET("app/other", "{\"repository\":\"private\",\"file\":\"other\"}") "," COMMON);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	const json_t *list = json_object_get(t.job.result, "secrets");
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(json_str(json_array_get(list, i), "error"), err_code_name(ERR_LIMIT));
		assert_non_null(strstr(json_str(json_array_get(list, i), "text"), i ? "'other'" : "'long'"));
	}
	assert_true(json_is(json_array_get(list, 2), "ok"));
	assert_true(same_secret(wire_secrets_get(&t.job.out, "old"), OLD));
	trial_end(&t);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(a_push_behind_a_reading_needs_no_second_fetch),
		T(a_remote_that_moved_behind_the_reading_is_fetched_and_spliced_anew),
		T(the_same_key_changed_behind_the_reading_stops_for_a_person),
		T(what_an_old_commit_says_is_not_believed),
		T(a_commit_that_the_clone_does_not_have_is_fetched),
		T(sha_256_repositories_are_the_same),
		T(what_a_killed_commit_left_is_swept),
		T(what_is_no_regular_file_is_named),
		T(bytes_of_a_file_are_not_taken_for_answers),
		T(a_file_that_is_too_long_holds_back_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
