/* Looking for values in files of a host, here and through a real sshd: packed files, tars, what cannot be read, and
 * that no value is to be seen there meanwhile. */
#include "base/mem.h"
#include "scratch.h"
#include "sshd.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>
#include <unistd.h>

static struct far far;
static bool through_ssh;
static char value[64];

static int begin(void **state)
{
	if (scratch_begin(state) < 0)
		return -1;
	char *made = sh_text("echo Vq$(head -c 12 /dev/urandom | base64 | tr '+/=' 'abc')");
	(void)snprintf(value, sizeof(value), "%s'&", made);
	free(made);
	put_file("value", value);
	return 0;
}

static int begin_local(void **state)
{
	through_ssh = false;
	return begin(state);
}

static int begin_far(void **state)
{
	through_ssh = true;
	return begin(state) < 0 ? -1 : far_begin(&far);
}

static int end(void **state)
{
	if (through_ssh)
		far_end(&far);
	return scratch_end(state);
}

/* words: further keys of the job, each with a comma before it. */
static void search(struct trial *t, const char *paths, const char *words)
{
	_cleanup_(freep) char *host = through_ssh
		? mem_printf("{\"name\":\"web1\",\"address\":\"far\",\"local\":false,\"ssh_config\":\"%s\","
			     "\"control\":\"%s\"}", far.config, far.control)
		: mem_dup("{\"name\":\"web1\",\"address\":\"web1\",\"local\":true}");

	try_job(t, job_residue, value, NULL, "{\"host\":%s,\"paths\":[%s]%s}", host, paths, words);
	if (t->r < 0)
		fail_msg("%s", t->e.text);
	assert_int_equal(t->changing, 0);
}

static const json_t *entry(const struct trial *t, const char *list, const char *name, const char *member)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(t->job.result, list), i, one) {
		const char *path = json_str(one, "path"), *m = json_str(one, "member");
		size_t n = path ? strlen(path) : 0;

		if (n >= strlen(name) && strcmp(path + n - strlen(name), name) == 0 && (m != NULL) == (member !=
			NULL) &&
		    (!m || strcmp(m, member) == 0))
			return one;
	}
	return NULL;
}

static void found(const struct trial *t, const char *name, const char *member, const char *form, int64_t line)
{
	const json_t *one = entry(t, "found", name, member);

	if (!one)
		fail_msg("not found: %s %s", name, member ? member : "");
	assert_string_equal(json_str(one, "form"), form);
	assert_int_equal(json_int(one, "line", 0), line);
}

static void unread(const struct trial *t, const char *name, const char *member, const char *kind, const char *why)
{
	const json_t *one = entry(t, "not_read", name, member);

	if (!one)
		fail_msg("not told: %s", name);
	assert_string_equal(json_str(one, "kind"), kind);
	if (!strstr(json_str(one, "why"), why))
		fail_msg("%s: %s", name, json_str(one, "why"));
}

#define IN(name) "\"%s/" name "\""
static char *in_scratch(const char *fmt)
{
	char *s = mem_printf("\"%s/%s\"", scratch, fmt);

	return s;
}

