#include "driver/driver.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "driver/sink.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MAX ((size_t)300)
#define FINDINGS_MAX 200u

void job_tried(const struct driver_job *job, const char *what, const char *answer)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(8 * ANSWER_MAX);

	if (!job->sink || !job->sink->tried)
		return;
	text_visible(&b, answer, strnlen(answer, ANSWER_MAX));
	if (b.len > ANSWER_MAX)
		b.data[ANSWER_MAX] = '\0';
	job->sink->tried(job->sink->arg, what, buf_text(&b));
}

void job_changing(const struct driver_job *job)
{
	if (job->sink && job->sink->changing)
		job->sink->changing(job->sink->arg);
}

/* NULL when there are enough: a server with a hundred thousand clients must not fill the journal with one line each. */
static json_t *add(struct driver_answer *a, const char *severity, const char *what, const char *detail)
{
	json_t *finding;

	if (!a->findings)
		a->findings = json_array();
	if (json_array_size(a->findings) > FINDINGS_MAX)
		return NULL;
	finding = json_object();
	(void) json_array_append_new(a->findings, finding);
	if (json_array_size(a->findings) > FINDINGS_MAX) {
		json_put(finding, "what", "more was found");
		json_put(finding, "detail", "only the first findings are kept: mend those, then inspect again");
		json_put(finding, "severity", "medium");
		return NULL;
	}
	json_put(finding, "what", what);
	json_put(finding, "detail", detail);
	json_put(finding, "severity", severity);
	return finding;
}

void job_finding(struct driver_answer *a, const char *severity, const char *what, const char *fmt, ...)
{
	char detail[500];
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	(void) add(a, severity, what, detail);
}

void job_stored(struct driver_answer *a, const char *table, const char *columns, const char *fmt, ...)
{
	char detail[500];
	json_t *finding;
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	finding = add(a, "high", "stored passwords", detail);
	if (!finding)
		return;
	json_put(finding, "stored", table);
	json_put(finding, "columns", columns);
}

void job_shown(struct driver_answer *a, const char *half)
{
	if (!a->shown)
		a->shown = json_array();
	for (size_t i = 0; i < json_array_size(a->shown); i++)
		if (!strcmp(json_string_value(json_array_get(a->shown, i)), half))
			return;
	if (json_array_size(a->shown) < JOB_SHOWN_MAX)
		json_array_append_new(a->shown, json_string(half));
	else
		job_finding(a, "high", "more is shown", "more than %u public halves of the old key are shown: see that "
			    "each is revoked", JOB_SHOWN_MAX);
}

const char *job_option(const struct driver_job *job, const char *name)
{
	return job->options ? json_str(job->options, name) : NULL;
}

int64_t job_left_ms(const struct driver_job *job)
{
	int64_t left = job->limit_ms;

	if (job->sink && job->sink->deadline_us)
		left = (job->sink->deadline_us - clock_mono_us()) / 1000;
	return left > 1 ? left : 1;
}

enum accepts accepts_of(bool old_works, bool new_works)
{
	if (old_works)
		return new_works ? ACCEPTS_BOTH : ACCEPTS_OLD;
	return new_works ? ACCEPTS_NEW : ACCEPTS_NEITHER;
}

enum accepts accepts_together(enum accepts one, enum accepts other)
{
	if (one == other)
		return one;
	return one == ACCEPTS_NEITHER || other == ACCEPTS_NEITHER ? ACCEPTS_NEITHER : ACCEPTS_BOTH;
}
