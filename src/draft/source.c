#include "draft/source.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "draft/draft_parts.h"
#include "model/register_parts.h"
#include "transport/git_origin.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const kinds[] = { [REPOSITORY_PRIVATE] = "private", [REPOSITORY_SSL_KEYS] = "ssl-keys",
	[REPOSITORY_PUPPET] = "puppet", [REPOSITORY_DNS] = "dns", [REPOSITORY_SSL] = "ssl" };

static bool has(const char *folder, const char *name)
{
	_cleanup_(freep) char *path = fs_join(folder, name);
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool is_work_tree(const char *path)
{
	return has(path, ".git");
}

static bool is_bare(const char *path)
{
	return has(path, "HEAD") && has(path, "objects") && has(path, "refs");
}

static bool is_private(enum repository_kind kind)
{
	return kind == REPOSITORY_PRIVATE || kind == REPOSITORY_SSL_KEYS;
}

/* Places are named from the repository's top. */
static int check_top(const struct draft_path *p, const char *absolute, struct err *e)
{
	_cleanup_(freep) char *up = mem_dup(absolute);

	for (char *slash = strrchr(up, '/'); slash && slash > up; slash = strrchr(up, '/')) {
		*slash = '\0';
		if (is_work_tree(up) && is_private(p->kind))
			return err_set(e, ERR_USAGE, "'%s' lies within the repository '%s': name that, for places of "
				       "the register are paths from its top", p->path, up);
	}
	return 0;
}

static bool is_taken(const struct draft_sources *s, const char *name)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (!strcmp(s->list[i].name, name))
			return true;
	return false;
}

static const char *name_for(const struct draft_sources *s, enum repository_kind kind, const char *absolute)
{
	const char *slash = strrchr(absolute, '/');
	const char *name = kinds[kind];

	if (!is_taken(s, name))
		return name;
	char *base = arena_dup(s->arena, slash ? slash + 1 : absolute);

	if (text_matches("*.git", base))
		base[strlen(base) - 4] = '\0';
	if (!check_host_name(base))
		name = base;
	const char *word = name;

	for (uint32_t k = 2; is_taken(s, word); k++)
		word = arena_printf(s->arena, "%s-%u", name, k);
	return word;
}

static void look(struct draft_sources *s, const char *path, int64_t limit_ms, struct draft_repository *to)
{
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	const char *url, *branch;

	if (git_repo_open(path, limit_ms, &r, NULL) < 0)
		return;
	url = git_repo_origin(r, s->arena);
	branch = git_repo_branch(r, s->arena);
	if (url && !check_url(url)) {
		to->url = url;
		to->local = false;
	}
	if (branch && !check_branch(branch) && strcmp(branch, "main") != 0)
		to->branch = branch;
}

static int add(struct draft_sources *s, const struct draft_path *p, int64_t limit_ms, struct err *e)
{
	struct draft_repository *to = &s->list[s->n];
	char *absolute = realpath(p->path, NULL);
	struct stat st;
	const char *path;
	bool folder;

	if (!absolute)
		return err_set(e, ERR_USAGE, "'%s': %s: expected a repository of this machine", p->path,
			       strerror(errno));
	path = arena_dup(s->arena, absolute);
	free(absolute);
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(e, ERR_USAGE, "'%s' is no folder: expected a repository of this machine", p->path);
	folder = !is_work_tree(path) && !is_bare(path);
	int r = folder ? check_top(p, path, e) : 0;

	if (r < 0)
		return r;
	to->name = name_for(s, p->kind, path);
	to->local = true;
	to->url = check_url(path) ? "decide-the-url" : path;
	if (!folder)
		look(s, path, limit_ms, to);
	s->at[s->n] = (struct survey_at){ .repository = s->n, .path = path, .folder = folder };
	s->n++;
	return 0;
}

/* The least that is a register. Its urls are not looked at: each repository has a path. */
static int make_register(struct draft_sources *s, const struct draft_path *paths, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	(void)buf_str(&b, "register: 1\norganisation: {name: x, team: x@example.org, approver: x}\nroles: {x: }\n"
		      "repositories:\n");
	for (uint32_t i = 0; i < s->n; i++) {
		(void)buf_printf(&b, "  %s:\n    kind: %s\n    url: none\n", s->list[i].name, kinds[paths[i].kind]);
		if (!s->list[i].eyaml_public || !is_private(paths[i].kind))
			continue;
		(void)buf_str(&b, "    eyaml:\n      public: ");
		yaml_word(&b, s->list[i].eyaml_public);
		(void)buf_str(&b, "\n      private: ");
		yaml_word(&b, s->list[i].eyaml_private);
		(void)buf_char(&b, '\n');
	}
	const struct source text = { "repositories", buf_text(&b), b.len };

	return register_load(&text, 1, NULL, 0, &s->reg, e);
}

int draft_sources_open(const struct draft_path *paths, uint32_t n, const char *eyaml_public, const char *eyaml_private,
		       int64_t limit_ms, struct draft_sources *ret, struct err *e)
{
	ret->arena = arena_new();
	ret->list = mem_zero(n + 1, sizeof(*ret->list));
	ret->at = mem_zero(n + 1, sizeof(*ret->at));
	if (!eyaml_public != !eyaml_private)
		return err_set(e, ERR_USAGE, "--eyaml-public and --eyaml-private go together");
	for (uint32_t i = 0; i < n; i++) {
		int r = add(ret, &paths[i], limit_ms, e);

		if (r < 0)
			return r;
		ret->list[i].eyaml_public = eyaml_public;
		ret->list[i].eyaml_private = eyaml_private;
	}
	return make_register(ret, paths, e);
}

void draft_sources_free(struct draft_sources *s)
{
	register_freep(&s->reg);
	free(s->list);
	free(s->at);
	arena_freep(&s->arena);
}
