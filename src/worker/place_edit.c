#include "worker/place_edit.h"
#include "base/mem.h"
#include <string.h>

bool place_edit_pulls(const struct job *job)
{
	const char *verb = json_str(job->body, "verb");

	return verb && !strcmp(verb, "pull");
}

void place_edit_clear(struct place_edit *x)
{
	for (size_t i = 0; i < x->n; i++)
		buf_free(&x->texts[i]);
	free(x->texts);
	free(x->removed);
	*x = (struct place_edit){ 0 };
}

static int add(const char *bytes, size_t len, void *arg)
{
	return buf_add(arg, bytes, len);
}

/* A file that was pulled is made again, as it is usual for a key: with a newline at its end. */
static int make_again(struct place_secret *s, size_t i, const struct secret *new, struct place_edit *x, struct err *e)
{
	struct buf *to = &x->texts[s->files[i]];

	if (s->places[i].key)
		return err_set(e, ERR_REFUSED, "'%s' is not there, and the value is one of its keys: write it by hand",
			       s->places[i].file);
	*to = (struct buf)BUF_WIPED(PLACE_FILE_MAX);
	if (secret_with(new, add, to) < 0 || (to->len && to->data[to->len - 1] != '\n' && buf_char(to, '\n') < 0))
		return err_set(e, ERR_LIMIT, "the new value of '%s' is too long for a file", s->name);
	x->changed++;
	s->changed = true;
	return 0;
}

/* The file goes only when the old value stands there. The new one stays: somebody was faster. */
static int pull_one(struct place_secret *s, size_t i, const struct git_text *f, const struct secret *old,
		    const struct secret *new, struct place_edit *x, struct err *e)
{
	_cleanup_(buf_free) struct buf ignored = BUF_WIPED(PLACE_FILE_MAX);
	bool holds_old = false;

	if (s->places[i].key)
		return err_set(e, ERR_REFUSED, "'%s' is more than this value, so it stays: take the key '%s' out by "
			       "hand", s->places[i].file, s->places[i].key);
	if (f->absent)
		return 0;
	int r = place_write(&s->places[i], buf_text(&f->text), f->text.len, old, new, &ignored, &holds_old, e);
	if (r < 0 || !holds_old)
		return r;
	x->removed[s->files[i]] = true;
	x->changed++;
	s->changed = true;
	return 0;
}

/* Two keys may stand in one file: the second edit works on the text that the first one left. */
static int edit_one(struct job *job, struct place_job *j, struct place_secret *s, size_t i, struct place_edit *x,
		    struct err *e)
{
	const struct secret *old = wire_secrets_get(&job->in, s->old);
	const struct secret *new = s->new ? wire_secrets_get(&job->in, s->new) : NULL;
	const struct git_text *f = &j->repositories[s->repositories[i]].files[s->files[i]];
	struct buf *edited = &x->texts[s->files[i]];
	const struct buf *from = edited->len ? edited : &f->text;
	_cleanup_(buf_free) struct buf text = BUF_WIPED(PLACE_FILE_MAX);
	bool changed;

	if (!old || !new)
		return err_set(e, ERR_CONFIG, "job: the values '%s' and '%s' of '%s' did not come", s->old,
			       s->new ? s->new : "", s->name);
	if (place_edit_pulls(job) && (f->r == 0 || f->absent))
		return pull_one(s, i, f, old, new, x, e);
	if (s->back && f->absent && !edited->len)
		return make_again(s, i, new, x, e);
	if (f->r < 0) {
		*e = f->why;
		return f->r;
	}
	int r = place_write(&s->places[i], buf_text(from), from->len, old, new, &text, &changed, e);
	if (r < 0 || !changed)
		return r;
	x->changed += edited->len == 0;
	buf_free(edited);
	*edited = text;
	text = (struct buf)BUF_WIPED(PLACE_FILE_MAX);
	s->changed = true;
	return 0;
}

/* *ret_again: a secret failed in the midst of its places; what it left in the files is thrown away with them. */
static int edit_secrets(struct job *job, struct place_job *j, size_t repository, struct place_edit *x, bool *ret_again,
			struct err *e)
{
	*ret_again = false;
	for (size_t k = 0; k < j->n_secrets; k++) {
		struct place_secret *s = &j->secrets[k];
		s->changed = false;
		for (size_t i = 0; i < s->n && !s->failed; i += s->half ? s->n : 1) {
			struct err why = ERR_INIT;
			int r = s->repositories[i] != repository ? 0 : s->half ? place_half_edit(job, j, s, x, &why)
								      : edit_one(job, j, s, i, x, &why);

			if (r < 0 && !place_job_is_its_own(r)) {
				*e = why;
				return r;
			}
			if (r < 0) {
				place_job_fail(s, &why);
				*ret_again = true;
			}
		}
	}
	return 0;
}

int place_edit_all(struct job *job, struct place_job *j, size_t repository, struct place_edit *ret, struct err *e)
{
	bool again = true;

	while (again) {
		place_edit_clear(ret);
		ret->n = j->repositories[repository].n_files;
		ret->texts = mem_zero(ret->n + 1, sizeof(*ret->texts));
		ret->removed = mem_zero(ret->n + 1, sizeof(*ret->removed));
		int r = edit_secrets(job, j, repository, ret, &again, e);
		if (r < 0 || (!again && (r = place_half_check(job, j, repository, ret, &again, e)) < 0))
			return r;
	}
	return 0;
}
