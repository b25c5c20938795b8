/* read-place and write-place against real git remotes. */
#include "base/fs.h"
#include "base/mem.h"
#include "scratch.h"
#include "transport/git.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define OLD "Old-Pass/1'\"x"
#define NEW "n3w&Value\\of,it"
#define KEY "passwords::redis::master"

static const char common[] =
	"# everything private, ask infra before you touch it\n"
	"passwords::db::app: 'other value'   # not ours\n"
	"passwords::redis::master: \"Old-Pass/1'\\\"x\"  # since 2019\n"
	"list:\n  - a\n  -   b\n";

/* A bare remote with one commit, and a person's clone of it. */
static int begin(void **state)
{
	if (scratch_begin(state) < 0)
		return -1;
	must_sh("git init -q --bare -b main remote.git && git clone -q remote.git person 2>&1 && cd person && "
		"git config user.name Ada && git config user.email ada@example.org && git checkout -q -b main && "
		"mkdir -p hieradata/common/a files/ssl && ln -s ../files hieradata/private");
	put_file("person/hieradata/common.yaml", common);
	put_file("person/hieradata/common/a/b.yaml", KEY ": " "'Old-Pass/1''\"x'\n");
	put_file("person/files/password", OLD "\n");
	must_sh("cd person && chmod 755 files/password && git add -A && git commit -qm 'first' && git push -q origin "
		"main");
	return 0;
}

#define REPOSITORY "\"repositories\":[{\"name\":\"private\",\"url\":\"%s/remote.git\",\"branch\":\"main\"," \
	"\"clone\":\"%s/state/clone\",\"eyaml_public\":\"%s/keys/public.pem\"," \
	"\"eyaml_private\":\"%s/keys/private.pem\"}]"
#define SECRET(places) "{\"name\":\"redis/password\",\"old\":\"old\",\"new\":\"new\",\"places\":[" places "]}"
#define REST "\"incident\":7,\"author\":\"On Call <oncall@example.org>\"," \
	"\"trailer\":\"Firebreak-Journal: 12 abcdef\""
#define WRITE(places) "{" REPOSITORY ",\"secrets\":[" SECRET(places) "]," REST "}", scratch, scratch, scratch, scratch
#define COMMON "{\"repository\":\"private\",\"file\":\"hieradata/common.yaml\",\"key\":\"" KEY "\"}"
#define EXPANDED "{\"repository\":\"private\",\"file\":\"hieradata/common/a/b.yaml\",\"key\":\"" KEY "\"}"
#define WHOLE "{\"repository\":\"private\",\"file\":\"files/password\"}"

static char *head(void)
{
	return sh_text("git -C remote.git rev-parse main");
}

static void one_scalar_of_the_remote_changes_and_nothing_else(void **state _unused_)
{
	struct trial t;

	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	assert_true(json_is_true(json_object_get(t.job.result, "changed")));
	assert_int_equal(t.changing, 1);
	_cleanup_(freep) char *now = head(), *stat = sh_text("git -C remote.git diff --numstat main~1 main");
	assert_string_equal(json_str(t.job.result, "commit"), now);
	assert_string_equal(stat, "1\t1\thieradata/common.yaml");
	_cleanup_(freep) char *line = sh_text("git -C remote.git show main:hieradata/common.yaml | sed -n 3p");
	assert_string_equal(line, "passwords::redis::master: \"n3w&Value\\\\of,it\"  # since 2019");
	_cleanup_(freep) char *message = sh_text("git -C remote.git log -1 --format='%%an "
						 "<%%ae>|%%s|%%(trailers:key=Firebreak-Journal,valueonly)' main");
	assert_string_equal(message, "On Call <oncall@example.org>|Rotate redis/password (incident 7)|12 abcdef\n");
	trial_end(&t);
}

