/*
 * What came in by ssh and is nobody's that we know of: sessions of sshd, and processes that say which connection they
 * came from, of which no log and no file of ExposeAuthInfo tells who opened it. They may be theirs: a log that is gone
 * is the intruder's work as well as logrotate's. That is not known, and not nothing.
 */
#include "base/mem.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <string.h>

#define PEERS 8
#define TOLD_MAX 50u

/* Somebody's who is in. sshd does not separate privileges for root: one process serves a session of root's, which is
 * "root@pts/0", "root@notty", or "root" when it has connections and no shell; others have "NAME [priv]" besides. */
static bool is_somebody(const struct processes *all, const struct process *p)
{
	const char *title = process_session(p);

	if (!title || p->uids[0] != 0 || *title == '/' || *title == '[' || strstr(title, "[listener]"))
		return false;
	for (size_t i = 0; i < all->n; i++) {
		const struct process *c = &all->p[i];
		const char *of = process_session(c);

		/* not in yet: what talks to who is not known has no rights */
		if (of && c->parent == p->pid && c->uids[0] != 0 && strstr(of, "[net]") && strstr(title, " [priv]"))
			return false;
		/* what a session of root's starts of its own (internal-sftp) */
		if (of && c->pid == p->parent && c->uids[0] == 0 && *of != '/' && !strstr(of, "[listener]"))
			return false;
	}
	return true;
}

/* The newest login over a connection counts, as a port is used again. name: whose session it is, NULL: any. */
static bool log_knows(const struct logins *l, const struct connection *c, const char *name)
{
	for (size_t i = l->n; *c->port && i-- > 0;) {
		size_t n = strlen(l->a[i].name);

		if (connection_same(&l->a[i].from, c))
			return !name || (!strncmp(name, l->a[i].name, n) && (!name[n] || strchr("@ ", name[n])));
	}
	return false;
}

static bool file_knows(const struct evicting *v, const struct processes *all, const struct connection *c)
{
	for (size_t i = 0; i < all->n; i++)
		if (connection_same(&all->p[i].from, c) && *all->p[i].auth && session_is_told(v, all->p[i].auth))
			return true;
	return false;
}

static bool session_is_known(struct evicting *v, const struct logins *l, const struct processes *all,
			     const struct process *p, struct connections *peers)
{
	struct connection found[PEERS];
	size_t n = process_peers(v, p->pid, found, PEERS);

	for (size_t i = 0; i < n; i++)
		if (GROW(peers->c, peers->n, peers->cap, 100000u))
			peers->c[peers->n++] = found[i];
	for (size_t i = 0; i < n; i++)
		if (log_knows(l, &found[i], process_session(p)) || file_knows(v, all, &found[i]))
			return true;
	return false;
}

static bool has(const struct connections *list, const struct connection *c)
{
	for (size_t i = 0; i < list->n; i++)
		if (connection_same(&list->c[i], c))
			return true;
	return false;
}

/* Of whom no key is evicted, the account that sshd or the kernel names tells enough. */
static bool process_is_known(const struct evicting *v, const struct logins *l, const struct processes *all,
			     const struct process *p)
{
	return log_knows(l, &p->from, NULL) || file_knows(v, all, &p->from) ||
	       (!v->who.n_keys && p->login != UINT32_MAX);
}

static bool lives(const struct evicting *v, const struct process *p)
{
	struct process now = { .pid = p->pid };

	return process_read(v, &now) && now.start == p->start;
}

static void tell_session(struct evicting *v, const struct process *p, const struct connections *peers, size_t first)
{
	const char *from = first < peers->n ? peers->c[first].address : "an address that is not known";
	_cleanup_(freep) char *what = mem_printf("session of '%.60s' from %s (process %d)", process_session(p), from,
						 (int)p->pid);

	evict_unread(v, what, "no log and no ExposeAuthInfo tells by which key it was opened, it may be theirs: ask "
		     "whose it is, end it, and run this again");
}

static void tell_process(struct evicting *v, const struct processes *all, const struct process *p)
{
	_cleanup_(freep) char *what = NULL;
	size_t more = 0;

	for (size_t i = 0; i < all->n; i++)
		more += !all->p[i].theirs && !all->p[i].ours && connection_same(&all->p[i].from, &p->from);
	what = more > 1 ? mem_printf("process %d (%s) and %zu more from %s", (int)p->pid, p->name, more - 1,
				     p->from.address)
			: mem_printf("process %d (%s) from %s", (int)p->pid, p->name, p->from.address);
	evict_unread(v, what, "no log and no ExposeAuthInfo tells by which key that connection was opened, it may be "
		     "theirs: end it, or start it anew without the session, and run this again");
}

size_t evict_unknown(struct evicting *v, const struct logins *l, const struct processes *all, bool told)
{
	_cleanup_(connections_free) struct connections seen = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct process *p = &all->p[i];
		size_t first = seen.n;

		if (p->theirs || p->ours || !is_somebody(all, p) || session_is_known(v, l, all, p, &seen) ||
		    !v->who.n_keys || !lives(v, p))
			continue;
		if (n++ < TOLD_MAX && told)
			tell_session(v, p, &seen, first);
	}
	for (size_t i = 0; i < all->n; i++) {
		const struct process *p = &all->p[i];

		/* of a session that was just told or known: it is told once */
		if (p->theirs || p->ours || !*p->from.port || has(&seen, &p->from) ||
		    process_is_known(v, l, all, p) || !lives(v, p))
			continue;
		if (n++ < TOLD_MAX && told)
			tell_process(v, all, p);
		if (GROW(seen.c, seen.n, seen.cap, 100000u))
			seen.c[seen.n++] = p->from;
	}
	if (told && n > TOLD_MAX)
		evict_unread(v, "sessions and processes", "more of them than are told one by one are nobody's that a "
			     "log knows");
	return n;
}
