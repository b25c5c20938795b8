/* What a server of IRC may send: parts that lie in the line, words without spaces. Whatever we are given to say: one
 * line goes out, with exactly that in it. */
#include "base/mem.h"
#include "fuzz.h"
#include "notify/irc_line.h"
#include <string.h>

static void is_inside(const char *part, const char *text, size_t len)
{
	if (*part && (part < text || part > text + len))
		abort();
}

static void is_word(const char *part)
{
	if (!*part || strchr(part, ' '))
		abort();
}

/* What we say reads back as what was to be said; what could be more than that is refused. */
static void say(const char *command, const char *first, const char *last)
{
	struct buf out = BUF_INIT(IRC_LINE_MAX);
	struct irc_line l;

	if (irc_line_add(&out, command, first, last, NULL) == 0) {
		char *end = out.data + out.len - 2;

		if (out.len > IRC_LINE_MAX || memcmp(end, "\r\n", 2) != 0 || strcspn(out.data, "\r\n") != out.len - 2)
			abort();
		*end = '\0';
		if (!irc_line_read(out.data, &l) || *l.prefix || strcmp(l.command, command) != 0 ||
		    l.n != (unsigned)(first != NULL) + (last != NULL) || (first && strcmp(l.params[0], first) != 0) ||
		    (last && strcmp(l.params[l.n - 1], last) != 0))
			abort();
	}
	buf_free(&out);
}

static void hear(char *text)
{
	char *copy = mem_dup(text);
	size_t len = strlen(text);
	struct irc_line l;

	if (irc_line_read(copy, &l)) {
		is_word(l.command);
		is_inside(l.command, copy, len);
		is_inside(l.prefix, copy, len);
		if (l.n > IRC_PARAMS || l.number < 0 || l.number > 999 || strchr(l.prefix, ' ') ||
		    *irc_param(&l, l.n) || *irc_param(&l, IRC_PARAMS))
			abort();
		for (unsigned k = 0; k < l.n; k++) {
			is_inside(l.params[k], copy, len);
			if (k + 1 < l.n)
				is_word(l.params[k]);
			/* as the answer to a PING repeats it, and as a target of somebody's choice */
			say("PONG", NULL, l.params[k]);
			say("PRIVMSG", l.params[k], "told");
		}
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *second;

	if (size > 4096)
		return 0;
	text = mem_dupn((const char *)data, size);
	hear(text);
	/* two texts of somebody's choice, parted where the first 0x01 stands */
	second = strchr(text, 1);
	if (second)
		*second++ = '\0';
	say("PRIVMSG", text, second ? second : "");
	say("JOIN", text, NULL);
	free(text);
	return 0;
}
