#pragma once
/*
 * Between the files of the scout's command `evict`. What a host's files, processes and logs say is a hostile host's
 * word: everything is limited, and a folder below a home is opened without following a link that was put there since.
 */
#include "base/strv.h"
#include "scout/evict_text.h"
#include "scout/scout.h"
#include <sys/types.h>

#define EVICT_USERS_MAX 64u
#define EVICT_KEYS_MAX 256u
#define EVICT_FILE_MAX ((size_t)8 << 20)
#define EVICT_KEPT "/var/lib/firebreak/evicted"        /* what was taken away lies there, 0700, as evidence */

struct account { char *name, *home; uint32_t uid; };
struct connection { char address[64]; char port[8]; };
struct connections { struct connection *c; size_t n, cap; };

struct evicting {
	struct scout_out *o;
	struct evicted who;
	const char **lines;                /* of each key: "ssh-ed25519 AAAA...", or NULL */
	int64_t incident;
	bool change;                       /* false: only look */
	json_t *left;                      /* what is still there: [{"what", "where"}] */
	json_t *done;                      /* what was changed, the same way */
	json_t *opened;                    /* [{"account", "key", "from"}]: what let in; kept over all runs */
	json_t *decided;                   /* [{"account", "answer", "text"}]: evict_account.c */
	json_t *strangers;                 /* keys of others in the files of an evicted account */
	uint32_t unread;
	/* of this host */
	struct account *accounts; size_t n_accounts, cap_accounts;
	struct strv key_files;             /* patterns of AuthorizedKeysFile */
	char *revoked;                     /* RevokedKeys, or NULL */
	bool no_list;                      /* sshd says that it has none, for one of those it was asked about */
	struct space *spaces; size_t n_spaces, cap_spaces;         /* evict_peers.c */
	const char *own_key;               /* the key that we came in with, or NULL; line of authorized_keys */
};

/* --- evict.c: what is told --- */
void evict_left(struct evicting *v, const char *what, const char *where);
void evict_done(struct evicting *v, const char *what, const char *where);
void evict_unread(struct evicting *v, const char *what, const char *why);      /* counted: not known is not gone */
/* A program of the host, which we have to trust for this; *ret_status 127 when there is none. */
int evict_run(struct evicting *v, const char *const *argv, const char *input, struct buf *ret_out, int *ret_status);

/* --- evict_files.c --- */
struct evict_file { const char *path, *what; evict_edit *edit; bool visudo; };
/* Edits one file, or looks whether it would be edited: owner, mode and each other byte are kept, by a new file and
 * rename; on a full disk in its own bytes. A file that is not there has nothing of theirs. */
void evict_edit_file(struct evicting *v, const struct evict_file *f);
/* Takes a whole file away, to EVICT_KEPT. */
void evict_take_away(struct evicting *v, const char *path, const char *what);
bool evict_read(struct evicting *v, const char *path, struct buf *ret);        /* false: not there, or unread (told) */
/* Names in a folder (no dot files unless `hidden`), sorted; none when it is not there. */
void evict_names_in(struct evicting *v, const char *folder, struct strv *ret);

/* --- evict_host.c: accounts, and what sshd says of itself --- */
void evict_host_read(struct evicting *v);
void evict_host_free(struct evicting *v);
/* A setting of sshd, key in lower case: files of keys are kept, what cannot be looked through is told. */
void evict_setting(struct evicting *v, const char *key, char *value);
void evict_ask_sshd(struct evicting *v, const char *user, const char *host, const char *address);      /* sshd -T -C */

/* --- evict_config.c: files of keys that sshd reads for some only. What stands under any Match; and by its own word for
 * the addresses that the keys in v->opened are taken from. --- */
void evict_config(struct evicting *v);
void evict_config_from(struct evicting *v);

/* --- evict_places.c: everything in files that opens the host to them or starts something of theirs --- */
void evict_places(struct evicting *v);

/* --- evict_units.c: services of systemd that run as them --- */
void evict_units(struct evicting *v);

/* --- evict_opened.c: which key opened which account. It is asked of sshd afterwards, also by a later run --- */
void evict_opened_read(struct evicting *v);
/* Keys in a file that opens an account, before it is edited: of who is evicted all, of others those that are. */
void evict_opened_add(struct evicting *v, const char *path, const char *account);
void evict_opened_keep(struct evicting *v);
/* line: with its newline. A name may end as another one does. */
bool evict_has_line(const char *text, const char *line);

/* --- evict_account.c: whether each account of theirs is refused whatever is offered --- */
void evict_decide(struct evicting *v);

/* --- evict_krl.c: the list of revoked keys --- */
void evict_revoke(struct evicting *v);

/* --- evict_log.c: who came by which connection --- */
struct accepted { char name[64], fingerprint[64]; struct connection from; };      /* fingerprint "": no key */
/* All logins that the logs know, the newest last. all: of logs that were rotated long ago, too. */
struct logins { struct accepted *a; size_t n, cap; };
void evict_logins(struct evicting *v, struct logins *ret, bool all);
void evict_logins_free(struct logins *l);
bool evict_login_is_theirs(const struct evicting *v, const struct accepted *a);

/* --- evict_proc.c: what the kernel says of its processes --- */
struct process {
	pid_t pid, parent, session;
	uint64_t start;                    /* tells a process from a later one of the same number */
	uint32_t uids[4], login, audit;    /* UINT32_MAX: none */
	char name[64], title[200];         /* title: its argv as it wrote it */
	struct connection from;            /* SSH_CONNECTION, or "" */
	char auth[64];                     /* SSH_USER_AUTH: a file with the key that opened the session, or "" */
	bool theirs, ours;
	const char *because;
};
/* "NAME@pts/0", "NAME [priv]": what a process of sshd says of the session that it serves, behind its own name in its
 * title. NULL: it is none. */
const char *process_session(const struct process *p);
struct processes { struct process *p; size_t n, cap; };
bool process_read(const struct evicting *v, struct process *p);       /* p->pid is given; false: it has ended */
void processes_read(struct evicting *v, struct processes *ret);
void processes_free(struct processes *all);
struct process *processes_find(const struct processes *all, pid_t pid);
/* Keys in an SSH_USER_AUTH file, as lines; the first that fits into ret. false: none. */
bool session_key(const struct evicting *v, const char *file, char *ret, size_t size);
/* Whether such a file says how the session was opened, by a key that can be compared or by no key. */
bool session_is_told(const struct evicting *v, const char *file);
bool connection_same(const struct connection *a, const struct connection *b);
void connections_free(struct connections *list);

/* --- evict_peers.c --- */
/* Remote ends of the TCP connections that a process holds, at most n. What is open is listed when first asked for, and
 * again after it was forgotten. */
size_t process_peers(struct evicting *v, pid_t pid, struct connection *ret, size_t n);
void process_peers_forget(struct evicting *v);

/* --- evict_cut.c --- */
/* Marks what is theirs, and the way we came in by. */
void evict_mark(struct evicting *v, const struct logins *logins, struct processes *all);
/* Ends all that is marked, and looks again until nothing is left or the time is up; or only tells what is there. */
void evict_cut(struct evicting *v, const struct logins *logins);

/* --- evict_unknown.c: sessions and processes of which nothing tells who opened them. Returns how many there are.
 * told: each is told as not read --- */
size_t evict_unknown(struct evicting *v, const struct logins *l, const struct processes *all, bool told);

/* --- evict_self.c --- */
/* How we came in: account, key, connection into the result under "self". *ret_key: the caller's. */
void evict_self(struct evicting *v, const struct logins *logins, char **ret_account, char **ret_key);