static void the_second_run_makes_no_commit_and_says_so(void **state _unused_)
{
	struct trial t;

	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	assert_int_equal(t.r, 0);
	trial_end(&t);
	_cleanup_(freep) char *before = head();
	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	assert_int_equal(t.r, 0);
	assert_true(json_is_false(json_object_get(t.job.result, "changed")));
	assert_int_equal(t.changing, 0);
	assert_non_null(strstr(t.job.text, "nothing to do"));
	trial_end(&t);
	_cleanup_(freep) char *after = head();
	assert_string_equal(before, after);
}

static void twins_change_in_one_commit_and_modes_stay(void **state _unused_)
{
	struct trial t;

	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON "," EXPANDED "," WHOLE));
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	trial_end(&t);
	_cleanup_(freep) char *count = sh_text("git -C remote.git rev-list --count main");
	_cleanup_(freep) char *stat = sh_text("git -C remote.git diff --numstat main~1 main");
	_cleanup_(freep) char *mode = sh_text("git -C remote.git ls-tree main files/password | cut -c1-6");
	_cleanup_(freep) char *whole = sh_text("git -C remote.git show main:files/password | od -An -c | tr -d ' \\n'");
	assert_string_equal(count, "2");
	assert_string_equal(stat, "1\t1\tfiles/password\n1\t1\thieradata/common.yaml\n1\t1\thieradata/common/a/b.yaml");
	assert_string_equal(mode, "100755");
	assert_string_equal(whole, "n3w&Value\\of,it\\n");

	try_job(&t, job_read_place, NULL, NULL, WRITE(COMMON "," EXPANDED "," WHOLE));
	assert_int_equal(t.r, 0);
	assert_true(same_secret(wire_secrets_get(&t.job.out, "old"), NEW));
	trial_end(&t);
}

static void half_done_twins_are_finished(void **state _unused_)
{
	struct trial t;

	put_file("person/files/password", NEW "\n");
	must_sh("cd person && git commit -qam half && git push -q origin main");
	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON "," WHOLE));
	assert_int_equal(t.r, 0);
	_cleanup_(freep) char *stat = sh_text("git -C remote.git diff --name-only main~1 main");
	assert_string_equal(stat, "hieradata/common.yaml");
	trial_end(&t);
}

static void twins_that_differ_are_told_by_name(void **state _unused_)
{
	struct trial t;

	put_file("person/files/password", "something else\n");
	must_sh("cd person && git commit -qam differ && git push -q origin main");
	try_job(&t, job_read_place, NULL, NULL, WRITE(COMMON "," WHOLE));
	assert_int_equal(t.r, -ERR_CONFLICT);
	assert_non_null(strstr(t.e.text, "'hieradata/common.yaml: " KEY "' and 'files/password'"));
	assert_null(wire_secrets_get(&t.job.out, "old"));
	trial_end(&t);
}

static void a_change_of_the_same_key_by_somebody_else_stops_everything(void **state _unused_)
{
	struct trial t;

	must_sh("cd person && sed -i \"s/since 2019/x/; s/Old-Pass/Hand-Made/\" hieradata/common.yaml && "
		"git commit -qam 'by hand' && git push -q origin main");
	_cleanup_(freep) char *before = head();
	try_job(&t, job_write_place, OLD, NEW, WRITE(WHOLE "," COMMON));
	assert_int_equal(t.r, -ERR_CONFLICT);
	assert_non_null(strstr(t.e.text, "'hieradata/common.yaml: " KEY "' holds neither"));
	assert_null(strstr(t.e.text, "Hand-Made"));
	assert_int_equal(t.changing, 0);
	assert_int_equal(t.e.effect, EFFECT_NONE);
	_cleanup_(freep) char *after = head();
	assert_string_equal(before, after);
	trial_end(&t);
}

/* A hook that lets somebody else's commit in just before ours, once. */
static void move_while_pushing(const char *edit)
{
	must_sh("cd person && %s && git commit -qam 'faster' && git push -q origin HEAD:refs/aside/faster && git reset "
		"-q --hard HEAD~1", edit);
	put_file("remote.git/hooks/pre-receive",
		 "#!/bin/sh\n[ -e moved ] && exit 0\n: >moved\n"
		 "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n"
		 "git update-ref refs/heads/main refs/aside/faster\n");
	must_sh("chmod 755 remote.git/hooks/pre-receive");
}

