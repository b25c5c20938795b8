#include "cli/hook_receive.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "check/hook.h"
#include "cli/cli.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX ((size_t)16 << 20)
#define GIT_LIMIT_MS 300000
#define SHOWN 20u              /* findings that are told; the rest is counted */
#define OPTIONS_MAX 1000u
#define WHY_MAX 500u

struct received { struct buf text; struct push_ref *refs; uint32_t n; size_t cap; };

static void received_clear(struct received *r)
{
	buf_free(&r->text);
	free(r->refs);
}

static int read_input(struct buf *b, struct err *e)
{
	char part[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, part, sizeof(part))) != 0) {
		if (n < 0 && errno != EINTR)
			return err_errno(e, "the list of what is pushed");
		if (n > 0 && buf_add(b, part, (size_t)n) < 0)
			return err_set(e, ERR_LIMIT, "the push moves too many branches at once: push fewer");
	}
	return 0;
}

static bool is_oid(const char *s)
{
	size_t len = strspn(s, "0123456789abcdef");

	return !s[len] && (len == 40 || len == 64);
}

/* "<old> <new> <name>" for each; what is deleted adds nothing. */
static int read_refs(struct received *to, struct err *e)
{
	int r = read_input(&to->text, e);

	for (char *rest = to->text.data, *line; r == 0 && rest && (line = strsep(&rest, "\n")) && *line;) {
		char *before = strsep(&line, " "), *after = line ? strsep(&line, " ") : NULL;

		if (!line || !is_oid(before) || !is_oid(after))
			return err_set(e, ERR_USAGE, "this is no pre-receive hook: expected '<old> <new> <name>' on "
				       "standard input");
		if (after[strspn(after, "0")] == '\0')
			continue;
		if (!GROW(to->refs, to->n, to->cap, PUSH_REFS_MAX))
			return err_set(e, ERR_LIMIT, "the push moves more than %u branches and tags at once: push "
				       "fewer",
				       PUSH_REFS_MAX);
		struct push_ref *ref = &to->refs[to->n++];
		ref->name = line;
		(void)snprintf(ref->before, sizeof(ref->before), "%s", before);
		(void)snprintf(ref->after, sizeof(ref->after), "%s", after);
	}
	return r;
}

/* --- the answer --- */

static void shown(struct buf *b, const char *s)
{
	text_visible(b, s, strlen(s));
}

static void one_finding(struct buf *b, const struct push *p, const struct push_finding *f)
{
	(void)buf_str(b, "  ");
	shown(b, f->file);
	(void)buf_printf(b, ":%u: ", f->line);
	(void)buf_str(b, f->comment ? "a comment with a value for " : "");
	if (f->key) {
		(void)buf_char(b, '\'');
		shown(b, f->key);
		(void)buf_str(b, "' ");
	}
	(void)buf_printf(b, "%s(commit %.12s%s)\n", f->changed ? "has a new value " : "", f->commit,
			 f->gone ? "; taken out again, but it stays in the history" : "");
	if (!f->gone && !p->register_error.code && f->next)
		(void)buf_printf(b, "    %s\n", f->next);
}

static void findings(struct buf *b, const struct push *p)
{
	uint32_t all = p->n_found + p->more, gone = 0;

	(void)buf_printf(b, "%u value%s of '%s' that nobody registered:\n", all, all == 1 ? "" : "s", p->repository);
	for (uint32_t i = 0; i < p->n_found && i < SHOWN; i++)
		one_finding(b, p, &p->found[i]);
	for (uint32_t i = 0; i < p->n_found; i++)
		gone += p->found[i].gone;
	if (all > SHOWN)
		(void)buf_printf(b, "  and %u more\n", all - SHOWN);
	if (gone < p->n_found && !p->register_error.code)
		(void)buf_str(b, "Add each to the register, or declare it there as not secret, and push again.\n");
	if (gone)
		(void)buf_str(b, "What was taken out again: rewrite the commits that have it (git rebase -i), "
			      "and replace the value if others saw it.\n");
}

static void gaps(struct buf *b, const struct push *p)
{
	(void)buf_str(b, "This could not be read, so nobody can say what it holds:\n");
	for (size_t i = 0; i < p->gaps.n && i < SHOWN; i++) {
		(void)buf_str(b, "  ");
		gap_say(&p->gaps.list[i], b);
		(void)buf_char(b, '\n');
	}
	if (p->gaps.n + p->gaps.more > SHOWN)
		(void)buf_printf(b, "  and %llu more\n", (unsigned long long)(p->gaps.n + p->gaps.more - SHOWN));
	(void)buf_str(b, "Mend it in the commit that brings it, and push again.\n");
}

