#include "base/clock.h"
#include "base/text.h"
#include "model/posture_parts.h"
#include <string.h>

#define HOUR_US ((int64_t)3600000000)

static const char *or(const char *s, const char *otherwise)
{
	return s ? s : otherwise;
}

static void lists(struct judge *j, const json_t *u)
{
	int64_t at = json_int(u, "lists_us", 0);
	_cleanup_(buf_free) struct buf age = BUF_INIT(64);

	if (!json_int(u, "security_lists", 0)) {
		claim_say(j, CLAIM_FALSE, "apt knows no security archive");
		return;
	}
	if (!at) {
		claim_say(j, CLAIM_UNTOLD, "when apt last asked is not known");
		return;
	}
	text_duration(&age, j->now_us > at ? j->now_us - at : 0);
	claim_say(j, j->now_us - at > j->rules->lists_hours * HOUR_US ? CLAIM_FALSE : CLAIM_TRUE,
		  "apt last asked %s ago; %lld h are allowed", buf_text(&age), (long long)j->rules->lists_hours);
}

static void pending(struct judge *j, const json_t *list)
{
	if (json_array_size(list) > 1)
		claim_say(j, CLAIM_FALSE, "of %zu packages the security archive has a newer version",
			  json_array_size(list));
	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *p = json_array_get(list, k);

		claim_say(j, CLAIM_FALSE, "%.100s %.60s is installed, and the security archive has %.60s",
			  or(json_str(p, "package"), "?"), or(json_str(p, "installed"), "?"),
			  or(json_str(p, "candidate"), "?"));
	}
	if (json_is_array(list) && !json_array_size(list))
		claim_say(j, CLAIM_TRUE, "nothing is pending from the security archive");
	else if (!json_is_array(list))
		claim_say(j, CLAIM_UNTOLD, "what is pending could not be told");
}

static void unattended(struct judge *j, const json_t *u)
{
	const char *state = json_str(u, "unattended");

	if (!state)
		claim_say(j, CLAIM_UNTOLD, "whether updates are installed by themselves could not be told");
	else if (strcmp(state, "on") == 0)
		claim_say(j, CLAIM_TRUE, "unattended-upgrades is switched on");
	else
		claim_say(j, CLAIM_FALSE, "unattended-upgrades is %.100s", state);
}

static void kernel(struct judge *j, const json_t *k)
{
	const char *running = json_str(k, "running"), *newest = json_str(k, "newest");

	if (!running || !newest)
		claim_say(j, json_is(k, "none") ? CLAIM_TRUE : CLAIM_UNTOLD, json_is(k, "none") ?
			  "no kernel is installed here: the machine below has it" :
			  "which kernels are installed could not be told");
	else if (json_is(k, "older"))
		claim_say(j, CLAIM_FALSE, "kernel %.100s runs, and %.100s is installed: restart", running, newest);
	else
		claim_say(j, CLAIM_TRUE, "the newest installed kernel runs");
}

static void deleted(struct judge *j, const json_t *list)
{
	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *d = json_array_get(list, k);

		claim_say(j, CLAIM_FALSE, "%.60s (%lld) still runs %.200s, which was replaced or removed: restart it",
			  or(json_str(d, "program"), "?"), (long long)json_int(d, "pid", 0),
			  or(json_str(d, "path"), "?"));
	}
	if (json_is_array(list) && !json_array_size(list))
		claim_say(j, CLAIM_TRUE, "no process runs code that was replaced");
	else if (!json_is_array(list))
		claim_say(j, CLAIM_UNTOLD, "which processes run code that was replaced could not be told");
}

void judge_updates(struct judge *j)
{
	const json_t *u = json_object_get(j->facts, "updates"), *not_read = json_object_get(u, "not_read");

	if (!json_is_object(u))
		return;
	/* What is said once stands before what is said of each: of a long list only the first are told. */
	lists(j, u);
	unattended(j, u);
	kernel(j, json_object_get(u, "kernel"));
	for (size_t k = 0; k < json_array_size(not_read); k++)
		if (json_is_string(json_array_get(not_read, k)))
			claim_say(j, CLAIM_UNTOLD, "not read: %.400s", json_string_value(json_array_get(not_read, k)));
	deleted(j, json_object_get(u, "deleted"));
	pending(j, json_object_get(u, "pending"));
}
