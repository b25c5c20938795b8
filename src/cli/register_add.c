#include "cli/register_add.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/term.h"
#include "base/text.h"
#include "check/cover.h"
#include "check/entry.h"
#include "cli/places.h"
#include "cli/reading.h"
#include "draft/propose.h"
#include "scan/register_files.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROMPT_MAX 20000

/* One run: what is there, what is proposed, and what a person or the options say. */
struct adding {
	struct cli *c;
	const struct register_add *a;
	const char *folder;
	struct register_files files;
	struct firebreak_register *reg;
	struct entry en;
	uint32_t repository;
	struct strv consumers, kept;           /* kept: answers, and the place's parts */
	struct proposal proposal;
	bool proposed;
};

static void adding_clear(struct adding *x)
{
	register_files_free(&x->files);
	register_freep(&x->reg);
	strv_free(&x->consumers);
	strv_free(&x->kept);
	if (x->proposed)
		proposal_free(&x->proposal);
}

static const char *keep(struct adding *x, const char *s)
{
	strv_add(&x->kept, s);
	return x->kept.s[x->kept.n - 1];
}

/* --- what the options say --- */

/* "REPOSITORY:FILE" */
static int read_place(struct adding *x, struct err *e)
{
	const char *colon = strchr(x->a->place, ':');
	_cleanup_(freep) char *name = colon ? mem_dupn(x->a->place, (size_t)(colon - x->a->place)) : NULL;
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(map_free) struct map index = MAP_INIT;
	const struct repository *r;

	if (!colon || !colon[1])
		return err_set(e, ERR_USAGE, "'%s': expected REPOSITORY:FILE, such as private:hieradata/common.yaml, "
			       "and the key behind it", x->a->place);
	x->repository = map_get(&x->reg->repository_names, name);
	if (x->repository == MAP_NONE)
		return err_set(e, ERR_USAGE, "the register has no repository '%s'", name);
	r = &x->reg->repositories[x->repository];
	if (r->kind != REPOSITORY_PRIVATE && r->kind != REPOSITORY_SSL_KEYS)
		return err_set(e, ERR_USAGE, "'%s' is no private repository: what is public needs no entry", name);
	x->en.repository = r->name;
	x->en.file = keep(x, colon + 1);
	x->en.key = x->a->key;
	cover_index(x->reg, a, &index);
	/* What a rule for a key above covers is not looked at: whether there is one above is only known in the file. */
	if (cover_has(x->reg, &index, x->en.repository, x->en.file, x->en.key, x->en.key ? strlen(x->en.key) : 0))
		return err_set(e, ERR_CONFLICT, "the register knows %s%s%s: nothing to do", x->a->place, x->en.key
			       ? " " : "",
			       x->en.key ? x->en.key : "");
	return 0;
}

/* "db11,db12:/etc/x.conf:mariadb:puppet" */
static int read_consumer(struct adding *x, const char *word, struct err *e)
{
	_cleanup_(freep) char *text = mem_dup(word);
	_cleanup_(strv_free) struct strv hosts = STRV_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(PROMPT_MAX);
	char *rest = text, *names = strsep(&rest, ":"), *file = strsep(&rest, ":"), *service = strsep(&rest, ":");
	const char *restart = rest;

	for (char *one; (one = strsep(&names, ","));)
		if (*one)
			strv_add(&hosts, one);
	if (!hosts.n || !file || (!*file && !service))
		return err_set(e, ERR_USAGE, "--consumer '%s': expected HOSTS:FILE[:SERVICE[:RESTART]], such as "
			       "db11,db12:/etc/x.conf:mariadb:puppet", word);
	entry_consumer(&b, &hosts, *file ? file : NULL, service && *service ? service : NULL,
		       restart ? restart : service && *service ? "puppet" : NULL);
	strv_add(&x->consumers, buf_text(&b));
	return 0;
}

