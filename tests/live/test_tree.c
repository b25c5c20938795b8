/* Files of commits, working trees and folders: what is given out, and what is told instead. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scan/tree.h"
#include "scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define LIMIT_MS 60000

static struct err e;

static int begin(void **state)
{
	if (scratch_begin(state) < 0)
		return -1;
	must_sh("git init -q -b main repo && cd repo && git config gc.auto 0 && git config user.name Ada && "
		"git config user.email ada@example.org && mkdir -p hieradata/hosts files && "
		"echo one >hieradata/common.yaml && echo two >hieradata/hosts/a.yaml && "
		"printf 'x\\000y' >files/binary && : >files/empty && echo r >README");
	e = (struct err)ERR_INIT;
	return 0;
}

struct seen { struct buf text; size_t stop_at, n; bool modes; };

static int see(const struct tree_file *f, void *arg)
{
	struct seen *s = arg;

	text_visible(&s->text, f->path, strlen(f->path));
	if (s->modes)
		(void)buf_printf(&s->text, " %o %u", f->mode & 07777, f->uid);
	(void)buf_str(&s->text, !f->link ? " = " : f->outside ? " => " : " -> ");
	text_visible(&s->text, f->bytes, f->len < 50 ? f->len : 50);
	(void)buf_char(&s->text, '\n');
	return ++s->n == s->stop_at ? 99 : 0;
}

static bool no_binaries(const char *path, void *arg _unused_)
{
	return !strstr(path, "binary");
}

/* Files and gaps as one text; *ret_r: what tree_read said. */
static char *listing(struct tree_at *at, const char *commit, size_t stop_at, int *ret_r)
{
	_cleanup_(freep) char *path = mem_printf("%s/repo", scratch);
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	struct seen s = { .text = BUF_INIT(1 << 20), .stop_at = stop_at };
	char oid[65];

	at->name = "private";
	if (!at->folder) {
		if (git_repo_open(path, LIMIT_MS, &r, &e) < 0 || (commit && git_repo_commit(r, commit, oid, &e) < 0))
			fail_msg("%s", e.text);
		at->repo = r;
		at->commit = commit ? oid : NULL;
	}
	*ret_r = tree_read(at, see, &s, &gaps, &e);
	if (*ret_r < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < gaps.n; i++) {
		(void)buf_printf(&s.text, "! %s ", unread_name(gaps.list[i].kind));
		gap_say(&gaps.list[i], &s.text);
		(void)buf_char(&s.text, '\n');
	}
	return buf_take(&s.text);
}

static void both_are(const char *expected, struct tree_at at)
{
	int r;

	must_sh("cd repo && git add -A && git commit -qm x");
	for (int i = 0; i < 2; i++) {
		struct tree_at one = at;
		_cleanup_(freep) char *text = listing(&one, i ? "HEAD" : NULL, 0, &r);

		assert_string_equal(text, expected);
		assert_int_equal(r, 0);
	}
}

static void commit_is(const char *expected, struct tree_at at)
{
	int r;
	_cleanup_(freep) char *text = listing(&at, "HEAD", 0, &r);

	assert_string_equal(text, expected);
}

static void folder_is(const char *expected, struct tree_at at)
{
	int r;
	_cleanup_(freep) char *text = listing(&at, NULL, 0, &r);

	assert_string_equal(text, expected);
}

#define PLAIN "README = r\\n\nfiles/binary = x\\x00y\nfiles/empty = \nhieradata/common.yaml = " \
	"one\\n\nhieradata/hosts/a.yaml = two\\n\n"

static void commit_and_working_tree_give_the_same(void **state _unused_)
{
	both_are(PLAIN, (struct tree_at){ 0 });
}

static void what_is_not_wanted_is_left_away_without_a_word(void **state _unused_)
{
	both_are("README = r\\n\nfiles/empty = \nhieradata/common.yaml = one\\n\nhieradata/hosts/a.yaml = two\\n\n",
		 (struct tree_at){ .want = no_binaries });
}

static void the_order_is_that_of_bytes(void **state _unused_)
{
	must_sh("cd repo && rm -r files hieradata README && mkdir a a.d a- && touch a/f a.d/f a-/f a0 b '\xc3\xa4' Z");
	both_are("Z = \na-/f = \na.d/f = \na/f = \na0 = \nb = \n\xc3\xa4 = \n", (struct tree_at){ 0 });
}

