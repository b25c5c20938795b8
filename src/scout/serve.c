/* One request: its commands in their order, and the result line. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scout/scout.h"
#include <string.h>

#define SCOUT_COMMAND(name, what) { #name, what, scout_##name },
const struct scout_verb scout_verbs[] = {
#include "scout/commands.def"
};
#undef SCOUT_COMMAND
const size_t scout_verbs_n = ARRAY_SIZE(scout_verbs);

static const struct scout_verb *find(const char *name)
{
	for (size_t i = 0; i < scout_verbs_n; i++)
		if (!strcmp(scout_verbs[i].name, name))
			return &scout_verbs[i];
	return NULL;
}

static int check(const json_t *request, struct err *e)
{
	json_t *list = json_object_get(request, "do");
	const char *name;
	json_t *one;

	if (json_int(request, "v", 0) != SCOUT_VERSION)
		return err_set(e, ERR_CONFIG, "request: \"v\" must be %d: firebreak and its scout are of different "
			       "versions", SCOUT_VERSION);
	if (!json_is_object(list) || !json_object_size(list) || json_object_size(list) > SCOUT_COMMANDS_MAX)
		return err_set(e, ERR_CONFIG, "request: \"do\" with 1 to %u commands is expected", SCOUT_COMMANDS_MAX);
	json_object_foreach(list, name, one)
		if (!find(name) || !json_is_object(one))
			return err_set(e, ERR_CONFIG, "request: the scout has no command '%.40s'", name);
	return 0;
}

static int run_all(const json_t *request, struct scout_out *o, json_t *result, struct err *e)
{
	const char *name;
	json_t *one;

	json_object_foreach(json_object_get(request, "do"), name, one) {
		o->result = json_object();
		o->text[0] = '\0';
		o->of = name;
		const struct scout_verb *v = find(name);
		int r = v ? v->run(one, o, e) : err_set(e, ERR_BUG, "'%.40s' is not in the table", name);

		json_put(o->result, "text", o->text);
		json_object_set_new(result, name, o->result);
		o->result = NULL;
		if (r < 0) {
			json_put(result, "at", name);
			return r;
		}
	}
	return 0;
}

static void tell_result(struct scout_out *o, json_t *result, int r, const struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(SCOUT_LINE_MAX);
	char sum[65];

	json_object_set_new(result, "ok", json_boolean(r == 0));
	if (r < 0) {
		json_put(result, "error", err_code_name(e->code));
		json_put(result, "effect", effect_name(e->effect));
		json_put(result, "text", e->text);
	}
	if (o->evidence_bytes) {
		hash_end(&o->evidence, sum);
		json_put(result, "sha256", sum);
		json_put_int(result, "evidence_bytes", (int64_t)o->evidence_bytes);
	}
	json_line(&text, result);
	(void)buf_char(&text, '\n');
	/* without a result the asker takes the outcome for unknown, which is what it is then */
	if (!text.over && scout_flush(o) == 0 && fs_write_all(o->fd, text.data, text.len) < 0)
		o->gone = true;
}

void scout_serve(const char *request, size_t len, struct scout_out *o)
{
	_cleanup_(json_freep) json_t *body = NULL, *result = json_object();
	struct err e = ERR_INIT;

	json_put(result, "type", "result");
	int r = json_read("request", request, len, SCOUT_LINE_MAX, &body, &e);
	if (r == 0)
		r = check(body, &e);
	if (r == 0) {
		o->deadline_us = clock_mono_us() + json_int(body, "limit_ms", 30000) * 1000;
		int64_t most = json_int(body, "bytes_max", (int64_t)SCOUT_BYTES_MAX);

		if (most > (int64_t)4 << 20 && most < (int64_t)SCOUT_BYTES_MAX)
			o->bytes_max = (uint64_t)most;
		r = run_all(body, o, result, &e);
	}
	tell_result(o, result, r, &e);
}