static int read_options(struct adding *x, struct err *e)
{
	const struct register_add *a = x->a;
	bool secret = a->secret || a->kind || a->system || a->unused || a->note || a->consumers.n;
	int r = 0;

	if ((a->class || a->why) && secret)
		return err_set(e, ERR_USAGE, "it is a secret, or --not-secret with --why: not both");
	if (!a->class != !a->why)
		return err_set(e, ERR_USAGE, "--not-secret public or data goes with --why TEXT");
	if (a->class && strcmp(a->class, "public") != 0 && strcmp(a->class, "data") != 0)
		return err_set(e, ERR_USAGE, "--not-secret '%s': expected public or data", a->class);
	if (a->secret && !text_is_name(a->secret))
		return err_set(e, ERR_USAGE, "--secret '%s': expected a name such as redis/password", a->secret);
	for (size_t i = 0; r == 0 && i < a->consumers.n; i++)
		r = read_consumer(x, a->consumers.s[i], e);
	x->en.class = a->class;
	x->en.why = a->why;
	x->en.secret = a->secret;
	x->en.kind = a->kind;
	x->en.system = a->system;
	x->en.unused = a->unused;
	x->en.note = a->note;
	return r;
}

static bool is_new(const struct adding *x)
{
	return !x->en.class && (!x->en.secret || map_get(&x->reg->secret_names, x->en.secret) == MAP_NONE);
}

/* --- what is proposed --- */

/* Reads the repositories for the manifests; what could not be read costs proposals, no more. */
static int look(struct adding *x, struct err *e)
{
	_cleanup_(reading_end) struct reading reading = { .n = 0 };
	_cleanup_(survey_free) struct survey s = { 0 };
	_cleanup_(findings_free) struct findings none = FINDINGS_INIT;
	struct check check = { .reg = x->reg, .leaves = &s.leaves, .findings = &none };
	int r = reading_begin(x->c, x->reg, &x->a->repositories, &reading, e);

	if (r < 0)
		return r;
	reading_give(&reading, x->reg, &s);
	r = survey_read(&s, e);
	if (r < 0)
		return r;
	check.repository_read = s.repository_read;
	check.manifest = s.manifest;
	check.feed = s.feed;
	check.certificates = &s.certificates;
	check_begin(&check);
	propose(&check, x->repository, x->en.file, x->en.key, &x->proposal);
	check_end(&check);
	x->proposed = true;
	if (s.gaps.n)
		cli_note("firebreak: not everything could be read, so consumers may be missing here: firebreak check");
	return 0;
}

static void take_proposal(struct adding *x)
{
	if (!x->en.secret)
		x->en.secret = x->proposal.secret;
	if (!is_new(x))
		return;
	if (!x->en.kind)
		x->en.kind = x->proposal.kind;
	if (!x->en.system && !strchr(x->en.secret, '/'))
		x->en.system = x->proposal.system;
	for (size_t i = 0; !x->a->consumers.n && !x->en.unused && i < x->proposal.consumers.n; i++)
		strv_add(&x->consumers, x->proposal.consumers.s[i]);
}

/* --- what a person says --- */

/* Empty: what stands in the brackets. */
static int ask(struct adding *x, const char *question, const char *otherwise, const char **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf prompt = BUF_INIT(PROMPT_MAX), answer = BUF_INIT(PROMPT_MAX);
	int r;

	(void)buf_printf(&prompt, "%s", question);
	if (otherwise) {
		(void)buf_str(&prompt, " [");
		text_visible(&prompt, otherwise, strlen(otherwise));
		(void)buf_char(&prompt, ']');
	}
	(void)buf_str(&prompt, ": ");
	r = term_ask(buf_text(&prompt), &answer, e);
	if (r < 0)
		return r;
	*ret = answer.len ? keep(x, buf_text(&answer)) : otherwise;
	return 0;
}

static int ask_class(struct adding *x, struct err *e)
{
	const char *answer;
	int r = ask(x, "Is it a secret? yes, or: public, data", "yes", &answer, e);

	if (r < 0 || strcmp(answer, "yes") == 0)
		return r;
	if (strcmp(answer, "public") != 0 && strcmp(answer, "data") != 0)
		return err_set(e, ERR_USAGE, "'%s': expected yes, public or data", answer);
	x->en.class = answer;
	r = ask(x, "Why is it none", NULL, &x->en.why, e);
	return r == 0 && !x->en.why ? err_set(e, ERR_REFUSED, "without a reason it stays a secret") : r;
}

static int ask_consumers(struct adding *x, struct err *e)
{
	const char *answer = "yes";
	int r = 0;

	for (size_t i = 0; i < x->proposal.consumers.n; i++)
		cli_note("  %s", x->proposal.consumers.s[i]);
	if (x->proposal.unsure)
		cli_note("  and %u that only a person can follow: firebreak check names them", x->proposal.unsure);
	if (x->proposal.consumers.n)
		r = ask(x, "The manifests feed these. Take them? yes or no", "yes", &answer, e);
	else if (!x->proposal.unsure)
		r = ask(x, "No manifest reads it. Why is it kept all the same? (empty: you write its consumers later)",
			NULL,
			&x->en.unused, e);
	for (size_t i = 0; r == 0 && strcmp(answer, "yes") == 0 && i < x->proposal.consumers.n; i++)
		strv_add(&x->consumers, x->proposal.consumers.s[i]);
	return r;
}

