/* What they have running: found, stopped, ended, and looked for again. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS 50
#define PEERS 8
#define SETTLE_MS 300

/* A port is used again by and by: the newest login over it counts. */
static bool connection_is_theirs(const struct evicting *v, const struct logins *l, const struct connection *c)
{
	for (size_t i = l->n; *c->port && i-- > 0;)
		if (connection_same(&l->a[i].from, c))
			return evict_login_is_theirs(v, &l->a[i]);
	return false;
}

static bool key_is_theirs(const struct evicting *v, const char *file)
{
	char line[16384], fingerprint[SSHKEY_FINGERPRINT];
	struct sshkey_line key;

	if (!*file || !session_key(v, file, line, sizeof(line)) || !sshkey_of_line(line, strlen(line), &key) ||
	    !sshkey_fingerprint(key.base64, key.base64_len, fingerprint))
		return false;
	for (size_t i = 0; i < v->who.n_keys; i++)
		if (!strcmp(v->who.keys[i], fingerprint))
			return true;
	return false;
}

static bool is_session(const struct process *p)
{
	return process_session(p) && p->uids[0] != UINT32_MAX;
}

static bool has_number(const struct process *p, uint32_t uid)
{
	return p->uids[0] == uid || p->uids[1] == uid || p->uids[2] == uid || p->uids[3] == uid;
}

static const char *of_user(const struct evicting *v, const struct process *p)
{
	const char *title = is_session(p) ? process_session(p) : NULL;

	for (size_t i = 0; i < v->who.n_users; i++) {
		const struct evicted_user *u = &v->who.users[i];
		size_t n = strlen(u->name);

		if (title && !strncmp(title, u->name, n) && (title[n] == '@' || title[n] == ' '))
			return "session of the account";
		if (!u->has_uid || !u->uid)
			continue;
		if (has_number(p, u->uid))
			return "runs as the account";
		if (p->login == u->uid)
			return "was begun by a login of the account";
	}
	return NULL;
}

static const char *of_key(struct evicting *v, const struct logins *l, const struct process *p)
{
	struct connection peers[PEERS];
	size_t n = 0;

	if (connection_is_theirs(v, l, &p->from))
		return "comes from a connection of the key";
	if (key_is_theirs(v, p->auth))
		return "comes from a session that the key opened";
	if (is_session(p))
		n = process_peers(v, p->pid, peers, PEERS);
	for (size_t i = 0; i < n; i++)
		if (connection_is_theirs(v, l, &peers[i]))
			return "connection of the key";
	return NULL;
}

/* What one of theirs started, or what shares its session: "sudo" and "su" take its number away, not its parent. */
static bool spread(struct processes *all)
{
	bool more = false;

	for (size_t i = 0; i < all->n; i++) {
		struct process *p = &all->p[i];

		if (p->theirs || p->ours || p->pid == 1)
			continue;
		for (size_t k = 0; k < all->n && !p->theirs; k++) {
			const struct process *t = &all->p[k];

			if (!t->theirs)
				continue;
			p->theirs = p->parent == t->pid || (p->session == t->session && p->session > 0) ||
				    (p->audit == t->audit && p->audit != UINT32_MAX);
			p->because = p->parent == t->pid ? "was started by one of theirs" : "is of the same session";
		}
		more = more || p->theirs;
	}
	return more;
}

static void mark_ours(struct processes *all)
{
	struct process *p = processes_find(all, getpid());

	for (int i = 0; p && i < 64; i++, p = processes_find(all, p->parent))
		p->ours = true;
}

void evict_mark(struct evicting *v, const struct logins *logins, struct processes *all)
{
	mark_ours(all);
	for (size_t i = 0; i < all->n; i++) {
		struct process *p = &all->p[i];

		if (p->ours || p->pid == 1)
			continue;
		p->because = of_user(v, p);
		if (!p->because)
			p->because = of_key(v, logins, p);
		p->theirs = p->because != NULL;
	}
	while (spread(all))
		;
}

/* Only this very process: its number may be another's by now. */
static bool send(const struct evicting *v, const struct process *p, int signal)
{
	struct process now = { .pid = p->pid };
	_cleanup_(closep) int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);

	return fd >= 0 && process_read(v, &now) && now.start == p->start &&
	       syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
}

static size_t signal_all(struct evicting *v, const struct processes *all, int signal)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (all->p[i].theirs && !*v->o->root)
			n += send(v, &all->p[i], signal);
	return n;
}

static size_t count(const struct processes *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += all->p[i].theirs;
	return n;
}

static size_t look(struct evicting *v, const struct logins *logins, struct processes *all)
{
	processes_read(v, all);
	evict_mark(v, logins, all);
	return count(all);
}

/* Who came while the logs were read is in them by now, who was refused is gone, and who has been here for long is in
 * those that were rotated. */
static size_t look_longer(struct evicting *v, struct logins *ret, struct processes *all)
{
	processes_read(v, all);
	clock_sleep_ms(SETTLE_MS);
	evict_logins(v, ret, true);
	evict_mark(v, ret, all);
	return count(all);
}

typedef void tell_fn(struct evicting *v, const char *what, const char *where);

static void tell(struct evicting *v, const struct processes *all, tell_fn *as)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct process *p = &all->p[i];

		if (p->theirs) {
			_cleanup_(freep) char *where = mem_printf("%d %s (%s)", (int)p->pid, p->name, p->because);

			as(v, "process", where);
		}
	}
}

void evict_cut(struct evicting *v, const struct logins *logins)
{
	_cleanup_(processes_free) struct processes all = { 0 };
	_cleanup_(evict_logins_free) struct logins more = { 0 };
	size_t n = look(v, logins, &all), stopped = 0;

	if (evict_unknown(v, logins, &all, false)) {
		n = look_longer(v, &more, &all);
		logins = &more;
	}
	for (int i = 0; v->change && n && i < ROUNDS && clock_mono_us() < v->o->deadline_us; i++) {
		/* stopped first, until nobody is left who could start another one meanwhile */
		for (int k = 0; k < ROUNDS && n != stopped; k++) {
			stopped = n;
			(void)signal_all(v, &all, SIGSTOP);
			n = look(v, logins, &all);
		}
		if (i == 0)
			tell(v, &all, evict_done);
		(void)signal_all(v, &all, SIGKILL);
		for (int k = 0; k < 20 && (n = look(v, logins, &all)); k++)
			clock_sleep_ms(10);
		stopped = 0;
	}
	if (n)
		tell(v, &all, evict_left);
	(void)evict_unknown(v, logins, &all, true);
}