static void hints(struct buf *b, const struct push *p)
{
	if (p->register_error.code) {
		(void)buf_str(b, "firebreak: the register cannot be read: ");
		shown(b, p->register_error.text);
		(void)buf_str(b, push_is_refused(p) ? ". Until it can, everything new is refused.\n"
						    : ". This push adds nothing new and is taken.\n");
	}
	if (p->rotated)
		(void)buf_printf(b, "firebreak: note: %u rotated value%s not in the register of this server\n",
				 p->rotated,
				 p->rotated == 1 ? " is" : "s are");
	if (p->old)
		(void)buf_printf(b, "firebreak: note: %u value%s in the same files stood there before and %s not "
				 "registered: "
				 "firebreak check\n", p->old, p->old == 1 ? "" : "s", p->old == 1 ? "is" : "are");
}

static void answer(struct buf *b, const struct push *p, bool strict)
{
	hints(b, p);
	if (!push_is_refused(p))
		return;
	(void)buf_str(b, "firebreak: this push is refused. ");
	if (p->n_found)
		findings(b, p);
	if (p->gaps.n)
		gaps(b, p);
	if (!strict)
		(void)buf_str(b, "In an emergency: git push -o " HOOK_EMERGENCY "='why it cannot wait'\n");
}

/* --- the way out --- */

/* What the person who pushes says with `git push -o`. */
static const char *emergency(void)
{
	const char *count = env_get("GIT_PUSH_OPTION_COUNT");
	uint32_t n = 0;

	if (!count || text_u32(count, 0, OPTIONS_MAX, &n) < 0)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		_cleanup_(freep) char *name = mem_printf("GIT_PUSH_OPTION_%u", i);
		const char *option = env_get(name);

		if (option && text_starts(option, HOOK_EMERGENCY "=") && option[strlen(HOOK_EMERGENCY "=")])
			return option + strlen(HOOK_EMERGENCY "=");
	}
	return NULL;
}

/* Who it was, as far as the ways into a git server tell: gitolite, http, ssh, or the user here. */
static char *who(void)
{
	const char *gl = env_get("GL_USER"), *remote = env_get("REMOTE_USER"), *from = env_get("SSH_CONNECTION");
	_cleanup_(freep) char *here = env_identity(gl ? gl : remote);
	size_t address = from ? strcspn(from, " ") : 0;

	return from ? mem_printf("%s from %.*s", here, (int)address, from) : mem_dup(here);
}

static int let_through(const struct push *p, const char *why, const char *error, struct err *e)
{
	_cleanup_(buf_free) struct buf now = BUF_INIT(64);
	_cleanup_(json_freep) json_t *j = json_object();
	_cleanup_(freep) char *by = who(), *words = mem_dupn(why, strnlen(why, WHY_MAX));
	json_t *refs = json_array();

	clock_format(&now, clock_now_us());
	json_put(j, "at", buf_text(&now));
	json_put(j, "who", by);
	json_put(j, "why", words);
	json_put_int(j, "not_registered", p->n_found + p->more);
	json_put_int(j, "not_read", (int64_t)(p->gaps.n + p->gaps.more));
	json_put(j, "error", error);
	for (uint32_t i = 0; i < p->n_refs && i < SHOWN; i++) {
		json_t *one = json_object();

		json_put(one, "name", p->refs[i].name);
		json_put(one, "before", p->refs[i].before);
		json_put(one, "after", p->refs[i].after);
		json_array_append_new(refs, one);
	}
	json_object_set_new(j, "refs", refs);
	return hook_let_through(p->repo, j, e);
}

static void say(const struct buf *b)
{
	if (b->len)
		cli_note("%.*s", (int)b->len - 1, b->data);
}

int hook_receive(const struct hook_receive *h, int *ret_exit, struct err *e)
{
	_cleanup_(received_clear) struct received refs = { .text = BUF_INIT(INPUT_MAX) };
	_cleanup_(push_free) struct push p = { .repository = h->repository, .at = h->at, .limit_ms = GIT_LIMIT_MS };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	const char *why = h->strict ? NULL : emergency();
	int r = read_refs(&refs, e);

	*ret_exit = EXIT_DONE;
	if (r < 0 || refs.n == 0)
		return r;
	p.refs = refs.refs;
	p.n_refs = refs.n;
	r = push_check(&p, e);
	if (r == 0)
		answer(&b, &p, h->strict || why);
	say(&b);
	if (r == 0 && !push_is_refused(&p))
		return 0;
	*ret_exit = r == 0 && p.gaps.n ? EXIT_NOT_KNOWN : EXIT_FAILED;
	if (!why || !p.repo)
		return r;
	r = let_through(&p, why, r < 0 ? e->text : NULL, e);
	if (r < 0)
		return err_wrap(e, "this emergency could not be written down, so it is refused");
	cli_note("firebreak: let through as an emergency, and written down: `firebreak hook status`, `firebreak "
		 "check`");
	*ret_exit = EXIT_DONE;
	return 0;
}
