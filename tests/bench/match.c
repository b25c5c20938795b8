/*
 * All rules of rules/secrets.yaml over 200 MB of this machine's own texts, in memory and in pieces of 64 kB, against
 * `grep -cF` of one word over the same bytes. Usage: bench_match RULES FOLDER...
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "match/match.h"
#include <stdio.h>
#include <string.h>

#define BYTES ((size_t)200 * 1000 * 1000)
#define FILE_MAX ((size_t)2 << 20)
#define NAMES_MAX ((size_t)256 << 20)
#define ROUNDS 3
#define PIECE ((size_t)65536)

static void see(const struct match *m _unused_, void *arg)
{
	++*(unsigned *)arg;
}

static void gather(const char *folder, struct buf *text)
{
	const char *const argv[] = { "find", folder, "-xdev", "-type", "f", "-size", "-2000k", "-print0", NULL };
	const struct proc_job job = { .argv = argv, .limit_ms = 60000, .output_max = NAMES_MAX };
	_cleanup_(proc_result_free) struct proc_result r = { 0 };

	if (proc_run(&job, &r, NULL) < 0)
		return;
	const char *end = buf_text(&r.out) + r.out.len;

	for (const char *path = buf_text(&r.out); path < end && text->len < BYTES; path += strlen(path) + 1) {
		_cleanup_(buf_free) struct buf file = BUF_INIT(FILE_MAX);

		/* binary files are no text that a person writes */
		if (fs_read(path, &file, NULL) == 0 && file.len > 0 && !memchr(file.data, '\0', file.len))
			(void)buf_add(text, file.data, file.len);
	}
}

static double whole(struct matcher *m, const struct buf *text, unsigned *found)
{
	int64_t before = clock_mono_us();

	*found = 0;
	(void)matcher_scan(m, text->data, text->len, see, found, NULL);
	return (double)(clock_mono_us() - before) / 1e6;
}

static double pieces(struct matcher *m, const struct buf *text, unsigned *found)
{
	int64_t before = clock_mono_us();

	*found = 0;
	matcher_begin(m);
	for (size_t at = 0; at < text->len; at += PIECE)
		matcher_feed(m, text->data + at, text->len - at < PIECE ? text->len - at : PIECE);
	(void)matcher_end(m, see, found, NULL);
	return (double)(clock_mono_us() - before) / 1e6;
}

static double grep(const struct buf *text)
{
	const char *const argv[] = { "grep", "-cF", "zebrafishes", NULL };
	const struct proc_job job = { .argv = argv, .input = text->data, .input_len = text->len, .limit_ms = 60000 };
	_cleanup_(proc_result_free) struct proc_result r = { 0 };
	int64_t before = clock_mono_us();

	(void)proc_run(&job, &r, NULL);
	return (double)(clock_mono_us() - before) / 1e6;
}

static void best(double *b, double seconds)
{
	if (*b == 0 || seconds < *b)
		*b = seconds;
}

int main(int argc, char **argv)
{
	_cleanup_(buf_free) struct buf file = BUF_INIT(YAML_MAX), text = BUF_INIT(BYTES + FILE_MAX);
	_cleanup_(rules_free) struct rules rules = { 0 };
	_cleanup_(matcher_freep) struct matcher *m = NULL;
	const struct digest_key key = { { 1 } };
	double w = 0, p = 0, g = 0;
	unsigned found = 0, again = 0;
	struct err e = ERR_INIT;

	if (argc < 3 || secret_init(&e) < 0 || fs_read(argv[1], &file, &e) < 0)
		return 1;
	const struct source source = { argv[1], file.data, file.len };

	if (rules_add(&rules, &source, true, NULL, &e) < 0)
		return 1;
	int64_t before = clock_mono_us();

	if (matcher_open(&rules, MATCHER_FAST, &key, NULL, &m, &e) < 0)
		return 1;
	double open = (double)(clock_mono_us() - before) / 1e6;

	for (int i = 2; i < argc && text.len < BYTES; i++)
		gather(argv[i], &text);
	for (int i = 0; i < ROUNDS; i++) {
		best(&w, whole(m, &text, &found));
		best(&p, pieces(m, &text, &again));
		best(&g, grep(&text));
	}
	double gb = (double)text.len / 1e9;

	(void)printf("match: %u rules ready in %.2f s; %.0f MB: in memory %.2f GB/s, in pieces %.2f GB/s, grep -cF by "
		     "a pipe %.2f GB/s; %.1f times grep's time; %u findings\n", rules.n, open, gb * 1000, gb / w,
		     gb / p, gb / g, p / g, found);
	return found != again;
}
