/* Packet rules, by the host's own nft: a transaction is taken as a whole or not at all. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "scout/hold.h"
#include <string.h>
#include <unistd.h>

#define LIMIT_MS 10000
#define SIGNALLED 128                /* a status from here on: ended by a signal */

static char *program(const struct scout_out *o, struct err *e)
{
	static const char *const places[] = { "/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft" };

	for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
		char *path = scout_path(o, places[k]);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	(void)err_set(e, ERR_REMOTE, "it has no nft: packet rules cannot be made there; --level ssh and shutdown do "
		      "not need it");
	return NULL;
}

static int run(const struct scout_out *o, const char *const *words, const char *input, struct proc_result *ret,
	       struct err *e)
{
	_cleanup_(freep) char *nft = program(o, e);
	const char *argv[8] = { nft };
	const struct proc_job job = { .argv = argv, .input = input, .input_len = input ? strlen(input) : 0,
				      .limit_ms = LIMIT_MS };
	int r;

	if (!nft)
		return -ERR_REMOTE;
	for (size_t k = 0; words[k] && k + 2 < ARRAY_SIZE(argv); k++)
		argv[k + 1] = words[k];
	r = proc_run(&job, ret, e);
	return r == 0 && ret->timed_out ? err_set(e, ERR_REMOTE, "its nft does not end") : r;
}

int hold_nft(const struct scout_out *o, const char *text, struct err *e)
{
	static const char *const words[] = { "-f", "-", NULL };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char line[200];
	int r = run(o, words, text, &res, e);

	/* a transaction is one call of the kernel's: who is ended behind it has done it */
	if (e && (r == -ERR_LIMIT || res.timed_out || res.status >= SIGNALLED))
		e->effect = EFFECT_UNKNOWN;
	if (r == 0 && res.status >= SIGNALLED)
		return err_set(e, ERR_REMOTE, "its nft was ended by somebody");
	if (r == 0 && res.status != 0)
		return err_set(e, ERR_REMOTE, "its nft refused the rules: %s", proc_last_line(&res, line));
	return r;
}

bool hold_nft_stands(const struct scout_out *o, const char *label)
{
	static const char *const words[] = { "list", "table", "inet", CONTAIN_TABLE, NULL };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *comment = mem_printf("comment \"%s\"", label);

	return run(o, words, NULL, &res, NULL) == 0 && res.status == 0 && strstr(buf_text(&res.out), comment);
}

int hold_nft_remove(const struct scout_out *o, struct err *e)
{
	return hold_nft(o, "table inet " CONTAIN_TABLE "\ndelete table inet " CONTAIN_TABLE "\n", e);
}
