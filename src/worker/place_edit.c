#include "worker/place_edit.h"
#include "base/mem.h"

void place_edit_clear(struct place_edit *x)
{
	for (size_t i = 0; i < x->n; i++)
		buf_free(&x->files[i].text);
	free(x->files);
	*x = (struct place_edit){ 0 };
}

/* Two keys may stand in one file: the second edit works on the text that the first one left. */
static int file_of(struct place_repository *p, struct place_edit *x, const char *file, struct place_edited **ret,
		   struct err *e)
{
	for (size_t i = 0; i < x->n; i++) {
		if (strcmp(x->files[i].file, file) == 0) {
			*ret = &x->files[i];
			return 0;
		}
	}
	struct place_edited *f = &x->files[x->n++];
	*f = (struct place_edited){ .file = file, .text = BUF_WIPED(PLACE_FILE_MAX) };
	*ret = f;
	return git_read(p->git, p->head, file, &f->text, e);
}

static int edit_one(struct job *job, struct place_job *j, struct place_secret *s, size_t i, struct place_edit *x,
		    struct err *e)
{
	const struct secret *old = wire_secrets_get(&job->in, s->old);
	const struct secret *new = s->new ? wire_secrets_get(&job->in, s->new) : NULL;
	_cleanup_(buf_free) struct buf text = BUF_WIPED(PLACE_FILE_MAX);
	struct place_edited *f;
	bool changed;

	if (!old || !new)
		return err_set(e, ERR_CONFIG, "job: the values '%s' and '%s' of '%s' did not come", s->old,
			       s->new ? s->new : "", s->name);
	int r = file_of(&j->repositories[s->repositories[i]], x, s->places[i].file, &f, e);
	if (r < 0)
		return r;
	r = place_write(&s->places[i], buf_text(&f->text), f->text.len, old, new, &text, &changed, e);
	if (r < 0 || !changed)
		return r;
	buf_free(&f->text);
	f->text = text;
	text = (struct buf)BUF_WIPED(PLACE_FILE_MAX);
	f->changed = s->changed = true;
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
		for (size_t i = 0; i < s->n && !s->failed; i++) {
			struct err why = ERR_INIT;
			int r = s->repositories[i] == repository ? edit_one(job, j, s, i, x, &why) : 0;

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
		size_t n = 0;
		place_edit_clear(ret);
		for (size_t k = 0; k < j->n_secrets; k++)
			n += j->secrets[k].n;
		ret->files = mem_zero(n, sizeof(*ret->files));
		int r = edit_secrets(job, j, repository, ret, &again, e);
		if (r < 0)
			return r;
	}
	return 0;
}
