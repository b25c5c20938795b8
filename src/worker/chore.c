#include "worker/chore.h"
#include "base/clock.h"
#include "base/mem.h"
#include "driver/sink.h"

#define WORDS_MAX 1000u
/* Debian's own paths, and those of Puppet's own packages, which a login through ssh does not have. */
#define SEARCH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/puppetlabs/bin"

int chore_words(const json_t *array, const char *what, struct strv *ret, struct err *e)
{
	if (array && (!json_is_array(array) || json_array_size(array) > WORDS_MAX))
		return err_set(e, ERR_CONFIG, "job: \"%s\" must be a list of at most %u words", what, WORDS_MAX);
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *word = json_string_value(json_array_get(array, i));
		if (!word)
			return err_set(e, ERR_CONFIG, "job: \"%s\" must be a list of words", what);
		strv_add(ret, word);
	}
	return 0;
}

int64_t chore_left_ms(const struct job *job)
{
	int64_t left = (job->deadline_us - clock_mono_us()) / 1000;

	return left > 1 ? left : 1;
}

int chore_run(const struct job *job, const struct way *w, const struct strv *argv, const struct secret *in,
	      struct proc_result *ret, struct err *e)
{
	struct proc_job run = {
		.argv = (const char *const *)argv->s, .secret = in, .limit_ms = chore_left_ms(job),
		.output_max = (size_t)16 << 20, .wipe = true,
	};

	return chore_ask(job, w, &run, ret, e);
}

int chore_ask(const struct job *job _unused_, const struct way *w, const struct proc_job *like, struct proc_result *ret,
	      struct err *e)
{
	const char *const env[] = { SEARCH, "LC_ALL=C.UTF-8", NULL };
	struct proc_job run = *like;

	run.env = env;
	return way_run(w, &run, ret, e);
}

void chore_changing(const struct job *job)
{
	if (job->sink && job->sink->changing)
		job->sink->changing(job->sink->arg);
}

int chore_too_late(const struct job *job, const struct way *w, const char *what, struct err *e)
{
	(void)job;
	(void)err_set(e, ERR_NET, "%s on '%s' did not end in time and was stopped", what, w->host);
	if (e)
		e->effect = EFFECT_UNKNOWN;
	return -ERR_NET;
}

/* The journal knows people as "alice (root@laptop)"; git wants an address behind the name. */
char *chore_author(const struct job *job)
{
	const char *author = json_str(job->body, "author");

	if (!author || !*author)
		return mem_dup("Firebreak <firebreak@localhost>");
	return strchr(author, '<') ? mem_dup(author) : mem_printf("%s <firebreak@localhost>", author);
}
