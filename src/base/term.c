#include "base/term.h"
#include "base/env.h"
#include "base/text.h"
#include "base/utf8.h"
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

bool term_is_terminal(int fd)
{
	return isatty(fd) == 1;
}

bool term_has_colour(int fd)
{
	const char *kind = env_get("TERM");

	return term_is_terminal(fd) && !env_get("NO_COLOR") && kind && strcmp(kind, "dumb") != 0;
}

unsigned term_width(int fd)
{
	const char *said = env_get("COLUMNS");
	struct winsize size;
	uint32_t n;

	if (said && text_u32(said, 20, 1000, &n) == 0)
		return n;
	if (term_is_terminal(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

void term_paint(struct buf *b, bool colour, enum term_colour c, const char *s)
{
	static const char *const codes[] = {
		[TERM_PLAIN] = "", [TERM_BOLD] = "1", [TERM_DIM] = "2", [TERM_RED] = "31",
		[TERM_GREEN] = "32", [TERM_YELLOW] = "33", [TERM_CYAN] = "36",
	};

	if (!colour || c == TERM_PLAIN) {
		buf_str(b, s);
		return;
	}
	buf_printf(b, "\033[%sm%s\033[0m", codes[c], s);
}

/* Length of the escape sequence at s ("ESC [ ... letter"), 0 when there is none: cells may be painted. */
static size_t escape_len(const char *s)
{
	size_t n;

	if (s[0] != '\033' || s[1] != '[')
		return 0;
	n = 2 + strspn(s + 2, "0123456789;");
	return s[n] ? n + 1 : n;
}

static locale_t widths(void)
{
	static locale_t l;

	/* whatever the person's locale is: our texts are UTF-8 */
	if (!l)
		l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return l;
}

size_t term_columns(const char *s)
{
	locale_t ours = widths(), before = ours ? uselocale(ours) : (locale_t)0;
	size_t len = strlen(s), columns = 0;

	while (len) {
		uint32_t c = 0;
		size_t n = escape_len(s);
		int w = 0;

		if (!n) {
			n = utf8_decode(s, len, &c);
			w = n ? wcwidth((wchar_t)c) : 1;
			n = n ? n : 1;
		}
		columns += w > 0 ? (size_t)w : 0;
		s += n;
		len -= n;
	}
	if (before)
		uselocale(before);
	return columns;
}