static void packed_files_and_tars_are_looked_into(void **state _unused_)
{
	_cleanup_(freep) char *paths = in_scratch("d");
	struct trial t;

	must_sh("mkdir d && printf 'one\\ntwo ' >d/plain && cat value >>d/plain && for p in gzip xz zstd bzip2 lz4; do "
		"$p -qc d/plain >d/of.$p; done; "
		"mkdir -p t/deep && cp d/plain t/deep/x && printf nothing >t/y && printf 'it is ' >\"t/new\nline\" && "
		"base64 -w0 value >>\"t/new\nline\" && gzip -c d/plain >t/inner.gz && "
		"cp d/plain t/$(head -c 120 /dev/zero | tr '\\0' n) && "
		"tar -cf d/a.tar t && tar -czf d/a.tar.gz t && tar --format=posix -cJf d/p.tar.xz t && "
		"ln -s ../t d/link && mkfifo d/pipe && : >d/empty");
	search(&t, paths, "");
	found(&t, "d/plain", NULL, "plain", 2);
	found(&t, "d/of.gzip", NULL, "plain", 2);
	found(&t, "d/of.xz", NULL, "plain", 2);
	found(&t, "d/of.bzip2", NULL, "plain", 2);
	found(&t, "d/of.zstd", NULL, "plain", 2);
	found(&t, "d/of.lz4", NULL, "plain", 2);
	static const char *const tars[] = { "d/a.tar", "d/a.tar.gz", "d/p.tar.xz" };
	for (size_t i = 0; i < ARRAY_SIZE(tars); i++) {
		found(&t, tars[i], "t/deep/x", "plain", 2);
		found(&t, tars[i], "t/new\nline", "base64", 1);
		found(&t, tars[i],
		      "t/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		      "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", "plain", 2);
		found(&t, tars[i], "t/inner.gz", "plain", 2);
		assert_null(entry(&t, "found", tars[i], "t/y"));
	}
	assert_null(entry(&t, "found", "d/link/deep/x", NULL));
	assert_null(entry(&t, "not_read", "d/pipe", NULL));
	trial_end(&t);
}

/* What Python's zipfile and the zip program write, and what cannot be told of: each named, none passed over. */
static void zips_and_what_is_packed_in_others_are_looked_into(void **state _unused_)
{
	_cleanup_(freep) char *paths = in_scratch("d");
	struct trial t;

	must_sh("mkdir -p d t/deep && { head -c 300000 /dev/urandom | base64; cat value; } >t/long && "
		"cp value t/deep/x && gzip -c value >t/x.gz && tar -C t -cJf t/inner.tar.xz deep x.gz && "
		"python3 -c 'import zipfile as z, sys\n"
		"for name, how in ((\"stored\", 0), (\"deflated\", 8), (\"bzip2\", 12), (\"lzma\", 14)):\n"
		"    with z.ZipFile(\"d/\" + name + \".zip\", \"w\", how) as f:\n"
		"        for m in (\"t/long\", \"t/deep/x\", \"t/x.gz\", \"t/inner.tar.xz\"): f.write(m)' && "
		"{ printf '#!/bin/sh\\nexit\\n'; cat d/deflated.zip; } >d/runs.zip && "
		"head -c 100000 d/deflated.zip >d/cut.zip && zip -q -e -P some d/locked.zip t/deep/x && "
		"cat t/long | zip -q -fz - - >d/wide.zip && tar -cf d/of.tar d/deflated.zip t/inner.tar.xz && "
		"head -c 5000 /dev/urandom >t/damaged && gzip -c t/long | head -c 9000 >t/cut.gz && "
		"tar -czf d/bad.tar.gz t/cut.gz t/deep/x && xz -c d/of.tar | gzip -c | bzip2 -c | gzip -c | xz -c | "
		"gzip -c >d/deep.gz");
	search(&t, paths, "");
	static const char *const zips[] = { "d/stored.zip", "d/deflated.zip", "d/bzip2.zip" };
	for (size_t i = 0; i < ARRAY_SIZE(zips); i++) {
		found(&t, zips[i], "t/long", "plain", 5265);
		found(&t, zips[i], "t/deep/x", "plain", 1);
		found(&t, zips[i], "t/x.gz", "plain", 1);
		found(&t, zips[i], "t/inner.tar.xz(deep/x)", "plain", 1);
		found(&t, zips[i], "t/inner.tar.xz(x.gz)", "plain", 1);
	}
	unread(&t, "d/lzma.zip", "t/long", "packed", "in a way of zip (14)");
	assert_null(entry(&t, "found", "d/lzma.zip", "t/long"));
	unread(&t, "d/locked.zip", "t/deep/x", "packed", "encrypted");
	unread(&t, "d/cut.zip", NULL, "damaged", "not whole");
	unread(&t, "d/of.tar", "d/deflated.zip", "packed", "zip, within another");
	found(&t, "d/of.tar", "t/inner.tar.xz(deep/x)", "plain", 1);
	unread(&t, "d/bad.tar.gz", "t/cut.gz", "damaged", "could not read all of it");
	found(&t, "d/bad.tar.gz", "t/deep/x", "plain", 1);
	unread(&t, "d/deep.gz", NULL, "packed", "within four others");
	found(&t, "d/wide.zip", "-", "plain", 5265);
	trial_end(&t);
}

static void git_repositories_are_read_object_by_object(void **state _unused_)
{
	_cleanup_(freep) char *paths = in_scratch("d");
	struct trial t;

	must_sh("git init -q -b main d && cd d && git config user.name 'Ada \"A\"' && "
		"git config user.email a@example.org && cp ../value gone && mkdir sub && "
		"cp ../value 'sub/it is\nstill here' && base64 -w0 ../value >unborn && "
		"git add gone sub && git commit -qm one && git rm -q gone && gzip -c ../value >packed.gz && "
		"git add packed.gz && { printf 'It was '; cat ../value; } | git commit -qF - && "
		"git add unborn && git commit -qm lost && git reset -q --hard HEAD~1 && "
		"git reflog expire --expire=now --all && "
		"git tag -a -m \"$(cat ../value)\" v1 && "
		"for k in core.fsmonitor core.sshCommand core.pager diff.external gpg.program core.editor; do "
		"git config $k 'touch ran;'; done && git config log.showSignature true && rm -r sub packed.gz && "
		"printf 'touch = %%s\\n' \"$(cat ../value)\" >>.git/description");
	search(&t, paths, "");
	assert_int_equal(json_array_size(json_object_get(t.job.result, "not_read")), 0);
	static const struct { const char *name, *state, *is; } all[] = {
		{ "gone", "head", "blob" }, { "packed.gz", "head", "blob" }, { NULL, "history", "commit" },
		{ NULL, "unreachable", "blob" }, { NULL, "history", "tag" },
	};
	const json_t *found_list = json_object_get(t.job.result, "found"), *one;
	size_t k, objects = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		bool seen = false;

		json_array_foreach(found_list, k, one) {
			const char *name = json_str(one, "name"), *how = json_str(one, "state");

			seen = seen || (how && !strcmp(how, all[i].state) && !strcmp(json_str(one, "is"), all[i].is) &&
				       (!all[i].name || !name || strcmp(all[i].state, "head") == 0));
		}
		if (!seen)
			fail_msg("%s %s", all[i].state, all[i].is);
	}
	json_array_foreach(found_list, k, one)
		objects += json_str(one, "object") != NULL;
	/* the value of "gone" and of the file below sub is one object */
	assert_int_equal(objects, 5);
	assert_non_null(entry(&t, "found", "d/.git/description", NULL));
	assert_int_not_equal(sh("test -e d/ran || test -e ran"), 0);
	trial_end(&t);
}