static void names_are_any_bytes(void **state _unused_)
{
	must_sh("cd repo && rm -r files hieradata README && touch \"$(printf 'a\\nb')\" \"$(printf 'a\\tb')\" "
		"\"$(printf 'x\\377y')\" ./-rf "
		"\"$(printf 'esc\\033[2J')\" '*?[' ' ' ':(glob)x'");
	both_are("  = \n*?[ = \n-rf = \n:(glob)x = \na\\x09b = \na\\nb = "
		 "\nesc\\x1b[2J = \nx\\xffy = \n", (struct tree_at){ 0 });
}

static void links_are_told_and_not_followed(void **state _unused_)
{
	must_sh("echo private >outside && cd repo && rm -r files hieradata README && mkdir -p d/e && "
		"ln -s ../f d/in && ln -s e d/folder && ln -s ../../outside d/out && ln -s /etc/passwd abs && "
		"ln -s d/../../outside round && ln -s none none && echo f >f && ln -s d/e/../../../x up && "
		"ln -s .git/config git && ln -s loop loop && ln -s ./d//e/./.. odd");
#define OUT "! link private:%s: a symbolic link that leads out of the repository: what it leads to is not read\n"
	_cleanup_(freep) char *expected = mem_printf("abs => /etc/passwd\nd/folder -> e\nd/in -> ../f\n"
						     "d/out => ../../outside\nf = f\\n\ngit => .git/config\n"
						     "loop -> loop\nnone -> none\nodd -> ./d//e/./..\n"
						     "round => d/../../outside\nup => d/e/../../../x\n"
		OUT OUT OUT OUT OUT, "abs", "d/out", "git", "round", "up");
	both_are(expected, (struct tree_at){ 0 });
}

/* A sparse file of 1 GB costs nothing in a working tree; in a commit it is a real object, so that one is smaller. */
static void large_files_are_told_and_the_rest_is_read(void **state _unused_)
{
	int64_t start = clock_mono_us();

	must_sh("cd repo && rm -r files && truncate -s 1G files");
	folder_is("README = r\\n\nhieradata/common.yaml = one\\n\nhieradata/hosts/a.yaml = two\\n\n"
		  "! large private:files: 1073741824 bytes: files of at most "
		  "33554432 are read\n", (struct tree_at){ 0 });
	assert_true(clock_mono_us() - start < 5000000);
	must_sh("cd repo && truncate -s 100M files && git add -A && git -c core.compression=1 commit -qm x");
	start = clock_mono_us();
	commit_is("README = r\\n\nhieradata/common.yaml = one\\n\nhieradata/hosts/a.yaml = two\\n\n"
		  "! large private:files: 104857600 bytes: files of at most "
		  "33554432 are read\n", (struct tree_at){ 0 });
	assert_true(clock_mono_us() - start < 5000000);
	must_sh("cd repo && truncate -s 5000 files && printf 12345 >README");
	both_are("README = 12345\nhieradata/common.yaml = one\\n\nhieradata/hosts/a.yaml = two\\n\n"
		 "! large private:files: 5000 bytes: files of at "
		 "most 4999 are read\n", (struct tree_at){ .file_max = 4999 });
}

static void submodules_and_repositories_within_are_told(void **state _unused_)
{
	must_sh("git init -q other && cd other && git config user.name A && git config user.email a@b && "
		"echo s >s && git add -A && git commit -qm x && cd ../repo && "
		"git -c protocol.file.allow=always submodule --quiet add ../other files/sub 2>/dev/null && "
		"rm .gitmodules && git add -A && git commit -qm x");
	commit_is(PLAIN "! repository private:files/sub: a submodule: name its "
		  "repository to have it read\n", (struct tree_at){ 0 });
	folder_is(PLAIN "! repository private:files/sub: a repository of its own: name "
		  "it to have it read\n", (struct tree_at){ 0 });
}

static void what_is_no_file_is_told(void **state _unused_)
{
	/* Device files are made by root. */
	bool root = geteuid() == 0;

	must_sh("cd repo && mkfifo pipe && %s && chmod 700 .", root ? "mknod null c 1 3" : "true");
	_cleanup_(freep) char *want = mem_printf(PLAIN "%s! special private:pipe: neither a file, a folder nor a "
		"link\n", root ? "! special private:null: neither a file, a folder nor a link\n" : "");
	folder_is(want, (struct tree_at){ 0 });
}

