#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
/* Journal files that systemd itself wrote (systemd-journal-remote), regular and compact, and cut and bent ones. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "model/journald.h"
#include <stdio.h>
#include <unistd.h>

#define FIRST_US ((int64_t)1795000000000000)
#define ENTRIES 300
#define REMOTE "/lib/systemd/systemd-journal-remote"

struct taken { uint32_t n, seen; uint64_t last; char first[200], uid[20]; bool rising; };

static void keep(char *to, size_t size, const struct journald_text *t)
{
	size_t n = t->len < size ? t->len : size - 1;

	if (t->s)
		memcpy(to, t->s, n);
	to[n] = '\0';
}

static int take(const struct journald_entry *en, void *arg)
{
	struct taken *t = arg;

	if (!t->n++) {
		keep(t->first, sizeof(t->first), &en->field[JD_MESSAGE]);
		keep(t->uid, sizeof(t->uid), &en->field[JD_UID]);
	}
	t->rising = t->n == 1 || en->seqnum > t->last;
	t->last = en->seqnum;
	return 0;
}

static void see(uint64_t seqnum _unused_, void *arg)
{
	((struct taken *)arg)->seen++;
}

/* Export format: https://systemd.io/JOURNAL_EXPORT_FORMATS/ */
static void make(const char *path, const char *compact)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4 << 20);
	_cleanup_(freep) char *output = mem_printf("--output=%s", path), *env = mem_printf("SYSTEMD_JOURNAL_COMPACT=%s",
											     compact);
	const char *const argv[] = { REMOTE, output, "-", NULL }, *const envs[] = { env, NULL };
	struct proc_result r;
	struct err e = ERR_INIT;

	for (int k = 0; k < ENTRIES; k++) {
		char big[700];

		memset(big, 'x', sizeof(big) - 1);
		big[sizeof(big) - 1] = '\0';
		(void)buf_printf(&b, "__REALTIME_TIMESTAMP=%lld\n__MONOTONIC_TIMESTAMP=%d\n"
				 "_BOOT_ID=00112233445566778899aabbccddeeff\nMESSAGE=%s "
					"%d\nSYSLOG_IDENTIFIER=sshd\n_PID=%d\n"
				 "_UID=%d\n_COMM=sshd\n\n", (long long)(FIRST_US + (int64_t)k * 1000000), 1000 + k,
				 k == 7 ? big : "Accepted publickey", k, 100 + k, k % 2 ? 0 : 1000);
	}
	if (proc_run(&(struct proc_job){ .argv = argv, .env = envs, .input = b.data, .input_len = b.len,
		     .limit_ms = 60000 }, &r, &e) < 0)
		fail_msg("%s", e.text);
	if (r.status)
		fail_msg("%s: %s", REMOTE, buf_text(&r.err));
	proc_result_free(&r);
}

static void read_file(const char *path, struct buf *b)
{
	struct err e = ERR_INIT;

	if (fs_read(path, b, &e) < 0)
		fail_msg("%s", e.text);
}

static void check_whole(const uint8_t *bytes, size_t len)
{
	struct taken t = { 0 };
	struct journald_file f;
	struct err e = ERR_INIT;

	assert_int_equal(journald_read(bytes, len, 0, INT64_MAX, take, see, &t, &f, &e), 0);
	assert_int_equal(t.n, ENTRIES);
	assert_int_equal(t.seen, ENTRIES);
	assert_int_equal(f.entries, ENTRIES);
	assert_int_equal(f.broken, 0);
	assert_true(f.first_us == FIRST_US);
	assert_true(f.last_us == FIRST_US + (int64_t)(ENTRIES - 1) * 1000000);
	assert_true(f.last_seqnum - f.first_seqnum == ENTRIES - 1);
	assert_string_equal(t.first, "Accepted publickey 0");
	assert_string_equal(t.uid, "1000");
	assert_int_equal(f.compressed, 1);

	t = (struct taken){ 0 };
	assert_int_equal(journald_read(bytes, len, FIRST_US + 10000000, FIRST_US + 19000000, take, see, &t, &f, &e), 0);
	assert_int_equal(t.n, 10);
	assert_int_equal(t.seen, ENTRIES);
	assert_string_equal(t.first, "Accepted publickey 10");
	assert_int_equal(f.compressed, 0);
}

/* Whatever is bent, nothing is read behind the end (the sanitizer looks), and reading ends. */
static void check_bent(const uint8_t *bytes, size_t len)
{
	_cleanup_(freep) uint8_t *b = mem_zero(1, len);
	uint32_t chance = 12345;

	for (int k = 0; k < 80; k++) {
		struct taken t = { 0 };
		struct journald_file f;
		size_t cut = k < 20 ? len * (size_t)k / 20 : len;

		memcpy(b, bytes, len);
		for (int x = 0; x < 20; x++) {
			chance = chance * 1664525 + 1013904223;
			b[chance % len] = (uint8_t)(chance >> 24);
			/* the header too: that is where offsets stand that lead on */
			b[64 + (chance >> 8) % 150] = (uint8_t)(chance >> 16);
		}
		_cleanup_(freep) uint8_t *exact = mem_zero(1, cut + !cut);

		memcpy(exact, b, cut);
		(void)journald_read(exact, cut, 0, INT64_MAX, take, see, &t, &f, NULL);
		assert_true(t.n <= len / 64);
	}
}

static void with_file(const char *compact, void (*check)(const uint8_t *bytes, size_t len))
{
	char folder[] = "/tmp/firebreak-journald.XXXXXX";
	struct buf b = BUF_INIT(64 << 20);

	assert_non_null(mkdtemp(folder));
	_cleanup_(freep) char *path = mem_printf("%s/a.journal", folder);

	make(path, compact);
	read_file(path, &b);
	(void)unlink(path);
	(void)rmdir(folder);
	check((const uint8_t *)b.data, b.len);
	buf_free(&b);
}

static void files_of_systemd_are_read(void **state _unused_)
{
	with_file("0", check_whole);
	with_file("1", check_whole);
}

static void bent_files_end(void **state _unused_)
{
	with_file("0", check_bent);
	with_file("1", check_bent);
}

static void other_files_are_refused(void **state _unused_)
{
	uint8_t b[300] = "LPKSHHRH";
	struct journald_file f;
	struct taken t = { 0 };
	struct err e = ERR_INIT;

	assert_true(journald_read(b, 100, 0, 1, take, see, &t, &f, &e) < 0);
	b[12] = 64;
	assert_true(journald_read(b, sizeof(b), 0, 1, take, see, &t, &f, &e) < 0);
	assert_non_null(strstr(e.text, "newer systemd"));
	b[0] = 'X';
	assert_true(journald_read(b, sizeof(b), 0, 1, take, see, &t, &f, &e) < 0);
	assert_non_null(strstr(e.text, "no journal file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_systemd_are_read), cmocka_unit_test(bent_files_end),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests_name("journald", tests, NULL, NULL);
}
