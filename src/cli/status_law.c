#include "cli/status_law.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/law.h"
#include "report/law.h"
#include <string.h>

static struct law law;
static struct err wrong;        /* why there is no clock, when there is none */

void status_law_load(struct cli *c)
{
	if (law_load(c, &law, &wrong) < 0)
		law_free(&law);
}

bool status_law_end(void)
{
	_cleanup_(buf_free) struct buf why = BUF_INIT(4096);

	law_free(&law);
	text_visible(&why, wrong.text, strlen(wrong.text));
	if (wrong.code)
		cli_note("\n!!! The clock of the law cannot be computed, and it may be running: %s", buf_text(&why));
	return !wrong.code;
}

bool status_law_shows(bool all, const struct incident *i)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };

	if (all || incident_state(i) != INCIDENT_CLOSED)
		return true;
	if (!law.n_authorities)
		return false;
	law_state_of(i, &law, clock_now_us(), &s);
	return !law_state_is_settled(&s);
}

void status_law_column(const struct incident *i, struct buf *b)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };

	if (!law.n_authorities) {
		buf_str(b, "? no clock");
		return;
	}
	law_state_of(i, &law, clock_now_us(), &s);
	deadline_short(law_state_first(&s), b);
}

void status_law_lines(struct cli *c, const struct incident *i, struct buf *b)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };

	if (!law.n_authorities)
		return;
	law_state_of(i, &law, clock_now_us(), &s);
	law_show_clock(c, &s, b);
	if (s.scope.n_data) {
		buf_str(b, "severity ");
		severity_words(&s.severity, b);
		buf_char(b, '\n');
	}
	if (s.objection)
		buf_printf(b, "! %s\n", s.objection);
	if (s.scope.n_data)
		buf_printf(b, "who is told, and until when: firebreak notice show %lld\n", (long long)i->number);
	buf_char(b, '\n');
}

json_t *status_law_json(const struct incident *i)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };
	json_t *clocks = json_array();

	if (!law.n_authorities) {
		json_decref(clocks);
		return json_null();
	}
	law_state_of(i, &law, clock_now_us(), &s);
	for (uint32_t k = 0; k < law.n_authorities; k++)
		json_array_append_new(clocks, law_clock_json(&s.deadlines[k]));
	return clocks;
}

void status_law_whole(const struct incident *i, json_t *ret)
{
	_cleanup_(law_state_free) struct law_state s = { 0 };

	if (!law.n_authorities)
		return;
	law_state_of(i, &law, clock_now_us(), &s);
	json_object_set_new(ret, "law", law_json(&s));
}
