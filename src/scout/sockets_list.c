/* Sockets of all kinds: by netlink, or out of the kernel's tables below /proc/net. */
#include "base/mem.h"
#include "base/text.h"
#include "scout/lines.h"
#include "scout/sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEPT_MAX 50000u
#define WORDS 12
/* 1 to 12 are what the tables have; later kernels count further, for what is bound and does nothing */
#define ALL_STATES 0x1ffeu
#define ENDED (1u << TCP_TIME_WAIT | 1u << TCP_CLOSE)
#define CONNECTED (1u << TCP_ESTABLISHED)

static const struct socket_kind kinds[] = {
	{ "tcp", "/proc/net/tcp", AF_INET, IPPROTO_TCP },
	{ "tcp6", "/proc/net/tcp6", AF_INET6, IPPROTO_TCP },
	{ "udp", "/proc/net/udp", AF_INET, IPPROTO_UDP },
	{ "udp6", "/proc/net/udp6", AF_INET6, IPPROTO_UDP },
	{ "raw", "/proc/net/raw", AF_INET, IPPROTO_RAW },
	{ "raw6", "/proc/net/raw6", AF_INET6, IPPROTO_RAW },
};

void socket_address(const struct socket_seen *s, bool remote, char ret[64])
{
	(void)snprintf(ret, 64, s->six ? "[%s]:%u" : "%s:%u", remote ? s->remote : s->local,
		       remote ? s->remote_port : s->local_port);
}

/* --- by netlink: kept until it is whole, so that what broke off is read from the table once, and nothing twice; of a
 * very long one not all is kept --- */

struct kept {
	const struct socket_kind *kind;
	const struct sockets_asker *asker;
	struct socket_seen *list; size_t n, cap;
	bool given, stop;
};

static void give(struct kept *k)
{
	if (!k->given && k->asker->from)
		k->asker->from(k->kind->name, "netlink", NULL, k->asker->arg);
	k->given = true;
	for (size_t i = 0; i < k->n && !k->stop; i++)
		k->stop = k->asker->each(&k->list[i], k->asker->arg) != 0;
	k->n = 0;
}

static int keep(const struct socket_seen *s, void *arg)
{
	struct kept *k = arg;

	if (!GROW(k->list, k->n, k->cap, KEPT_MAX))
		give(k);
	if (!k->stop)
		k->list[k->n++] = *s;
	return k->stop;
}

/* --- out of the table --- */

struct table {
	const struct socket_kind *kind;
	const struct sockets_asker *asker;
	uint32_t states;
	bool in, odd, stop;        /* in: behind the heading */
};

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
static bool address(const char *s, bool six, char ret[46], uint16_t *ret_port)
{
	uint32_t part[4] = { 0 }, port, words = six ? 4 : 1;

	for (uint32_t i = 0; i < words; i++)
		if (!hex(s + (size_t)8 * i, 8, &part[i]))
			return false;
	if (s[(size_t)8 * words] != ':' || !hex(s + (size_t)8 * words + 1, 4, &port) ||
	    !inet_ntop(six ? AF_INET6 : AF_INET, part, ret, 46))
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* sl local remote state queues timer retransmits uid timeout inode */
static bool parse(char *line, const struct socket_kind *kind, struct socket_seen *ret)
{
	char *words[WORDS];
	int64_t inode;
	uint32_t state;
	size_t n = 0;

	for (char *rest = line, *word; n < WORDS && (word = strsep(&rest, " \t"));)
		if (*word)
			words[n++] = word;
	*ret = (struct socket_seen){ .kind = kind->name, .six = kind->family == AF_INET6,
				     .udp = kind->protocol == IPPROTO_UDP };
	if (n < 10 || !address(words[1], ret->six, ret->local, &ret->local_port) ||
	    !address(words[2], ret->six, ret->remote, &ret->remote_port) || strlen(words[3]) > 2 ||
	    !hex(words[3], strlen(words[3]), &state) || text_u32(words[7], 0, UINT32_MAX, &ret->uid) < 0 ||
	    text_i64(words[9], &inode) < 0 || inode < 0)
		return false;
	ret->state = (uint8_t)state;
	ret->inode = (uint64_t)inode;
	ret->listening = state == (kind->protocol == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE);
	return true;
}

static int take(char *line, void *arg)
{
	struct table *t = arg;
	struct socket_seen s;

	if (!t->in) {
		t->in = true;
		return 0;
	}
	if (!parse(line, t->kind, &s))
		t->odd = true;
	else if (s.state < 32 && t->states >> s.state & 1)
		t->stop = t->asker->each(&s, t->asker->arg) != 0;
	return t->stop;
}

/* 1: the asker has enough. */
static int read_table(struct scout_out *o, const struct socket_kind *kind, uint32_t states, const char *why,
		      const struct sockets_asker *a)
{
	_cleanup_(freep) char *full = scout_path(o, kind->path);
	struct table t = { .kind = kind, .asker = a, .states = states };
	struct err e = ERR_INIT;

	if (kind->family == AF_INET6 && access(full, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (a->from)
		a->from(kind->name, kind->path, why, a->arg);
	if (lines_each(o, kind->path, take, &t, &e) < 0)
		a->unread(kind->path, e.text, a->arg);
	else if (t.odd) {
		(void)err_set(&e, ERR_REMOTE, "a line of %s is not as this kernel writes them", kind->path);
		a->unread(kind->path, e.text, a->arg);
	}
	return t.stop;
}

static int list_kind(struct scout_out *o, const struct socket_kind *kind, uint32_t states,
		     const struct sockets_asker *a)
{
	struct kept k = { .kind = kind, .asker = a };
	struct err e = ERR_INIT;
	int r;

	if (o->root[0] || kind->protocol == IPPROTO_RAW)
		return read_table(o, kind, states, NULL, a);
	r = sockets_dump(kind, states, keep, &k, &e);
	if (r >= 0)
		give(&k);
	else if (k.given)
		a->unread(kind->path, e.text, a->arg);
	else
		k.stop = read_table(o, kind, states, e.text, a);
	free(k.list);
	return k.stop;
}

void sockets_list(struct scout_out *o, const struct sockets_asker *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (list_kind(o, &kinds[i], ALL_STATES, a))
			return;
}

struct each { socket_fn *each; void *arg; int r; struct err *e; };

static int each_of(const struct socket_seen *s, void *arg)
{
	struct each *x = arg;

	return x->r < 0 ? x->r : (x->r = x->each(s, x->arg));
}

static void each_unread(const char *path _unused_, const char *why, void *arg)
{
	struct each *x = arg;

	if (x->r == 0)
		x->r = err_set(x->e, ERR_REMOTE, "%s", why);
}

int sockets_each(const struct scout_out *o, socket_fn *each, void *arg, struct err *e)
{
	struct each x = { .each = each, .arg = arg, .e = e };
	const struct sockets_asker a = { .each = each_of, .unread = each_unread, .arg = &x };
	struct scout_out own = *o;

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && x.r == 0; i++)
		if (kinds[i].protocol != IPPROTO_RAW)
			(void)list_kind(&own, &kinds[i], kinds[i].protocol == IPPROTO_UDP ? CONNECTED :
					ALL_STATES & ~ENDED, &a);
	return x.r < 0 ? x.r : 0;
}