/* Opening a pipe would set free who waits at its other end: what is no file is not even opened. */
static void what_is_no_file_is_not_opened(void **state _unused_)
{
	static const char *const writer[] = { "sh", "-c", "exec 3>repo/pipe; touch opened", NULL };

	must_sh("mkfifo repo/pipe");
	pid_t pid = start_program(writer, "writer.log");
	clock_sleep_ms(300);
	folder_is(PLAIN "! special private:pipe: neither a file, a folder nor a link\n", (struct tree_at){ 0 });
	clock_sleep_ms(300);
	int opened = sh("test -e opened");
	stop_program(pid);
	assert_int_not_equal(opened, 0);
}

/* As somebody who may not read everything; root may, so for root the reading is done by another user's process. */
static void what_may_not_be_read_is_told(void **state _unused_)
{
	must_sh("chmod 755 . && chmod 000 repo/hieradata/hosts repo/files/binary && chmod 755 repo");

	uid_t me = geteuid();

	assert_int_equal(seteuid(me == 0 ? 65534 : me), 0);

	_cleanup_(freep) char *folder = mem_printf("%s/repo", scratch);
	struct tree_at at = { .folder = folder };
	int r;
	_cleanup_(freep) char *text = listing(&at, NULL, 0, &r);

	assert_int_equal(seteuid(me), 0);
	must_sh("chmod 700 repo/hieradata/hosts repo/files/binary");
	assert_string_equal(text, "README = r\\n\nfiles/empty = \nhieradata/common.yaml = one\\n\n"
		"! repository private: a git repository that is read as a plain folder: its history is not read\n"
		"! denied private:files/binary: cannot be read: Permission denied\n"
		"! denied private:hieradata/hosts: cannot be read: Permission denied\n");
}

static void deep_folders_end_somewhere(void **state _unused_)
{
	int r;

	must_sh("cd repo && rm -r files hieradata README && p=$(printf 'd/%%.0s' $(seq 1990)) && mkdir -p $p && echo x "
		">${p}f && echo y >z && "
		"git add -A && git commit -qm deep");
	struct tree_at at = { 0 };
	_cleanup_(freep) char *commit = listing(&at, "HEAD", 0, &r);
	assert_non_null(strstr(commit, "/d/f = x\\n\nz = y\\n\n"));
	assert_null(strstr(commit, "!"));
	at = (struct tree_at){ 0 };
	_cleanup_(freep) char *folder = listing(&at, NULL, 0, &r);
	assert_true(text_starts(folder, "z = y\\n\n! deep private:d/d/"));
	assert_non_null(strstr(folder, "nested more than 200 deep: what is below is not read\n"));
	/* a tree that no checkout could hold: the object of each folder holds the one before */
	must_sh("cd repo && t=$(git rev-parse HEAD^{tree}) && for i in $(seq 200); do "
		"t=$(printf '040000 tree %%s\\t%%s\\n' $t $(printf 'n%%.0s' $(seq 40)) | git mktree); done && "
		"git update-ref refs/heads/main $(git commit-tree -m x $t)");
	at = (struct tree_at){ 0 };
	_cleanup_(freep) char *deeper = listing(&at, "HEAD", 0, &r);
	assert_true(text_starts(deeper, "! deep private: a file whose path has 12"));
	must_sh("rm -r repo");
}

static void what_git_does_not_have_is_told(void **state _unused_)
{
	must_sh("cd repo && git add -A && git commit -qm x && rmo() { o=$(git rev-parse HEAD:$1) && "
		"rm -f .git/objects/$(echo $o | cut -c1-2)/$(echo $o | cut -c3-); } && rmo README && rmo files/binary");
	commit_is("files/empty = \nhieradata/common.yaml = one\\n\nhieradata/hosts/a.yaml = two\\n\n"
		  "! missing private:README: git does not have it here (a partial clone has only what was asked for): "
			"read a whole clone\n"
		  "! missing private:files/binary: git does not have it here (a partial clone has only what was asked "
			"for): read a whole clone\n",
		  (struct tree_at){ 0 });
	int r;
	struct tree_at at = { 0 };
	must_sh("cd repo && o=$(git rev-parse HEAD:hieradata/hosts) && rm -f .git/objects/$(echo $o | cut "
		"-c1-2)/$(echo $o | cut -c3-)");
	_cleanup_(freep) char *text = listing(&at, "HEAD", 0, &r);
	assert_non_null(strstr(text, "! damaged private: not all folders of commit "));
	assert_null(strstr(text, "hosts/a.yaml"));
}

