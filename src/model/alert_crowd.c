/*
 * What somebody who is no responder did to hosts, for the team: "if they're unsure, crowd control is the best method by
 * means of either shutting the server down, disallowing port 22 or shutting down SSH". The team has back doors in, and
 * takes over.
 */
#include "base/clock.h"
#include "base/text.h"
#include "model/alert_text.h"
#include "model/contain.h"
#include <string.h>

#define HOSTS_SHOWN 20u          /* the newest; all are in the timeline */
#define WHO_SHOWN 120u
#define TEXT_SHOWN 200u

static void shown(struct buf *b, const char *s, size_t max)
{
	text_visible(b, s ? s : "", strnlen(s ? s : "", max));
}

int64_t alert_crowd_last(const struct incident *i)
{
	int64_t last = 0;

	for (uint32_t k = 0; k < i->contain.n; k++) {
		const struct contained *c = &i->contain.list[k];
		int64_t at = c->ended_us ? c->ended_us : c->started_us;

		if (c->crowd && at > last)
			last = at;
	}
	return last;
}

static void deed(const struct contained *c, struct buf *b)
{
	buf_str(b, "  ");
	shown(b, c->host, WHO_SHOWN);
	buf_printf(b, ": --level %s, by ", contain_levels[c->level].name);
	shown(b, c->who, WHO_SHOWN);
	buf_str(b, " at ");
	clock_format(b, c->started_us);
	buf_printf(b, ": %s", contain_outcome_word(c->action, c->outcome));
	if (c->outcome != CONTAIN_PROVEN && c->text) {
		buf_str(b, ": ");
		shown(b, c->text, TEXT_SHOWN);
	}
	buf_char(b, '\n');
}

void alert_crowd_body(const struct alert_state *s, bool is_public, struct buf *b)
{
	const struct incident *i = s->incident;
	long long number = (long long)i->number;
	uint32_t n = 0, k = i->contain.n;

	buf_printf(b, "Incident %lld: somebody who is no responder has done crowd control on hosts.\n\n", number);
	if (is_public)
		buf_str(b, "On which is not told over this channel, which others read.\n");
	while (!is_public && k-- > 0) {
		if (!i->contain.list[k].crowd)
			continue;
		if (n++ == HOSTS_SHOWN) {
			buf_str(b, "  and those before: see the timeline\n");
			break;
		}
		deed(&i->contain.list[k], b);
	}
	buf_printf(b, "\nWhat is needed of you: take over. You come in where they do not, by its second way or its "
		   "console:\n\n     firebreak status %lld\n\nNo password, key or private data belongs into an "
		   "answer.\n", number);
}

void alert_crowd_line(const struct alert_state *s, bool is_public, struct buf *b)
{
	const struct incident *i = s->incident;
	const struct contained *last = NULL;
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->contain.n; k++)
		if (i->contain.list[k].crowd) {
			last = &i->contain.list[k];
			n++;
		}
	buf_printf(b, "incident %lld: crowd control", (long long)i->number);
	if (!is_public && last) {
		buf_str(b, " on ");
		shown(b, last->host, WHO_SHOWN);
		if (n > 1)
			buf_printf(b, " and %u before", n - 1);
		buf_printf(b, " (%s), by ", contain_levels[last->level].name);
		shown(b, last->who, WHO_SHOWN);
		buf_printf(b, ": %s", contain_outcome_word(last->action, last->outcome));
	}
	buf_str(b, "; take over");
}
