#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "driver/sink.h"
#include "worker/chore.h"
#include "worker/place_edit.h"
#include <string.h>

#define TRIES 8

/* What the four chores that push say of themselves. */
static const struct words { const char *verb, *title, *does, *one, *many, *into, *nothing; } words[] = {
	{ "write-place", "Rotate", "puts", "new value", "new values", " into the private git",
	  "nothing to do: the new value stands in every place" },
	{ "withdraw", "Withdraw the public half of", "withdraws", "public half", "public halves", "",
	  "nothing to do: the public half was withdrawn already" },
	{ "publish", "Publish the new public half of", "publishes", "public half", "public halves", "",
	  "nothing to do: the new public half stands there" },
	{ "pull", "Take out of deployment", "takes away", "secret or public half", "secrets and public halves", "",
	  "nothing to do: the old value stands in none of the places" },
};

static const struct words *words_of(const struct job *job)
{
	const char *verb = json_str(job->body, "verb");

	for (size_t i = 1; verb && i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].verb, verb))
			return &words[i];
	return &words[0];
}

/* Names only: a commit's message goes to mailing lists and chat. A secret may have several halves in one repository. */
static int message(const struct job *job, const struct place_job *j, struct buf *ret, struct err *e)
{
	const char *trailer = json_str(job->body, "trailer"), *only = NULL, *title = words_of(job)->title;
	long long incident = (long long)json_int(job->body, "incident", 0);
	size_t n = 0;

	if (trailer && strpbrk(trailer, "\n\r"))
		return err_set(e, ERR_CONFIG, "job: \"trailer\" must be one line");
	for (size_t i = 0; i < j->n_secrets; i++) {
		if (!text_is_name(j->secrets[i].name))
			return err_set(e, ERR_CONFIG, "job: \"secrets\" must hold names of the register");
		if (j->secrets[i].changed && (!only || strcmp(only, j->secrets[i].name) != 0)) {
			only = j->secrets[i].name;
			n++;
		}
	}
	if (n == 1)
		(void)buf_printf(ret, "%s %s (incident %lld)\n\n", title, only, incident);
	else
		(void)buf_printf(ret, "%s %zu secrets (incident %lld)\n\n", title, n, incident);
	for (size_t i = 0; n > 1 && i < j->n_secrets; i++)
		if (j->secrets[i].changed)
			(void)buf_printf(ret, "- %s\n", j->secrets[i].name);
	if (trailer)
		(void)buf_printf(ret, "%s%s\n", n > 1 ? "\n" : "", trailer);
	return ret->over ? err_set(e, ERR_LIMIT, "the commit's message is too long") : 0;
}

static int push(struct job *job, struct place_job *j, size_t repository, const struct place_edit *x, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 16);
	_cleanup_(freep) struct git_change *changes = mem_zero(x->n, sizeof(*changes));
	_cleanup_(freep) char *author = chore_author(job);
	struct place_repository *p = &j->repositories[repository];
	size_t n = 0;
	int r = message(job, j, &text, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < x->n; i++) {
		const struct git_text *f = &p->files[i];

		if (x->removed[i])
			changes[n++] = (struct git_change){ .file = f->path };
		else if (x->texts[i].len)
			changes[n++] = (struct git_change){ f->path, f->absent ? "100644" : f->mode, x->texts[i].data,
							    x->texts[i].len };
	}
	if (job->sink && job->sink->changing)
		job->sink->changing(job->sink->arg);
	r = git_commit_push(p->git, p->head, changes, n, buf_text(&text), author, p->head, e);
	return r < 0 ? err_wrap(e, "repository '%s'", p->name) : 0;
}

/* The splices on what is there, one push. *ret_again: nothing was changed, and the remote has to be looked at: it
 * moved, or what was read without a fetch leaves nothing to push, and only a push shows that it was the newest. */
static int attempt(struct job *job, struct place_job *j, size_t repository, bool *ret_again, struct err *e)
{
	_cleanup_(place_edit_clear) struct place_edit x = { 0 };

	*ret_again = false;
	int r = place_edit_all(job, j, repository, &x, e);
	if (r < 0)
		return r;
	*ret_again = x.changed == 0 && !j->repositories[repository].fetched;
	if (x.changed == 0)
		return 0;
	r = push(job, j, repository, &x, e);
	*ret_again = r == -ERR_CONFLICT;
	return r;
}

static int write_repository(struct job *job, struct place_job *j, size_t repository, struct err *e)
{
	_cleanup_(freep) bool *failed = mem_zero(j->n_secrets, sizeof(*failed));

	for (size_t i = 0; i < j->n_secrets; i++)
		failed[i] = j->secrets[i].failed;
	int r = place_job_read(j, repository, e);
	for (unsigned i = 0; r == 0; i++) {
		struct err why = ERR_INIT;
		bool again;

		r = attempt(job, j, repository, &again, &why);
		if (!again || i == TRIES || clock_mono_us() > job->deadline_us) {
			if (r < 0)
				*e = why;
			return again ? err_wrap(e, "gave up after %u tries", i + 1) : r;
		}
		if (j->repositories[repository].fetched)
			clock_sleep_ms(20 << i);
		/* Another commit: each secret has a new chance. */
		for (size_t k = 0; k < j->n_secrets; k++)
			j->secrets[k].failed = failed[k];
		r = place_job_fetch(j, repository, e);
	}
	return r;
}

static void sum_up(struct job *job, const struct place_job *j, size_t n)
{
	const struct words *w = words_of(job);

	if (n == 0)
		(void)snprintf(job->text, sizeof(job->text), "%s", w->nothing);
	else
		(void)snprintf(job->text, sizeof(job->text), "commit %.10s %s %zu %s%s", j->repositories[0].head,
			       w->does, n, n == 1 ? w->one : w->many, w->into);
}

/* Every place must hold the old value, or the new one already; where one is pulled, or was before, it may be gone. */
int job_write_place(struct job *job, struct err *e)
{
	_cleanup_(place_job_clear) struct place_job j = { 0 };
	_cleanup_(freep) bool *changed = NULL;
	size_t n = 0;

	int r = place_job_open(job, &j, e);
	if (r < 0)
		return r;
	changed = mem_zero(j.n_secrets, sizeof(*changed));
	for (size_t k = 0; k < j.n_repositories; k++) {
		r = write_repository(job, &j, k, e);
		if (r < 0)
			return r;
		for (size_t i = 0; i < j.n_secrets; i++)
			changed[i] = changed[i] || j.secrets[i].changed;
	}
	for (size_t i = 0; i < j.n_secrets; i++) {
		j.secrets[i].changed = changed[i];
		n += changed[i];
	}
	json_put(job->result, "commit", j.repositories[0].head);
	json_object_set_new(job->result, "changed", json_boolean(n > 0));
	sum_up(job, &j, n);
	return place_job_report(job, &j, e);
}
