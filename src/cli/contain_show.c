#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/contain_work.h"
#include <string.h>

static void line(struct cli *c, const struct incident *i, const struct contained *d, struct buf *b)
{
	enum contain_stand stand = incident_contain_stand(i, d->host);
	bool good = d->outcome == CONTAIN_PROVEN, unsure = d->outcome == CONTAIN_UNKNOWN;
	const char *word = contain_outcome_word(d->action, d->outcome);

	buf_str(b, stand == CONTAIN_NOT ? "  !!! " : "  ");
	text_visible(b, d->host, strlen(d->host));
	buf_str(b, ": ");
	if (stand == CONTAIN_NOT)
		term_paint(b, c->colour, TERM_RED, d->action == CONTAIN_ON ? "NOT CONTAINED" : "NOT RELEASED");
	else
		term_paint(b, c->colour, TERM_GREEN, word);
	buf_printf(b, "%s%s (%s), ", good ? "" : ": ", good ? "" : word, contain_levels[d->level].name);
	clock_format(b, d->ended_us ? d->ended_us : d->started_us);
	if (d->text) {
		buf_str(b, "\n      ");
		text_visible(b, d->text, strlen(d->text));
	}
	if (!good)
		buf_printf(b, "\n      %s by the host's last answer; again: firebreak %s %lld %s",
			   d->stands ? "the block stands" : unsure ? "it is not known whether a block stands"
								   : "no block stands",
			   contain_action_words[d->action], (long long)i->number, d->host);
	buf_char(b, '\n');
}

void contain_show(struct cli *c, const struct incident *i, struct buf *b)
{
	const struct contained *d = incident_contain_next(i, NULL);

	if (!d)
		return;
	buf_str(b, "\nHosts that were cut off:\n\n");
	for (; d; d = incident_contain_next(i, d))
		line(c, i, d, b);
}

void contain_short(const struct incident *i, struct buf *b)
{
	uint32_t not = 0;

	for (const struct contained *d = NULL; (d = incident_contain_next(i, d));)
		not += incident_contain_stand(i, d->host) == CONTAIN_NOT;
	if (not && !i->closed_us)
		buf_printf(b, "!!! incident %lld: %u host%s NOT shown to be contained or released: firebreak status "
			   "%lld\n", (long long)i->number, not, not == 1 ? " is" : "s are", (long long)i->number);
}

json_t *contain_json(const struct incident *i)
{
	json_t *list = json_array();

	for (const struct contained *d = NULL; (d = incident_contain_next(i, d));) {
		json_t *j = json_object();

		json_put(j, "host", d->host);
		json_put(j, "action", contain_action_words[d->action]);
		json_put(j, "level", contain_levels[d->level].name);
		json_put(j, "outcome", contain_outcome_word(d->action, d->outcome));
		json_put(j, "text", d->text);
		json_object_set_new(j, "contained", json_boolean(incident_contain_stand(i, d->host) == CONTAIN_IS));
		json_object_set_new(j, "stands", json_boolean(d->stands));
		json_put_int(j, "at_us", d->ended_us ? d->ended_us : d->started_us);
		if (d->result)
			json_object_set_new(j, "result", json_deep_copy(d->result));
		json_array_append_new(list, j);
	}
	return list;
}
