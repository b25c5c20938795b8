#include "notify/irc_line.h"
#include "base/text.h"
#include <string.h>

static char *word(char **at)
{
	char *from = *at + strspn(*at, " "), *end = from + strcspn(from, " ");

	*at = end;
	if (*end) {
		*end = '\0';
		*at = end + 1;
	}
	return from;
}

bool irc_line_read(char *text, struct irc_line *ret)
{
	char *at = text;

	*ret = (struct irc_line){ .prefix = "" };
	if (*at == '@')
		(void)word(&at);
	at += strspn(at, " ");
	if (*at == ':') {
		at++;
		ret->prefix = word(&at);
	}
	ret->command = word(&at);
	while (*(at += strspn(at, " ")) && ret->n < IRC_PARAMS) {
		if (*at == ':') {
			ret->params[ret->n++] = at + 1;
			break;
		}
		ret->params[ret->n++] = word(&at);
	}
	if (strlen(ret->command) == 3 && strspn(ret->command, "0123456789") == 3)
		ret->number = (ret->command[0] - '0') * 100 + (ret->command[1] - '0') * 10 + ret->command[2] - '0';
	return *ret->command != '\0';
}

const char *irc_param(const struct irc_line *l, unsigned n)
{
	return n < l->n ? l->params[n] : "";
}

int irc_line_add(struct buf *b, const char *command, const char *first, const char *last, struct err *e)
{
	size_t before = b->len, len;

	if (first && (!*first || *first == ':' || strpbrk(first, " \r\n")))
		return err_set(e, ERR_REFUSED, "'%.60s' is no word for a server of IRC", first);
	if (last && (strpbrk(last, "\r\n") || !text_is_utf8(last, strlen(last))))
		return err_set(e, ERR_REFUSED, "a text for IRC has a line break, or is no UTF-8");
	buf_str(b, command);
	if (first)
		buf_printf(b, " %s", first);
	if (last)
		buf_printf(b, " :%s", last);
	buf_str(b, "\r\n");
	len = b->len - before;
	return len > IRC_LINE_MAX || b->over ? err_set(e, ERR_LIMIT, "a line of IRC has at most %u bytes", IRC_LINE_MAX)
					      : 0;
}
