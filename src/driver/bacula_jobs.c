/* Jobs: those that run at this daemon, waited for or cancelled before a restart would break them. */
#include "driver/bacula_internal.h"
#include "base/clock.h"
#include "base/text.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_S 600
#define PAUSE_MS 500

/* Of the director "   12  Back Full ... Name  is running", of a client "JobId 12 Job NAME.DATE is running". */
static void take_line(const char *line, size_t len, bool director, struct bacula_running *ret)
{
	char text[400], *end, name[160] = "";
	unsigned long id;

	(void) snprintf(text, sizeof(text), "%.*s", (int)(len < sizeof(text) - 1 ? len : sizeof(text) - 1), line);
	if (director) {
		id = strtoul(text, &end, 10);
		if (end == text || !isspace((unsigned char)*end))
			return;
	} else if (sscanf(text, "JobId %lu Job %159s is", &id, name) != 2) {
		return;
	}
	if (id == 0 || id > UINT32_MAX)
		return;
	if (ret->n < BACULA_RUNNING_MAX) {
		ret->id[ret->n] = (uint32_t)id;
		(void) snprintf(ret->name[ret->n], sizeof(ret->name[0]), "%s", name);
	}
	ret->n++;
}

/* What a storage daemon tells of a job has no name of its own: only how many there are. */
static int count_of(const struct buf *words, uint32_t *ret, struct err *e)
{
	const char *at = strstr(buf_text(words), "running=");
	char number[16];

	(void) snprintf(number, sizeof(number), "%.*s", at ? (int)strspn(at + 8, "0123456789") : 0, at ? at + 8 : "");
	return text_u32(number, 0, UINT32_MAX, ret) < 0
	       ? err_set(e, ERR_REMOTE, "the status of the daemon does not say how many jobs run") : 0;
}

int bacula_running(struct bacula *b, struct bacula_running *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(BACULA_TEXT_MAX);
	bool director = bacula_is_director(b->job);
	const char *at;
	uint32_t n = 0;
	int r = bacula_ask(b, director ? ".status dir running" : "status", &words, e);

	*ret = (struct bacula_running){ 0 };
	if (r < 0)
		return r;
	at = strstr(buf_text(&words), "Running Jobs:");
	if (!at)
		return err_set(e, ERR_REMOTE, "the status of the daemon does not list what runs");
	for (; *at && strncmp(at, "====\n", 5) != 0; ) {
		size_t len = strcspn(at, "\n");

		take_line(at, len, director, ret);
		at += len + (at[len] == '\n');
	}
	if (director)
		return 0;
	r = count_of(&words, &n, e);
	if (r == 0 && n > ret->n)
		ret->n = n;
	return r;
}

static int cancel(struct bacula *b, const struct bacula_running *jobs, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(BACULA_TEXT_MAX);
	bool director = bacula_is_director(b->job);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < jobs->n && i < BACULA_RUNNING_MAX; i++) {
		char line[200];

		if (director)
			(void) snprintf(line, sizeof(line), "cancel jobid=%u", jobs->id[i]);
		else
			(void) snprintf(line, sizeof(line), "cancel Job=%s", jobs->name[i]);
		if (!director && !jobs->name[i][0])
			continue;
		job_changing(b->job);
		buf_clear(&words);
		r = bacula_ask(b, line, &words, e);
		if (r == 0)
			job_tried(b->job, line, buf_text(&words));
		else if (e)
			e->effect = EFFECT_UNKNOWN;
	}
	return r;
}

static int until_none(struct bacula *b, bool by_us, int64_t until_us, uint32_t *seen, struct bacula_running *jobs,
		      struct err *e)
{
	for (;;) {
		int r = bacula_running(b, jobs, e);

		if (r < 0 || jobs->n == 0)
			return r;
		if (jobs->n > *seen)
			*seen = jobs->n;
		if (clock_mono_us() >= until_us)
			return err_set(e, ERR_REMOTE, "%u job%s still running%s", jobs->n, jobs->n == 1 ? " is" :
				       "s are",
				       by_us ? " although cancelled" : ": wait longer (queue_limit), or say queue: "
				       "cancel");
		if (by_us)
			r = cancel(b, jobs, e);
		if (r < 0)
			return r;
		clock_sleep_ms(PAUSE_MS);
	}
}

int bacula_drain(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	const char *how = job_option(job, "queue"), *limit = job_option(job, "queue_limit");
	bool by_us = how && strcmp(how, "cancel") == 0;
	struct bacula_running jobs;
	struct bacula b = { 0 };
	uint32_t seconds = LIMIT_S, seen = 0;
	int64_t until;
	int r = bacula_manage(job, false, &b, e);

	if (limit)
		(void) text_u32(limit, 1, 86400, &seconds);
	until = clock_mono_us() + job_limit_ms(job, (int64_t)seconds * 1000) * 1000;
	if (r == 0) {
		r = until_none(&b, by_us, until, &seen, &jobs, e);
		ret->left = jobs.n;
		if (r < 0)
			(void) err_wrap(e, "bacula at '%s'", job->address);
	}
	bacula_close(&b);
	if (r == 0)
		(void) snprintf(ret->text, sizeof(ret->text), "no job runs at the %s of '%s'; %u %s",
				bacula_kind(job)->title,
				job->address, seen, by_us ? "cancelled" : "waited for");
	return r;
}
