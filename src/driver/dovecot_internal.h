#pragma once
/*
 * The parts of the Dovecot driver, for its own files only: one account of a mail server, which IMAP and SMTP AUTH
 * accept. Logins are tried over both protocols (dovecot_login.c, dovecot_imap.c, dovecot_smtp.c); the hash is made here
 * (dovecot_hash.c) and goes to the server's own host, into a passwd-file (dovecot_file.c) or to its system accounts
 * (dovecot_store.c); what only that host knows is asked by dovecot.pl (dovecot_host.c).
 */
#include "base/buf.h"
#include "driver/link.h"

#define DOVECOT_USERS_MAX 16u
#define DOVECOT_HASH_MAX 256u
#define DOVECOT_SOCKETS_MAX 20000u
#define DOVECOT_LINE_MAX ((size_t)64 << 10)

/* --- dovecot_login.c --- */
enum dovecot_protocol { DOVECOT_IMAP, DOVECOT_SMTP, DOVECOT_PROTOCOLS };
enum dovecot_login { DOVECOT_ACCEPTED, DOVECOT_REFUSED };

/* One connection, from where the job says; lines without their end. The copy of the job has this protocol's address. */
struct dovecot_talk {
	struct driver_job job;
	struct job_link *link;
	struct buf in;
	size_t taken;
	bool secured;
	void *forward;
};

const char *dovecot_protocol_name(enum dovecot_protocol p);        /* for texts: "IMAP", "submission" */
bool dovecot_has(const struct driver_job *job, enum dovecot_protocol p);
/* Connects, sees that the right server answers, and starts TLS unless the register says tls: no. */
int dovecot_open(const struct driver_job *job, enum dovecot_protocol p, struct dovecot_talk *ret, struct err *e);
void dovecot_close(struct dovecot_talk *t);
int dovecot_send(struct dovecot_talk *t, const char *line, struct err *e);
int dovecot_line(struct dovecot_talk *t, const char **ret, struct err *e);    /* lives until the next call */
/* -ERR_NET with the server's own words (made visible, cut). */
int dovecot_unexpected(const char *when, const char *line, struct err *e);
/* TLS from here on: nothing that came before it in clear may be taken for a word of behind it. */
int dovecot_secure(struct dovecot_talk *t, struct err *e);
/* base64 of NUL user NUL password, and the end of the line: the answer to a bare AUTH(ENTICATE) PLAIN. */
int dovecot_send_plain(struct dovecot_talk *t, const char *user, const struct secret *value, struct err *e);
/* One login on a connection of its own, told with job_tried(). Only an answer to this value is "refused": whatever
 * else goes wrong is -ERR_NET. */
int dovecot_login(const struct driver_job *job, enum dovecot_protocol p, const char *user, const struct secret *value,
		  const char *as, enum dovecot_login *ret, struct err *e);
/* Each protocol of the account answers: before anything is changed on the host. */
int dovecot_answers(const struct driver_job *job, struct err *e);

/* --- dovecot_imap.c, dovecot_smtp.c: what differs. hello goes as far as TLS. --- */
struct dovecot_said { enum dovecot_login login; const char *words; };
int dovecot_imap_hello(struct dovecot_talk *t, bool secure, struct err *e);
int dovecot_imap_login(struct dovecot_talk *t, const char *user, const struct secret *value, struct dovecot_said *ret,
		       struct err *e);
int dovecot_smtp_hello(struct dovecot_talk *t, bool secure, struct err *e);
int dovecot_smtp_login(struct dovecot_talk *t, const char *user, const struct secret *value, struct dovecot_said *ret,
		       struct err *e);

/* --- dovecot_hash.c --- */
/* Crypt of the value under a new salt: "$6$..." or "$2y$...". scheme as in the register; NULL: SHA512-CRYPT. */
int dovecot_hash(const struct secret *value, const char *scheme, char ret[DOVECOT_HASH_MAX], struct err *e);
/* Is this crypt hash (with or without {SCHEME} before it) one of the value? */
bool dovecot_hash_is(const struct secret *value, const char *hash, size_t len);

/* --- dovecot_file.c: a passwd-file as text; pure --- */
struct dovecot_entry { const char *password; size_t len; };        /* its second field, borrowed from the text */
/* -ERR_CONFIG when the user has no line, or more than one. */
int dovecot_file_find(const char *text, size_t len, const char *user, struct dovecot_entry *ret, struct err *e);
int dovecot_file_put(struct buf *ret, const char *text, size_t len, const char *user, const char *password,
		     struct err *e);

/* --- dovecot_store.c --- */
/* The account's hash as the host keeps it becomes one of the new value; *ret_written: it was not one before. */
int dovecot_store(const struct driver_job *job, const char *user, bool *ret_written, struct err *e);

/* --- dovecot_host.c --- */
/* A command of dovecot.pl on the host: words behind it, in (may be NULL) to its standard input, its lines into ret. */
int dovecot_host(const struct driver_job *job, const char *command, const char *const *words, const struct buf *in,
		 struct buf *ret, struct err *e);
/* The next line of an answer, cut at tabs into at most n fields (missing ones are ""); false at the end. */
bool dovecot_fields(char **at, const char **ret, size_t n);

/* --- one file for each verb --- */
driver_fn dovecot_probe, dovecot_change, dovecot_cut, dovecot_inspect;
