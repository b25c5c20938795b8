#include "objects_kit.h"
#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct err e;

int objects_begin(void **state)
{
	if (scratch_begin(state) < 0)
		return -1;
	must_sh("git init -q -b main repo && cd repo && git config gc.auto 0 && git config user.name Ada && "
		"git config user.email ada@example.org && mkdir -p a/b && echo one >a/b/one && echo two >two && "
		"printf 'x\\000y' >binary && : >empty && git add -A && git commit -qm first && "
		"git tag -a -m v1 v1 && echo changed >two && git commit -qam second");
	e = (struct err)ERR_INIT;
	return 0;
}

struct git_repo *objects_repo(const char *name)
{
	_cleanup_(freep) char *path = mem_printf("%s/%s", scratch, name);
	struct git_repo *r = NULL;

	if (git_repo_open(path, OBJECTS_LIMIT_MS, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

void objects_commit(const struct git_repo *r, const char *name, const char *git_says)
{
	_cleanup_(freep) char *expected = sh_text("%s", git_says);
	char oid[65] = "";

	if (git_repo_commit(r, name, oid, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(oid, expected);
}

/* --- objects as one text: "name state len bytes;" --- */

int objects_see(const struct git_object *o, void *arg)
{
	static const char *const states[] = { "read", "piece", "missing", "large", "damaged", "other" };
	struct objects_seen *s = arg;

	(void)buf_printf(&s->text, "%zu %s", o->index, states[o->state]);
	if (o->state == GIT_READ && o->len < 100)
		(void)buf_printf(&s->text, " %.*s", (int)o->len, o->bytes);
	else if (o->state == GIT_PIECE)
		(void)buf_printf(&s->text, " %llu+%zu/%llu", (unsigned long long)o->offset, o->len,
				 (unsigned long long)o->size);
	(void)buf_char(&s->text, ';');
	s->bytes += o->len;
	return ++s->n == s->stop_at ? 77 : 0;
}

int objects_count(const struct git_object *o, void *arg)
{
	struct objects_seen *s = arg;

	assert_int_equal(o->state, GIT_READ);
	assert_int_equal(o->index, s->n);
	s->n++;
	s->bytes += o->len;
	return 0;
}

void objects_oids(const char *command, struct git_oids *ret)
{
	_cleanup_(freep) char *text = sh_text("%s", command);

	*ret = (struct git_oids){ 0 };
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
		if (*line)
			assert_int_equal(git_oids_add(ret, line, &e), 0);
}

void objects_read(const char *repo, const char *command, struct git_reader_options o, const char *expected)
{
	_cleanup_(git_repo_freep) struct git_repo *r = objects_repo(repo);
	_cleanup_(git_reader_freep) struct git_reader *g = NULL;
	_cleanup_(git_oids_free) struct git_oids oids = { 0 };
	struct objects_seen s = { .text = BUF_INIT(1 << 20) };

	objects_oids(command, &oids);
	assert_int_equal(git_reader_open(r, &o, &g, &e), 0);
	if (git_reader_read(g, &oids, 0, oids.n, objects_see, &s, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&s.text), expected);
	/* the same reader can be asked again */
	buf_clear(&s.text);
	assert_int_equal(git_reader_read(g, &oids, 0, oids.n, objects_see, &s, &e), 0);
	assert_string_equal(buf_text(&s.text), expected);
	buf_free(&s.text);
}


