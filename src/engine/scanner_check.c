#include "engine/scanner.h"
#include "base/mem.h"
#include "engine/worker.h"
#include <string.h>
#include <systemd/sd-event.h>

#define LIMIT_MS INT64_C(600000)

struct checking { struct sd_event *loop; struct scanner_checked *to; struct err *e; int result; };

static void unref_loop(struct sd_event **loop)
{
	sd_event_unref(*loop);
}

static void take_texts(const json_t *list, struct strv *to)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_string_value(json_array_get(list, i)))
			strv_add(to, json_string_value(json_array_get(list, i)));
}

static void on_done(struct worker_result *result, void *arg)
{
	struct checking *c = arg;

	if (result->ok) {
		take_texts(json_object_get(result->result, "problems"), &c->to->problems);
		take_texts(json_object_get(result->result, "notes"), &c->to->notes);
		c->to->rules = (uint32_t)json_int(result->result, "rules", 0);
		c->to->samples = (uint32_t)json_int(result->result, "samples", 0);
	} else {
		c->result = err_set(c->e, result->code, "%s", result->text);
	}
	(void)sd_event_exit(c->loop, 0);
}

int scanner_check_rules(const char *program, const char *shipped, const char *file, struct scanner_checked *ret,
			struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(unref_loop) struct sd_event *loop = NULL;
	struct checking c = { .to = ret, .e = e };
	json_t *rules = json_array();
	struct worker *w;

	json_put_int(body, "v", WIRE_VERSION);
	json_put(body, "verb", "check-rules");
	json_put_int(body, "limit_ms", LIMIT_MS);
	scanner_put_rules(rules, shipped, true);
	scanner_put_rules(rules, file, false);
	json_object_set_new(body, "rules", rules);
	if (sd_event_new(&loop) < 0)
		return err_set(e, ERR_IO, "no event loop can be made");
	c.loop = loop;
	int r = worker_start(loop, program, body, NULL, LIMIT_MS, on_done, &c, &w, e);
	if (r < 0)
		return r;
	if (sd_event_loop(loop) < 0)
		return err_set(e, ERR_IO, "the event loop failed");
	return c.result;
}
