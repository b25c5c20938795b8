#include "check/hook.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/git_hooks.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOOK_MAX 65536
#define LOG_MAX ((size_t)16 << 20)
#define LOG_NAME "firebreak-emergencies"
#define GIT_LIMIT_MS 60000
#define MARK "# Made by `firebreak hook install`."
#define RUNS "exec \"$firebreak\" "

static void option(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	(void)buf_printf(b, " --%s=", name);
	text_shell(b, value);
}

static void make_text(const struct hook_words *w, struct buf *b)
{
	(void)buf_str(b, "#!/bin/sh\n" MARK " `firebreak hook remove` takes it out; to change it, install it again.\n"
		      "firebreak=");
	text_shell(b, w->program);
	(void)buf_str(b, "\nif [ ! -x \"$firebreak\" ]; then\n"
		      "\techo \"firebreak: $firebreak is not there any more, so nobody can say what this push adds;\" "
			      ">&2\n\techo \"install it, or take hooks/pre-receive out of this repository\" >&2\n"
		      "\texit 1\nfi\n" RUNS "hook pre-receive");
	option(b, "repository", w->repository);
	option(b, "register", w->register_path);
	option(b, "branch", w->branch);
	option(b, "folder", w->folder);
	(void)buf_str(b, w->strict ? " --strict\n" : "\n");
}

/* Text of the hook that is there, and whose it is. */
static int look(const char *file, struct buf *text, struct stat *st, enum hook_there *ret, struct err *e)
{
	int r;

	*ret = HOOK_NONE;
	if (lstat(file, st) < 0)
		return errno == ENOENT ? 0 : err_errno(e, "'%s'", file);
	*ret = HOOK_FOREIGN;
	if (!S_ISREG(st->st_mode) || st->st_size > HOOK_MAX)
		return 0;
	r = fs_read(file, text, e);
	if (r == 0 && strstr(buf_text(text), "\n" MARK))
		*ret = HOOK_OURS;
	return r;
}

static int open_hook(const char *path, struct git_repo **ret, char **ret_folder, char **ret_file, struct err *e)
{
	int r = git_repo_open(path, GIT_LIMIT_MS, ret, e);

	if (r < 0)
		return r;
	r = git_hooks_folder(*ret, ret_folder, e);
	if (r < 0)
		return r;
	*ret_file = fs_join(*ret_folder, "pre-receive");
	return 0;
}

/* A folder for hooks, as the git folder that it is in. */
static int make_folder(const char *folder, struct err *e)
{
	_cleanup_(freep) char *above = mem_printf("%s/..", folder);
	struct stat st;

	if (fs_exists(folder))
		return 0;
	if (mkdir(folder, 0755) < 0)
		return err_errno(e, "make the folder '%s'", folder);
	if (stat(above, &st) < 0 || (geteuid() == 0 && chown(folder, st.st_uid, st.st_gid) < 0))
		return err_errno(e, "give '%s' to the repository's owner", folder);
	return 0;
}

/* A new hook belongs to whom the folder belongs; one of ours keeps owner and mode, but runs. */
static int write_hook(const char *folder, const char *file, const struct buf *text, enum hook_there there,
		      const struct stat *old, struct err *e)
{
	mode_t mode = there == HOOK_OURS ? old->st_mode & 07777 : 0755;
	struct stat st = *old;
	int r;

	if (there == HOOK_NONE && stat(folder, &st) < 0)
		return err_errno(e, "'%s'", folder);
	r = fs_write_atomic(file, text->data, text->len, mode | (mode & 0444) >> 2, e);
	if (r == 0 && geteuid() == 0 && chown(file, st.st_uid, st.st_gid) < 0)
		return err_errno(e, "give '%s' to its owner", file);
	return r;
}

