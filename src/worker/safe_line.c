#include "worker/safe_line.h"
#include "base/buf.h"
#include "base/text.h"
#include "scan/forms.h"

static const char *const withheld = "(its last line holds private data and is not shown)";

static const char *last_line(const char *text, size_t *ret_len, const char *start)
{
	const char *best = NULL;

	for (const char *p = text; *p; ) {
		size_t len = strcspn(p, "\n");
		if (len > 0 && (!start || text_starts(p, start))) {
			best = p;
			*ret_len = len;
		}
		p += len + (p[len] == '\n');
	}
	return best;
}

const char *safe_line(const struct job *job, const struct proc_result *res, char ret[200])
{
	_cleanup_(buf_free) struct buf line = BUF_WIPED(4096), shown = BUF_INIT(199);
	size_t len = 0;
	const char *best = last_line(buf_text(&res->err), &len, "Error:");

	if (!best)
		best = last_line(buf_text(&res->out), &len, "Error:");
	if (!best)
		best = last_line(buf_text(&res->err), &len, NULL);
	if (!best) {
		(void)snprintf(ret, 200, "it said nothing");
		return ret;
	}
	/* A value that is cut off at the end would no longer be recognised, so the whole line is looked at. */
	if (buf_add(&line, best, len) < 0) {
		(void)snprintf(ret, 200, "%s", withheld);
		return ret;
	}
	for (uint32_t i = 0; i < job->in.n; i++) {
		if (forms_in(job->in.s[i].value, buf_text(&line))) {
			(void)snprintf(ret, 200, "%s", withheld);
			return ret;
		}
	}
	text_visible(&shown, line.data, line.len);
	(void)snprintf(ret, 200, "%s", buf_text(&shown));
	return ret;
}
