/* All that an object store holds, or what its names lead to. */
#include "base/clock.h"
#include "base/mem.h"
#include "objects_kit.h"
#include "transport/git_family.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* --- the whole history --- */

static void history_is(const char *repo, unsigned types, bool unreachable, const char *git_says)
{
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo(repo);
	_cleanup_(git_history_free) struct git_history h = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	_cleanup_(freep) char *expected = sh_text("%s", git_says);
	char hex[65];

	if (git_history_list(r, types, unreachable, &h, &e) < 0)
		fail_msg("%s", e.text);
	if (!h.whole)
		fail_msg("%s", h.why);
	git_oids_sort(&h.oids);
	for (size_t i = 0; i < h.oids.n; i++)
		(void)buf_printf(&b, "%s%s", i ? "\n" : "", git_oids_hex(&h.oids, i, hex));
	assert_string_equal(buf_text(&b), expected);
	assert_int_equal(h.missing.n, 0);
}

#define ALL(type) "cd repo && git cat-file --batch-all-objects --batch-check='%(objectname) %(objecttype)' | " \
	"grep -E '" type "' | cut -d' ' -f1 | sort"
#define REACHED(type) "cd repo && git rev-list --objects --all HEAD | cut -d' ' -f1 | " \
	"git cat-file --batch-check='%(objectname) %(objecttype)' | grep -E '" type "' | cut -d' ' -f1 | sort"

static void all_of_the_history_is_listed_once(void **state _unused_)
{
	must_sh("cd repo && git gc -q && echo loose >loose && git add -A && git commit -qm loose && "
		"echo lost | git hash-object -w --stdin && git checkout -q --detach && echo d >detached && "
		"git add -A && git commit -qm detached && echo gone >gone && git add -A && git commit -qm gone && "
		"git reset -q --hard HEAD~1 && git tag -a -m t2 t2 v1");
	history_is("repo", OBJECTS_BLOBS, true, ALL(" blob"));
	history_is("repo", OBJECTS_BLOBS | 1u << GIT_COMMIT | 1u << GIT_TAG, true, ALL(" (blob|commit|tag)"));
	history_is("repo", 0, true, ALL(" "));
	history_is("repo", OBJECTS_BLOBS, false, REACHED(" blob"));
	history_is("repo", OBJECTS_BLOBS | 1u << GIT_COMMIT | 1u << GIT_TAG, false, REACHED(" (blob|commit|tag)"));
	_cleanup_(freep) char *all = sh_text("%s", ALL(" blob")), *reached = sh_text("%s", REACHED(" blob"));
	assert_string_not_equal(all, reached);
	must_sh("git init -q fresh");
	history_is("fresh", 0, true, ":");
	history_is("fresh", 0, false, ":");
}

static void parts_are_of_the_same_size_and_together_all(void **state _unused_)
{
	must_sh("cd repo && mkdir many && cd many && seq 30000 | split -l 10 -a 4 - f && cd .. && git add -A && git "
		"commit -qm many && git gc -q");
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	_cleanup_(git_history_free) struct git_history h = { 0 };
	size_t from, to, next = 0;
	uint64_t bytes = 0;

	assert_int_equal(git_history_list(r, OBJECTS_BLOBS, true, &h, &e), 0);
	for (size_t k = 0; k < 3; k++) {
		_cleanup_(git_reader_freep) struct git_reader *g = NULL;
		struct objects_seen s = { .text = BUF_INIT(100), .n = next };

		git_history_part(&h, k, 3, &from, &to);
		assert_int_equal(from, next);
		assert_int_equal(git_reader_open(r, &OBJECT_MAX(100000), &g, &e), 0);
		assert_int_equal(git_reader_read(g, &h.oids, from, to, objects_count, &s, &e), 0);
		assert_int_equal(s.n, to);
		assert_true(s.bytes > h.total / 4 && s.bytes < h.total / 2);
		bytes += s.bytes;
		next = to;
	}
	assert_int_equal(next, h.oids.n);
	assert_int_equal(bytes, h.total);
	git_history_part(&h, 0, 1, &from, &to);
	assert_true(from == 0 && to == h.oids.n);
	for (size_t k = 0, at = 0; k < 1000; k++, at = to) {
		git_history_part(&h, k, 1000, &from, &to);
		assert_true(from == at && to >= from);
	}
	assert_int_equal(to, h.oids.n);
}

/* Of each object git says what it is stored as a difference to. Between the two there is nothing that is none. */
static void what_differs_stands_behind_its_base(void **state _unused_)
{
	must_sh("cd repo && for i in 1 2 3 4 5 6 7 8; do for f in x y z; do seq $i 900 >$f; echo $f $i >>$f; done && "
		"git add -A && git commit -qm $i; done && git repack -adfq --depth=50 --window=50");
	_cleanup_(freep) char *bases = sh_text("cd repo && git cat-file --batch-all-objects --batch-check="
					       "'%%(objectname) %%(deltabase)' | grep -v ' 0*$'");
	_cleanup_(freep) char *differ = mem_dup(bases);
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	_cleanup_(git_history_free) struct git_history h = { 0 };
	char hex[65], line[200];
	size_t n = 0;

	assert_int_equal(git_history_list(r, 0, true, &h, &e), 0);
	for (char *rest = bases, *one; (one = strsep(&rest, "\n")); n++) {
		bool begun = false, done = false;

		for (size_t i = 0; i < h.oids.n && !done; i++) {
			(void)snprintf(line, sizeof(line), "%s ", git_oids_hex(&h.oids, i, hex));
			done = begun && strncmp(one, line, 41) == 0;
			assert_true(!begun || strstr(differ, line));
			begun = begun || strcmp(one + 41, hex) == 0;
		}
		assert_true(done);
	}
	assert_true(n > 15);
}