static void what_cannot_be_read_is_told(void **state _unused_)
{
	_cleanup_(freep) char *d = in_scratch("d"), *paths = mem_printf("%s,\"/proc/self/mem\"", d);
	struct trial t;

	must_sh("mkdir d && head -c 5000 /dev/urandom | gzip >d/whole.gz && head -c 2000 d/whole.gz >d/cut.gz && "
		"printf 'PK\\003\\004zip' >d/x.zip && printf 'Salted__12345678' >d/x.enc && "
		"printf '!<arch>\\nx' >d/x.deb && "
		"printf 'PGDMP1' >d/x.dump && printf '# v2 git bundle\\nx' >d/x.bundle && "
		"git init -q d/repository && cp value d/repository/x && git -C d/repository add x && "
		"o=$(find d/repository/.git/objects -type f) && chmod u+w $o && printf broken >$o && "
		"tar -cf whole.tar value && head -c 700 whole.tar >d/cut.tar && mkdir d/closed && cp value d/closed/x "
			"&& "
		"chmod 0 d/closed");
	search(&t, paths, "");
	unread(&t, "/proc/self/mem", NULL, geteuid() == 0 ? "damaged" : "denied", "cannot be");
	unread(&t, "d/cut.gz", NULL, "damaged", "could not read all of it");
	unread(&t, "d/x.zip", NULL, "damaged", "a zip whose list of files is not whole");
	unread(&t, "d/x.deb", NULL, "packed", "Debian's packages");
	unread(&t, "d/x.dump", NULL, "packed", "pg_dump");
	unread(&t, "d/x.bundle", NULL, "packed", "a bundle");
	unread(&t, "d/x.enc", NULL, "packed", "encrypted");
	unread(&t, "d/cut.tar", NULL, "damaged", "a tar that ends");
	unread(&t, "d/repository/.git", NULL, "repository", "git could not read all of it");
	if (geteuid() != 0)
		unread(&t, "d/closed", NULL, "denied", "cannot be listed");
	assert_null(entry(&t, "not_read", "d/whole.gz", NULL));
	assert_non_null(strstr(t.job.text, "could not be looked at"));
	trial_end(&t);
	must_sh("chmod 700 d/closed");
}

static void what_is_left_out_is_not_looked_at(void **state _unused_)
{
	_cleanup_(freep) char *paths = in_scratch("*"), *leave = mem_printf(",\"leave\":[\"%s/d/lo?\",\"%s/*/b*r\"]",
									     scratch, scratch);
	struct trial t;

	must_sh("mkdir -p d/log/deep d/logs d/bar && for f in d/log/deep/x d/logs/x d/bar/x d/x; do cp value $f; done");
	search(&t, paths, leave);
	assert_non_null(entry(&t, "found", "d/logs/x", NULL));
	assert_non_null(entry(&t, "found", "d/x", NULL));
	assert_null(entry(&t, "found", "d/log/deep/x", NULL));
	assert_null(entry(&t, "found", "d/bar/x", NULL));
	trial_end(&t);
}

static void the_time_is_heeded_and_what_was_not_looked_at_is_told(void **state _unused_)
{
	_cleanup_(freep) char *paths = in_scratch("d");
	struct trial t;

	must_sh("mkdir d && truncate -s 400G d/a && cp value d/b");
	search(&t, paths, ",\"limit_ms\":30000");
	unread(&t, "d/a", NULL, "late", "the time for this host was over");
	assert_null(entry(&t, "found", "d/b", NULL));
	trial_end(&t);
}

