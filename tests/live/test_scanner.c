/* firebreak-scanner under engine/scanner.h: known values and rules, in a history and in folders. Usage: ... SCANNER */
#include "base/digest.h"
#include "base/mem.h"
#include "engine/scanner.h"
#include "objects_kit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char *program;
static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const struct digest_key key = { { 7 } };

struct heard { struct buf text; unsigned n, told; uint64_t value_at; };

static void hear(const struct scanner_found *f, void *arg)
{
	struct heard *h = arg;

	h->n++;
	h->value_at = f->offset;
	if (f->rule)
		(void)buf_printf(&h->text, "%s %s %u:%u %zu;", f->rule, f->file ? f->file : f->is, (unsigned)f->line,
				 (unsigned)f->col, strlen(f->tag));
	else
		(void)buf_printf(&h->text, "%u %s %s %u:%u;", f->value, f->file ? f->file : f->is,
				 f->object ? f->object : "-", (unsigned)f->line, (unsigned)f->col);
}

static void progress(const struct scanner_progress *p _unused_, void *arg)
{
	((struct heard *)arg)->told++;
}

static void heard_free(struct heard *h)
{
	buf_free(&h->text);
}

static int run(struct scanner_job job, struct heard *h, struct gaps *gaps, struct scanner_sum *sum)
{
	const struct scanner_ears ears = { hear, progress, h };
	_cleanup_(freep) char *at = mem_printf("%s/%s", scratch, job.repository ? job.repository : job.folder);

	if (job.repository)
		job.repository = at;
	else
		job.folder = at;
	job.program = job.program ? job.program : program;
	job.name = "it";
	job.key = &key;
	return scanner_run(&job, &ears, gaps, sum, &e);
}

static int put(const char *bytes, size_t len, void *arg)
{
	FILE *f = fopen(arg, "a");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return 0;
}

/* A new value behind what the file has; its number is n. */
static void plant(const char *name, struct wire_secrets *values, unsigned n)
{
	_cleanup_(freep) char *path = mem_printf("%s/%s", scratch, name);
	struct secret *s = NULL;
	char number[16];

	assert_int_equal(secret_random(24, alnum, &s, &e), 0);
	assert_int_equal(secret_with(s, put, path), 0);
	(void)snprintf(number, sizeof(number), "%u", n);
	wire_secrets_add(values, number, s);
}

static void values_are_found_in_a_history(void **state _unused_)
{
	_cleanup_(wire_secrets_free) struct wire_secrets values = { 0 };
	_cleanup_(heard_free) struct heard h = { .text = BUF_INIT(1 << 20) }, all = { .text = BUF_INIT(1 << 20) };
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	struct scanner_sum sum;

	must_sh("printf 'one\\ntwo: ' >repo/then");
	plant("repo/then", &values, 4);
	_cleanup_(freep) char *oid = sh_text("git hash-object repo/then");
	must_sh("cd repo && git add -A && git commit -qm then && git rm -q then && git commit -qm gone && git gc -q");
	must_sh("printf x >repo/lost");
	plant("repo/lost", &values, 70000);
	_cleanup_(freep) char *lost = sh_text("cd repo && git hash-object -w lost && rm lost");
	_cleanup_(freep) char *one = mem_printf("4 blob %s 2:6;", oid), *two = mem_printf("70000 blob %s 1:2;", lost);

	assert_int_equal(run((struct scanner_job){ .repository = "repo", .values = &values }, &h, &gaps, &sum), 0);
	assert_string_equal(buf_text(&h.text), one);
	assert_int_equal(h.value_at, 9);
	assert_int_equal(run((struct scanner_job){ .repository = "repo", .values = &values, .unreachable = true }, &all,
			     &gaps, &sum), 0);
	assert_int_equal(all.n, 2);
	assert_non_null(strstr(buf_text(&all.text), one));
	assert_non_null(strstr(buf_text(&all.text), two));
	assert_int_equal(gaps.n, 0);
	assert_true(sum.texts > 6 && sum.bytes > 100 && sum.found == 2 && sum.more == 0);
}

static void only_what_is_new_since_a_commit(void **state _unused_)
{
	_cleanup_(wire_secrets_free) struct wire_secrets values = { 0 };
	_cleanup_(heard_free) struct heard h = { .text = BUF_INIT(1 << 20) };
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	struct scanner_sum sum;

	plant("repo/old", &values, 0);
	must_sh("cd repo && git add -A && git commit -qm old && git tag base");
	plant("repo/new", &values, 1);
	must_sh("cd repo && git add -A && git commit -qm new && git rm -q new && git commit -qm gone && git checkout "
		"-q -b side base");
	plant("repo/side", &values, 2);
	must_sh("cd repo && git add -A && git commit -qm side && git checkout -q -");
	assert_int_equal(run((struct scanner_job){ .repository = "repo", .values = &values, .since = "base" }, &h,
			     &gaps, &sum), 0);
	assert_true(h.n == 1 && strncmp(buf_text(&h.text), "1 blob ", 7) == 0);
	assert_true(run((struct scanner_job){ .repository = "repo", .values = &values, .since = "nowhere" }, &h, &gaps,
			&sum) < 0);
	assert_non_null(strstr(e.text, "nowhere"));
}

