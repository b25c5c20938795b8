#pragma once
/*
 * The parts of the Bacula driver, for its own files only. Three daemons accept a password: the director (of consoles),
 * client and storage (of directors). All three speak the same packets and CRAM-MD5, in which the value never travels;
 * what a daemon is told is in its file on its own host. Everything from a daemon is hostile and has limits.
 *
 * Protocol as measured on Bacula 9.6.7: a packet is a length (four bytes, big endian) and that many bytes; a negative
 * length is a signal. A hello without a version number keeps the director from compressing what it says.
 */
#include "base/buf.h"
#include "driver/host.h"
#include "driver/link.h"

#define BACULA_TEXT_MAX ((size_t)8 << 20)     /* of one answer */
#define BACULA_USERS_MAX 64u
#define BACULA_CONSOLE "*UserAgent*"          /* the console that has no name of its own */

enum bacula_daemon { BACULA_DIRECTOR, BACULA_CLIENT, BACULA_STORAGE };

/* What differs between the three. */
struct bacula_kind {
	const char *word, *title;             /* of the option `daemon`; for texts */
	const char *hello, *welcome;          /* before the name; how its answer to a login begins */
	const char *file, *program, *service; /* as Debian has them */
};

const struct bacula_kind *bacula_kind(const struct driver_job *job);
bool bacula_is_director(const struct driver_job *job);
/* The users of the job; for a director without any the console without a name. */
const char *const *bacula_users(const struct driver_job *job);

/* --- bacula_wire.c --- */
enum bacula_signal { BACULA_BYTES = 0, BACULA_END = -1, BACULA_BYE = -4, BACULA_PROMPT = -27 };

struct bacula { const struct driver_job *job; struct job_link *link; };

int bacula_send(struct bacula *b, const char *bytes, size_t len, struct err *e);
/* One packet: bytes are added to `to`, else *signal says which. A closed connection is -ERR_NET. */
int bacula_receive(struct bacula *b, struct buf *to, int *signal, struct err *e);
/* A command and all that is said to it. */
int bacula_ask(struct bacula *b, const char *command, struct buf *ret, struct err *e);
void bacula_close(struct bacula *b);

/* --- bacula_login.c --- */
enum bacula_login {
	BACULA_LOGIN_OK,
	BACULA_LOGIN_REFUSED,                 /* this value */
	BACULA_LOGIN_UNKNOWN,                 /* the name, before a value was asked for */
};

/* One try, told. With `stay` the connection is usable for commands afterwards (and TLS is on where it is wanted). */
int bacula_login(const struct driver_job *job, const char *user, const struct secret *s, const char *as, bool stay,
		 struct bacula *ret, enum bacula_login *login, struct err *e);
/* Logs in as who may give commands: the admin's console, or the account itself with the value named first, else the
 * other. -ERR_AUTH when none is let in. */
int bacula_manage(const struct driver_job *job, bool new_first, struct bacula *ret, struct err *e);
int bacula_answers(const struct driver_job *job, struct err *e);      /* is it the daemon, whatever it accepts */

/* --- bacula_conf.c: pure --- */
struct bacula_password {
	char resource[32], name[128];         /* lower case without spaces; as it stands */
	size_t at, len;                       /* the value in the text, with its quotes */
	char *value;                          /* wiped by bacula_conf_free */
	size_t value_len;
};

struct bacula_conf {
	struct bacula_password *p;
	size_t n, cap;
	bool includes;                        /* it takes in other files, which are not looked into */
};

/* Finds each password of a file. -ERR_CONFIG with line: what is no file of Bacula's. */
int bacula_conf_read(const char *text, size_t len, struct bacula_conf *ret, struct err *e);
void bacula_conf_free(struct bacula_conf *c);
/* The password of `user`: of the director itself for the console without a name. */
bool bacula_conf_is(const struct bacula_password *p, const char *user, bool director);
bool bacula_conf_holds(const struct bacula_password *p, const struct secret *s);      /* constant time; NULL: no */
/* The text with the new value for each user of the job, and wherever the old one stands; *changed: how many places. */
int bacula_conf_edit(const struct buf *text, const struct bacula_conf *c, const struct driver_job *job, struct buf *to,
		     size_t *changed, struct err *e);

/* --- bacula_peers.c: who is connected to the daemon's port, as its host sees it --- */
#define BACULA_PEERS_MAX 4096u
struct bacula_peers { char (*peer)[64]; size_t n, cap; };
int bacula_peers(const struct driver_job *job, struct bacula_peers *ret, struct err *e);
bool bacula_peers_has(const struct bacula_peers *p, const char *peer);
void bacula_peers_free(struct bacula_peers *p);

/* --- bacula_restart.c --- */
/* Restarts the daemon on its host and waits until it lets in again; job_changing() is called. */
int bacula_restart(const struct driver_job *job, struct err *e);

/* --- bacula_jobs.c --- */
#define BACULA_RUNNING_MAX 64u
/* n may be more than what is listed: a storage daemon tells the number only. */
struct bacula_running { uint32_t n, id[BACULA_RUNNING_MAX]; char name[BACULA_RUNNING_MAX][160]; };
int bacula_running(struct bacula *b, struct bacula_running *ret, struct err *e);

driver_fn bacula_probe, bacula_change, bacula_cut, bacula_drain, bacula_inspect;
