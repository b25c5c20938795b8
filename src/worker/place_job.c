#include "base/clock.h"
#include "base/mem.h"
#include "transport/git.h"
#include "worker/jobs.h"
#include "worker/place.h"

static int read_places(const json_t *list, const json_t *repository, struct place_job *ret, struct err *e)
{
	size_t n = json_array_size(list);

	if (n == 0 || n > PLACES_MAX)
		return err_set(e, ERR_CONFIG, "job: \"places\" must hold 1 to %u places", PLACES_MAX);
	ret->places = mem_zero(n, sizeof(*ret->places));
	ret->n = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *p = json_array_get(list, i);
		ret->places[i] = (struct place_at){
			.file = json_str(p, "file"), .key = json_str(p, "key"),
			.eyaml_public = json_str(repository, "eyaml_public"),
			.eyaml_private = json_str(repository, "eyaml_private"),
		};
		if (!ret->places[i].file)
			return err_set(e, ERR_CONFIG, "job: a place without \"file\"");
	}
	return 0;
}

int place_job_open(struct job *job, struct place_job *ret, struct err *e)
{
	const json_t *repository = json_object_get(job->body, "repository");
	const char *name = json_str(repository, "name"), *url = json_str(repository, "url");
	const char *branch = json_str(repository, "branch"), *clone = json_str(repository, "clone");
	int64_t left_ms = (job->deadline_us - clock_mono_us()) / 1000;

	if (!name || !url || !branch || !clone)
		return err_set(e, ERR_CONFIG, "job: \"repository\" needs \"name\", \"url\", \"branch\" and \"clone\"");
	if (left_ms < 1)
		return err_set(e, ERR_NET, "no time is left for repository '%s'", name);
	int r = read_places(json_object_get(job->body, "places"), repository, ret, e);
	if (r < 0)
		return r;
	r = git_open(clone, url, branch, left_ms, &ret->git, e);
	return r < 0 ? err_wrap(e, "repository '%s'", name) : 0;
}

void place_job_clear(struct place_job *j)
{
	free(j->places);
	git_freep(&j->git);
	*j = (struct place_job){ 0 };
}
