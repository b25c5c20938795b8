#include "base/mem.h"
#include "worker/chore.h"
#include "worker/host_search.h"
#include "worker/way.h"
#include <string.h>

#define LIMIT 200 /* files that are named, when the job does not say otherwise */

static int take_paths(struct job *job, const char *key, struct strv *ret, struct err *e)
{
	int r = chore_words(json_object_get(job->body, key), key, ret, e);

	for (size_t i = 0; r == 0 && i < ret->n; i++)
		if (ret->s[i][0] != '/')
			r = err_set(e, ERR_CONFIG, "job: residue is looked for in '%s': a path that starts with '/' is "
				    "expected", ret->s[i]);
	return r;
}

/* Users of accounts, as forms_make wants them. */
static int take_users(const json_t *list, struct strv *ret, struct err *e)
{
	return chore_words(json_object_get(list, "users"), "users", ret, e);
}

struct asked { struct host_value *v; struct strv *users; uint32_t n; };

static void asked_clear(struct asked *a)
{
	for (uint32_t i = 0; a->users && i < a->n; i++)
		strv_free(&a->users[i]);
	free(a->users);
	free(a->v);
}

/* "values": [{"name", "users"}]; without it: old. */
static int take_values(struct job *job, struct asked *ret, struct err *e)
{
	const json_t *list = json_object_get(job->body, "values");
	size_t n = list ? json_array_size(list) : 1;

	if (n > HOST_SEARCH_VALUES)
		return err_set(e, ERR_CONFIG, "job: \"values\" has more than %u entries", HOST_SEARCH_VALUES);
	ret->v = mem_zero(n + 1, sizeof(*ret->v));
	ret->users = mem_zero(n + 1, sizeof(*ret->users));
	for (; ret->n < n; ret->n++) {
		const json_t *one = json_array_get(list, ret->n);
		const char *name = list ? json_str(one, "name") : "old";
		struct strv *users = &ret->users[ret->n];
		int r = take_users(one, users, e);

		if (r < 0)
			return r;
		ret->v[ret->n] = (struct host_value){ name, name ? wire_secrets_get(&job->in, name) : NULL,
						      users->n ? (const char *const *)users->s : NULL };
		if (!ret->v[ret->n].value)
			return err_set(e, ERR_CONFIG, "job: residue needs the secret \"%s\"", name ? name : "old");
	}
	return 0;
}

static void say(struct job *job, const struct way *w, const struct host_search *s)
{
	size_t n = json_array_size(s->found), gaps = json_array_size(s->not_read);
	char more[80] = "";
	int64_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += json_int(json_array_get(s->found, i), "count", 0);
	if (gaps)
		(void)snprintf(more, sizeof(more), "; %zu place%s could not be looked at", gaps, gaps == 1 ? "" : "s");
	if (n == 0)
		(void)snprintf(job->text, sizeof(job->text), "the old value stays behind in no file that was looked "
			       "at on '%.100s'%s", w->host, more);
	else
		(void)snprintf(job->text, sizeof(job->text), "the old value stays behind in %s%zu file%s on '%.100s' "
			       "(%lld place%s)%s", s->more ? "more than " : "", n, n == 1 ? "" : "s", w->host,
			       (long long)total, total == 1 ? "" : "s", more);
}

/* {"host", "paths", "leave", "values", "limit"} with the secrets that "values" names. */
int job_residue(struct job *job, struct err *e)
{
	_cleanup_(strv_free) struct strv paths = STRV_INIT, leave = STRV_INIT;
	_cleanup_(asked_clear) struct asked asked = { 0 };
	struct host_search s = { .paths = &paths, .leave = &leave };
	struct way w;
	int r = way_of_job(job, "host", &w, e);

	if (r == 0)
		r = take_paths(job, "paths", &paths, e);
	if (r == 0)
		r = take_paths(job, "leave", &leave, e);
	if (r == 0)
		r = take_values(job, &asked, e);
	if (r < 0)
		return r;
	s.values = asked.v;
	s.n_values = asked.n;
	s.limit = (size_t)json_int(job->body, "limit", LIMIT);
	r = host_search(job, &w, &s, e);
	way_end(&w);
	if (r == 0) {
		say(job, &w, &s);
		json_object_set_new(job->result, "more", json_boolean(s.more));
		json_object_set(job->result, "found", s.found);
		json_object_set(job->result, "not_read", s.not_read);
		json_put_int(job->result, "files", s.files);
		json_put_int(job->result, "bytes", s.bytes);
	}
	json_decref(s.found);
	json_decref(s.not_read);
	return r;
}