static void a_remote_that_moves_during_the_push_gets_the_splice_on_top(void **state _unused_)
{
	struct trial t;

	move_while_pushing("sed -i 's/other value/changed by hand/' hieradata/common.yaml");
	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	trial_end(&t);
	_cleanup_(freep) char *log = sh_text("git -C remote.git log --format=%%s main");
	assert_string_equal(log, "Rotate redis/password (incident 7)\nfaster\nfirst");
	assert_int_equal(sh("git -C remote.git show main:hieradata/common.yaml | grep -q 'changed by hand'"), 0);
	assert_int_equal(sh("git -C remote.git show main:hieradata/common.yaml | grep -q 'n3w&Value'"), 0);
}

static void a_remote_that_moves_on_the_same_key_stops_for_a_person(void **state _unused_)
{
	struct trial t;

	move_while_pushing("sed -i 's/Old-Pass/Faster-Pass/' hieradata/common.yaml");
	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	assert_int_equal(t.r, -ERR_CONFLICT);
	assert_non_null(strstr(t.e.text, KEY));
	trial_end(&t);
	_cleanup_(freep) char *log = sh_text("git -C remote.git log --format=%%s main");
	assert_string_equal(log, "faster\nfirst");
}

static struct git *open_clone(void)
{
	struct git *g = NULL;
	struct err e = ERR_INIT;
	_cleanup_(freep) char *folder = mem_printf("%s/state/clone", scratch),
		*url = mem_printf("%s/remote.git", scratch);

	if (git_open(folder, url, "main", NULL, 20000, &g, &e) < 0 || git_fetch(g, &e) < 0)
		fail_msg("%s", e.text);
	return g;
}

static void find_head(struct git *g, char ret[GIT_OID])
{
	struct err e = ERR_INIT;

	ret[0] = '\0';
	if (git_read(g, ret, NULL, 0, &e) < 0)
		fail_msg("%s", e.text);
}

static void a_branch_that_was_set_back_does_not_come_forward_through_us(void **state _unused_)
{
	must_sh("cd person && echo more >more && git add -A && git commit -qm second && git push -q origin main");
	_cleanup_(git_freep) struct git *g = open_clone();
	struct git_change change = { "more", "100644", "new\n", 4 };
	struct err e = ERR_INIT;
	char at[GIT_OID], commit[GIT_OID];

	find_head(g, at);
	must_sh("git -C remote.git update-ref refs/heads/main main~1");
	assert_int_equal(git_commit_push(g, at, &change, 1, "x\n", "A <a@example.org>", commit, &e), -ERR_CONFLICT);
	_cleanup_(freep) char *count = sh_text("git -C remote.git rev-list --count main");
	assert_string_equal(count, "1");
}

static void a_hook_that_refuses_is_quoted(void **state _unused_)
{
	struct trial t;

	put_file("remote.git/hooks/pre-receive", "#!/bin/sh\necho 'freeze until Monday, ask Ada'\nexit 1\n");
	must_sh("chmod 755 remote.git/hooks/pre-receive");
	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	assert_int_equal(t.r, -ERR_REMOTE);
	assert_non_null(strstr(t.e.text, "freeze until Monday, ask Ada"));
	assert_int_equal(t.e.effect, EFFECT_NONE);
	trial_end(&t);
}

