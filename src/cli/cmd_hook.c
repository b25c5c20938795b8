#include "base/fs.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "check/hook.h"
#include "cli/commands.h"
#include "cli/hook_receive.h"
#include "cli/places.h"
#include <stdlib.h>

static const char *arg_repository, *arg_branch, *arg_folder;
static bool arg_strict;

const struct opt *options_hook(struct cli *c)
{
	CLI_TABLE(OPT_STRING('R', "repository", &arg_repository, "NAME",
			     "the repository's name in the register"),
		  OPT_STRING('b', "branch", &arg_branch, "NAME",
			     "branch of the register; without it: a work tree as it lies, a bare repository at HEAD"),
		  OPT_STRING('f', "folder", &arg_folder, "DIR", "the register's folder within its repository"),
		  OPT_FLAG(0, "strict", &arg_strict, "no way out: a push option lets nothing through"), CLI_COMMON(c));
}

static bool is_private(const struct repository *r)
{
	return r->kind == REPOSITORY_PRIVATE || r->kind == REPOSITORY_SSL_KEYS;
}

static bool is_at(const struct repository *r, const char *path)
{
	_cleanup_(freep) char *real = realpath(r->url, NULL), *here = realpath(path, NULL);

	return real && here && strcmp(real, here) == 0;
}

/* Which of the register's repositories it is: as it was said, or the only one whose url is this folder. */
static int find_repository(const struct firebreak_register *reg, const char *path, const char **ret, struct err *e)
{
	const struct repository *found = NULL;
	uint32_t i = arg_repository ? map_get(&reg->repository_names, arg_repository) : MAP_NONE;

	if (arg_repository && i == MAP_NONE)
		return err_set(e, ERR_USAGE, "--repository '%s': the register has no repository of that name",
			       arg_repository);
	if (arg_repository)
		found = &reg->repositories[i];
	for (uint32_t k = 0; !arg_repository && k < reg->n_repositories; k++)
		if (is_at(&reg->repositories[k], path))
			found = &reg->repositories[k];
	if (!found)
		return err_set(e, ERR_USAGE, "no repository of the register has '%s' as its url: say which one it is "
			       "with --repository NAME", path);
	if (!is_private(found))
		return err_set(e, ERR_USAGE, "'%s' is no private repository of the register: what is pushed there is "
			       "public", found->name);
	*ret = found->name;
	return 0;
}

/* The register must be readable at the moment, or each push would be refused from now on. One that will be pushed
 * itself may come later. */
static int try_register(struct cli *c, const char *path, struct firebreak_register **reg, const char **ret_repository,
			struct err *e)
{
	const struct push_register at = { c->register_folder, arg_branch, arg_folder ? arg_folder : "" };
	int r = push_register_try(&at, path, reg, e);

	if (r == 0 && !*reg && !arg_repository)
		return err_set(e, ERR_USAGE, "the register will come with a push: say which of its repositories this "
			       "is with --repository NAME");
	*ret_repository = arg_repository;
	return r < 0 || !*reg ? r : find_repository(*reg, path, ret_repository, e);
}

static int install(struct cli *c, const char *path, struct err *e)
{
	_cleanup_(freep) char *own = places_own(), *program = fs_join(own, "firebreak"), *at = NULL;
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	struct hook_words w = { .program = program, .branch = arg_branch, .folder = arg_folder, .strict = arg_strict };
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000);
	bool changed = false;
	int r = places_register(c, &w.register_path, e);

	if (r < 0)
		return r;
	at = realpath(w.register_path, NULL);
	if (!at)
		return err_errno(e, "register '%s'", w.register_path);
	w.register_path = c->register_folder = at;
	r = try_register(c, path, &reg, &w.repository, e);
	if (r == 0)
		r = hook_install(path, &w, &changed, e);
	c->register_folder = NULL;
	if (r < 0)
		return r;
	(void)buf_printf(&b, "%s: pushes to '%s' are held against the register in '%s'\n",
			 changed ? "installed" : "nothing to do", w.repository, at);
	if (!arg_strict)
		(void)buf_str(&b, "in an emergency: git push -o " HOOK_EMERGENCY "=WHY (see `firebreak hook "
			      "status`)\n");
	cli_print(&b);
	return 0;
}