/* Names may be made so that they collide, and what a pack says of its differences need not be true. */
static void each_object_is_told_once_whatever_it_is_called(void **state _unused_)
{
	_cleanup_(family_free) struct family f = { 0 };
	_cleanup_(git_history_free) struct git_history h = { 0 };
	char hex[65], base[65];

	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(hex, sizeof(hex), "01234567%032x", i);
		(void)snprintf(base, sizeof(base), "01234567%032x", i % 7 ? i / 2 : i + 1);
		assert_int_equal(family_add(&f, hex, base, i, &e), 0);
	}
	assert_int_equal(family_add(&f, "0000000000000000000000000000000000000001", "no name", 1, &e), 0);
	assert_int_equal(family_add(&f, "0000000000000000000000000000000000000001",
				    "0000000000000000000000000000000000000001", 1, &e), 0);
	assert_int_equal(family_add(&f, "short", "", 1, &e), -ERR_IO);
	assert_int_equal(family_tell(&f, &h, &e), 0);
	assert_int_equal(h.oids.n, 1002);
	assert_int_equal(h.total, 999 * 500 + 2);
	git_oids_sort(&h.oids);
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(base, sizeof(base), "01234567%032x", i);
		assert_string_equal(git_oids_hex(&h.oids, i + 2, hex), base);
	}
	assert_int_equal(f.oids.n, 0);
}

static void what_the_history_lacks_is_told(void **state _unused_)
{
	must_sh("git -C repo config uploadpack.allowFilter true && "
		"git clone -q --no-local --no-checkout --filter=blob:none file://%s/repo partial", scratch);
	must_sh("git clone -q --no-local --depth 1 file://%s/repo shallow && "
		"cp -r repo holes && cd holes && o=$(git rev-parse v1:two) && rm -f .git/objects/$(echo $o | cut "
		"-c1-2)/$(echo $o | cut -c3-)",
		scratch);
	_cleanup_(git_repo_freep) struct git_repo *partial = objects_repo("partial"),
		*shallow = objects_repo("shallow");
	_cleanup_(git_repo_freep) struct git_repo *holes = objects_repo("holes");
	_cleanup_(git_history_free) struct git_history h = { 0 }, s = { 0 }, l = { 0 };
	_cleanup_(freep) char *lost = sh_text("git -C repo rev-parse v1:two");
	char hex[65];

	assert_int_equal(git_history_list(partial, OBJECTS_BLOBS, false, &h, &e), 0);
	assert_int_equal(h.oids.n, 0);
	assert_int_equal(h.missing.n, 5);
	assert_true(shallow->shallow);
	assert_int_equal(git_history_list(shallow, OBJECTS_BLOBS, false, &s, &e), 0);
	assert_true(s.whole);
	assert_int_equal(s.oids.n, 4);
	assert_int_equal(git_history_list(holes, OBJECTS_BLOBS, false, &l, &e), 0);
	assert_int_equal(l.oids.n, 4);
	assert_int_equal(l.missing.n, 1);
	assert_string_equal(git_oids_hex(&l.missing, 0, hex), lost);
	/* a commit in the midst of the history: git cannot go on behind it, and that is told */
	must_sh("cd holes && o=$(git rev-parse main~1) && rm -f .git/objects/$(echo $o | cut "
		"-c1-2)/$(echo $o | cut -c3-)");
	git_history_free(&l);
	assert_int_equal(git_history_list(holes, OBJECTS_BLOBS, false, &l, &e), 0);
	assert_false(l.whole);
	/* a branch that points to nothing, and a pack that cannot be opened */
	must_sh("cd shallow && echo 1234567890123456789012345678901234567890 >.git/refs/heads/wrong");
	git_history_free(&s);
	assert_int_equal(git_history_list(shallow, OBJECTS_BLOBS, false, &s, &e), 0);
	assert_true(s.missing.n == 1 || !s.whole);
	must_sh("cd shallow && chmod -R u+w .git/objects/pack && for f in .git/objects/pack/*.idx; do : >$f; done");
	git_history_free(&s);
	assert_int_equal(git_history_list(shallow, OBJECTS_BLOBS, true, &s, &e), 0);
	assert_false(s.whole);
	assert_true(*s.why);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, objects_begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(all_of_the_history_is_listed_once),
		T(parts_are_of_the_same_size_and_together_all),
		T(what_differs_stands_behind_its_base),
		T(each_object_is_told_once_whatever_it_is_called),
		T(what_the_history_lacks_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