static void a_remote_that_is_away_is_told_and_nothing_has_changed(void **state _unused_)
{
	struct trial t;

	must_sh("mv remote.git away.git");
	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	assert_int_equal(t.r, -ERR_NET);
	assert_non_null(strstr(t.e.text, "remote.git"));
	assert_int_equal(t.e.effect, EFFECT_NONE);
	trial_end(&t);

	must_sh("mv away.git remote.git");
	_cleanup_(git_freep) struct git *g = open_clone();
	struct git_change change = { "files/password", "100755", "new\n", 4 };
	struct err e = ERR_INIT;
	char at[GIT_OID], commit[GIT_OID];
	find_head(g, at);
	must_sh("mv remote.git away.git");
	assert_int_equal(git_commit_push(g, at, &change, 1, "x\n", "A <a@example.org>", commit, &e), -ERR_NET);
	assert_int_equal(e.effect, EFFECT_NONE);
	assert_int_equal(git_fetch(g, &e), -ERR_NET);
}

/* The remote takes the push and never answers: the look afterwards says what came of it. */
static void a_push_without_an_answer_is_looked_up(void **state _unused_)
{
	struct err e = ERR_INIT;
	struct git_change change = { "files/password", "100755", "new\n", 4 };
	char at[GIT_OID], commit[GIT_OID];
	_cleanup_(git_freep) struct git *g = open_clone();

	put_file("remote.git/hooks/post-receive", "#!/bin/sh\nexec sleep 20\n");
	must_sh("chmod 755 remote.git/hooks/post-receive");
	g->limit_ms = 1500;
	find_head(g, at);
	if (git_commit_push(g, at, &change, 1, "x\n", "A <a@example.org>", commit, &e) < 0)
		fail_msg("%s", e.text);
	_cleanup_(freep) char *now = head();
	assert_string_equal(now, commit);

	must_sh("mv remote.git/hooks/post-receive remote.git/hooks/pre-receive");
	change.bytes = "two\n";
	assert_int_equal(git_commit_push(g, commit, &change, 1, "x\n", "A <a@example.org>", at, &e), -ERR_NET);
	assert_int_equal(e.effect, EFFECT_NONE);

	must_sh("printf '#!/bin/sh\\nmv ../remote.git ../gone.git; sleep 20\\n' >remote.git/hooks/pre-receive");
	e = (struct err)ERR_INIT;
	assert_int_equal(git_commit_push(g, commit, &change, 1, "x\n", "A <a@example.org>", at, &e), -ERR_NET);
	assert_int_equal(e.effect, EFFECT_UNKNOWN);
}

static void eyaml_values_are_read_and_written_in_both_forms(void **state _unused_)
{
	struct trial t;

	must_sh("mkdir keys && eyaml createkeys --pkcs7-private-key=keys/private.pem "
		"--pkcs7-public-key=keys/public.pem");
	must_sh("cd person && printf '%%s' \"Old-Pass/1'\\\"x\" >../clear && { printf '# "
		"inline\\npasswords::redis::master: '; eyaml encrypt --pkcs7-public-key=../keys/public.pem "
		"--pkcs7-private-key=../keys/private.pem -o string -f ../clear; printf 'after: 1 # stays\\n'; } "
		">hieradata/inline.yaml && { eyaml encrypt --pkcs7-public-key=../keys/public.pem "
		"--pkcs7-private-key=../keys/private.pem -o block -l " KEY
		" -f ../clear; "
		"printf '\\nafter: 1 # stays\\n'; } >hieradata/block.yaml && git add -A && git commit -qm eyaml && git "
		"push -q origin main");
#define EYAML "{\"repository\":\"private\",\"file\":\"hieradata/inline.yaml\",\"key\":\"" KEY "\"}," \
	"{\"repository\":\"private\",\"file\":\"hieradata/block.yaml\",\"key\":\"" KEY "\"}"
	try_job(&t, job_read_place, NULL, NULL, WRITE(EYAML "," COMMON));
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	assert_true(same_secret(wire_secrets_get(&t.job.out, "old"), OLD));
	trial_end(&t);
	try_job(&t, job_write_place, OLD, NEW, WRITE(EYAML "," COMMON));
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	trial_end(&t);
	must_sh("cd person && git pull -q origin main");
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "block" : "inline";
		_cleanup_(freep) char *clear = sh_text("eyaml decrypt --pkcs7-public-key=keys/public.pem "
			"--pkcs7-private-key=keys/private.pem -e person/hieradata/%s.yaml | sed -n "
			"'s/.*DEC::PKCS7\\[\\(.*\\)\\]!.*/\\1/p'", name);
		_cleanup_(freep) char *file = mem_printf("person/hieradata/%s.yaml", name);
		assert_string_equal(clear, NEW);
		assert_true(file_has(file, "\nafter: 1 # stays\n"));
		assert_true(file_has(file, "ENC[PKCS7,"));
	}
	_cleanup_(freep) char *widths = sh_text("grep -c '^  ' person/hieradata/block.yaml");
	assert_true(atoll(widths) > 3);
}

