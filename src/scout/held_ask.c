/* The protocol of ssh agents (draft-ietf-sshm-ssh-agent): which keys it holds. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/held.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)256 << 10) /* OpenSSH's own limit */
#define KEYS_MAX 2048u
#define WAIT_US INT64_C(2000000)
#define REQUEST_IDENTITIES 11
#define IDENTITIES_ANSWER 12

static int wait_for(int fd, short events, int64_t until_us, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = until_us - clock_mono_us();
	int r = left <= 0 ? 0 : poll(&p, 1, (int)(left / 1000 + 1));

	if (r < 0 && errno != EINTR)
		return err_errno(e, "poll");
	return r == 0 ? err_set(e, ERR_REMOTE, "it does not answer") : 0;
}

static int get(int fd, void *to, size_t len, int64_t until_us, struct err *e)
{
	for (size_t at = 0; at < len; ) {
		int r = wait_for(fd, POLLIN, until_us, e);
		ssize_t n = r < 0 ? 0 : recv(fd, (char *)to + at, len - at, 0);

		if (r < 0)
			return r;
		if (n == 0)
			return err_set(e, ERR_REMOTE, "it hung up");
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_errno(e, "recv");
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static uint32_t number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A string of the answer: its length in four bytes, then itself. NULL: the answer ends before. */
static const uint8_t *string(const uint8_t **at, const uint8_t *end, uint32_t *len)
{
	const uint8_t *p = *at;

	if (end - p < 4)
		return NULL;
	*len = number(p);
	if ((size_t)(end - p - 4) < *len)
		return NULL;
	*at = p + 4 + *len;
	return p + 4;
}

static int take_keys(const uint8_t *body, size_t len, struct held_agent *ret, struct err *e)
{
	const uint8_t *at = body + 5, *end = body + len;
	uint32_t n = len < 5 ? 0 : number(body + 1), size;

	if (len < 5 || body[0] != IDENTITIES_ANSWER)
		return err_set(e, ERR_REMOTE, "it does not say which keys it holds");
	for (uint32_t i = 0; i < n; i++) {
		_cleanup_(buf_free) struct buf base64 = BUF_INIT(2 * ANSWER_MAX);
		const uint8_t *blob = string(&at, end, &size);
		char print[SSHKEY_FINGERPRINT];
		uint32_t comment;

		if (!blob || !string(&at, end, &comment) || i == KEYS_MAX)
			return err_set(e, ERR_REMOTE, "its answer is cut short");
		text_base64(&base64, blob, size);
		if (!sshkey_fingerprint(buf_text(&base64), base64.len, print))
			return err_set(e, ERR_REMOTE, "it names what is no key");
		if (!strv_has(&ret->prints, print))
			strv_add(&ret->prints, print);
	}
	return 0;
}

static int talk(int fd, struct held_agent *ret, struct err *e)
{
	static const uint8_t ask[] = { 0, 0, 0, 1, REQUEST_IDENTITIES };
	int64_t until_us = clock_mono_us() + WAIT_US;
	uint8_t head[4];
	int r;

	if (send(fd, ask, sizeof(ask), MSG_NOSIGNAL) != (ssize_t)sizeof(ask))
		return err_errno(e, "send");
	if ((r = get(fd, head, sizeof(head), until_us, e)) < 0)
		return r;

	uint32_t len = number(head);

	if (len < 1 || len > ANSWER_MAX)
		return err_set(e, ERR_REMOTE, "it is no ssh agent");
	_cleanup_(freep) uint8_t *body = mem_zero(len, 1);

	r = get(fd, body, len, until_us, e);
	return r < 0 ? r : take_keys(body, len, ret, e);
}

int held_ask(struct scout_out *o, const char *path, struct held_agent *ret, struct err *e)
{
	_cleanup_(freep) char *full = scout_path(o, path);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct ucred who;
	socklen_t len = sizeof(who);
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ret->uid = -1;
	if (strlen(full) >= sizeof(to.sun_path))
		return err_set(e, ERR_LIMIT, "its path is too long");
	memcpy(to.sun_path, full, strlen(full));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return err_errno(e, "connect");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0) {
		ret->pid = (uint32_t)who.pid;
		ret->uid = who.uid;
	}
	return talk(fd, ret, e);
}
