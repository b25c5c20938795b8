#include "driver/bacula_internal.h"
#include <arpa/inet.h>
#include <string.h>

#define PACKET_MAX 1000000                    /* more is not sent by a daemon: the rest of the number are flags */

int bacula_send(struct bacula *b, const char *bytes, size_t len, struct err *e)
{
	_cleanup_(buf_free) struct buf packet = BUF_WIPED(1 << 16);
	uint32_t size = htonl((uint32_t)len);

	if (buf_add(&packet, &size, sizeof(size)) < 0 || buf_add(&packet, bytes, len) < 0)
		return err_set(e, ERR_BUG, "a packet of more than %zu bytes", packet.max);
	return job_link_send(b->link, packet.data, packet.len, e);
}

static int exactly(struct bacula *b, char *bytes, size_t len, struct err *e)
{
	while (len > 0) {
		size_t n = 0;
		int r = job_link_receive(b->link, bytes, len, &n, e);

		if (r < 0)
			return r;
		if (n == 0)
			return err_set(e, ERR_NET, "the daemon closed the connection");
		bytes += n;
		len -= n;
	}
	return 0;
}

static int add_text(struct buf *to, const char *bytes, size_t n)
{
	while (n > 0) {
		size_t text = strnlen(bytes, n);

		if (buf_add(to, bytes, text) < 0)
			return -ERR_LIMIT;
		text += text < n;
		bytes += text;
		n -= text;
	}
	return 0;
}

int bacula_receive(struct bacula *b, struct buf *to, int *signal, struct err *e)
{
	char bytes[16384];
	uint32_t head = 0;
	int32_t size;
	int r = exactly(b, (char *)&head, sizeof(head), e);

	if (r < 0)
		return r;
	size = (int32_t)ntohl(head);
	*signal = size < 0 ? size : BACULA_BYTES;
	if (size > PACKET_MAX)
		return err_set(e, ERR_REMOTE, "the answer is not Bacula's protocol: is this the port of the daemon");
	for (; size > 0; size -= (int32_t)sizeof(bytes)) {
		size_t n = size < (int32_t)sizeof(bytes) ? (size_t)size : sizeof(bytes);

		r = exactly(b, bytes, n, e);
		if (r < 0)
			return r;
		/* Some texts of client and storage end with a NUL that is none of theirs. */
		if (add_text(to, bytes, n) < 0)
			return err_set(e, ERR_LIMIT, "an answer of more than %zu bytes, which is more than we read",
				       to->max);
	}
	return 0;
}

int bacula_ask(struct bacula *b, const char *command, struct buf *ret, struct err *e)
{
	int signal = BACULA_BYTES;
	int r = bacula_send(b, command, strlen(command), e);

	while (r == 0 && signal != BACULA_END) {
		r = bacula_receive(b, ret, &signal, e);
		if (r == 0 && signal == BACULA_BYE)
			return err_set(e, ERR_NET, "the daemon said good-bye in the middle");
		if (r == 0 && signal == BACULA_PROMPT)
			return err_set(e, ERR_REMOTE, "the director asks back instead of answering: may this console "
				       "do "
				       "that");
	}
	return r;
}

void bacula_close(struct bacula *b)
{
	job_link_freep(&b->link);
}
