/* Questions at the controlling terminal, so that a pipe on standard input answers none of them. */
#include "base/err.h"
#include "base/fs.h"
#include "base/secret.h"
#include "base/term.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024
enum { KEY_INTERRUPT = 3, KEY_END = 4, KEY_BACK = 8, KEY_CLEAR = 21, KEY_DELETE = 127 };

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

/* One byte, or -1 at the end. */
static int read_key(int fd)
{
	unsigned char c;
	ssize_t n;

	do
		n = read(fd, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? c : -1;
}

/* Removes the last character, not only its last byte. */
static size_t shorter(char *line, size_t n)
{
	while (n && ((unsigned char)line[n - 1] & 0xc0) == 0x80)
		line[--n] = '\0';
	if (n)
		line[--n] = '\0';
	return n;
}

static int read_line(int fd, char line[LINE_MAX_BYTES], size_t *ret_len, struct err *e)
{
	size_t n = 0;
	int c;

	for (;;) {
		c = read_key(fd);
		if (c < 0 || c == KEY_INTERRUPT || (c == KEY_END && !n))
			return err_set(e, ERR_REFUSED, "the question was not answered");
		if (c == '\n' || c == '\r' || c == KEY_END)
			break;
		if (c == KEY_BACK || c == KEY_DELETE) {
			n = shorter(line, n);
		} else if (c == KEY_CLEAR) {
			n = 0;
		} else if (n == LINE_MAX_BYTES - 1) {
			return err_set(e, ERR_LIMIT, "the answer is longer than %d bytes", LINE_MAX_BYTES - 1);
		} else {
			line[n++] = (char)c;
		}
	}
	*ret_len = n;
	return 0;
}

static int ask(int fd, const char *prompt, struct secret **ret, struct err *e)
{
	struct termios before, silent;
	char line[LINE_MAX_BYTES];
	size_t len = 0;
	int r;

	if (tcgetattr(fd, &before) < 0)
		return err_errno(e, "ask at the terminal");
	silent = before;
	/* keys come one by one and signals as bytes: nobody is left at a terminal that shows nothing */
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ICANON | ISIG | IEXTEN);
	silent.c_cc[VMIN] = 1;
	silent.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSAFLUSH, &silent) < 0)
		return err_errno(e, "silence the terminal");
	r = fs_write_all(fd, prompt, strlen(prompt)) < 0 ? err_set(e, ERR_IO, "the terminal went away") :
							      read_line(fd, line, &len, e);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)fs_write_all(fd, "\n", 1);
	if (r == 0 && !len)
		r = err_set(e, ERR_REFUSED, "the answer was empty");
	if (r == 0)
		r = secret_take(line, len, ret, e);
	explicit_bzero(line, sizeof(line));
	return r;
}

int term_ask_secret(const char *prompt, struct secret **ret, struct err *e)
{
	_cleanup_(closep) int fd = open_terminal();

	if (fd < 0)
		return err_set(e, ERR_REFUSED, "there is no terminal to ask at");
	return ask(fd, prompt, ret, e);
}

int term_ask(const char *prompt, struct buf *ret, struct err *e)
{
	_cleanup_(closep) int fd = open_terminal();
	_cleanup_(buf_free) struct buf line = BUF_INIT(LINE_MAX_BYTES);
	int c;

	if (fd < 0)
		return err_set(e, ERR_REFUSED, "there is no terminal to ask at");
	if (fs_write_all(fd, prompt, strlen(prompt)) < 0)
		return err_set(e, ERR_IO, "the terminal went away");
	while ((c = read_key(fd)) >= 0 && c != '\n')
		(void)buf_char(&line, (char)c);
	if (c < 0)
		return err_set(e, ERR_REFUSED, "the question was not answered");
	if (line.over)
		return err_set(e, ERR_LIMIT, "the answer is longer than %d bytes", LINE_MAX_BYTES);
	if (!text_is_utf8(buf_text(&line), line.len))
		return err_set(e, ERR_REFUSED, "the answer is no text");
	return buf_add(ret, buf_text(&line), line.len);
}

bool term_confirm(const char *question, const char *word)
{
	_cleanup_(closep) int fd = open_terminal();
	char line[128];
	size_t n = 0, len = strlen(word);
	int c;

	if (fd < 0 || fs_write_all(fd, question, strlen(question)) < 0)
		return false;
	while ((c = read_key(fd)) >= 0 && c != '\n')
		if (n < sizeof(line))
			line[n++] = (char)c;
	return c == '\n' && n == len && n < sizeof(line) && !memcmp(line, word, len);
}
