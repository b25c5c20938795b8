/* Sockets, out of /proc/net, each with the process that holds it. */
#include "base/mem.h"
#include "base/text.h"
#include "scout/evidence.h"
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define TABLE_MAX ((size_t)16 << 20)
#define WORDS 16
#define UNIX_MAX 20000u

static const char *const states[] = { "", "established", "syn-sent", "syn-received", "fin-wait-1", "fin-wait-2",
				      "time-wait", "closed", "close-wait", "last-ack", "listen", "closing" };

static const struct table { const char *path, *name; bool six, tcp; } tables[] = {
	{ "/proc/net/tcp", "tcp", false, true },
	{ "/proc/net/tcp6", "tcp6", true, true },
	{ "/proc/net/udp", "udp", false, false },
	{ "/proc/net/udp6", "udp6", true, false },
	{ "/proc/net/raw", "raw", false, false },
	{ "/proc/net/raw6", "raw6", true, false },
};

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

static bool hex(const char *s, size_t len, uint32_t *ret)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const char *digits = "0123456789ABCDEF", *at = s[i] ? strchr(digits, s[i]) : NULL;

		if (!at)
			return false;
		n = n << 4 | (uint32_t)(at - digits);
	}
	*ret = n;
	return true;
}

/* "0100007F:1F90", words of 32 bits in the machine's own order. */
static bool address(const char *s, bool six, char ret[64])
{
	uint32_t part[4] = { 0 }, port, words = six ? 4 : 1;
	char text[INET6_ADDRSTRLEN];

	for (uint32_t i = 0; i < words; i++)
		if (!hex(s + (size_t)8 * i, 8, &part[i]))
			return false;
	if (s[(size_t)8 * words] != ':' || !hex(s + (size_t)8 * words + 1, 4, &port) ||
	    !inet_ntop(six ? AF_INET6 : AF_INET, part, text, sizeof(text)))
		return false;
	(void)snprintf(ret, 64, six ? "[%s]:%u" : "%s:%u", text, port);
	return true;
}

static void tell(struct evidence *v, const struct table *t, char *const words[], size_t n)
{
	char local[64], remote[64];
	int64_t inode;
	uint32_t state, uid;

	/* sl local remote state queues timer retransmits uid timeout inode */
	if (n < 10 || !address(words[1], t->six, local) || !address(words[2], t->six, remote) ||
	    !hex(words[3], strlen(words[3]), &state) || text_u32(words[7], 0, UINT32_MAX, &uid) < 0 ||
	    text_i64(words[9], &inode) < 0) {
		evidence_cut(v, "a line of %s is not as this kernel writes them", t->path);
		return;
	}

	json_t *line = json_object();
	pid_t pid = owner(v, (ino_t)inode);

	if (inode && !pid && !v->hidden_fds && !v->o->root[0]) {
		evidence_sockets_again(v);
		pid = owner(v, (ino_t)inode);
	}
	json_put(line, "s", "socket");
	json_put(line, "kind", t->name);
	json_put(line, "local", local);
	json_put(line, "remote", remote);
	json_put(line, "state", t->tcp && state < ARRAY_SIZE(states) ? states[state] : "open");
	json_put_int(line, "uid", uid);
	json_put_int(line, "inode", inode);
	if (pid)
		json_put_int(line, "pid", pid);
	else if (inode && !v->hidden_fds)
		evidence_mark(v, line, "socket %s %s, remote %s, is open and no process is seen to hold it", t->name,
			      local, remote);
	evidence_put(v, line);
}

static void read_table(struct evidence *v, const struct table *t)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(TABLE_MAX + 1);
	char *words[WORDS];
	bool more;

	if (!evidence_read(v, t->path, TABLE_MAX, false, &text, &more)) {
		if (errno != ENOENT)
			evidence_cut(v, "%s could not be read: %s", t->path, strerror(errno));
		return;
	}
	if (more)
		evidence_cut(v, "%s is longer than %zu bytes", t->path, TABLE_MAX);

	char *rest = text.data, *line = strsep(&rest, "\n");        /* the heading */

	while (line && (line = strsep(&rest, "\n")) && *line && !evidence_is_over(v))
		tell(v, t, words, split(line, words));
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
	for (size_t i = 0; i < ARRAY_SIZE(tables) && !evidence_is_over(v); i++)
		read_table(v, &tables[i]);
	if (!evidence_is_over(v))
		read_unix(v);
	/* who listens to everything on a wire */
	evidence_text(v, "/proc/net/packet", EVIDENCE_TEXT_MAX, false);
}
