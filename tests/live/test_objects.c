/* Repositories of this machine, their commits and objects: real git. */
#include "base/clock.h"
#include "base/mem.h"
#include "objects_kit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void refused(const char *name, int code, const char *why)
{
	_cleanup_(freep) char *path = mem_printf("%s/%s", scratch, name);
	struct git_repo *r = NULL;

	assert_int_equal(git_repo_open(path, OBJECTS_LIMIT_MS, &r, &e), -code);
	if (!strstr(e.text, why))
		fail_msg("%s", e.text);
	assert_null(r);
}

/* --- what is opened --- */

static void work_trees_bare_ones_and_linked_ones_are_opened(void **state _unused_)
{
	static const char *const names[] = { "repo", "repo/.git", "bare.git", "linked", "link" };

	must_sh("git clone -q --bare repo bare.git && git -C repo worktree add -q --detach ../linked "
		"&& ln -s repo link");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(git_repo_freep) struct git_repo *r = objects_repo(names[i]);

		objects_commit(r, "HEAD", "git -C repo rev-parse HEAD");
		assert_int_equal(r->work_tree != NULL, i == 0 || i >= 3);
		assert_false(r->shallow || r->partial);
		assert_int_equal(r->oid_len, 40);
	}
	refused("repo/a/b", ERR_CONFIG, "is no git repository, it lies in one: name '/tmp/fbt-");
	refused("nothing", ERR_IO, "No such file or directory");
	must_sh("mkdir plain && mkdir broken && echo nonsense >broken/.git && mkdir away && "
		"echo 'gitdir: /nowhere' >away/.git");
	refused("plain", ERR_CONFIG, "is no git repository: the top folder");
	refused("broken", ERR_CONFIG, "is no git folder and does not name one");
	refused("away", ERR_CONFIG, "'/nowhere' is no git folder");
	must_sh("cp -r bare.git odd.git && echo '[broken' >>odd.git/config");
	refused("odd.git", ERR_CONFIG, "cannot be opened: git says: ");
	must_sh("cp -r bare.git 'a\nb'");
	refused("a\nb", ERR_CONFIG, "control character");
	must_sh("test -z \"$(ls -d /tmp/firebreak-git-* 2>/dev/null)\" || ls -la --time-style=full-iso "
		"/tmp/firebreak-git-*");
}

static void names_are_looked_up_and_peeled(void **state _unused_)
{
	static const char *const wrong[] = { "", "-x", "--all", "a\nb", "\xff", "--output=x" };
	static const char *const unknown[] = { "none", "HEAD:two", "v1^{tree}",
		"0000000000000000000000000000000000000000" };
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	char oid[65] = "unchanged";

	objects_commit(r, "main", "git -C repo rev-parse main");
	objects_commit(r, "v1", "git -C repo rev-parse 'v1^{commit}'");
	objects_commit(r, "main~1", "git -C repo rev-parse main~1");
	_cleanup_(freep) char *whole = sh_text("git -C repo rev-parse main");
	objects_commit(r, whole, "git -C repo rev-parse main");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(git_repo_commit(r, wrong[i], oid, &e), -ERR_USAGE);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(git_repo_commit(r, unknown[i], oid, &e), -ERR_CONFIG);
	assert_string_equal(oid, "unchanged");
	must_sh("git init -q -b main fresh");
	_cleanup_(git_repo_freep) struct git_repo *fresh = objects_repo("fresh");
	assert_int_equal(git_repo_commit(fresh, "HEAD", oid, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "has no branch and no commit yet"));
	must_sh("git -C repo checkout -q --orphan unborn");
	assert_int_equal(git_repo_commit(r, "HEAD", oid, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "knows no 'HEAD'"));
}

