/* What was found on hosts, for the team: "Discuss findings with others or send findings to sre(at) to get more eyes on
 * it." Clues are a host's words. */
#include "base/clock.h"
#include "base/text.h"
#include "model/alert_text.h"
#include "model/clues.h"
#include <string.h>

#define CLUES_SHOWN 10u         /* of one question about one host: all of them are in the report */
#define TEXT_SHOWN 200u
#define HOST_MAX (1u << 16)     /* all of one host: above CLUES_SHOWN of TEXT_SHOWN for each question */
#define END_ROOM 1024u          /* for what stands behind the hosts */

static void visible(struct buf *b, const char *s)
{
	text_visible(b, s ? s : "", s ? strlen(s) : 0);
}

/* Made visible, a character can be four: no text is longer than this in a message. */
static void shown_text(struct buf *b, const char *s)
{
	text_visible(b, s ? s : "", strnlen(s ? s : "", TEXT_SHOWN));
}

static uint32_t alarms(const json_t *look)
{
	const json_t *list = json_object_get(look, "clues");
	uint32_t n = 0;

	for (size_t k = 0; k < json_array_size(list); k++)
		n += json_is(json_array_get(list, k), "alarm");
	return n;
}

uint32_t alert_findings_alarms(const struct incident *i)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < i->looks.n; k++)
		n += alarms(i->looks.list[k]);
	return n;
}

static void question(const json_t *look, const struct clue_fact *fact, uint32_t *left, struct buf *b)
{
	const json_t *list = json_object_get(look, "clues");
	const char *answer = json_str(json_object_get(look, "answers"), fact->id);
	bool something = answer && !strcmp(answer, "something");
	uint32_t shown = 0;

	buf_printf(b, "  %s%s\n", fact->words, something ? "" : answer && !strcmp(answer, "nothing") ?
		   " nothing that says so" : " NOT KNOWN: not everything could be read");
	for (size_t k = 0; something && k < json_array_size(list); k++) {
		const json_t *one = json_array_get(list, k);
		const char *id = json_str(one, "question");

		if (!id || strcmp(id, fact->id) != 0)
			continue;
		if (shown++ >= CLUES_SHOWN) {
			++*left;
			continue;
		}
		buf_str(b, json_is(one, "alarm") ? "    ! " : "    - ");
		shown_text(b, json_str(one, "text"));
		buf_char(b, '\n');
	}
}

static void host(const json_t *look, struct buf *b)
{
	const char *outcome = json_str(look, "outcome");
	uint32_t left = (uint32_t)json_int(look, "more", 0);
	size_t unread = json_array_size(json_object_get(look, "not_read"));

	visible(b, json_str(look, "host"));
	buf_str(b, ", from ");
	clock_format(b, json_int(look, "from_us", 0));
	buf_str(b, " to ");
	clock_format(b, json_int(look, "until_us", 0));
	buf_char(b, '\n');
	if (!outcome || strcmp(outcome, "done") != 0) {
		buf_str(b, "  NOT LOOKED THROUGH: ");
		shown_text(b, json_str(look, "text") ? json_str(look, "text") : outcome);
		buf_char(b, '\n');
	}
	for (int q = 0; q < CLUE_QUESTIONS; q++)
		question(look, &clue_facts[q], &left, b);
	if (left)
		buf_printf(b, "  and %u more\n", left);
	if (unread)
		buf_printf(b, "  could not be read, or has holes: %zu of what was looked at\n", unread);
	buf_char(b, '\n');
}

void alert_findings_body(const struct alert_state *s, bool is_public, struct buf *b)
{
	const struct incident *i = s->incident;
	uint32_t k = 0;
	bool fits = !is_public;

	buf_printf(b, "Incident %lld: what was found on hosts, as it stands now.\n\n", (long long)i->number);
	if (is_public)
		buf_str(b, "What it is is not told over this channel, which others read.\n\n");
	while (fits && k < i->looks.n) {
		_cleanup_(buf_free) struct buf one = BUF_INIT(HOST_MAX);

		host(i->looks.list[k], &one);
		fits = !one.over && b->len + one.len + END_ROOM < b->max;
		if (!fits)
			break;
		buf_add(b, one.data, one.len);
		k++;
	}
	if (!is_public && k < i->looks.n)
		buf_printf(b, "And %u more: see the report.\n\n", i->looks.n - k);
	buf_printf(b, "What is needed of you: more eyes. Read it all, say what you see to the responder:\n\n"
		   "     firebreak report %lld\n\nNo password, key or private data belongs into an answer.\n",
		   (long long)i->number);
}

void alert_findings_line(const struct alert_state *s, bool is_public, struct buf *b)
{
	const struct incident *i = s->incident;

	buf_printf(b, "incident %lld: findings", (long long)i->number);
	if (!is_public)
		buf_printf(b, " on %u host%s, %u of them an alarm", i->looks.n, i->looks.n == 1 ? "" : "s",
			   alert_findings_alarms(i));
	buf_str(b, "; more eyes are needed");
}
