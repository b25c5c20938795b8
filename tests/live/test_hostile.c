/* Repositories that want to be more than read: what must not happen, and a push in its quarantine. */
#include "base/clock.h"
#include "base/mem.h"
#include "objects_kit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <unistd.h>

static char program[4096];

/* --- what must not happen --- */

/* Everything that git could be made to run, in the repository, in the person's configuration and in the environment. */
static void make_hostile(void)
{
	must_sh("mkdir evil home && { echo '#!/bin/sh'; echo \"touch $PWD/pwned\"; } >evil/x && chmod 755 evil/x && "
		"for h in post-index-change reference-transaction post-checkout pre-push fsmonitor-watchman; do "
		"cp evil/x repo/.git/hooks/$h; done");
	must_sh("x=$PWD/evil/x; cat >config <<E\n"
		"[core]\n\tfsmonitor = $x\n\thooksPath = $PWD/evil\n\tsshCommand = $x\n\tpager = $x\n\teditor = $x\n"
		"\tgitProxy = $x\n\tattributesFile = $PWD/attributes\n\talternateRefsCommand = $x\n"
		"[filter \"evil\"]\n\tclean = $x\n\tsmudge = $x\n\tprocess = $x\n\trequired = true\n"
		"[diff]\n\texternal = $x\n[diff \"evil\"]\n\tcommand = $x\n\ttextconv = $x\n"
		"[credential]\n\thelper = !$x\n[alias]\n\tcat-file = !$x\n\tls-tree = !$x\n\trev-parse = !$x\n"
		"[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n"
		"[uploadpack]\n\tpackObjectsHook = $x\n[gpg]\n\tprogram = $x\n[pager]\n\tls-tree = true\nE\n");
	must_sh("cat config >>repo/.git/config && cp config home/.gitconfig && printf '* filter=evil diff=evil\n' | "
		"tee attributes repo/.git/info/attributes >repo/.gitattributes");
	/* two that promise what is missing: one by a helper, one by a path with a program of its own */
	must_sh("x=$PWD/evil/x; cat >>repo/.git/config <<E\n[extensions]\n\tpartialClone = origin\n"
		"[remote \"origin\"]\n\turl = ext::$x\n\tpromisor = true\n"
		"[remote \"other\"]\n\turl = $PWD/repo\n\tuploadpack = $x\n\tpromisor = true\nE\n");
}

static void nothing_of_a_hostile_repository_runs(void **state _unused_)
{
	_cleanup_(freep) char *two = sh_text("git -C repo rev-parse HEAD:two");
	char oid[65];

	make_hostile();
	_cleanup_(freep) char *home = mem_printf("%s/home", scratch), *hooks = mem_printf("%s/evil", scratch);
	_cleanup_(freep) char *run = mem_printf("%s/evil/x", scratch);
	setenv("HOME", home, 1);
	setenv("GIT_DIR", "/nowhere", 1);
	setenv("GIT_OBJECT_DIRECTORY", "/nowhere", 1);
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "core.hooksPath", 1);
	setenv("GIT_CONFIG_VALUE_0", hooks, 1);
	setenv("GIT_EXTERNAL_DIFF", run, 1);
	setenv("GIT_PAGER", run, 1);
	setenv("GIT_SSH_COMMAND", run, 1);
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	_cleanup_(git_files_free) struct git_files f = { 0 };
	_cleanup_(git_history_free) struct git_history all = { 0 }, reached = { 0 };
	int x = git_repo_commit(r, "main", oid, &e);
	if (x == 0)
		x = git_repo_files(r, oid, &f, &e);
	if (x == 0)
		x = git_history_list(r, 0, true, &all, &e);
	if (x == 0)
		x = git_history_list(r, 0, false, &reached, &e);
	if (x < 0)
		fail_msg("%s", e.text);
	assert_int_equal(f.n, 4);
	assert_true(all.whole && reached.whole && all.oids.n == reached.oids.n);
	_cleanup_(git_reader_freep) struct git_reader *g = NULL;
	_cleanup_(git_oids_free) struct git_oids oids = { 0 };
	struct objects_seen s = { .text = BUF_INIT(10000) };
	assert_int_equal(git_oids_add(&oids, "1234567890123456789012345678901234567890", &e), 0);
	assert_int_equal(git_oids_add(&oids, two, &e), 0);
	assert_int_equal(git_reader_open(r, &OBJECT_MAX(1000), &g, &e), 0);
	assert_int_equal(git_reader_read(g, &oids, 0, 2, objects_see, &s, &e), 0);
	assert_string_equal(buf_text(&s.text), "0 missing;1 read changed\n;");
	buf_free(&s.text);
	/* a name that asks for an object which is not there: its own folder would fetch it */
	assert_int_equal(git_repo_commit(r, "1234567890123456789012345678901234567890^0", oid, &e), -ERR_CONFIG);
	assert_int_not_equal(sh("test -e pwned"), 0);
	unsetenv("GIT_DIR");
	unsetenv("GIT_OBJECT_DIRECTORY");
	/* without our care it does run, by two ways at least: the missing object, and the pager's kind */
	(void)sh("cd repo && git cat-file -e 1234567890123456789012345678901234567890");
	must_sh("rm pwned");
	(void)sh("cd repo && git status");
	must_sh("rm pwned");
	for (const char *const *n = (const char *const[]){ "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0",
	     "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_SSH_COMMAND", NULL }; *n; n++)
		unsetenv(*n);
	setenv("HOME", "/root", 1);
}

