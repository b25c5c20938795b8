#include "worker/place_job.h"
#include "base/clock.h"
#include "base/mem.h"

static int find_repository(const struct place_job *j, const char *name, size_t *ret, struct err *e)
{
	for (size_t i = 0; name && i < j->n_repositories; i++) {
		if (strcmp(j->repositories[i].name, name) == 0) {
			*ret = i;
			return 0;
		}
	}
	return err_set(e, ERR_CONFIG, "job: a place names the repository '%s', which is not under \"repositories\"",
		       name ? name : "");
}

static int read_places(const json_t *list, const json_t *repositories, const struct place_job *j,
		       struct place_secret *s, struct err *e)
{
	size_t n = json_array_size(list);

	if (n == 0 || n > PLACES_MAX)
		return err_set(e, ERR_CONFIG, "job: secret '%s' must have 1 to %u places", s->name, PLACES_MAX);
	s->places = mem_zero(n, sizeof(*s->places));
	s->repositories = mem_zero(n, sizeof(*s->repositories));
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *p = json_array_get(list, i);
		int r = find_repository(j, json_str(p, "repository"), &s->repositories[i], e);
		if (r < 0)
			return r;
		const json_t *repository = json_array_get(repositories, s->repositories[i]);
		s->places[i] = (struct place_at){
			.file = json_str(p, "file"), .key = json_str(p, "key"),
			.eyaml_public = json_str(repository, "eyaml_public"),
			.eyaml_private = json_str(repository, "eyaml_private"),
		};
		if (!s->places[i].file)
			return err_set(e, ERR_CONFIG, "job: a place of '%s' without \"file\"", s->name);
	}
	return 0;
}

static int read_secrets(const json_t *list, const json_t *repositories, struct place_job *j, struct err *e)
{
	size_t n = json_array_size(list);

	if (n == 0 || n > WIRE_SECRETS_MAX)
		return err_set(e, ERR_CONFIG, "job: \"secrets\" must hold 1 to %u secrets", WIRE_SECRETS_MAX);
	j->secrets = mem_zero(n, sizeof(*j->secrets));
	j->n_secrets = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *from = json_array_get(list, i);
		struct place_secret *s = &j->secrets[i];
		*s = (struct place_secret){ .name = json_str(from, "name"), .old = json_str(from, "old"),
					    .new = json_str(from, "new") };
		if (!s->name || !s->old || strlen(s->old) > 31)
			return err_set(e, ERR_CONFIG, "job: a secret needs \"name\" and \"old\"");
		int r = read_places(json_object_get(from, "places"), repositories, j, s, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_repositories(const json_t *list, struct place_job *j, struct err *e)
{
	size_t n = json_array_size(list);

	if (n == 0 || n > REPOSITORIES_MAX)
		return err_set(e, ERR_CONFIG, "job: \"repositories\" must hold 1 to %u repositories", REPOSITORIES_MAX);
	j->repositories = mem_zero(n, sizeof(*j->repositories));
	j->n_repositories = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *from = json_array_get(list, i);
		j->repositories[i].name = json_str(from, "name");
		if (!j->repositories[i].name || !json_str(from, "url") || !json_str(from, "branch") ||
		    !json_str(from, "clone"))
			return err_set(e, ERR_CONFIG, "job: a repository needs "
				       "\"name\", \"url\", \"branch\" and \"clone\"");
	}
	return 0;
}

static int open_repositories(const struct job *job, const json_t *list, struct place_job *j, struct err *e)
{
	for (size_t i = 0; i < j->n_repositories; i++) {
		const json_t *from = json_array_get(list, i);
		struct place_repository *p = &j->repositories[i];
		int64_t left_ms = (job->deadline_us - clock_mono_us()) / 1000;
		int r;

		if (left_ms < 1)
			return err_set(e, ERR_NET, "repository '%s': no time is left for it", p->name);
		r = git_open(json_str(from, "clone"), json_str(from, "url"), json_str(from, "branch"),
			     json_str(from, "ssh_config"), left_ms, &p->git, e);
		if (r == 0)
			r = git_head(p->git, p->head, e);
		if (r < 0)
			return err_wrap(e, "repository '%s'", p->name);
	}
	return 0;
}

int place_job_open(struct job *job, struct place_job *ret, struct err *e)
{
	const json_t *repositories = json_object_get(job->body, "repositories");
	int r = read_repositories(repositories, ret, e);

	if (r == 0)
		r = read_secrets(json_object_get(job->body, "secrets"), repositories, ret, e);
	return r < 0 ? r : open_repositories(job, repositories, ret, e);
}

void place_job_clear(struct place_job *j)
{
	for (size_t i = 0; i < j->n_repositories; i++)
		git_freep(&j->repositories[i].git);
	for (size_t i = 0; i < j->n_secrets; i++) {
		free(j->secrets[i].places);
		free(j->secrets[i].repositories);
	}
	free(j->repositories);
	free(j->secrets);
	*j = (struct place_job){ 0 };
}

bool place_job_is_its_own(int r)
{
	return r == -ERR_CONFIG || r == -ERR_CONFLICT || r == -ERR_REFUSED || r == -ERR_LIMIT || r == -ERR_AUTH;
}

void place_job_fail(struct place_secret *s, const struct err *why)
{
	s->failed = true;
	s->why = *why;
}

int place_job_report(struct job *job, const struct place_job *j, struct err *e)
{
	const struct place_secret *first = NULL;
	json_t *list = json_array();
	size_t well = 0;

	for (size_t i = 0; i < j->n_secrets; i++) {
		const struct place_secret *s = &j->secrets[i];
		json_t *one = json_object();
		json_put(one, "name", s->name);
		json_object_set_new(one, "ok", json_boolean(!s->failed));
		if (s->failed) {
			json_put(one, "error", err_code_name(s->why.code));
			json_put(one, "text", s->why.text);
			first = first ? first : s;
		} else {
			json_object_set_new(one, "changed", json_boolean(s->changed));
			well++;
		}
		json_array_append_new(list, one);
	}
	json_object_set_new(job->result, "secrets", list);
	if (well > 0 || !first)
		return 0;
	if (e)
		*e = first->why;
	return -(int)first->why.code;
}