int hook_install(const char *path, const struct hook_words *w, bool *ret_changed, struct err *e)
{
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	_cleanup_(freep) char *folder = NULL, *file = NULL;
	_cleanup_(buf_free) struct buf text = BUF_INIT(HOOK_MAX), is = BUF_INIT(HOOK_MAX);
	enum hook_there there;
	struct stat st = { 0 };
	int x = open_hook(path, &r, &folder, &file, e);

	if (x < 0)
		return x;
	x = look(file, &is, &st, &there, e);
	if (x < 0)
		return x;
	if (there == HOOK_FOREIGN)
		return err_set(e, ERR_CONFLICT, "'%s' is a hook of somebody else and stays as it is: call `firebreak "
			       "hook pre-receive` from it (firebreak-hook(1) shows how), or move it away first", file);
	make_text(w, &text);
	if (text.over)
		return err_set(e, ERR_LIMIT, "the hook would be longer than %d bytes", HOOK_MAX);
	if (!w->strict && (x = git_hooks_take_options(r, e)) < 0)
		return x;
	*ret_changed = there == HOOK_NONE || !(st.st_mode & 0100) || strcmp(buf_text(&is), buf_text(&text)) != 0;
	if (!*ret_changed)
		return 0;
	x = make_folder(folder, e);
	return x < 0 ? x : write_hook(folder, file, &text, there, &st, e);
}

int hook_remove(const char *path, bool *ret_changed, struct err *e)
{
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	_cleanup_(freep) char *folder = NULL, *file = NULL;
	_cleanup_(buf_free) struct buf is = BUF_INIT(HOOK_MAX);
	enum hook_there there;
	struct stat st;
	int x = open_hook(path, &r, &folder, &file, e);

	if (x < 0)
		return x;
	x = look(file, &is, &st, &there, e);
	if (x < 0)
		return x;
	if (there == HOOK_FOREIGN)
		return err_set(e, ERR_CONFLICT, "'%s' is a hook of somebody else and stays as it is", file);
	*ret_changed = there == HOOK_OURS;
	return there == HOOK_OURS && unlink(file) < 0 ? err_errno(e, "remove '%s'", file) : 0;
}

static char *log_file(const struct git_repo *r)
{
	return fs_join(r->its.folder, LOG_NAME);
}

static int read_log(const struct git_repo *r, json_t *ret, struct err *e)
{
	_cleanup_(freep) char *file = log_file(r);
	_cleanup_(buf_free) struct buf b = BUF_INIT(LOG_MAX);
	unsigned n = 0;
	int x;

	if (!fs_exists(file))
		return 0;
	x = fs_read(file, &b, e);
	for (char *rest = b.data, *line; x == 0 && rest && (line = strsep(&rest, "\n"));) {
		_cleanup_(freep) char *name = mem_printf("%s:%u", file, ++n);
		json_t *one = NULL;

		if (!*line)
			continue;
		x = json_read(name, line, strlen(line), HOOK_MAX, &one, e);
		if (x == 0)
			json_array_append_new(ret, one);
	}
	return x;
}

static char *line_of(const char *text)
{
	const char *line = strstr(text, RUNS), *end = line ? strchr(line, '\n') : NULL;

	return end ? mem_dupn(line + strlen(RUNS), (size_t)(end - line) - strlen(RUNS)) : mem_dup("");
}

int hook_look(const char *path, struct hook_state *ret, struct err *e)
{
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	_cleanup_(freep) char *folder = NULL;
	_cleanup_(buf_free) struct buf is = BUF_INIT(HOOK_MAX);
	struct stat st;
	int x = open_hook(path, &r, &folder, &ret->file, e);

	ret->let_through = json_array();
	if (x < 0)
		return x;
	x = look(ret->file, &is, &st, &ret->there, e);
	if (x < 0)
		return x;
	ret->runs = ret->there != HOOK_NONE && (st.st_mode & 0111);
	ret->way_out = git_hooks_have_options(r);
	if (ret->there == HOOK_OURS)
		ret->line = line_of(buf_text(&is));
	return read_log(r, ret->let_through, e);
}

void hook_state_free(struct hook_state *s)
{
	free(s->file);
	free(s->line);
	json_decref(s->let_through);
}

int hook_let_through(const struct git_repo *r, const json_t *what, struct err *e)
{
	_cleanup_(freep) char *file = log_file(r);
	_cleanup_(buf_free) struct buf line = BUF_INIT(HOOK_MAX);
	_cleanup_(closep) int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	struct stat st;

	json_line(&line, what);
	(void)buf_char(&line, '\n');
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(e, "'%s'", file);
	if (line.over || (size_t)st.st_size + line.len > LOG_MAX)
		return err_set(e, ERR_LIMIT, "'%s' is full: move it away", file);
	if (fs_write_all(fd, line.data, line.len) < 0 || fsync(fd) < 0)
		return err_errno(e, "'%s'", file);
	return 0;
}
