#include "base/digest.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/drivers.h"
#include "cli/places.h"
#include "cli/unread.h"
#include "draft/source.h"
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#define GIT_LIMIT_MS 120000
#define OUTPUT_MAX ((size_t)512 << 20)
#define QUESTIONS_TOLD 12u

static struct strv arg_private, arg_ssl_keys, arg_puppet, arg_ssl, arg_dns;
static const char *arg_out, *arg_eyaml_public, *arg_eyaml_private;
static bool arg_dry_run;

const struct opt *options_init(struct cli *c)
{
	CLI_TABLE(OPT_LIST(0, "private", &arg_private, "PATH", "private repository: Hiera data and key files"),
		  OPT_LIST(0, "puppet", &arg_puppet, "PATH", "public Puppet tree: manifests, templates, Hiera data"),
		  OPT_LIST(0, "ssl-keys", &arg_ssl_keys, "PATH", "private repository of TLS keys"),
		  OPT_LIST(0, "ssl", &arg_ssl, "PATH", "public repository of certificates"),
		  OPT_LIST(0, "dns", &arg_dns, "PATH", "public repository of zones"),
		  OPT_STRING(0, "out", &arg_out, "FOLDER", "write the register there (default: register); - prints it"),
		  OPT_FLAG(0, "dry-run", &arg_dry_run, "print it and write nothing: --out -"),
		  OPT_STRING(0, "eyaml-public", &arg_eyaml_public, "FILE", "public key of hiera-eyaml"),
		  OPT_STRING(0, "eyaml-private", &arg_eyaml_private, "FILE", "private key of hiera-eyaml"),
		  CLI_COMMON(c));
}

/* Private trees first: what is public is searched for their values. */
static uint32_t paths_of_arguments(struct draft_path *ret)
{
	const struct { const struct strv *from; enum repository_kind kind; } all[] = {
		{ &arg_private, REPOSITORY_PRIVATE }, { &arg_ssl_keys, REPOSITORY_SSL_KEYS }, { &arg_puppet,
		  REPOSITORY_PUPPET }, { &arg_ssl, REPOSITORY_SSL }, { &arg_dns, REPOSITORY_DNS },
	};
	uint32_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (size_t k = 0; k < all[i].from->n && n < DRAFT_SOURCES_MAX; k++)
			ret[n++] = (struct draft_path){ all[i].kind, all[i].from->s[k] };
	return n;
}

/* --- where it goes --- */

static bool is_printed(void)
{
	return arg_dry_run || (arg_out && !strcmp(arg_out, "-"));
}

/* Nothing is ever overwritten: the folder is new, or has nothing in it. */
static int check_folder(const char *folder, struct err *e)
{
	DIR *d = opendir(folder);
	bool empty = true;

	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return err_errno(e, "'%s'", folder);
	for (struct dirent *x; empty && (x = readdir(d));)
		empty = !strcmp(x->d_name, ".") || !strcmp(x->d_name, "..");
	closedir(d);
	return empty ? 0 : err_set(e, ERR_REFUSED, "'%s' is not empty: a draft overwrites nothing, name a new folder "
				   "with --out", folder);
}

static int write_file(const char *folder, const struct draft_text *t, struct err *e)
{
	_cleanup_(freep) char *path = fs_join(folder, t->name);
	char *slash = strrchr(path, '/');
	int r;

	*slash = '\0';
	r = fs_mkdirs(path, 0755, e);
	*slash = '/';
	return r < 0 ? r : fs_write_atomic(path, buf_text(&t->text), t->text.len, 0644, e);
}

/* The file that makes a register of the folder comes last: what was not written whole is none. */
static int write_all(const struct draft *d, const char *folder, struct err *e)
{
	int r = check_folder(folder, e);

	for (uint32_t i = d->n_files; r == 0 && i-- > 0;)
		r = write_file(folder, &d->files[i], e);
	return r < 0 ? err_wrap(e, "writing the draft") : 0;
}

static void print_all(const struct draft *d)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(OUTPUT_MAX);

	for (uint32_t i = 0; i < d->n_files; i++)
		(void)buf_printf(&b, "%s# ----- %s\n%s", i ? "\n" : "", d->files[i].name, buf_text(&d->files[i].text));
	cli_print(&b);
}

