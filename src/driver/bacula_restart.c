#include "driver/bacula_internal.h"
#include "base/clock.h"
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 16u
#define PAUSE_MS 200

/* The option is words with single spaces between them; no shell reads it. */
static void words_of(char *text, const char *ret[WORDS_MAX])
{
	size_t n = 0;
	char *at = text, *next;

	for (; at && n < WORDS_MAX - 1; at = next) {
		next = strchr(at, ' ');
		if (next)
			*next++ = '\0';
		if (*at)
			ret[n++] = at;
	}
	ret[n] = NULL;
}

/* Back is who judges a value again, whatever it thinks of it: who may log in is for the probe to say. */
static bool is_back(const struct driver_job *job, struct err *e)
{
	struct err silent = ERR_INIT;
	struct driver_job quiet = *job;

	quiet.limit_ms = job_left_ms(job);
	quiet.sink = NULL;
	if (bacula_answers(&quiet, &silent) == 0)
		return true;
	*e = silent;
	return false;
}

int bacula_restart(const struct driver_job *job, struct err *e)
{
	const char *option = job_option(job, "restart"), *argv[WORDS_MAX];
	struct err why = ERR_INIT;
	char text[600];
	int r;

	(void) snprintf(text, sizeof(text), "%s%s", option ? option : "systemctl restart ",
			option ? "" : bacula_kind(job)->service);
	words_of(text, argv);
	job_changing(job);
	r = job_host_run(job, argv, NULL, e);
	if (r < 0) {
		if (e && job->host)
			e->effect = EFFECT_UNKNOWN;
		return r;
	}
	while (!is_back(job, &why)) {
		if (job_left_ms(job) <= 2L * PAUSE_MS) {
			(void) err_set(e, ERR_NET, "bacula at '%s': the %s was restarted and does not answer: %.200s",
				       job->address, bacula_kind(job)->title, why.text);
			if (e)
				e->effect = EFFECT_UNKNOWN;
			return -ERR_NET;
		}
		clock_sleep_ms(PAUSE_MS);
	}
	return 0;
}
