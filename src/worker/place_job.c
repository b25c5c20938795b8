#include "worker/place_job.h"
#include "base/clock.h"
#include "base/mem.h"
#include <string.h>

#define FILES_MAX ((size_t)PLACES_MAX * WIRE_SECRETS_MAX)

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

/* Two keys may stand in one file, which is read once. */
static size_t file_of(struct place_repository *p, const char *path)
{
	for (size_t i = 0; i < p->n_files; i++)
		if (strcmp(p->files[i].path, path) == 0)
			return i;
	(void)GROW(p->files, p->n_files, p->cap_files, FILES_MAX);
	p->files[p->n_files] = (struct git_text){ .path = path };
	git_text_clear(&p->files[p->n_files]);
	return p->n_files++;
}

static int read_places(const json_t *list, const json_t *repositories, const struct place_job *j,
		       struct place_secret *s, struct err *e)
{
	size_t n = json_array_size(list);

	if (n == 0 || n > PLACES_MAX)
		return err_set(e, ERR_CONFIG, "job: secret '%s' must have 1 to %u places", s->name, PLACES_MAX);
	s->places = mem_zero(n, sizeof(*s->places));
	s->repositories = mem_zero(n, sizeof(*s->repositories));
	s->files = mem_zero(n, sizeof(*s->files));
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
		s->files[i] = file_of(&j->repositories[s->repositories[i]], s->places[i].file);
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
					    .new = json_str(from, "new"), .make = json_str(from, "make"),
					    .half = json_object_get(from, "half"),
					    .back = json_is(from, "back") };
		if (!s->name || !s->old || strlen(s->old) > 31 || (s->new && strlen(s->new) > 31))
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
		const char *head = json_str(from, "head");
		int64_t left_ms = (job->deadline_us - clock_mono_us()) / 1000;

		if (left_ms < 1)
			return err_set(e, ERR_NET, "repository '%s': no time is left for it", p->name);
		if (head && strspn(head, "0123456789abcdef") == strlen(head) && strlen(head) < GIT_OID)
			(void)snprintf(p->head, GIT_OID, "%s", head);
		int r = git_open(json_str(from, "clone"), json_str(from, "url"), json_str(from, "branch"),
				 json_str(from, "ssh_config"), left_ms, &p->git, e);
		if (r < 0)
			return err_wrap(e, "repository '%s'", p->name);
	}
	return 0;
}

int place_job_fetch(struct place_job *j, size_t repository, struct err *e)
{
	struct place_repository *p = &j->repositories[repository];
	int r = git_fetch(p->git, e);

	p->fetched = true;
	p->head[0] = '\0';
	if (r == 0)
		r = git_read(p->git, p->head, p->files, p->n_files, e);
	return r < 0 ? err_wrap(e, "repository '%s'", p->name) : 0;
}

int place_job_read(struct place_job *j, size_t repository, struct err *e)
{
	struct place_repository *p = &j->repositories[repository];

	if (*p->head && git_read(p->git, p->head, p->files, p->n_files, NULL) == 0)
		return 0;
	return place_job_fetch(j, repository, e);
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
	for (size_t i = 0; i < j->n_repositories; i++) {
		struct place_repository *p = &j->repositories[i];
		for (size_t k = 0; k < p->n_files; k++)
			git_text_clear(&p->files[k]);
		free(p->files);
		git_freep(&p->git);
	}
	for (size_t i = 0; i < j->n_secrets; i++) {
		free(j->secrets[i].places);
		free(j->secrets[i].repositories);
		free(j->secrets[i].files);
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
	json_t *list = json_array(), *heads = json_object();
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
			json_put(one, "text", *s->said ? s->said : NULL);
			if (s->ttl_s > 0)
				json_put_int(one, "ttl_s", s->ttl_s);
			well++;
		}
		json_array_append_new(list, one);
	}
	json_object_set_new(job->result, "secrets", list);
	for (size_t i = 0; i < j->n_repositories; i++)
		json_put(heads, j->repositories[i].name, j->repositories[i].head);
	json_object_set_new(job->result, "heads", heads);
	if (well > 0 || !first)
		return 0;
	if (e)
		*e = first->why;
	return -(int)first->why.code;
}