static int remove_hook(const char *path, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000);
	bool changed = false;
	int r = hook_remove(path, &changed, e);

	if (r < 0)
		return r;
	(void)buf_str(&b, changed ? "removed: pushes are not looked at any more\n"
				  : "nothing to do: there is no hook\n");
	cli_print(&b);
	return 0;
}

static void say_status(const struct hook_state *s, struct buf *b)
{
	static const char *const words[] = { "there is no hook", "installed", "a hook of somebody else" };
	bool idle = s->there == HOOK_OURS && !s->runs;
	json_t *one;
	size_t i;

	(void)buf_printf(b, "%s%s: %s\n", words[s->there],
			 idle ? ", but it is not executable, so git does not run it" : "", s->file);
	if (s->line)
		(void)buf_printf(b, "it runs: firebreak %s\n", s->line);
	if (s->there == HOOK_OURS && !s->way_out)
		(void)buf_str(b, "git does not hand push options on, so nothing is let through in an emergency\n");
	json_array_foreach(s->let_through, i, one) {
		const char *at = json_str(one, "at"), *who = json_str(one, "who"), *why = json_str(one, "why");

		(void)buf_printf(b, "let through: %s by ", at ? at : "?");
		text_visible(b, who ? who : "?", strlen(who ? who : "?"));
		(void)buf_str(b, ": ");
		text_visible(b, why ? why : "?", strlen(why ? why : "?"));
		(void)buf_printf(b, " (%lld not registered, %lld not read)\n",
				 (long long)json_int(one, "not_registered", 0),
				 (long long)json_int(one, "not_read", 0));
	}
}

static json_t *status_json(const struct hook_state *s)
{
	static const char *const words[] = { "none", "installed", "foreign" };
	json_t *j = json_object();

	json_put(j, "hook", words[s->there]);
	json_object_set_new(j, "runs", json_boolean(s->runs));
	json_put(j, "file", s->file);
	json_put(j, "command", s->line);
	json_object_set_new(j, "emergency_option", json_boolean(s->way_out));
	json_object_set(j, "let_through", s->let_through);
	return j;
}

static int status(struct cli *c, const char *path, int *ret_exit, struct err *e)
{
	_cleanup_(hook_state_free) struct hook_state s = { .there = HOOK_NONE };
	_cleanup_(buf_free) struct buf b = BUF_INIT((size_t)64 << 20);
	int r = hook_look(path, &s, e);

	if (r < 0)
		return r;
	*ret_exit = s.there == HOOK_OURS && s.runs ? EXIT_DONE : EXIT_FAILED;
	if (c->json) {
		cli_json(status_json(&s));
		return 0;
	}
	say_status(&s, &b);
	cli_print(&b);
	return 0;
}

static int receive(struct cli *c, int *ret_exit, struct err *e)
{
	struct hook_receive h = { .repository = arg_repository, .strict = arg_strict };
	int r = places_register(c, &h.at.path, e);

	h.at.branch = arg_branch;
	h.at.folder = arg_folder ? arg_folder : "";
	return r < 0 ? r : hook_receive(&h, ret_exit, e);
}

int cmd_hook(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	const struct command *self = cli_command("hook");
	struct err e = ERR_INIT;
	const char *verb;
	int code = EXIT_DONE, r;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	verb = args.n ? args.s[0] : "";
	code = EXIT_DONE;
	if (arg_folder && (arg_folder[0] == '/' || strstr(arg_folder, "..")))
		return cli_usage(self, "--folder '%s': expected a folder within the register's repository", arg_folder);
	if (!strcmp(verb, "pre-receive") && args.n == 1) {
		if (!arg_repository)
			return cli_usage(self, "pre-receive needs --repository NAME: `firebreak hook install` "
					 "writes it");
		r = secret_init(&e);
		if (r == 0)
			r = receive(c, &code, &e);
	} else if (args.n == 2 && !strcmp(verb, "install")) {
		r = install(c, args.s[1], &e);
	} else if (args.n == 2 && !strcmp(verb, "remove")) {
		r = remove_hook(args.s[1], &e);
	} else if (args.n == 2 && !strcmp(verb, "status")) {
		r = status(c, args.s[1], &code, &e);
	} else {
		return cli_usage(self, "expected install, remove or status with a repository, or pre-receive");
	}
	return r < 0 ? cli_fail(&e) : code;
}