/* git itself refuses to look into somebody else's repository, because of what it might run. */
static void somebody_elses_repository_is_read(void **state _unused_)
{
	must_sh("chown -R nobody repo");
	assert_int_not_equal(sh("HOME=/nonexistent git -C repo log"), 0);
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo("repo");
	_cleanup_(freep) char *head = sh_text("git -c safe.directory='*' --git-dir=repo/.git rev-parse HEAD");
	char oid[65];

	assert_int_equal(git_repo_commit(r, "HEAD", oid, &e), 0);
	assert_string_equal(oid, head);
	objects_read("repo", "git --git-dir=repo/.git rev-parse HEAD:two", OBJECT_MAX(1000), "0 read changed\n;");
}

/* A configuration that git would read for ever. */
static void a_repository_that_hangs_is_left_in_time(void **state _unused_)
{
	_cleanup_(freep) char *path = mem_printf("%s/repo", scratch);
	struct git_repo *r = NULL;
	int64_t start = clock_mono_us();

	must_sh("mkfifo pipe && printf '[include]\\n\\tpath = %s/pipe\\n' >>repo/.git/config", scratch);
	assert_int_equal(git_repo_open(path, 700, &r, &e), -ERR_IO);
	assert_non_null(strstr(e.text, "git did not end within"));
	assert_true(clock_mono_us() - start < 10000000);
}

static void our_folders_are_cleaned_away(void **state _unused_)
{
	_cleanup_(freep) char *temporary = mem_printf("%s/tmp", scratch);

	must_sh("mkdir tmp");
	setenv("TMPDIR", temporary, 1);
	struct git_repo *r = objects_repo("repo");
	_cleanup_(git_history_free) struct git_history h = { 0 };
	assert_int_equal(git_history_list(r, 0, false, &h, &e), 0);
	must_sh("test $(ls tmp | wc -l) = 1 && test $(stat -c %%a tmp/*) = 700");
	git_repo_free(r);
	unsetenv("TMPDIR");
	must_sh("test -z \"$(ls -A tmp)\"");
}

/* --- a push --- */

/* Run by the hook: the objects of the push are there, though no branch has them yet. */
static int in_the_hook(void)
{
	struct objects_seen s = { .text = BUF_INIT(10000) };
	struct git_reader *g = NULL;
	struct git_oids oids = { 0 };
	struct git_files f = { 0 };
	struct git_repo *r = NULL;
	char line[200], oid[65];

	if (secret_init(&e) < 0 || !fgets(line, sizeof(line), stdin) || git_repo_open_push(OBJECTS_LIMIT_MS, &r,
		&e) < 0 ||
	    git_repo_commit(r, strndupa(line + 41, 40), oid, &e) < 0 || git_repo_files(r, oid, &f, &e) < 0 ||
	    git_reader_open(r, &OBJECT_MAX(1000), &g, &e) < 0)
		return printf("error: %s\n", e.text) ? 1 : 2;
	for (size_t i = 0; i < f.n; i++)
		(void)git_oids_add(&oids, f.list[i].oid, &e);
	(void)git_reader_read(g, &oids, 0, oids.n, objects_see, &s, &e);
	for (char *c = s.text.data; c && *c; c++)
		*c = *c == '\n' ? '.' : *c;
	(void)printf("hook: %zu files, whole %d: %s\n", f.n, (int)f.whole, buf_text(&s.text));
	buf_free(&s.text);
	git_reader_free(g);
	git_oids_free(&oids);
	git_files_free(&f);
	git_repo_free(r);
	return 1;
}

static void a_push_is_read_within_its_quarantine(void **state _unused_)
{
	must_sh("git init -q --bare server.git && git -C repo push -q ../server.git v1^{}:refs/heads/main && "
		"printf '#!/bin/sh\\nexec %s push\\n' >server.git/hooks/pre-receive && chmod 755 "
		"server.git/hooks/pre-receive", program);
	_cleanup_(freep) char *said = sh_text("git -C repo push ../server.git main 2>&1");
	if (!strstr(said, "hook: 4 files, whole 1: 0 read one.;1 read x;2 read ;3 read changed.;"))
		fail_msg("%s", said);
	assert_non_null(strstr(said, "pre-receive hook declined"));
	struct git_repo *r = NULL;
	assert_int_equal(git_repo_open_push(OBJECTS_LIMIT_MS, &r, &e), -ERR_USAGE);
	assert_non_null(strstr(e.text, "no pre-receive hook"));
	/* somebody's environment that only looks like a hook's */
	_cleanup_(freep) char *server = mem_printf("%s/server.git", scratch);
	setenv("GIT_DIR", server, 1);
	setenv("GIT_QUARANTINE_PATH", "/somewhere", 1);
	setenv("GIT_OBJECT_DIRECTORY", "/elsewhere", 1);
	setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", "/elsewhere", 1);
	assert_int_equal(git_repo_open_push(OBJECTS_LIMIT_MS, &r, &e), -ERR_USAGE);
	unsetenv("GIT_DIR");
	unsetenv("GIT_QUARANTINE_PATH");
	unsetenv("GIT_OBJECT_DIRECTORY");
	unsetenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, objects_begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(nothing_of_a_hostile_repository_runs),
		T(a_repository_that_hangs_is_left_in_time),
		T(our_folders_are_cleaned_away),
		T(a_push_is_read_within_its_quarantine),
		T(somebody_elses_repository_is_read), /* last: only root can give a repository away */
	};

	if (argc == 2 && strcmp(argv[1], "push") == 0)
		return in_the_hook();
	if (!realpath(argv[0], program))
		return 2;
	return _cmocka_run_group_tests("hostile", tests, ARRAY_SIZE(tests) - (geteuid() != 0), NULL, NULL);
}