static void files_come_in_the_order_of_their_bytes(void **state _unused_)
{
	must_sh("cd repo && mkdir sub sub.d sub- && touch sub/f sub.d/f sub-/f sub0 && ln -s a/b/one link && "
		"chmod 755 two && git add -A && git commit -qm more");
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	_cleanup_(git_files_free) struct git_files f = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000);
	char oid[65];

	assert_int_equal(git_repo_commit(r, "HEAD", oid, &e), 0);
	assert_int_equal(git_repo_files(r, oid, &f, &e), 0);
	assert_true(f.whole);
	for (size_t i = 0; i < f.n; i++) {
		(void)buf_printf(&b, "%o %s\n", f.list[i].mode, f.list[i].path);
		assert_true(i == 0 || strcmp(f.list[i - 1].path, f.list[i].path) < 0);
	}
	assert_string_equal(buf_text(&b), "100644 a/b/one\n100644 binary\n100644 empty\n120000 link\n100644 sub-/f\n"
			    "100644 sub.d/f\n100644 sub/f\n100644 sub0\n100755 two\n");
}

/* --- what is read --- */

static void objects_come_in_the_order_asked_for(void **state _unused_)
{
	objects_read("repo", "git -C repo rev-parse HEAD:two HEAD:a/b/one HEAD:empty HEAD:two v1:two", OBJECT_MAX(1000),
		"0 read changed\n;1 read one\n;2 read ;3 read changed\n;4 read two\n;");
	objects_read("repo", "git -C repo rev-parse HEAD:two HEAD:a HEAD:binary", (struct git_reader_options){ 1000,
		false, OBJECTS_BLOBS },
		"0 read changed\n;1 other;2 read x;");
	objects_read("repo", ":", OBJECT_MAX(1000), "");
	objects_read("repo", "echo 1234567890123456789012345678901234567890; git -C repo "
		     "rev-parse HEAD:two", OBJECT_MAX(1000),
		"0 missing;1 read changed\n;");
}

static void what_is_too_large_is_told_or_comes_in_pieces(void **state _unused_)
{
	must_sh("cd repo && head -c 10000 /dev/zero >zeros && head -c 4097 /dev/urandom >noise && git add -A && "
		"git commit -qm more");
	objects_read("repo", "git -C repo rev-parse HEAD:zeros HEAD:two HEAD:noise", OBJECT_MAX(4096), "0 large;1 read "
		"changed\n;2 large;");
	objects_read("repo", "git -C repo rev-parse HEAD:zeros "
		     "HEAD:two HEAD:noise", (struct git_reader_options){ 4096, true, 0 },
		"0 piece 0+4096/10000;0 piece 4096+4096/10000;0 piece 8192+1808/10000;1 read changed\n;"
		"2 piece 0+4096/4097;2 piece 4096+1/4097;");
}

static void a_callback_may_end_the_reading(void **state _unused_)
{
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	_cleanup_(git_reader_freep) struct git_reader *g = NULL;
	_cleanup_(git_oids_free) struct git_oids oids = { 0 };
	struct objects_seen s = { .text = BUF_INIT(1 << 20), .stop_at = 2 };

	objects_oids("git -C repo rev-parse HEAD:two HEAD:a/b/one HEAD:empty", &oids);
	assert_int_equal(git_reader_open(r, &OBJECT_MAX(1000), &g, &e), 0);
	assert_int_equal(git_reader_read(g, &oids, 0, oids.n, objects_see, &s, &e), 77);
	assert_string_equal(buf_text(&s.text), "0 read changed\n;1 read one\n;");
	/* and what was not taken then is not in the way later */
	assert_int_equal(git_reader_read(g, &oids, 2, 3, objects_see, &s, &e), 0);
	assert_string_equal(buf_text(&s.text), "0 read changed\n;1 read one\n;2 read ;");
	buf_free(&s.text);
}

