#include "mail_client.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 30000

int mail_dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		closep(&fd);
	return fd;
}

/* A whole line without its end; false when the other side is gone or silent. */
static bool line(int fd, char *ret, size_t size)
{
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char c;

		if (poll(&p, 1, ANSWER_MS) <= 0 || recv(fd, &c, 1, 0) != 1)
			return false;
		if (c == '\n')
			break;
		if (c != '\r' && n + 1 < size)
			ret[n++] = c;
	}
	ret[n] = '\0';
	return true;
}

static bool put(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Sends (NULL: nothing) and takes the reply: its last line. */
bool mail_ask_smtp(int fd, const char *text, char *ret, size_t size)
{
	if (text && !put(fd, text))
		return false;
	do {
		if (!line(fd, ret, size))
			return false;
	} while (strlen(ret) > 3 && ret[3] == '-');
	return true;
}

bool mail_ask_imap(int fd, const char *text, char *ret, size_t size)
{
	if (!put(fd, text))
		return false;
	do {
		if (!line(fd, ret, size))
			return false;
	} while (strncmp(ret, "t ", 2) != 0);
	return true;
}

int mail_imap_as(uint16_t port, const char *user, const char *password, int *said)
{
	char text[800], answer[1000] = "";
	int fd = mail_dial(port);

	*said = -1;
	(void)snprintf(text, sizeof(text), "t LOGIN {%zu+}\r\n%s {%zu+}\r\n%s\r\n", strlen(user), user,
		       strlen(password), password);
	if (fd >= 0 && line(fd, answer, sizeof(answer)) && mail_ask_imap(fd, text, answer, sizeof(answer)))
		*said = !strncmp(answer, "t OK", 4) ? 1 : strstr(answer, "[AUTHENTICATIONFAILED]") ? 0 : -1;
	if (*said != 1)
		closep(&fd);
	return fd;
}

int mail_smtp_as(uint16_t port, const char *user, const char *password, int *said)
{
	_cleanup_(buf_free) struct buf raw = BUF_INIT(1000), text = BUF_INIT(2000);
	char answer[1000] = "";
	int fd = mail_dial(port);

	*said = -1;
	(void)buf_printf(&raw, "%c%s%c%s", 1, user, 1, password);
	for (size_t i = 0; i < raw.len; i++)
		raw.data[i] = raw.data[i] == 1 ? 0 : raw.data[i];
	(void)buf_str(&text, "AUTH PLAIN ");
	text_base64(&text, raw.data, raw.len);
	(void)buf_str(&text, "\r\n");
	if (fd >= 0 && mail_ask_smtp(fd, NULL, answer, sizeof(answer)) &&
	    mail_ask_smtp(fd, "EHLO test\r\n", answer, sizeof(answer)) &&
	    mail_ask_smtp(fd, buf_text(&text), answer, sizeof(answer)))
		*said = !strncmp(answer, "235", 3) ? 1 : !strncmp(answer, "535", 3) ? 0 : -1;
	if (*said != 1)
		closep(&fd);
	return fd;
}

void mail_leave(int *fd, bool smtp)
{
	char answer[1000];

	if (*fd >= 0 && put(*fd, smtp ? "QUIT\r\n" : "z LOGOUT\r\n"))
		while (line(*fd, answer, sizeof(answer)))
			continue;
	closep(fd);
}
