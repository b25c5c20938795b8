#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "driver/sink.h"
#include "transport/git.h"
#include "worker/jobs.h"
#include "worker/place.h"

#define TRIES 8

struct edited { const char *file; struct buf text; bool changed; };
struct edit { struct edited *files; size_t n; };

static void edit_clear(struct edit *x)
{
	for (size_t i = 0; i < x->n; i++)
		buf_free(&x->files[i].text);
	free(x->files);
	*x = (struct edit){ 0 };
}

/* Two keys may stand in one file: the second edit works on the text that the first one left. */
static int file_of(struct place_job *j, struct edit *x, const char *head, const char *file, struct edited **ret,
		   struct err *e)
{
	for (size_t i = 0; i < x->n; i++) {
		if (strcmp(x->files[i].file, file) == 0) {
			*ret = &x->files[i];
			return 0;
		}
	}
	struct edited *f = &x->files[x->n++];
	*f = (struct edited){ .file = file, .text = BUF_WIPED(PLACE_FILE_MAX) };
	*ret = f;
	return git_read(j->git, head, file, &f->text, e);
}

static int edit_all(struct job *job, struct place_job *j, const char *head, struct edit *x, size_t *ret_places,
		    struct err *e)
{
	const struct secret *old = wire_secrets_get(&job->in, "old"), *new = wire_secrets_get(&job->in, "new");
	size_t places = 0;

	x->files = mem_zero(j->n, sizeof(*x->files));
	for (size_t i = 0; i < j->n; i++) {
		_cleanup_(buf_free) struct buf text = BUF_WIPED(PLACE_FILE_MAX);
		struct edited *f;
		bool changed;
		int r = file_of(j, x, head, j->places[i].file, &f, e);

		if (r < 0)
			return r;
		r = place_write(&j->places[i], buf_text(&f->text), f->text.len, old, new, &text, &changed, e);
		if (r < 0)
			return r;
		if (!changed)
			continue;
		buf_free(&f->text);
		f->text = text;
		text = (struct buf)BUF_WIPED(PLACE_FILE_MAX);
		f->changed = true;
		places++;
	}
	*ret_places = places;
	return 0;
}

/* Names only: a commit's message goes to mailing lists and chat. */
static int message(const struct job *job, struct buf *ret, struct err *e)
{
	const json_t *secrets = json_object_get(job->body, "secrets");
	const char *trailer = json_str(job->body, "trailer"), *first = json_string_value(json_array_get(secrets, 0));
	int64_t incident = json_int(job->body, "incident", 0);
	size_t n = json_array_size(secrets);

	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(secrets, i));
		if (!name || !text_is_name(name))
			return err_set(e, ERR_CONFIG, "job: \"secrets\" must hold names of the register");
	}
	if (n == 0 || (trailer && strpbrk(trailer, "\n\r")))
		return err_set(e, ERR_CONFIG, "job: \"secrets\" is empty, or \"trailer\" is more than one line");
	if (n == 1)
		(void)buf_printf(ret, "Rotate %s (incident %lld)\n\n", first, (long long)incident);
	else
		(void)buf_printf(ret, "Rotate %zu secrets (incident %lld)\n\n", n, (long long)incident);
	for (size_t i = 0; n > 1 && i < n; i++)
		(void)buf_printf(ret, "- %s%s", json_string_value(json_array_get(secrets, i)), i + 1 < n ? "\n" : "\n\n");
	if (trailer)
		(void)buf_printf(ret, "%s\n", trailer);
	return ret->over ? err_set(e, ERR_LIMIT, "the commit's message is too long") : 0;
}

static int push(struct job *job, struct place_job *j, const char *head, const struct edit *x, char ret[65], struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 16);
	_cleanup_(freep) struct git_change *changes = mem_zero(x->n, sizeof(*changes));
	const char *author = json_str(job->body, "author");
	size_t n = 0;
	int r = message(job, &text, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < x->n; i++)
		if (x->files[i].changed)
			changes[n++] = (struct git_change){ x->files[i].file, x->files[i].text.data, x->files[i].text.len };
	if (job->sink && job->sink->changing)
		job->sink->changing(job->sink->arg);
	return git_commit_push(j->git, head, changes, n, buf_text(&text),
			       author ? author : "Firebreak <firebreak@localhost>", ret, e);
}

/* One look at the head, the splices on it, one push. *ret_moved: somebody else was faster, nothing was changed. */
static int attempt(struct job *job, struct place_job *j, bool *ret_moved, struct err *e)
{
	_cleanup_(edit_clear) struct edit x = { 0 };
	char head[65], commit[65];
	size_t places;

	int r = git_head(j->git, head, e);
	if (r < 0 || (r = edit_all(job, j, head, &x, &places, e)) < 0)
		return r;
	*ret_moved = false;
	if (places == 0) {
		json_put(job->result, "commit", head);
		json_object_set_new(job->result, "changed", json_false());
		(void)snprintf(job->text, sizeof(job->text), "nothing to do: the new value stands in %s",
			       j->n == 1 ? "its place" : "all its places");
		return 0;
	}
	r = push(job, j, head, &x, commit, e);
	if (r < 0) {
		*ret_moved = r == -ERR_CONFLICT;
		return r;
	}
	json_put(job->result, "commit", commit);
	json_object_set_new(job->result, "changed", json_true());
	(void)snprintf(job->text, sizeof(job->text), "commit %.10s puts the new value into %zu place%s", commit, places,
		       places == 1 ? "" : "s");
	return 0;
}

int job_write_place(struct job *job, struct err *e)
{
	_cleanup_(place_job_clear) struct place_job j = { 0 };

	if (!wire_secrets_get(&job->in, "old") || !wire_secrets_get(&job->in, "new"))
		return err_set(e, ERR_CONFIG, "job: write-place needs the secrets \"old\" and \"new\"");
	int r = place_job_open(job, &j, e);
	for (unsigned i = 0; r == 0; i++) {
		bool moved = false;
		struct err why = ERR_INIT;

		r = attempt(job, &j, &moved, &why);
		if (r == 0)
			return 0;
		if (!moved || i + 1 == TRIES || clock_mono_us() > job->deadline_us) {
			*e = why;
			return moved ? err_wrap(e, "gave up after %u tries", i + 1) : r;
		}
		clock_sleep_ms(20 << i);
		r = git_fetch(j.git, e);
	}
	return r;
}
