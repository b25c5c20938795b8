#include "notify/smtp_reply.h"
#include "base/text.h"
#include <string.h>
#include <strings.h>

#define CODE_LEN 3

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "250-text", "250 text" or "250"; the code, or -1. */
static int code_of(const char *line, size_t len)
{
	if (len < CODE_LEN || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]) ||
	    (len > CODE_LEN && line[CODE_LEN] != ' ' && line[CODE_LEN] != '-'))
		return -1;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* Cut behind a whole character. */
static void keep(struct smtp_reply *r, const struct buf *text)
{
	size_t len = text->len < SMTP_TEXT_MAX ? text->len : SMTP_TEXT_MAX - 1;

	while (len && len < text->len && ((unsigned char)text->data[len] & 0xc0) == 0x80)
		len--;
	memcpy(r->text, buf_text(text), len);
	r->text[len] = '\0';
}

static int no_reply(const char *line, size_t len, struct err *e)
{
	_cleanup_(buf_free) struct buf shown = BUF_INIT(1000);

	text_visible(&shown, line, len < 100 ? len : 100);
	return err_set(e, ERR_REMOTE, "'%s' is no reply of a mail server", buf_text(&shown));
}

int smtp_reply_take(struct smtp_bytes *in, struct smtp_reply *ret, const char **ret_lines, size_t *ret_len,
		    struct err *e)
{
	const char *start = buf_text(&in->b) + in->at, *line = start, *end = buf_text(&in->b) + in->b.len;
	_cleanup_(buf_free) struct buf text = BUF_INIT((size_t)4 * SMTP_LINE_MAX * SMTP_REPLY_LINES);
	int code = 0;

	for (uint32_t n = 0;; n++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		if (len > SMTP_LINE_MAX || n == SMTP_REPLY_LINES)
			return err_set(e, ERR_REMOTE, "a reply of the mail server is larger than %u lines of %u bytes",
				       SMTP_REPLY_LINES, SMTP_LINE_MAX);
		if (!newline)
			return 0;
		if (len && line[len - 1] == '\r')
			len--;

		int this = code_of(line, len);

		if (this < 0 || (n && this != code))
			return no_reply(line, len, e);
		code = this;
		if (len > CODE_LEN + 1 && text.len < SMTP_TEXT_MAX) {
			buf_str(&text, text.len ? " " : "");
			text_visible(&text, line + CODE_LEN + 1, len - CODE_LEN - 1);
		}
		if (len == CODE_LEN || line[CODE_LEN] == ' ') {
			end = newline + 1;
			break;
		}
		line = newline + 1;
	}
	ret->code = code;
	keep(ret, &text);
	if (ret_lines)
		*ret_lines = start;
	if (ret_len)
		*ret_len = (size_t)(end - start);
	in->at = (size_t)(end - buf_text(&in->b));
	return 1;
}

static void offer_line(const char *word, size_t len, struct smtp_offer *ret)
{
	static const char pipelining[] = "PIPELINING", size[] = "SIZE ";
	char number[21] = "";

	if (len == sizeof(pipelining) - 1 && !strncasecmp(word, pipelining, len))
		ret->pipelining = true;
	if (len < sizeof(size) || len - (sizeof(size) - 1) >= sizeof(number) ||
	    strncasecmp(word, size, sizeof(size) - 1) != 0)
		return;
	memcpy(number, word + sizeof(size) - 1, len - (sizeof(size) - 1));
	if (text_i64(number, &ret->size) < 0 || ret->size < 0)
		ret->size = 0;
}

void smtp_offer_read(const char *lines, size_t len, struct smtp_offer *ret)
{
	const char *end = lines + len;
	bool first = true;

	*ret = (struct smtp_offer){ 0 };
	while (lines < end) {
		const char *newline = memchr(lines, '\n', (size_t)(end - lines));
		size_t n = (size_t)((newline ? newline : end) - lines);

		while (n && (lines[n - 1] == '\r' || lines[n - 1] == ' '))
			n--;
		/* The first line is a greeting. */
		if (!first && n > CODE_LEN + 1)
			offer_line(lines + CODE_LEN + 1, n - CODE_LEN - 1, ret);
		first = false;
		if (!newline)
			return;
		lines = newline + 1;
	}
}

void smtp_reply_mask(struct smtp_reply *r, const char *word)
{
	static const char instead[] = "...";
	size_t len = strlen(word);
	char *at;

	while (len >= sizeof(instead) && (at = strcasestr(r->text, word))) {
		memcpy(at, instead, sizeof(instead) - 1);
		memmove(at + sizeof(instead) - 1, at + len, strlen(at + len) + 1);
	}
}