static void a_hostile_repository_runs_nothing_and_leads_nowhere(void **state _unused_)
{
	static const char *const files[][2] = {
		{ "hieradata/private/password", "is not in branch" }, { "hieradata/private", "symbolic link" },
		{ "../person/secret", "below the repository" }, { ".git/config", "below the repository" },
		{ "--output=x", "starts with" }, { "hieradata", "folder" },
	};
	struct trial t;

	must_sh("mkdir home && printf '[core]\\nhooksPath=%s/evil\\nfsmonitor=%s/evil/x\\n[filter "
		"\"evil\"]\\nclean=touch %s/pwned\\nsmudge=touch %s/pwned\\n' >home/.gitconfig && mkdir evil && "
		"printf '#!/bin/sh\\ntouch %s/pwned\\n' >evil/x && chmod 755 evil/x && cp evil/x evil/pre-push && "
		"cp evil/x evil/reference-transaction && cp evil/x evil/post-index-change",
		scratch, scratch, scratch, scratch, scratch);
	must_sh("cd person && printf '* filter=evil diff=evil\\n' >.gitattributes && "
		"printf '[submodule \"x\"]\\npath=x\\nurl=ext::touch pwned\\n' >.gitmodules && git add -A && git "
		"commit -qm evil && git push -q origin main");
	_cleanup_(freep) char *home = mem_printf("%s/home", scratch), *hooks = mem_printf("%s/evil", scratch);
	setenv("HOME", home, 1);
	setenv("GIT_DIR", "/nowhere", 1);
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "core.hooksPath", 1);
	setenv("GIT_CONFIG_VALUE_0", hooks, 1);
	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	unsetenv("GIT_DIR");
	unsetenv("GIT_CONFIG_COUNT");
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	trial_end(&t);
	assert_int_not_equal(sh("test -e pwned"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		try_job(&t, job_write_place, OLD, NEW, "{" REPOSITORY ",\"secrets\":["
			SECRET("{\"repository\":\"private\",\"file\":\"%s\"}") "]," REST "}", scratch, scratch, scratch,
			scratch, files[i][0]);
		assert_int_equal(t.r, -ERR_CONFIG);
		if (!strstr(t.e.text, files[i][1]))
			fail_msg("%s: %s", files[i][0], t.e.text);
		trial_end(&t);
	}
}