static int ask_secret(struct adding *x, struct err *e)
{
	int r = ask(x, "Name of the secret; of one that is there: one more place of it", x->proposal.secret,
		    &x->en.secret, e);

	if (r == 0 && !text_is_name(x->en.secret))
		return err_set(e, ERR_USAGE, "'%s': expected a name such as redis/password", x->en.secret);
	if (r < 0 || !is_new(x))
		return r;
	r = ask(x, "Kind", x->proposal.kind, &x->en.kind, e);
	return r < 0 ? r : ask_consumers(x, e);
}

static int complete(struct adding *x, struct err *e)
{
	bool said = x->en.class || x->en.secret;
	bool full = x->en.class || (x->en.secret && (!is_new(x) || (x->en.kind && (x->consumers.n || x->en.unused))));
	int r;

	if (full)
		return 0;
	if (!said && !term_is_terminal(STDIN_FILENO))
		return err_set(e, ERR_USAGE, "there is no terminal to ask at: say --secret NAME and --kind KIND, or "
			       "--not-secret public|data and --why TEXT");
	r = look(x, e);
	if (r < 0)
		return r;
	if (said) {
		take_proposal(x);
		return 0;
	}
	r = ask_class(x, e);
	return r < 0 || x->en.class ? r : ask_secret(x, e);
}

/* --- and into the file --- */

static int write_file(const struct adding *x, const char *name, const struct buf *text, struct err *e)
{
	_cleanup_(freep) char *path = fs_join(x->folder, name);
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return err_errno(e, "'%s'", path);
	r = fs_write_atomic(path, text->data, text->len, st.st_mode & 07777, e);
	if (r == 0 && geteuid() == 0 && chown(path, st.st_uid, st.st_gid) < 0)
		return err_errno(e, "give '%s' back to its owner", path);
	return r;
}

static void say_next(const struct adding *x, const char *name)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(PROMPT_MAX);

	(void)buf_str(&b, "next: git -C ");
	text_shell(&b, x->folder);
	(void)buf_str(&b, " commit -m ");
	text_shell(&b, x->en.class ? "Not secret" : x->en.secret);
	(void)buf_str(&b, " -- ");
	text_shell(&b, name);
	(void)buf_char(&b, '\n');
	cli_print(&b);
}

static int finish(struct adding *x, bool asked, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(YAML_MAX), diff = BUF_INIT(YAML_MAX);
	const char *answer = "yes";
	size_t at = 0;
	int r;

	x->en.consumers = &x->consumers;
	r = entry_make(x->reg, x->files.s, x->files.n, &x->en, &at, &text, e);
	if (r < 0)
		return r;
	if (!x->files.s)
		return err_set(e, ERR_BUG, "the entry is for no file of the register");
	entry_diff(&diff, x->files.s[at].name, x->files.s[at].text, buf_text(&text));
	cli_print(&diff);
	if (x->a->dry_run)
		return 0;
	if (asked)
		r = ask(x, "Write this? yes or no", "yes", &answer, e);
	if (r == 0 && strcmp(answer, "yes") != 0)
		return err_set(e, ERR_REFUSED, "nothing was written");
	if (r == 0)
		r = write_file(x, x->files.s[at].name, &text, e);
	if (r == 0)
		say_next(x, x->files.s[at].name);
	return r;
}

int register_add(struct cli *c, const struct register_add *a, struct err *e)
{
	_cleanup_(adding_clear) struct adding x = { .c = c, .a = a };
	bool asked;
	int r = secret_init(e);

	if (r == 0)
		r = places_register(c, &x.folder, e);
	if (r == 0)
		r = register_files_folder(x.folder, &x.files, e);
	if (r == 0)
		r = register_load(x.files.s, x.files.n, NULL, 0, &x.reg, e);
	if (r == 0)
		r = read_place(&x, e);
	if (r == 0)
		r = read_options(&x, e);
	asked = r == 0 && !x.en.class && !x.en.secret;
	if (r == 0)
		r = complete(&x, e);
	return r != 0 ? r : finish(&x, asked, e);
}
