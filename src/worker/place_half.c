/* What is derived from a key, edited in memory and shown to the team's own checker before it is pushed. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/keypair.h"
#include "base/mem.h"
#include "base/text.h"
#include "keys/half.h"
#include "worker/chore.h"
#include "worker/place_edit.h"
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 64u
#define SHOWN 250u

struct edit { struct half_file files[HALF_FILES]; struct buf texts[HALF_FILES]; };

static void edit_clear(struct edit *x)
{
	for (size_t i = 0; i < HALF_FILES; i++)
		buf_free(&x->texts[i]);
}

/* Two halves may stand in one file: the second works on the text that the first one left. */
static int open_files(const struct place_job *j, const struct place_secret *s, const struct place_edit *x, bool pulls,
		      struct edit *ret, struct err *e)
{
	if (s->n > HALF_FILES)
		return err_set(e, ERR_CONFIG, "job: a public half has 1 to %u files", HALF_FILES);
	for (size_t i = 0; i < s->n; i++) {
		const struct git_text *f = &j->repositories[s->repositories[i]].files[s->files[i]];
		const struct buf *from = x->texts[s->files[i]].len ? &x->texts[s->files[i]] : &f->text;

		if (s->repositories[i] != s->repositories[0])
			return err_set(e, ERR_CONFIG, "job: the files of a public half lie in one repository");
		/* Of the second file nothing is ever made: what stands there is somebody else's too. */
		bool may_miss = i == 0 && f->absent && (pulls || s->back);

		if (f->r < 0 && !may_miss) {
			*e = f->why;
			return f->r;
		}
		ret->files[i] = (struct half_file){ .path = f->path, .text = buf_text(from), .len = from->len,
						    .absent = f->absent, .ret = &ret->texts[i] };
	}
	return 0;
}

static int public_of(const struct job *job, const char *name, struct public_key *ret, struct err *e)
{
	const struct secret *s = name ? wire_secrets_get(&job->in, name) : NULL;

	if (!s)
		return err_set(e, ERR_CONFIG, "job: the value '%s' did not come", name ? name : "");
	int r = keypair_public(s, ret, e);

	return r < 0 ? err_wrap(e, text_starts(name, "old") ? "the old key" : "the new key") : 0;
}

static const struct half_writer *half_of(const struct job *job, const struct place_secret *s, half_fn **ret,
					 struct err *e)
{
	const struct half_writer *h = half_writer_find(json_str(s->half, "format"));
	const char *verb = json_str(job->body, "verb");

	*ret = !h || !verb ? NULL : !strcmp(verb, "withdraw") ? h->withdraw
		: place_edit_pulls(job) ? h->pull : h->publish;
	if (!*ret)
		(void)err_set(e, ERR_CONFIG, "job: format '%s' of a public half cannot %s", h ? h->name : "", verb);
	return *ret ? h : NULL;
}

int place_half_edit(struct job *job, struct place_job *j, struct place_secret *s, struct place_edit *x, struct err *e)
{
	_cleanup_(edit_clear) struct edit edit = { .texts = { BUF_INIT(PLACE_FILE_MAX), BUF_INIT(PLACE_FILE_MAX) } };
	struct public_key old, new;
	struct half_said said = { 0 };
	struct half_work w = { .options = json_object_get(s->half, "options"), .old = &old, .new = &new,
			       .issued = json_object_get(s->half, "issued"), .back = s->back,
			       .now_s = clock_now_us() / 1000000,
			       .files = edit.files, .n = s->n };
	half_fn *fn;

	if (!half_of(job, s, &fn, e))
		return -ERR_CONFIG;
	int r = public_of(job, s->old, &old, e);
	if (r == 0)
		r = public_of(job, s->new, &new, e);
	if (r == 0)
		r = open_files(j, s, x, place_edit_pulls(job), &edit, e);
	if (r == 0)
		r = fn(&w, &said, e);
	if (r < 0)
		return r;
	(void)snprintf(s->said, sizeof(s->said), "%s", said.text);
	s->ttl_s = said.ttl_s;
	for (size_t i = 0; i < s->n; i++) {
		struct buf *to = &x->texts[s->files[i]];

		if (edit.files[i].remove) {
			x->removed[s->files[i]] = s->changed = true;
			x->changed++;
		}
		if (!edit.texts[i].len)
			continue;
		x->changed += to->len == 0;
		buf_free(to);
		*to = edit.texts[i];
		edit.texts[i] = (struct buf)BUF_INIT(PLACE_FILE_MAX);
		s->changed = true;
	}
	return 0;
}

/* {file} in a word is the file with the new text. */
static char *with_file(const char *word, const char *file)
{
	const char *at = strstr(word, "{file}");

	return at ? mem_printf("%.*s%s%s", (int)(at - word), word, file, at + strlen("{file}")) : mem_dup(word);
}

struct words { char *w[WORDS_MAX + 1]; };

static void words_clear(struct words *x)
{
	for (size_t i = 0; x->w[i]; i++)
		free(x->w[i]);
}

static int run_checker(const struct job *job, const json_t *check, const char *file, const struct place_secret *s,
		       struct err *e)
{
	_cleanup_(words_clear) struct words words = { 0 };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(buf_free) struct buf shown = BUF_INIT(4 * SHOWN);

	for (size_t i = 0; i < json_array_size(check) && i < WORDS_MAX; i++) {
		const char *word = json_string_value(json_array_get(check, i));

		words.w[i] = with_file(word ? word : "", file);
	}
	int r = proc_run(&(struct proc_job){ .argv = (const char *const *)words.w, .limit_ms = chore_left_ms(job) },
			 &res, e);
	if (r < 0)
		return err_wrap(e, "the checker of '%s'", s->places[0].file);
	if (res.status == 0 && !res.timed_out)
		return 0;
	text_visible(&shown, buf_text(&res.out), res.out.len < SHOWN / 2 ? res.out.len : SHOWN / 2);
	text_visible(&shown, buf_text(&res.err), res.err.len < SHOWN / 2 ? res.err.len : SHOWN / 2);
	return err_set(e, ERR_REFUSED, "'%s' refuses the new '%s', so it was not pushed (exit code %d%s): %.250s",
		       words.w[0], s->places[0].file, res.status, res.timed_out ? ", too slow" : "", buf_text(&shown));
}

static int check_one(const struct job *job, const struct place_repository *p, const struct place_secret *s,
		     const struct buf *text, struct err *e)
{
	const json_t *check = json_object_get(s->half, "check");
	_cleanup_(freep) char *file = mem_printf("%s.check", p->git->folder);

	if (json_array_size(check) == 0 || !text->len)
		return 0;
	int r = fs_write_atomic(file, text->data, text->len, 0600, e);

	if (r == 0)
		r = run_checker(job, check, file, s, e);
	(void)unlink(file);
	return r;
}

int place_half_check(struct job *job, struct place_job *j, size_t repository, const struct place_edit *x,
		     bool *ret_again, struct err *e)
{
	for (size_t k = 0; k < j->n_secrets; k++) {
		struct place_secret *s = &j->secrets[k];
		struct err why = ERR_INIT;

		if (!s->half || s->failed || !s->changed || s->repositories[0] != repository)
			continue;
		int r = check_one(job, &j->repositories[repository], s, &x->texts[s->files[0]], &why);

		if (r < 0 && !place_job_is_its_own(r)) {
			*e = why;
			return r;
		}
		if (r < 0) {
			place_job_fail(s, &why);
			*ret_again = true;
		}
	}
	return 0;
}