static void dangerous_urls_and_branches_are_refused_before_anything_starts(void **state _unused_)
{
	static const char *const urls[] = {
		"ext::sh -c touch% pwned", "-oProxyCommand=touch pwned", "ssh://-oProxyCommand=touch/x",
		"http://127.0.0.1/x", "https://ada:hunter2@127.0.0.1/x", "git://127.0.0.1/x", "fd::3", "x\n"
		"y", "", "ssh://a@-oProxyCommand=x/y",
	};
	static const char *const branches[] = { "--upload-pack=x", "a..b", "", "a b", "x:y", "/x", "x.lock~", "@{u}" };
	_cleanup_(freep) char *folder = mem_printf("%s/state/none", scratch),
		*url = mem_printf("%s/remote.git", scratch);

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct err e = ERR_INIT;
		struct git *g = NULL;
		int r = git_open(folder, urls[i], "main", NULL, 5000, &g, &e);
		if (r != -ERR_CONFIG && r != -ERR_REFUSED)
			fail_msg("%s: %d %s", urls[i], r, e.text);
		assert_null(strstr(e.text, "hunter2"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(branches); i++) {
		struct err e = ERR_INIT;
		struct git *g = NULL;
		assert_int_equal(git_open(folder, url, branches[i], NULL, 5000, &g, &e), -ERR_CONFIG);
	}
	assert_false(fs_exists(folder));
}

static void a_persons_clone_stays_as_it_is(void **state _unused_)
{
	struct trial t;

	must_sh("cd person && echo draft >draft && echo 'half: edited' >>hieradata/common.yaml && git add draft");
	_cleanup_(freep) char *before = sh_text("find person -type f -exec sha256sum {} + | sort | sha256sum");
	try_job(&t, job_write_place, OLD, NEW, WRITE(COMMON));
	assert_int_equal(t.r, 0);
	trial_end(&t);
	_cleanup_(freep) char *after = sh_text("find person -type f -exec sha256sum {} + | sort | sha256sum");
	_cleanup_(freep) char *mode = sh_text("stat -c %%a state/clone");
	assert_string_equal(before, after);
	assert_string_equal(mode, "700");
	assert_int_equal(sh("ls state/clone/index*"), 2);
}

/* One that cannot be written does not hold back the others, and leaves nothing of itself in the commit. */
static void a_batch_writes_what_it_can_and_names_the_rest(void **state _unused_)
{
	struct trial t;

	must_sh("cd person && printf 'a: Somebody\\nb: other\\n' >>hieradata/common.yaml && git commit -qam more && "
		"git push -q origin main");
	try_job(&t, job_write_place, OLD, NEW, "{" REPOSITORY ",\"secrets\":["
		"{\"name\":\"a/conflict\",\"old\":\"old\",\"new\":\"new\",\"places\":[" WHOLE
		",{\"repository\":\"private\",\"file\":\"hieradata/common.yaml\",\"key\":\"a\"}]},"
		"{\"name\":\"a/missing\",\"old\":\"old\",\"new\":\"new\",\"places\":["
		"{\"repository\":\"private\",\"file\":\"none\"}]},"
		SECRET(COMMON "," EXPANDED) "],\"incident\":8,\"author\":\"alice (root@laptop)\"}", scratch, scratch,
		scratch, scratch);
	if (t.r < 0)
		fail_msg("%s", t.e.text);
	const json_t *list = json_object_get(t.job.result, "secrets");
	assert_int_equal(json_array_size(list), 3);
	assert_false(json_is(json_array_get(list, 0), "ok"));
	assert_string_equal(json_str(json_array_get(list, 0), "error"), err_code_name(ERR_CONFLICT));
	assert_non_null(strstr(json_str(json_array_get(list, 0), "text"), "'hieradata/common.yaml: a' holds neither"));
	assert_false(json_is(json_array_get(list, 1), "ok"));
	assert_true(json_is(json_array_get(list, 2), "ok"));
	assert_true(json_is(json_array_get(list, 2), "changed"));
	trial_end(&t);
	_cleanup_(freep) char *names = sh_text("git -C remote.git diff --name-only main~1 main");
	_cleanup_(freep) char *log = sh_text("git -C remote.git log -1 --format='%%an|%%s|%%b' main");
	assert_string_equal(names, "hieradata/common.yaml\nhieradata/common/a/b.yaml");
	assert_string_equal(log, "alice (root@laptop)|Rotate redis/password (incident 8)|");
}

/* What a killed worker or a power cut leaves in the clone stops nobody: it holds nothing that the remote has not. */
static void locks_and_damage_in_the_clone_are_mended(void **state _unused_)
{
	static const char *const harms[] = {
		": >state/clone/refs/firebreak-head.lock; : >state/clone/packed-refs.lock; : >state/clone/index-1-1",
		"rm state/clone/HEAD", "rm -r state/clone/objects", ": >state/clone/refs/firebreak-head",
		"for f in $(find state/clone/objects -type f); do chmod 644 $f; : >$f; done",
	};
	struct trial t;

	try_job(&t, job_read_place, NULL, NULL, WRITE(COMMON));
	assert_int_equal(t.r, 0);
	trial_end(&t);
	for (size_t i = 0; i < ARRAY_SIZE(harms); i++) {
		must_sh("%s", harms[i]);
		must_sh("cd person && echo %zu >>counter && git add -A && git commit -qm more && git push -q origin "
			"main", i);
		try_job(&t, job_write_place, i % 2 ? NEW : OLD, i % 2 ? OLD : NEW, WRITE(COMMON));
		if (t.r < 0)
			fail_msg("%s: %s", harms[i], t.e.text);
		assert_true(json_is(t.job.result, "changed"));
		trial_end(&t);
		must_sh("cd person && git pull -q origin main");
	}
}

static void a_folder_that_is_not_ours_is_left_alone(void **state _unused_)
{
	struct trial t;

	must_sh("mkdir -p state && cp -a remote.git state/clone && find state/clone | sort >before");
	try_job(&t, job_read_place, NULL, NULL, WRITE(COMMON));
	assert_int_equal(t.r, -ERR_REFUSED);
	assert_non_null(strstr(t.e.text, "no clone of ours"));
	trial_end(&t);
	must_sh("find state/clone | sort | cmp before -");
}

static void a_missing_branch_file_or_key_is_one_sentence(void **state _unused_)
{
	struct trial t;

	try_job(&t, job_read_place, NULL, NULL,
		WRITE("{\"repository\":\"private\",\"file\":\"hieradata/none.yaml\",\"key\":\"x\"}"));
	assert_int_equal(t.r, -ERR_CONFIG);
	assert_non_null(strstr(t.e.text, "'hieradata/none.yaml' is not in branch 'main'"));
	trial_end(&t);
	try_job(&t, job_read_place, NULL, NULL,
		WRITE("{\"repository\":\"private\",\"file\":\"hieradata/common.yaml\",\"key\":\"none\"}"));
	assert_int_equal(t.r, -ERR_CONFIG);
	assert_non_null(strstr(t.e.text, "none"));
	trial_end(&t);
	must_sh("git -C remote.git branch -m main other");
	try_job(&t, job_read_place, NULL, NULL, WRITE(COMMON));
	assert_int_equal(t.r, -ERR_CONFIG);
	assert_non_null(strstr(t.e.text, "has no branch 'main'"));
	trial_end(&t);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(one_scalar_of_the_remote_changes_and_nothing_else),
		T(the_second_run_makes_no_commit_and_says_so),
		T(twins_change_in_one_commit_and_modes_stay),
		T(half_done_twins_are_finished),
		T(twins_that_differ_are_told_by_name),
		T(a_change_of_the_same_key_by_somebody_else_stops_everything),
		T(a_remote_that_moves_during_the_push_gets_the_splice_on_top),
		T(a_remote_that_moves_on_the_same_key_stops_for_a_person),
		T(a_branch_that_was_set_back_does_not_come_forward_through_us),
		T(a_hook_that_refuses_is_quoted),
		T(a_remote_that_is_away_is_told_and_nothing_has_changed),
		T(a_push_without_an_answer_is_looked_up),
		T(eyaml_values_are_read_and_written_in_both_forms),
		T(a_hostile_repository_runs_nothing_and_leads_nowhere),
		T(dangerous_urls_and_branches_are_refused_before_anything_starts),
		T(a_persons_clone_stays_as_it_is),
		T(a_batch_writes_what_it_can_and_names_the_rest),
		T(locks_and_damage_in_the_clone_are_mended),
		T(a_folder_that_is_not_ours_is_left_alone),
		T(a_missing_branch_file_or_key_is_one_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
