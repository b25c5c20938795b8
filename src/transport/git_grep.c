#include "base/mem.h"
#include "transport/git_run.h"
#include <string.h>

#define WORDS_MAX 1000u

int git_grep(const struct git *g, const char *commit, const char *const *words, size_t n, struct strv *ret, struct
	err *e)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result r = { 0 };
	int done;

	if (n > WORDS_MAX || !n)
		return err_set(e, ERR_LIMIT, "1 to %u words are looked for at once", WORDS_MAX);
	/* names only with -z: a name may hold anything but NUL */
	for (size_t i = 0; i < ARRAY_SIZE(((const char *const[]){ "grep", "-lzF", "--full-name" })); i++)
		strv_add(&args, ((const char *const[]){ "grep", "-lzF", "--full-name" })[i]);
	for (size_t i = 0; i < n; i++) {
		strv_add(&args, "-e");
		strv_add(&args, words[i]);
	}
	strv_add(&args, commit);
	done = git_run(g, &(struct git_call){ .args = (const char *const *)args.s, .output_max = (size_t)16 << 20 },
		&r, e);
	if (done < 0)
		return done;
	/* 1: not one file has it */
	if (r.status > 1) {
		char why[200];

		return err_set(e, ERR_IO, "git cannot look for text in commit %.12s: %s", commit, git_reason(&r, why));
	}
	for (size_t at = 0; at < r.out.len; at += strlen(r.out.data + at) + 1) {
		const char *colon = strchr(r.out.data + at, ':');

		strv_add(ret, colon ? colon + 1 : r.out.data + at);
	}
	return 0;
}
