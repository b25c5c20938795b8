#include "report/report.h"
#include "base/clock.h"
#include "base/text.h"

void report_timeline(const struct report *r, struct buf *b)
{
	for (uint32_t k = 0; k < r->n_lines; k++) {
		const struct report_line *l = &r->lines[k];

		clock_format(b, l->at_us);
		buf_str(b, "  ");
		text_visible(b, l->who, strlen(l->who));
		buf_str(b, "  ");
		text_visible(b, l->words, strlen(l->words));
		buf_char(b, '\n');
	}
}

json_t *report_timeline_json(const struct report *r)
{
	json_t *array = json_array();

	for (uint32_t k = 0; k < r->n_lines; k++) {
		const struct report_line *l = &r->lines[k];
		_cleanup_(buf_free) struct buf at = BUF_INIT(64);
		json_t *o = json_object();

		clock_format(&at, l->at_us);
		json_put_int(o, "seq", l->seq);
		json_put(o, "at", buf_text(&at));
		json_put(o, "kind", row_kind_name(l->kind));
		json_put(o, "who", l->who);
		json_put(o, "text", l->words);
		json_array_append_new(array, o);
	}
	return array;
}