/* What is handed out is read back first: a draft that its own reader refuses is our fault and is not written. */
static int read_back(struct cli *c, const struct draft *d, struct err *e)
{
	_cleanup_(register_freep) struct firebreak_register *reg = NULL;
	_cleanup_(freep) struct source *files = mem_zero(d->n_files + 1, sizeof(*files));
	_cleanup_(freep) struct driver_words *words = NULL;
	size_t n_words;
	int r = drivers_find(c, e);

	if (r < 0)
		return r;
	n_words = drivers_words(c, &words);
	for (uint32_t i = 0; i < d->n_files; i++) {
		if (d->files[i].text.over)
			return err_set(e, ERR_LIMIT, "the draft's file %s would be larger than %zu MB: draft fewer "
				       "repositories at a time", d->files[i].name, DRAFT_FILE_MAX >> 20);
		files[i] = (struct source){ d->files[i].name, buf_text(&d->files[i].text), d->files[i].text.len };
	}
	r = register_load(files, d->n_files, words, n_words, &reg, e);
	return r < 0 ? err_wrap(e, "the draft is no register, and nothing was written; this is our mistake") : 0;
}

/* --- what is said --- */

static void print_gaps(const struct gaps *g)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(OUTPUT_MAX);

	for (size_t i = 0; i < g->n; i++) {
		(void)buf_str(&b, "not read: ");
		gap_say(&g->list[i], &b);
		(void)buf_char(&b, '\n');
	}
	if (g->n)
		cli_note("%sfirebreak: not everything was read, so the draft is not whole: %llu as above",
			 buf_text(&b), (unsigned long long)g->n + g->more);
}

static void say(struct buf *b, const char *s)
{
	text_visible(b, s, strlen(s));
}

static void print_questions(const struct draft *d, struct buf *b)
{
	(void)buf_printf(b, "\n%u to decide, each marked '# DECIDE:' above its entry; the first:\n", d->n_questions);
	for (uint32_t i = 0; i < d->n_questions && i < QUESTIONS_TOLD; i++) {
		(void)buf_printf(b, "  %s:%u: ", d->questions[i].file, d->questions[i].line);
		say(b, d->questions[i].text);
		(void)buf_char(b, '\n');
	}
	if (d->n_questions > QUESTIONS_TOLD)
		(void)buf_printf(b, "  and %u more\n", d->n_questions - QUESTIONS_TOLD);
}

static void shell_word(struct buf *b, const char *s)
{
	if (strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") == strlen(s)) {
		(void)buf_str(b, s);
		return;
	}
	_cleanup_(buf_free) struct buf word = BUF_INIT(1 << 16);

	text_shell(&word, s);
	say(b, buf_text(&word));
}

static void print_next(const struct draft_sources *s, const char *folder, struct buf *b)
{
	(void)buf_str(b, "\nnext:\n  grep -rn -e '# DECIDE:' ");
	shell_word(b, folder);
	(void)buf_str(b, "\n  firebreak register check --register ");
	shell_word(b, folder);
	for (uint32_t i = 0; i < s->n; i++)
		if (s->at[i].folder) {
			(void)buf_printf(b, "\n  (firebreak check reads repositories of git: '%s' is a plain folder)\n",
					 s->list[i].name);
			return;
		}
	(void)buf_str(b, "\n  firebreak check --register ");
	shell_word(b, folder);
	for (uint32_t i = 0; i < s->n; i++) {
		(void)buf_printf(b, " -R %s=", s->list[i].name);
		shell_word(b, s->at[i].path);
	}
	(void)buf_char(b, '\n');
}

static const char *many(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static void print_summary(const struct draft *d, const struct draft_sources *s, const char *folder)
{
	const struct draft_counts *n = &d->counts;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	(void)buf_printf(&b, "draft: %u secret%s in %u place%s (%u with twins), %u that are perhaps none\n", n->secrets,
			 many(n->secrets), n->places, many(n->places), n->twins, n->not_secret);
	(void)buf_printf(&b, "       %u consumer%s on %u host%s, %u public hal%s, %u account%s, %u system%s\n",
			 n->consumers,
			 many(n->consumers), n->hosts, many(n->hosts), n->halves, n->halves == 1 ? "f" : "ves",
			 n->accounts,
			 many(n->accounts), n->systems, many(n->systems));
	if (folder) {
		(void)buf_str(&b, "       written to ");
		say(&b, folder);
		(void)buf_char(&b, '\n');
	}
	print_questions(d, &b);
	if (folder)
		print_next(s, folder, &b);
	if (folder)
		cli_print(&b);
	else
		cli_note("%s", buf_text(&b));
}

static json_t *questions_json(const struct draft *d)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < d->n_questions; i++) {
		json_t *one = json_object();

		json_put(one, "file", d->questions[i].file);
		json_put_int(one, "line", d->questions[i].line);
		json_put(one, "about", d->questions[i].about);
		json_put(one, "question", d->questions[i].text);
		json_array_append_new(list, one);
	}
	return list;
}