static void a_large_file_is_read_in_pieces(void **state _unused_)
{
	_cleanup_(wire_secrets_free) struct wire_secrets values = { 0 };
	_cleanup_(heard_free) struct heard h = { .text = BUF_INIT(1 << 20) };
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	struct scanner_sum sum;

	/* across the border between two pieces of 4 MiB */
	must_sh("mkdir d && head -c 4194290 /dev/zero | tr '\\0' '\\n' >d/large");
	plant("d/large", &values, 0);
	must_sh("head -c 9000000 /dev/zero >>d/large");
	plant("d/large", &values, 1);
	assert_int_equal(run((struct scanner_job){ .folder = "d", .values = &values }, &h, &gaps, &sum), 0);
	assert_string_equal(buf_text(&h.text), "0 large - 4194291:1;1 large - 4194291:9000025;");
	assert_int_equal(gaps.n, 0);
	assert_int_equal(sum.texts, 1);
	/* the same in a commit */
	must_sh("git init -q g && mv d/large g && cd g && git add -A && "
		"git -c user.name=a -c user.email=a@b commit -qm large");
	buf_clear(&h.text);
	assert_int_equal(run((struct scanner_job){ .repository = "g", .values = &values }, &h, &gaps, &sum), 0);
	assert_true(strstr(buf_text(&h.text), " 4194291:1;1 blob ") && strstr(buf_text(&h.text), " 4194291:9000025;"));
	assert_int_equal(gaps.n, 0);
}

static void rules_of_a_file_and_names_of_any_bytes(void **state _unused_)
{
	_cleanup_(strv_free) struct strv team = STRV_INIT;
	_cleanup_(heard_free) struct heard h = { .text = BUF_INIT(1 << 20) };
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	struct scanner_sum sum;

	put_file("rules.yaml", "rules: 1\nlist:\n  - id: acme\n    title: Acme\n    about: web\n"
		 "    pattern: '\\bacme_[a-z]{10}\\b'\n    match: ['{<}acme_{lower:10}{>}']\n"
		 "    no-match: ['acme_']\n");
	must_sh("mkdir d && printf 'x acme_%%s\\n' qwertzuiop >d/$(printf 'a\\377\\nb') && ln -s /etc d/out && "
		"mkdir -p d/sub/.git");
	strv_addf(&team, "%s/rules.yaml", scratch);
	assert_int_equal(run((struct scanner_job){ .folder = "d", .team_rules = &team }, &h, &gaps, &sum), 0);
	assert_string_equal(buf_text(&h.text), "acme a\377\nb 1:3 16;");
	assert_int_equal(gaps.n, 2);
	assert_true(gaps.list[0].kind + gaps.list[1].kind == UNREAD_LINK + UNREAD_REPOSITORY);
	put_file("rules.yaml", "rules: 1\nlist: [7]\n");
	assert_int_equal(run((struct scanner_job){ .folder = "d", .team_rules = &team }, &h, &gaps, &sum),
			 -ERR_CONFIG);
	assert_non_null(strstr(e.text, "rules.yaml:2:"));
}

static void what_is_not_there_is_a_gap(void **state _unused_)
{
	_cleanup_(wire_secrets_free) struct wire_secrets values = { 0 };
	_cleanup_(heard_free) struct heard h = { .text = BUF_INIT(1 << 20) };
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT, dead = GAPS_INIT;
	struct scanner_sum sum;

	plant("repo/more", &values, 0);
	must_sh("cd repo && echo other >b && git add -A && git commit -qm more && o=$(git hash-object b) && "
		"rm -f .git/objects/${o%%${o#??}}/${o#??}");
	assert_int_equal(run((struct scanner_job){ .repository = "repo", .values = &values }, &h, &gaps, &sum), 0);
	assert_int_equal(h.n, 1);
	assert_true(gaps.n >= 1 && gaps.list[0].kind == UNREAD_MISSING);
	/* a scanner that ends before its time has read nothing that counts */
	assert_int_equal(run((struct scanner_job){ .repository = "repo", .values = &values, .program = "/bin/false" },
			     &h, &dead, &sum), 0);
	assert_int_equal(dead.n, 1);
	assert_true(run((struct scanner_job){ .repository = "nowhere", .values = &values }, &h, &dead, &sum) < 0);
}

static void thousands_of_values_go_at_once_and_too_many_are_refused(void **state _unused_)
{
	_cleanup_(wire_secrets_free) struct wire_secrets values = { 0 }, large = { 0 };
	_cleanup_(heard_free) struct heard h = { .text = BUF_INIT(4 << 20) };
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	struct scanner_sum sum;

	must_sh("mkdir d");
	for (unsigned i = 0; i < 2000; i++)
		plant("d/all", &values, i);
	assert_int_equal(run((struct scanner_job){ .folder = "d", .values = &values }, &h, &gaps, &sum), 0);
	assert_int_equal(h.n, 2000);
	for (unsigned i = 0; i < 20; i++) {
		_cleanup_(freep) char *bytes = mem_zero(SECRET_MAX, 1);
		struct secret *s;
		char number[16];

		(void)snprintf(number, sizeof(number), "%u", i);
		memset(bytes, 'a' + (int)i, SECRET_MAX);
		assert_int_equal(secret_take(bytes, SECRET_MAX, &s, &e), 0);
		wire_secrets_add(&large, number, s);
	}
	assert_int_equal(run((struct scanner_job){ .folder = "d", .values = &large }, &h, &gaps, &sum), -ERR_LIMIT);
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, objects_begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(values_are_found_in_a_history),
		T(only_what_is_new_since_a_commit),
		T(a_large_file_is_read_in_pieces),
		T(rules_of_a_file_and_names_of_any_bytes),
		T(what_is_not_there_is_a_gap),
		T(thousands_of_values_go_at_once_and_too_many_are_refused),
	};

	if (argc != 2)
		return 2;
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
