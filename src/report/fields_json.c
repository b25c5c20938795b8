/* The fields of the wiki's own incident reports, so that nobody has to copy them out of a text by hand. */
#include "report/hand.h"
#include "report/outage.h"
#include "report/report.h"
#include <ctype.h>

/* "GlusterFS volume" is "glusterfs-volume" there. */
static void put_service(json_t *list, const char *name)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);

	for (const char *c = name; *c; c++)
		buf_char(&b, *c == ' ' ? '-' : (char)tolower((unsigned char)*c));
	json_array_append_new(list, json_string(buf_text(&b)));
}

static json_t *services(const struct incident *i)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < i->n_members; k++)
		if (i->members[k].kind && i->members[k].name && strcmp(i->members[k].kind, "system") == 0)
			put_service(list, i->members[k].name);
	return list;
}

static json_t *responders(const struct report *r)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct map seen = MAP_INIT;

	for (uint32_t k = 0; k < r->n_lines; k++)
		if (map_put(&seen, r->lines[k].who, 0))
			buf_printf(&b, "%s%s", b.len ? "\n" : "", r->lines[k].who);
	map_free(&seen);
	return json_string(buf_text(&b));
}

/* log_action and log_state of incidents_log, log_timestamp in seconds. */
static json_t *log_of(const struct outage *o)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < o->n; k++) {
		json_t *one = json_object();

		json_put(one, "actor", "information");
		json_put_int(one, "timestamp", o->log[k].at_us / 1000000);
		json_put(one, "state", service_state_name(o->log[k].state));
		json_array_append_new(list, one);
	}
	return list;
}

/* An item each: "- T1234: drop the share". */
static json_t *tasks(const struct hands *h)
{
	json_t *list = json_array();

	for (const char *at = hand_is_written(h, HAND_TASKS) ? h->text[HAND_TASKS] : ""; *at;) {
		size_t n = strcspn(at, "\n"), from = strspn(at, " \t-"), end = n;

		while (end > from && isspace((unsigned char)at[end - 1]))
			end--;
		if (from < end)
			json_array_append_new(list, json_stringn(at + from, end - from));
		at += n + (at[n] == '\n');
	}
	return list;
}

json_t *report_fields_json(const struct report *r, const struct hands *h)
{
	static const struct { const char *key; enum hand_name hand; } written[] = {
		{ "aggravation", HAND_AGGRAVATION }, { "known", HAND_KNOWN }, { "preventable", HAND_PREVENTABLE },
		{ "other", HAND_SUMMARY },
	};
	_cleanup_(outage_free) struct outage o;
	json_t *object = json_object();

	outage_of(r->incident, &o);
	json_object_set_new(object, "services", services(r->incident));
	json_put(object, "cause", hands_cause(h));
	for (size_t k = 0; k < sizeof(written) / sizeof(written[0]); k++)
		if (hand_is_written(h, written[k].hand))
			json_put(object, written[k].key, h->text[written[k].hand]);
	json_object_set_new(object, "responders", responders(r));
	json_object_set_new(object, "tasks", tasks(h));
	json_put_int(object, "outage_visible", o.visible_minutes);
	json_put_int(object, "outage_total", o.total_minutes);
	json_object_set_new(object, "log", log_of(&o));
	return object;
}