static void a_value_across_two_pieces_is_found_once_with_its_line(void **state _unused_)
{
	_cleanup_(freep) char *paths = in_scratch("d");
	struct trial t;

	for (int at = 1048576 - 30; at <= 1048576 + 2; at += 4) {
		must_sh("mkdir -p d && { head -c %d /dev/zero | tr '\\0' '\\n'; cat value; echo; cat value; } >d/x",
			at);
		search(&t, paths, "");
		const json_t *one = entry(&t, "found", "d/x", NULL);
		assert_non_null(one);
		assert_int_equal(json_int(one, "count", 0), 2);
		assert_int_equal(json_int(one, "line", 0), at + 1);
		trial_end(&t);
	}
}

/* Every process of the machine is looked at while a search goes through 20 GB of nothing; then the one that searches is
 * made to crash. */
static void no_value_is_seen_and_no_core_is_left(void **state _unused_)
{
	const char *const argv[] = { "sh", "-c",
		"v=$(cat value); b=$(base64 -w0 value); h=$(sha256sum <value | cut -d' ' -f1); for turn in 1 2 3; do "
			"sleep 1; "
		"for f in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do c=$(tr '\\0' ' ' <$f) 2>/dev/null; case $c in "
		"*\"$v\"*|*\"$b\"*|*\"$h\"*) echo $f >>seen;; esac; done; "
		"for p in /proc/[0-9]*; do c=$(tr '\\0' ' ' <$p/cmdline) 2>/dev/null; case $c in 'perl -e'*) "
		/* ours only: below the test, or below its sshd */
		"a=${p#/proc/}; while [ \"$a\" != $PPID ] && [ ${a:-1} -gt 1 ]; do "
		"a=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$a/status); done; [ \"$a\" = $PPID ] || continue; "
		"grep -q 'Max core file size *0 ' $p/limits && echo limited >>limited; "
		"[ $turn = 3 ] && kill -SEGV ${p#/proc/} ;; esac; done; done; echo done >turns", NULL };
	_cleanup_(freep) char *paths = in_scratch("d"), *host = NULL;
	struct trial t;

	must_sh("mkdir d && truncate -s 400G d/a");
	pid_t pid = start_program(argv, "log");
	host = through_ssh ? mem_printf("{\"name\":\"web1\",\"address\":\"far\",\"local\":false,\"ssh_config\":\"%s\","
					"\"control\":\"%s\"}", far.config, far.control)
			   : mem_dup("{\"name\":\"web1\",\"address\":\"web1\",\"local\":true}");
	try_job(&t, job_residue, value, NULL, "{\"host\":%s,\"paths\":[%s]}", host, paths);
	assert_true(t.r < 0);
	assert_null(strstr(t.e.text, value));
	trial_end(&t);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(file_has("turns", "done"));
	assert_true(file_has("limited", "limited"));
	assert_int_not_equal(sh("test -e seen"), 0);
	assert_int_not_equal(sh("ls core* d/core* >/dev/null 2>&1"), 0);
}

static void too_plain_a_value_is_told_and_not_looked_for(void **state _unused_)
{
	_cleanup_(freep) char *paths = in_scratch("d");
	struct trial t;

	must_sh("mkdir d && echo changeme >d/x");
	(void)snprintf(value, sizeof(value), "changeme");
	search(&t, paths, "");
	assert_int_equal(json_array_size(json_object_get(t.job.result, "found")), 0);
	assert_string_equal(json_str(json_array_get(json_object_get(t.job.result, "not_read"), 0), "kind"), "plain");
	trial_end(&t);
}

int main(void)
{
#define LOCAL(f) { #f " (local)", f, begin_local, end, NULL }
#define FAR(f) { #f " (ssh)", f, begin_far, end, NULL }
	const struct CMUnitTest tests[] = {
		LOCAL(packed_files_and_tars_are_looked_into), FAR(packed_files_and_tars_are_looked_into),
		LOCAL(zips_and_what_is_packed_in_others_are_looked_into),
		LOCAL(git_repositories_are_read_object_by_object), FAR(git_repositories_are_read_object_by_object),
		LOCAL(what_cannot_be_read_is_told), FAR(what_cannot_be_read_is_told),
		LOCAL(what_is_left_out_is_not_looked_at), FAR(what_is_left_out_is_not_looked_at),
		LOCAL(a_value_across_two_pieces_is_found_once_with_its_line),
		LOCAL(the_time_is_heeded_and_what_was_not_looked_at_is_told),
		LOCAL(no_value_is_seen_and_no_core_is_left), FAR(no_value_is_seen_and_no_core_is_left),
		LOCAL(too_plain_a_value_is_told_and_not_looked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
