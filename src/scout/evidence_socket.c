/* Sockets, each with the process that holds it. */
#include "base/mem.h"
#include "base/text.h"
#include "scout/evidence.h"
#include "scout/sockets.h"
#include <errno.h>
#include <string.h>

#define TABLE_MAX ((size_t)16 << 20)
#define WORDS 16
#define UNIX_MAX 20000u

static const char *const states[] = { "", "established", "syn-sent", "syn-received", "fin-wait-1", "fin-wait-2",
				      "time-wait", "closed", "close-wait", "last-ack", "listen", "closing" };

/* 0 when nobody is known to hold it. */
static pid_t owner(const struct evidence *v, ino_t inode)
{
	size_t low = 0, high = v->n_sockets;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (v->sockets[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low < v->n_sockets && v->sockets[low].inode == inode ? v->sockets[low].pid : 0;
}

static size_t split(char *line, char *words[WORDS])
{
	size_t n = 0;

	for (char *rest = line, *word; n < WORDS && (word = strsep(&rest, " \t"));)
		if (*word)
			words[n++] = word;
	return n;
}

static int tell(const struct socket_seen *s, void *arg)
{
	struct evidence *v = arg;
	json_t *line = json_object();
	pid_t pid = owner(v, (ino_t)s->inode);
	bool is_tcp = text_starts(s->kind, "tcp");
	char local[64], remote[64];

	if (s->inode && !pid && !v->hidden_fds && !v->o->root[0]) {
		evidence_sockets_again(v);
		pid = owner(v, (ino_t)s->inode);
	}
	socket_address(s, false, local);
	socket_address(s, true, remote);
	json_put(line, "s", "socket");
	json_put(line, "kind", s->kind);
	json_put(line, "local", local);
	json_put(line, "remote", remote);
	json_put(line, "state", is_tcp && s->state < ARRAY_SIZE(states) ? states[s->state] : "open");
	json_put_int(line, "uid", s->uid);
	json_put_int(line, "inode", (int64_t)s->inode);
	if (pid)
		json_put_int(line, "pid", pid);
	else if (s->inode && !v->hidden_fds)
		evidence_mark(v, line, "socket %s %s, remote %s, is open and no process is seen to hold it", s->kind,
			      local, remote);
	evidence_put(v, line);
	return evidence_is_over(v);
}

static void tell_from(const char *kind, const char *by, const char *why, void *arg)
{
	json_t *line = json_object();

	json_put(line, "s", "sockets");
	json_put(line, "kind", kind);
	json_put(line, "from", by);
	json_put(line, "why", why);
	evidence_put(arg, line);
}

static void tell_unread(const char *path _unused_, const char *why, void *arg)
{
	evidence_cut(arg, "%s", why);
}

/* Num RefCount Protocol Flags Type St Inode Path */
static void read_unix(struct evidence *v)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(TABLE_MAX + 1);
	char *words[WORDS];
	bool more;
	int64_t inode;
	uint32_t told = 0;

	if (!evidence_read(v, "/proc/net/unix", TABLE_MAX, false, &text, &more)) {
		evidence_cut(v, "/proc/net/unix could not be read: %s", strerror(errno));
		return;
	}

	char *rest = text.data, *line = strsep(&rest, "\n");

	while (line && (line = strsep(&rest, "\n")) && *line && !evidence_is_over(v)) {
		size_t n = split(line, words);

		if (n < 7 || text_i64(words[6], &inode) < 0)
			continue;
		if (told++ == UNIX_MAX) {
			evidence_cut(v, "more than %u sockets of the host itself", UNIX_MAX);
			return;
		}

		json_t *one = json_object();
		pid_t pid = owner(v, (ino_t)inode);

		json_put(one, "s", "socket");
		json_put(one, "kind", "unix");
		json_put(one, "local", n > 7 ? words[7] : NULL);
		json_put(one, "state", strcmp(words[3], "00010000") == 0 ? "listen" : "open");
		json_put_int(one, "inode", inode);
		if (pid)
			json_put_int(one, "pid", pid);
		evidence_put(v, one);
	}
}

void evidence_sockets(struct evidence *v)
{
	sockets_list(v->o, &(struct sockets_asker){ .each = tell, .from = tell_from, .unread = tell_unread, .arg = v });
	if (!evidence_is_over(v))
		read_unix(v);
	/* who listens to everything on a wire */
	evidence_text(v, "/proc/net/packet", EVIDENCE_TEXT_MAX, false);
}
