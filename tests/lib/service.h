#pragma once
/*
 * Real services for tests: each starts Debian's own server on loopback, a free port, a data folder of its own below a
 * temporary folder, as an unprivileged user, and stops it by pid. No skip: a service that does not start fails the
 * test.
 * One file a service (service_redis.c, ...); the contract suite, the live tests and the crash matrix share them.
 * Programs (demo, shell tests) use tests/lib/service-run, which prints the same facts as lines NAME=value.
 */
#include "service_port.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct service_account { char address[300]; const char *user, *options[8]; };

struct service {
	const struct service_kind *kind;
	char folder[256];                 /* 0700, removed by stop */
	char address[300];                /* as the register spells it: "127.0.0.1:16379" */
	uint16_t port;
	pid_t pid;
	char kept[300];                   /* file in which the service keeps the value when told to; "": by itself */
	char user[64];                    /* the account under test, as the driver spells it */
	char admin_user[64];
	char admin_password[64];          /* random, made by start */
	const char *options[16];          /* "name", "value", ...: what the register has to say of it besides */
	struct service_account also[4];   /* more that check the same value; the account itself presents it to them */
	size_t n_also;
	char half[1500];                  /* by a public half: "repositories", "places" and "half" of a job */
	void *more;                       /* the kind's own */
};

struct service_session;                   /* an open, logged-in connection of the intruder */

struct service_kind {
	const char *driver;               /* name in drivers.def */
	const char *secret;               /* the kind of secret whose playbook is for it; NULL: DRIVER-password */
	bool by_host;                     /* the driver manages it on its host: there is no admin with a password */
	/* Starts the server with one account `user` that has `password`, and an admin account. 0, or -1 and a line on
	 * standard error with the end of the server's log. */
	int (*start)(struct service *s, const char *password);
	void (*stop)(struct service *s);                               /* by pid; waits; removes the folder */
	int (*pause)(struct service *s);                               /* SIGSTOP: away, but the port answers */
	int (*resume)(struct service *s);
	/* A fresh login of the account under test by a path of its own (not through the driver). */
	bool (*login)(struct service *s, const char *user, const char *password);
	struct service_session *(*session)(struct service *s, const char *user, const char *password);
	bool (*session_alive)(struct service_session *x);              /* does a harmless command still work */
	void (*session_end)(struct service_session *x);
	/* Sets the account's values from outside (by the admin, native commands); second NULL: one value. Returns -1
	 * when the service cannot hold two. Sets up old, new, both and neither for recovery tests. */
	int (*set)(struct service *s, const char *first, const char *second);
	/* A second server, of what the service keeps on disk now: what would its next start accept? NULL: it keeps each
	 * change before it confirms it. Ended by service_kill. */
	int (*next)(const struct service *s, struct service *ret);
	/* One value for several accounts: NULL, or what is wrong. `value` stands in the file of each and each accepts
	 * it, none `old`. NULL: there is one account only. */
	const char *(*together)(struct service *s, const char *value, const char *old);
	/* A new value; NULL: any text is one (service_password). */
	int (*value)(char *ret, size_t size);
	/* True when `text` stands anywhere in the service's own logs (general log, binlog, server log). */
	bool (*logged)(struct service *s, const char *text);
};

extern const struct service_kind service_bacula, service_bacula_shared, service_redis, service_mariadb,
				 service_postgresql, service_dkim, service_dovecot, service_tls;

int service_folder(struct service *s, const char *name);           /* makes s->folder, owned by the service user */
/* Starts argv as the unprivileged user with output to folder/log; waits until ready(s) or 30 s. */
int service_spawn(struct service *s, const char *const *argv, bool (*ready)(struct service *s));
/* As that user; its exit code, or 128 + signal (KILL after 2 minutes). Not 0: the log's end goes to standard error. */
int service_run(struct service *s, const char *const *argv, const char *input);
void service_kill(struct service *s);                              /* TERM, wait 10 s, KILL; then removes the folder */
void service_password(char ret[33]);                               /* random, 32 characters */
bool service_file_has(const char *path, const char *text);         /* binary safe */