static void nothing_is_an_answer_too(void **state _unused_)
{
	must_sh("cd repo && git commit -q --allow-empty -m empty");
	commit_is("", (struct tree_at){ 0 });
	must_sh("rm -r repo/files repo/hieradata repo/README");
	folder_is("", (struct tree_at){ 0 });
	must_sh("git init -q --bare bare.git");
	_cleanup_(freep) char *path = mem_printf("%s/bare.git", scratch), *none = mem_printf("%s/none", scratch);
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	struct gaps gaps = GAPS_INIT;
	struct seen s = { 0 };
	assert_int_equal(git_repo_open(path, LIMIT_MS, &r, &e), 0);
	assert_int_equal(tree_read(&(struct tree_at){ .name = "x", .repo = r }, see, &s, &gaps, &e), -ERR_CONFIG);
	assert_non_null(strstr(e.text, "is bare, so it has no working tree"));
	assert_int_equal(tree_read(&(struct tree_at){ .name = "x", .folder = none }, see, &s, &gaps, &e), -ERR_IO);
}

static void a_callback_may_end_it(void **state _unused_)
{
	int r;

	must_sh("cd repo && git add -A && git commit -qm x");
	for (int i = 0; i < 2; i++) {
		struct tree_at at = { 0 };
		_cleanup_(freep) char *text = listing(&at, i ? "HEAD" : NULL, 2, &r);

		assert_int_equal(r, 99);
		assert_string_equal(text, "README = r\\n\nfiles/binary = x\\x00y\n");
	}
}

static void modes_and_owners_of_a_working_tree_are_told(void **state _unused_)
{
	_cleanup_(freep) char *folder = mem_printf("%s/plain", scratch);
	struct gaps gaps = GAPS_INIT;
	struct seen s = { .text = BUF_INIT(1000), .modes = true };

	/* Only root can give a file away. */
	unsigned owner = geteuid() == 0 ? 65534 : geteuid();
	_cleanup_(freep) char *want = mem_printf("key 2640 %u = k\\n\n", owner);

	must_sh("mkdir plain && echo k >plain/key && chown %u plain/key && chmod 2640 plain/key", owner);
	assert_int_equal(tree_read(&(struct tree_at){ .name = "x", .folder = folder }, see, &s, &gaps, &e), 0);
	assert_string_equal(buf_text(&s.text), want);
	buf_free(&s.text);
}

static void gaps_have_an_end(void **state _unused_)
{
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;
	const struct gap where = { .kind = UNREAD_YAML, .repository = "private", .file = "a\x1b" "b.yaml", .line = 3,
		.col = 7 };
	struct buf b = BUF_INIT(1000);

	for (size_t i = 0; i < GAPS_MAX + 5; i++)
		gaps_add(&g, &where, "bad\n%zu", i);
	assert_int_equal(g.n, GAPS_MAX);
	assert_int_equal(g.more, 5);
	gap_say(&g.list[9], &b);
	assert_string_equal(buf_text(&b), "private:a\\x1bb.yaml:3:7: bad\\n9");
	buf_free(&b);
	for (int k = 0; k < UNREAD_KINDS; k++)
		assert_non_null(unread_name((enum unread)k));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(commit_and_working_tree_give_the_same),
		T(what_is_not_wanted_is_left_away_without_a_word),
		T(the_order_is_that_of_bytes),
		T(names_are_any_bytes),
		T(links_are_told_and_not_followed),
		T(large_files_are_told_and_the_rest_is_read),
		T(submodules_and_repositories_within_are_told),
		T(what_is_no_file_is_told),
		T(what_is_no_file_is_not_opened),
		T(what_may_not_be_read_is_told),
		T(deep_folders_end_somewhere),
		T(what_git_does_not_have_is_told),
		T(nothing_is_an_answer_too),
		T(a_callback_may_end_it),
		T(modes_and_owners_of_a_working_tree_are_told),
		T(gaps_have_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
