#include "notify/mail.h"
#include "base/mem.h"
#include "base/text.h"
#include "worker/wire.h"
#include <string.h>

const char *const smtp_tls_words[] = { [SMTP_TLS_REQUIRED] = "required", [SMTP_TLS_OPTIONAL] = "optional",
				       [SMTP_TLS_NEVER] = "never", [SMTP_TLS_WRAPPED] = "wrapped", NULL };

static const char *const states[] = { [MAILED_OFFERING] = "offering", [MAILED_OFFERED] = "offered",
				      [MAILED_NOT_OFFERED] = "not offered", [MAILED_BROKEN] = "broken",
				      [MAILED_UNKNOWN] = "unknown" };

/* "smtp://host:port", "smtp://[::1]:25" */
static int relay_json(const struct mail_way *w, const char *url, json_t **ret, struct err *e)
{
	bool wrapped = text_starts(url, "smtps://");
	const char *rest = wrapped ? url + 8 : text_starts(url, "smtp://") ? url + 7 : NULL;
	const char *colon = rest ? strrchr(rest, ':') : NULL;
	bool brackets = colon && rest[0] == '[' && colon[-1] == ']';
	uint32_t port;

	if (!colon || colon == rest || text_u32(colon + 1, 1, UINT16_MAX, &port) < 0 || (brackets && colon - rest < 3))
		return err_set(e, ERR_CONFIG, "'%.200s' is no mail relay: smtp://HOST:PORT or smtps://HOST:PORT is "
			       "expected", url);
	_cleanup_(freep) char *host = mem_dupn(rest + brackets, (size_t)(colon - rest) - 2 * (size_t)brackets);
	json_t *o = json_object();

	json_put(o, "host", host);
	json_put_int(o, "port", port);
	json_put(o, "starttls", smtp_tls_words[wrapped ? SMTP_TLS_WRAPPED : w->tls]);
	json_put(o, "ca", w->ca);
	json_put(o, "user", w->user);
	*ret = o;
	return 0;
}

int mail_job(const struct mail_way *w, int64_t limit_ms, json_t **ret, struct err *e)
{
	_cleanup_(json_freep) json_t *job = json_object();
	const char *sign = strrchr(w->from, '@');
	json_t *relays = json_array();

	json_put_int(job, "v", WIRE_VERSION);
	json_put(job, "verb", "mail");
	json_put_int(job, "limit_ms", limit_ms);
	json_put(job, "hello", sign ? sign + 1 : "localhost");
	json_object_set_new(job, "relays", relays);
	for (size_t i = 0; i < w->n; i++) {
		json_t *one;
		int r = relay_json(w, w->relays[i], &one, e);

		if (r < 0)
			return r;
		json_array_append_new(relays, one);
	}
	*ret = TAKE(job);
	return 0;
}

json_t *mail_line(const struct mail_way *w, int64_t id, const char *const *to, size_t n, const char *message)
{
	json_t *line = json_object(), *list = json_array();

	json_put_int(line, "id", id);
	json_put(line, "from", w->from);
	json_put(line, "message", message);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(to[i]));
	json_object_set_new(line, "to", list);
	return line;
}

void mail_job_add(json_t *job, json_t *line)
{
	json_t *messages = json_object_get(job, "messages");

	if (!messages) {
		messages = json_array();
		json_object_set_new(job, "messages", messages);
	}
	json_array_append_new(messages, line);
}

int mailed_read(const json_t *line, struct mailed *ret, struct err *e)
{
	const char *state = json_str(line, "state"), *error = json_str(line, "error");
	const json_t *message = json_object_get(line, "message");

	*ret = (struct mailed){ .id = json_int(line, "id", -1), .to = json_object_get(line, "to"),
				.replies = json_object_get(line, "replies"),
				.code = (int)json_integer_value(json_array_get(message, 0)),
				.said = json_string_value(json_array_get(message, 1)), .relay = json_str(line, "relay"),
				.text = json_str(line, "text"), .error = error ? err_code_parse(error) : ERR_NONE };
	ret->n = json_array_size(ret->to);
	for (size_t i = 0; state && i < ARRAY_SIZE(states); i++)
		if (!strcmp(states[i], state)) {
			ret->state = (enum mailed_state)i;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "mailer's answer: \"state\" is no word that is known here");
}

int mailed_to(const struct mailed *m, size_t k, const char **ret_said)
{
	const json_t *of = json_array_get(m->to, k);
	const json_t *pair = json_array_get(m->replies, (size_t)json_integer_value(of));

	if (ret_said)
		*ret_said = json_string_value(json_array_get(pair, 1));
	return (int)json_integer_value(json_array_get(pair, 0));
}

bool mailed_is_sent(const struct mailed *m, size_t k)
{
	return m->state == MAILED_OFFERED && m->code / 100 == 2 && mailed_to(m, k, NULL) / 100 == 2;
}
