#include "scan/register_files.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scan/tree.h"
#include <stdlib.h>
#include <string.h>

#define ENDING ".yaml"
#define FILE_MAX_BYTES ((size_t)64 << 20)

static bool is_tables(const char *name)
{
	return !text_starts(name, "playbooks/") && !text_starts(name, "rules/");
}

static struct buf *next(struct register_files *f)
{
	if (!GROW(f->b, f->n, f->cap, LIMIT_FILES) || !GROW(f->s, f->n, f->cap_s, LIMIT_FILES))
		return NULL;
	f->b[f->n] = (struct buf)BUF_INIT(YAML_MAX);
	return &f->b[f->n++];
}

/* Names and texts stay where they are from here on. */
static int settle(struct register_files *f, const char *where, struct err *e)
{
	for (size_t i = 0; i < f->n; i++)
		f->s[i] = (struct source){ f->names.s[i], buf_text(&f->b[i]), f->b[i].len };
	if (!f->n)
		return err_set(e, ERR_CONFIG, "register: there is no .yaml file in '%s'", where);
	return 0;
}

int register_files_folder(const char *folder, struct register_files *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv all = STRV_INIT;
	int r = fs_list(folder, ENDING, LIMIT_FILES, &all, e);

	for (size_t i = 0; r == 0 && i < all.n; i++) {
		_cleanup_(freep) char *path = fs_join(folder, all.s[i]);

		if (!is_tables(all.s[i]))
			continue;
		strv_add(&ret->names, all.s[i]);
		r = fs_read(path, next(ret), e);
	}
	return r < 0 ? err_wrap(e, "register") : settle(ret, folder, e);
}

struct taking { struct register_files *ret; const char *folder; size_t len; bool full; };

static const char *name_below(const struct taking *t, const char *path)
{
	if (!t->len)
		return path;
	return strncmp(path, t->folder, t->len) == 0 && path[t->len] == '/' ? path + t->len + 1 : NULL;
}

static bool want(const char *path, void *arg)
{
	const char *name = name_below(arg, path);
	size_t len = name ? strlen(name) : 0;

	return len > strlen(ENDING) && strcmp(name + len - strlen(ENDING), ENDING) == 0 && name[0] != '.' &&
	       !strstr(name, "/.") && is_tables(name);
}

static int take(const struct tree_file *f, void *arg)
{
	struct taking *t = arg;
	struct buf *b;

	if (f->link)
		return 0;
	b = next(t->ret);
	if (!b) {
		t->full = true;
		return 1;
	}
	strv_add(&t->ret->names, name_below(t, f->path));
	(void)buf_add(b, f->bytes, f->len);
	return 0;
}

int register_files_commit(const struct git_repo *r, const char *commit, const char *folder, struct register_files *ret,
			  struct err *e)
{
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	struct taking t = { .ret = ret, .folder = folder, .len = strlen(folder) };
	const struct tree_at at = { .name = "register", .repo = r, .commit = commit, .want = want,
				    .file_max = FILE_MAX_BYTES };
	int x = tree_read(&at, take, &t, &gaps, e);

	if (x < 0)
		return err_wrap(e, "register");
	if (t.full)
		return err_set(e, ERR_LIMIT, "register: more than %u files", LIMIT_FILES);
	if (gaps.n) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(400);

		gap_say(&gaps.list[0], &b);
		return err_set(e, ERR_CONFIG, "%s", buf_text(&b));
	}
	_cleanup_(freep) char *where = mem_printf("%s:%s", r->path, folder);
	return settle(ret, where, e);
}

void register_files_free(struct register_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		buf_free(&f->b[i]);
	free(f->b);
	free(f->s);
	strv_free(&f->names);
	*f = (struct register_files){ 0 };
}