/* A git that is killed takes answers with it that it had not written yet: no object is called damaged for that. */
static void a_git_that_is_killed_harms_no_object(void **state _unused_)
{
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	_cleanup_(git_reader_freep) struct git_reader *g = NULL;
	_cleanup_(git_oids_free) struct git_oids oids = { 0 };
	struct objects_seen s = { .text = BUF_INIT(1 << 20) };

	put_file("git", "#!/bin/sh\ntest -e ../killed || { touch ../killed; kill -9 $$; }\nexec REAL \"$@\"\n");
	must_sh("mkdir bin && sed \"s,REAL,$(command -v git),; s,\\.\\.,$PWD,g\" git >bin/git && chmod 755 bin/git");
	objects_oids("git -C repo rev-parse HEAD:two HEAD:a/b/one HEAD:empty", &oids);
	strv_addf(&r->env, "PATH=%s/bin:/usr/bin:/bin", scratch);
	assert_int_equal(git_reader_open(r, &OBJECT_MAX(1000), &g, &e), 0);
	if (git_reader_read(g, &oids, 0, oids.n, objects_see, &s, &e) < 0)
		fail_msg("%s", e.text);
	must_sh("test -e killed");
	assert_string_equal(buf_text(&s.text), "0 read changed\n;1 read one\n;2 read ;");
	buf_free(&s.text);
}

/* Loose and packed, 10,000 of them: what it costs is the bytes, not the number of questions. */
static void ten_thousand_small_files_are_quick(void **state _unused_)
{
	must_sh("cd repo && mkdir many && cd many && seq 10000 | split -l 1 -a 4 - f && cd .. && git add -A && "
		"git commit -qm many");
	for (int packed = 0; packed < 2; packed++) {
		_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
		_cleanup_(git_reader_freep) struct git_reader *g = NULL;
		_cleanup_(git_oids_free) struct git_oids oids = { 0 };
		_cleanup_(git_files_free) struct git_files f = { 0 };
		struct objects_seen s = { .text = BUF_INIT(100) };
		char oid[65];

		assert_int_equal(git_repo_commit(r, "HEAD", oid, &e), 0);

		int64_t start = clock_mono_us();

		assert_int_equal(git_repo_files(r, oid, &f, &e), 0);
		for (size_t i = 0; i < f.n; i++)
			assert_int_equal(git_oids_add(&oids, f.list[i].oid, &e), 0);
		assert_int_equal(git_reader_open(r, &OBJECT_MAX(1000), &g, &e), 0);
		assert_int_equal(git_reader_read(g, &oids, 0, oids.n, objects_count, &s, &e), 0);

		int64_t took = clock_mono_us() - start;

		assert_int_equal(s.n, 10004);
		print_message("# 10,000 %s files: %lld ms\n", packed ? "packed" : "loose", (long long)took / 1000);
		assert_true(took < 5000000);
		must_sh("git -C repo gc -q");
	}
}

/* --- what is not there, or broken --- */

static void what_a_partial_clone_lacks_is_missing_and_not_fetched(void **state _unused_)
{
	must_sh("git -C repo config uploadpack.allowFilter true && "
		"git clone -q --no-local --no-checkout --filter=blob:none file://%s/repo partial", scratch);
	_cleanup_(freep) char *before = sh_text("find partial/.git | sort");
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("partial");
	assert_true(r->partial);
	objects_commit(r, "origin/main", "git -C repo rev-parse main");
	objects_read("partial", "git -C repo rev-parse HEAD:two HEAD HEAD:a/b/one", (struct git_reader_options){ 1000,
		false, OBJECTS_BLOBS },
		"0 missing;1 other;2 missing;");
	_cleanup_(freep) char *after = sh_text("find partial/.git | sort");
	assert_string_equal(before, after);
	/* git itself would fetch: the test is one */
	must_sh("git -C partial cat-file -e $(git -C repo rev-parse HEAD:two)");
	_cleanup_(freep) char *fetched = sh_text("find partial/.git | sort");
	assert_string_not_equal(before, fetched);
}

