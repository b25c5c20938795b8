#pragma once
/* Between the files of driver dkim: one server of DNS or mail, asked over the connection of the job. */
#include "base/buf.h"
#include "base/keypair.h"
#include "driver/link.h"
#include "keys/dkim.h"

#define DKIM_NAMES_MAX 16u             /* selectors that the old key may stand under */
#define DKIM_SERVERS_MAX 8u            /* of DNS, that a mail account asks */
#define DKIM_SIGNATURES_MAX 16u        /* of one message that are looked at */
#define DKIM_MESSAGE_MAX ((size_t)4 << 20)
#define DKIM_NAME_MAX 254u

/* --- dkim_link.c: what comes over driver/link.h, in pieces of a length or in lines --- */
struct dkim_link { struct driver_job job; struct job_link *link; struct buf in; };
/* at: where instead of the job's own place (a forward to another server), or NULL. */
int dkim_link_open(const struct driver_job *job, const struct endpoint *at, struct dkim_link *ret, struct err *e);
void dkim_link_close(struct dkim_link *l);
int dkim_link_write(struct dkim_link *l, const void *bytes, size_t len, struct err *e);
int dkim_link_read(struct dkim_link *l, void *to, size_t len, struct err *e);
/* One line without its end; -ERR_REMOTE when it is longer than a line of mail may be. */
int dkim_link_line(struct dkim_link *l, struct buf *ret, struct err *e);

/* A link to each server of option `dns`, from the account's host; a negative return ends it. */
typedef int dkim_link_use(struct dkim_link *l, const struct driver_job *job, const char *server, void *arg,
			  struct err *e);
int dkim_link_each(const struct driver_job *job, dkim_link_use *use, void *arg, struct err *e);

/* --- dkim_dns.c --- */
struct dkim_txt {
	char *text[4];                 /* of each TXT record, its strings as one; the caller's */
	unsigned n;                    /* more than four count as four: two are too many already */
	uint32_t ttl_s;
	bool authority;
};
/* 0 with n == 0: the server says that there is none. No answer, or one that says nothing (SERVFAIL, REFUSED): -ERR_NET,
 * -ERR_REMOTE. */
int dkim_dns_txt(struct dkim_link *l, const char *name, bool recurse, struct dkim_txt *ret, struct err *e);
void dkim_txt_free(struct dkim_txt *t);

/* --- dkim_judge.c: libopendkim signs and verifies --- */
struct dkim_signature { char selector[64], domain[DKIM_NAME_MAX], why[80]; bool passed; };
/* The record that a verifier finds, or NULL; called while a message is judged. */
typedef const char *dkim_lookup(void *arg, const char *selector, const char *domain);
int dkim_judge_sign(const struct secret *key, const struct public_key *public, const char *domain, const char *selector,
		    struct buf *ret, struct err *e);
int dkim_judge_verify(const char *message, size_t len, dkim_lookup *lookup, void *arg, struct dkim_signature *ret,
		      size_t *ret_n, struct err *e);

/* --- dkim_server.c: does what a key signs verify by what this server of DNS says? --- */
struct dkim_key {
	const struct secret *secret;
	const char *what;              /* "the old key" */
	bool is_old;
	struct public_key public;
	char names[DKIM_NAMES_MAX][64];
	size_t n_names;
};
struct dkim_look {
	bool accepted;                 /* a message that was signed with the key verifies */
	bool known;                    /* a record of this key was seen, live or withdrawn */
	char text[160];
};
int dkim_keys(const struct driver_job *job, struct dkim_key *old, struct dkim_key *new, struct err *e);
int dkim_server_look(struct dkim_link *l, const struct driver_job *job, const struct dkim_key *k, const char *domain,
		     struct dkim_look *ret, struct err *e);

/* --- the verbs and what they share --- */
bool dkim_is_mail(const struct driver_job *job);                       /* the account is one that signs */
const char *dkim_domain(const char *user);     /* "ed25519@example.org": a label, for a domain's second key */
int dkim_mail_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e);
int dkim_mail_send(const struct driver_job *job, const char *domain, const char *id, struct err *e);
int dkim_mail_fetch(const struct driver_job *job, const char *id, struct buf *ret, struct err *e);
int dkim_words(const char *address, const char *const *users, const json_t *options, struct err *e);
int dkim_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e);
/* Errors say where. */
int dkim_where(const struct driver_job *job, struct err *e);
