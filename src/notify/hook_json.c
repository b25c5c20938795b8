#include "notify/hook_json.h"
#include "base/utf8.h"
#include <string.h>

#define CUT " [cut]"

/* At most max_chars characters and max_bytes bytes, with a mark where something was left out. */
static void cut(struct buf *b, const char *s, size_t max_chars, size_t max_bytes)
{
	size_t len = strlen(s), at = 0, chars = 0, fits = 0;
	uint32_t c;

	while (at < len) {
		size_t n = utf8_decode(s + at, len - at, &c);

		n = n ? n : 1;
		if (chars + 1 > max_chars || at + n > max_bytes)
			break;
		at += n;
		chars++;
		if (chars + sizeof(CUT) - 1 <= max_chars && at + sizeof(CUT) - 1 <= max_bytes)
			fits = at;
	}
	buf_add(b, s, at == len ? len : fits);
	if (at < len)
		buf_str(b, CUT);
}

static json_t *discord(const char *text)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT((size_t)4 * HOOK_DISCORD_MAX + 64);
	json_t *j = json_object(), *mentions = json_object();

	cut(&b, text, HOOK_DISCORD_MAX, (size_t)4 * HOOK_DISCORD_MAX);
	json_put(j, "content", buf_text(&b));
	json_object_set_new(mentions, "parse", json_array());
	json_object_set_new(j, "allowed_mentions", mentions);
	return j;
}

/* Slack reads <...> as links and calls, and wants these three written so. */
static json_t *slack(const char *text)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(HOOK_TEXT_MAX + 64), escaped = BUF_INIT(8 * HOOK_TEXT_MAX);
	json_t *j = json_object();

	cut(&b, text, HOOK_TEXT_MAX, HOOK_TEXT_MAX);
	for (const char *c = buf_text(&b); *c; c++)
		if (*c == '&')
			buf_str(&escaped, "&amp;");
		else if (*c == '<')
			buf_str(&escaped, "&lt;");
		else if (*c == '>')
			buf_str(&escaped, "&gt;");
		else
			buf_char(&escaped, *c);
	json_put(j, "text", buf_text(&escaped));
	return j;
}

static json_t *matrix(const char *text)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(HOOK_TEXT_MAX + 64);
	json_t *j = json_object();

	cut(&b, text, HOOK_TEXT_MAX, HOOK_TEXT_MAX);
	json_put(j, "msgtype", "m.text");
	json_put(j, "body", buf_text(&b));
	json_object_set_new(j, "m.mentions", json_object());
	return j;
}

json_t *hook_json(const char *kind, const char *text)
{
	return !strcmp(kind, "discord") ? discord(text) : !strcmp(kind, "slack") ? slack(text)
	     : !strcmp(kind, "matrix") ? matrix(text) : NULL;
}