static void damaged_objects_are_told_and_the_rest_is_read(void **state _unused_)
{
	must_sh("cd repo && for i in 1 2 3 4 5; do head -c 2000 /dev/urandom | base64 >r$i; done && git add -A "
		"&& git commit -qm r");
	static const char names[] = "git -C repo rev-parse HEAD:r1 HEAD:two HEAD:r2 HEAD:r3 HEAD:empty HEAD:r4 HEAD:r5";
	objects_read("repo", names, OBJECT_MAX(5000), "0 read;1 read changed\n;2 read;3 read;4 read ;5 read;6 read;");
	/* the end cut off; bytes changed in the midst; the beginning; emptied */
	must_sh("cd repo && f() { o=$(git rev-parse HEAD:$1); echo .git/objects/$(echo $o | cut -c1-2)/$(echo $o | "
		"cut -c3-); } && chmod -R u+w .git/objects && truncate -s 700 $(f r1) && "
		"printf XXXXXXXX | dd of=$(f r2) bs=1 seek=900 conv=notrunc && "
		"printf XXXX | dd of=$(f r3) conv=notrunc && : >$(f r5)");
	objects_read("repo", names, OBJECT_MAX(5000),
		"0 damaged;1 read changed\n;2 damaged;3 missing;4 read ;5 read;6 missing;");
	objects_read("repo", names, (struct git_reader_options){ .max = 5000, .types = OBJECTS_BLOBS },
		"0 damaged;1 read changed\n;2 damaged;3 missing;4 read ;5 read;6 missing;");
}

static void a_damaged_pack_gives_what_it_still_holds(void **state _unused_)
{
	must_sh("cd repo && for i in 1 2 3; do head -c 3000 /dev/urandom | base64 >r$i; done && git add -A && "
		"git commit -qm r && git gc -q && p=$(ls .git/objects/pack/*.pack) && chmod u+w $p && "
		"at=$(git verify-pack -v $p | grep $(git rev-parse HEAD:r2) | awk '{print $5}') && "
		"printf XXXXXXXXXXXXXXXX | dd of=$p bs=1 seek=$((at + 200)) conv=notrunc");
	objects_read("repo", "git -C repo rev-parse HEAD:r1 HEAD:r2 HEAD:two HEAD:r3", OBJECT_MAX(5000),
		"0 read;1 damaged;2 read changed\n;3 read;");
}

static void a_commit_without_one_of_its_folders_is_no_whole_one(void **state _unused_)
{
	must_sh("cd repo && o=$(git rev-parse HEAD:a) && rm -f .git/objects/$(echo $o | cut "
		"-c1-2)/$(echo $o | cut -c3-)");
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	_cleanup_(git_files_free) struct git_files f = { 0 };
	char oid[65];

	assert_int_equal(git_repo_commit(r, "HEAD", oid, &e), 0);
	assert_int_equal(git_repo_files(r, oid, &f, &e), 0);
	assert_false(f.whole);
	assert_true(*f.why);
}

static void sha256_repositories_are_like_any_other(void **state _unused_)
{
	must_sh("git init -q --object-format=sha256 -b main new && cd new && git config user.name Ada && "
		"git config user.email ada@example.org && echo long >names && git add -A && git commit -qm x");
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("new");
	assert_int_equal(r->oid_len, 64);
	objects_commit(r, "main", "git -C new rev-parse main");
	objects_read("new", "git -C new rev-parse HEAD:names", OBJECT_MAX(1000), "0 read long\n;");
	_cleanup_(git_history_free) struct git_history h = { 0 };
	assert_int_equal(git_history_list(r, OBJECTS_BLOBS, false, &h, &e), 0);
	assert_int_equal(h.oids.n, 1);
	assert_int_equal(h.oids.len, 32);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, objects_begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(work_trees_bare_ones_and_linked_ones_are_opened),
		T(names_are_looked_up_and_peeled),
		T(files_come_in_the_order_of_their_bytes),
		T(objects_come_in_the_order_asked_for),
		T(what_is_too_large_is_told_or_comes_in_pieces),
		T(a_callback_may_end_the_reading),
		T(a_git_that_is_killed_harms_no_object),
		T(ten_thousand_small_files_are_quick),
		T(what_a_partial_clone_lacks_is_missing_and_not_fetched),
		T(damaged_objects_are_told_and_the_rest_is_read),
		T(a_damaged_pack_gives_what_it_still_holds),
		T(a_commit_without_one_of_its_folders_is_no_whole_one),
		T(sha256_repositories_are_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