static void print_json(const struct draft *d, const char *folder)
{
	const struct { const char *name; uint32_t n; } counts[] = {
		{ "secrets", d->counts.secrets }, { "places", d->counts.places }, { "twins", d->counts.twins },
		{ "not_secret", d->counts.not_secret }, { "consumers", d->counts.consumers },
		{ "hosts", d->counts.hosts },
		{ "groups", d->counts.groups }, { "systems", d->counts.systems }, { "public_halves", d->counts.halves },
		{ "accounts", d->counts.accounts },
	};
	json_t *j = json_object(), *n = json_object();

	json_object_set_new(j, "complete", json_boolean(!d->s->gaps.n));
	json_put(j, "folder", folder);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		json_put_int(n, counts[i].name, counts[i].n);
	json_object_set_new(j, "counts", n);
	json_object_set_new(j, "decide", questions_json(d));
	json_object_set_new(j, "not_read", unread_json(&d->s->gaps));
	cli_json(j);
}

/* --- the whole --- */

static int open_key(struct cli *c, struct digest_key *ret, char **ret_clones, struct err *e)
{
	_cleanup_(freep) char *file = NULL;
	struct digest_key installation;
	const char *state;
	int r = places_state(c, &state, e);

	if (r == 0)
		r = fs_mkdirs(state, 0700, e);
	if (r < 0)
		return r;
	*ret_clones = fs_join(state, "clones");
	file = fs_join(state, "journal.key");
	r = digest_key_open(file, true, &installation, e);
	if (r == 0)
		digest_key_for(&installation, LEAF_TAG_PURPOSE, ret);
	explicit_bzero(&installation, sizeof(installation));
	return r;
}

static int hand_out(struct cli *c, struct draft *d, const struct draft_sources *s, struct err *e)
{
	const char *folder = is_printed() ? NULL : arg_out ? arg_out : "register";
	int r = read_back(c, d, e);

	if (r == 0 && folder)
		r = write_all(d, folder, e);
	if (r < 0)
		return r;
	if (c->json) {
		print_json(d, folder);
		return 0;
	}
	if (!folder)
		print_all(d);
	print_summary(d, s, folder);
	print_gaps(&d->s->gaps);
	return 0;
}

static int init(struct cli *c, int *ret_code, struct err *e)
{
	_cleanup_(draft_sources_free) struct draft_sources sources = { .n = 0 };
	_cleanup_(survey_free) struct survey survey = { .limit_ms = GIT_LIMIT_MS, .any_hieradata = true,
		.without_feed = true, .look = draft_look };
	_cleanup_(draft_end) struct draft draft = { .n_files = 0 };
	_cleanup_(freep) char *clones = NULL;
	struct draft_path paths[DRAFT_SOURCES_MAX];
	struct digest_key key;
	int r = is_printed() ? 0 : check_folder(arg_out ? arg_out : "register", e);

	if (r == 0)
		r = draft_sources_open(paths, paths_of_arguments(paths), arg_eyaml_public, arg_eyaml_private,
				       GIT_LIMIT_MS,
				       &sources, e);
	if (r == 0)
		r = open_key(c, &key, &clones, e);
	if (r < 0)
		return r;
	survey.reg = sources.reg;
	survey.key = &key;
	survey.clones = clones;
	survey.at = sources.at;
	survey.n_at = sources.n;
	survey.arg = &draft;
	draft_begin(&draft, &survey, sources.list);
	r = survey_read(&survey, e);
	if (r == 0) {
		draft_make(&draft);
		r = hand_out(c, &draft, &sources, e);
	}
	*ret_code = survey.gaps.n ? EXIT_NOT_KNOWN : draft.n_questions ? EXIT_PERSON : EXIT_DONE;
	explicit_bzero(&key, sizeof(key));
	return r;
}

int cmd_init(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	const struct command *self = cli_command("init");
	struct err e = ERR_INIT;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n)
		return cli_usage(self, "nothing is expected behind the options");
	if (!arg_private.n && !arg_ssl_keys.n)
		return cli_usage(self, "--private PATH is missing: the repository whose content a register is to "
				 "cover");
	if (arg_private.n + arg_ssl_keys.n + arg_puppet.n + arg_ssl.n + arg_dns.n > DRAFT_SOURCES_MAX)
		return cli_usage(self, "at most %u repositories are read", DRAFT_SOURCES_MAX);
	if (secret_init(&e) < 0 || init(c, &code, &e) < 0)
		return cli_fail(&e);
	return code;
}
