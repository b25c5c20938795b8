#include "base/clock.h"
#include "base/mem.h"
#include "base/strv.h"
#include "driver/sink.h"
#include "scan/users_edit.h"
#include "transport/git.h"
#include "worker/chore.h"
#include "worker/place_job.h"
#include <string.h>

#define TRIES 8
#define ELSEWHERE_MAX 200u

struct evict_job {
	struct job *job;
	struct git *git;
	const char *repository, *file;
	struct strv users, fingerprints, people, groups, words;
	struct users_edit edit;
	struct users_edited done;
	char head[GIT_OID];
};

static void evict_job_end(struct evict_job *x)
{
	git_freep(&x->git);
	strv_free(&x->users);
	strv_free(&x->fingerprints);
	strv_free(&x->people);
	strv_free(&x->groups);
	strv_free(&x->words);
}

static int read_job(struct job *job, struct evict_job *x, struct err *e)
{
	const json_t *b = job->body, *from = json_object_get(b, "repository");
	int r;

	x->job = job;
	x->repository = json_str(from, "name");
	x->file = json_str(b, "file");
	if (!x->repository || !json_str(from, "url") || !json_str(from, "branch") || !json_str(from, "clone") ||
		!x->file ||
	    !json_str(b, "keys") || !json_str(b, "ensure") || !json_str(b, "members"))
		return err_set(e, ERR_CONFIG, "job: \"repository\", \"file\", \"keys\", \"ensure\" and \"members\" "
					      "are needed");
	r = chore_words(json_object_get(b, "users"), "users", &x->users, e);
	if (r == 0)
		r = chore_words(json_object_get(b, "fingerprints"), "fingerprints", &x->fingerprints, e);
	if (r == 0)
		r = chore_words(json_object_get(b, "people"), "people", &x->people, e);
	if (r == 0)
		r = chore_words(json_object_get(b, "groups"), "groups", &x->groups, e);
	if (r == 0)
		r = chore_words(json_object_get(b, "words"), "words", &x->words, e);
	if (r < 0)
		return r;
	if (!x->people.n)
		return err_set(e, ERR_CONFIG, "job: \"people\" is needed");
	x->edit = (struct users_edit){
		.people = (const char *const *)x->people.s, .groups = (const char *const *)x->groups.s,
		.keys = json_str(b, "keys"), .ensure = json_str(b, "ensure"), .members = json_str(b, "members"),
		.users = (const char *const *)x->users.s, .n_users = x->users.n,
		.fingerprints = (const char *const *)x->fingerprints.s, .n_fingerprints = x->fingerprints.n,
	};
	return git_open(json_str(from, "clone"), json_str(from, "url"), json_str(from, "branch"),
			json_str(from, "ssh_config"), chore_left_ms(job), &x->git, e);
}

static void message(const struct evict_job *x, struct buf *ret)
{
	const char *trailer = json_str(x->job->body, "trailer");

	if (x->users.n == 1)
		(void)buf_printf(ret, "Evict %s", x->users.s[0]);
	else if (x->users.n)
		(void)buf_printf(ret, "Evict %zu users", x->users.n);
	else
		(void)buf_printf(ret, "Remove %u ssh key%s", x->done.keys, x->done.keys == 1 ? "" : "s");
	(void)buf_printf(ret, " (incident %lld)\n", (long long)json_int(x->job->body, "incident", 0));
	for (size_t i = 0; x->users.n > 1 && i < x->users.n; i++)
		(void)buf_printf(ret, "%s- %s\n", i ? "" : "\n", x->users.s[i]);
	if (trailer && !strpbrk(trailer, "\r\n"))
		(void)buf_printf(ret, "\n%s\n", trailer);
}

/* *ret_again: the remote moved; nothing was changed. */
static int attempt(struct evict_job *x, bool *ret_changed, bool *ret_again, struct err *e)
{
	_cleanup_(buf_free) struct buf new = BUF_INIT(GIT_FILE_MAX), text = BUF_INIT(1 << 16);
	_cleanup_(freep) char *author = chore_author(x->job);
	struct git_text file = { .path = x->file };
	int r = git_fetch(x->git, e);

	*ret_again = *ret_changed = false;
	x->head[0] = '\0';
	git_text_clear(&file);
	if (r == 0)
		r = git_read(x->git, x->head, &file, 1, e);
	if (r == 0 && file.r < 0) {
		*e = file.why;
		r = file.r;
	}
	if (r == 0)
		r = users_edit(x->file, buf_text(&file.text), file.text.len, &x->edit, &new, &x->done, e);
	if (r == 0 && x->done.users + x->done.keys + x->done.memberships) {
		struct git_change change = { x->file, file.mode, new.data, new.len };

		message(x, &text);
		chore_changing(x->job);
		r = git_commit_push(x->git, x->head, &change, 1, buf_text(&text), author, x->head, e);
		*ret_again = r == -ERR_CONFLICT;
		*ret_changed = r == 0;
	}
	buf_free(&file.text);
	return r;
}

/* A key may stand in manifests as well, of accounts that are no person's: these are for a person to take out. */
static int find_elsewhere(struct evict_job *x, struct err *e)
{
	_cleanup_(strv_free) struct strv files = STRV_INIT;
	json_t *list = json_array();
	int r = x->words.n ? git_grep(x->git, x->head, (const char *const *)x->words.s, x->words.n, &files, e) : 0;

	for (size_t i = 0; i < files.n && i < ELSEWHERE_MAX; i++)
		json_array_append_new(list, json_string(files.s[i]));
	json_object_set_new(x->job->result, "elsewhere", list);
	json_object_set_new(x->job->result, "elsewhere_more", json_boolean(files.n > ELSEWHERE_MAX));
	return r;
}

int job_evict_users(struct job *job, struct err *e)
{
	_cleanup_(evict_job_end) struct evict_job x = { .people = STRV_INIT };
	bool changed = false, again = true;
	int r = read_job(job, &x, e);

	for (unsigned i = 0; r == 0 && again; i++) {
		struct err why = ERR_INIT;

		r = attempt(&x, &changed, &again, &why);
		if (again && i < TRIES && clock_mono_us() < job->deadline_us) {
			r = 0;
			clock_sleep_ms(20 << i);
		} else if (r < 0) {
			*e = why;
			return err_wrap(e, "repository '%s'", x.repository);
		}
	}
	if (r == 0)
		r = find_elsewhere(&x, e);
	if (r < 0)
		return r;
	json_put(job->result, "commit", x.head);
	json_object_set_new(job->result, "changed", json_boolean(changed));
	json_put_int(job->result, "users", x.done.users);
	json_put_int(job->result, "keys", x.done.keys);
	json_put_int(job->result, "memberships", x.done.memberships);
	json_put_int(job->result, "unknown", x.done.unknown);
	if (changed)
		(void)snprintf(job->text, sizeof(job->text), "commit %.10s: %u absent, %u keys and %u memberships "
							     "gone", x.head,
			       x.done.users, x.done.keys, x.done.memberships);
	else
		(void)snprintf(job->text, sizeof(job->text), "nothing of theirs stands in %.200s", x.file);
	return 0;
}
