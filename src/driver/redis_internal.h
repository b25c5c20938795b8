#pragma once
/*
 * The parts of the Redis driver, for its own files only: bytes to the server (link.h), the protocol
 * (redis_wire.c), commands and logins (redis_call.c), what an account holds (redis_user.c), and one file for each verb.
 * Everything from the server is hostile: replies have limits in size, in number of elements and in depth.
 */
#include "base/buf.h"
#include "base/err.h"
#include "driver/link.h"
#include <stdbool.h>
#include <stdint.h>

#define REDIS_REPLY_MAX ((size_t)32 << 20)    /* 100 000 clients in CLIENT LIST are 30 MB */
#define REDIS_ITEMS_MAX 100000u
#define REDIS_USERS_MAX 64u
#define REDIS_HASHES_MAX 64u
#define REDIS_HASH_HEX 64u
#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }

/* --- redis_wire.c: the only home of hiredis --- */
enum redis_type { REDIS_NIL, REDIS_TEXT, REDIS_STATUS, REDIS_ERROR, REDIS_NUMBER, REDIS_LIST };

struct redis_reply {
	enum redis_type type;
	int64_t number;
	char *text;                    /* TEXT, STATUS, ERROR: NUL behind len bytes; never NULL for these */
	size_t len;
	struct redis_reply **item;     /* LIST: none is NULL in a finished reply */
	size_t n;
};

void redis_reply_freep(struct redis_reply **r);        /* wipes: CONFIG GET gives passwords in clear */
struct redis_reader;
struct redis_reader *redis_reader_new(void);
void redis_reader_freep(struct redis_reader **r);
/* Takes bytes; *ret is a whole reply or NULL while more is needed. Error: no Redis protocol, or over a limit. */
int redis_reader_feed(struct redis_reader *r, const char *bytes, size_t len, struct redis_reply **ret, struct err *e);
/* The command as bytes; `last` (may be NULL) goes behind the words. The caller wipes and frees by buf_free. */
int redis_format(struct buf *b, const char *const *words, const char *last, size_t last_len, struct err *e);

/* --- redis_call.c, redis_manage.c --- */
struct redis {
	const struct driver_job *job;
	struct job_link *link;
	struct redis_reader *reader;
};

enum redis_login { REDIS_LOGIN_OK, REDIS_LOGIN_REFUSED, REDIS_LOGIN_OPEN /* no password is asked for */ };

/* Connects and sees that a Redis answers, before anything private is sent. */
int redis_open(const struct driver_job *job, struct redis *ret, struct err *e);
void redis_close(struct redis *r);
/* One command, its reply; an error reply is a reply (0). `last`: a secret behind the words; may be NULL. */
int redis_call(struct redis *r, const char *const *words, const struct secret *last, struct redis_reply **ret,
	       struct err *e);
/* Like redis_call, but an error reply is -ERR_REMOTE with the server's words, and the type must fit. */
int redis_ask(struct redis *r, const char *const *words, const struct secret *last, enum redis_type type,
	      struct redis_reply **ret, struct err *e);
/* Like redis_ask for +OK, for what changes the far side: says so first, and sets e->effect. */
int redis_do(struct redis *r, const char *const *words, const struct secret *last, struct err *e);
/* The server's own words (made visible, cut) as an error of ours: -ERR_REMOTE. */
int redis_refused(const struct redis_reply *r, const char *what, struct err *e);
int redis_login(struct redis *r, const char *user, const struct secret *s, const char *as, enum redis_login *ret,
		struct err *e);
/* Connects as who may manage: admin_user, or the account itself with the value named first, else the other. */
int redis_manage(const struct driver_job *job, bool new_first, struct redis *ret, struct err *e);
/* Value of `name` in CONFIG GET or NULL; *reply owns it. */
int redis_config(struct redis *r, const char *name, struct redis_reply **reply, const char **ret, size_t *ret_len,
		 struct err *e);
int redis_info(struct redis *r, const char *section, struct redis_reply **ret, struct err *e);
/* Value of `name` in what INFO said; false when it is not there. */
bool redis_info_value(const struct redis_reply *info, const char *name, char *ret, size_t size);

/* --- redis_user.c --- */
struct redis_user {
	bool on, nopass;
	uint32_t n;
	char hash[REDIS_HASHES_MAX][REDIS_HASH_HEX + 1];
};

/* The users of the job: ["default"] when none is named. */
const char *const *redis_users(const struct driver_job *job);
bool redis_is_default(const char *user);
void redis_hash(const struct secret *s, char ret[REDIS_HASH_HEX + 1]);
int redis_user_get(struct redis *r, const char *user, struct redis_user *ret, struct err *e);
bool redis_user_has(const struct redis_user *u, const char *hash);
bool redis_same(const struct secret *s, const char *bytes, size_t len);   /* constant time */

/* --- redis_persist.c --- */
/* Makes the running users and passwords last: file or ACL file; what cannot be done is a finding. */
int redis_persist(struct redis *r, struct driver_answer *a, struct err *e);

/* --- redis_clients.c --- */
struct redis_client {
	uint64_t id;
	int64_t age;
	char user[128], addr[128], name[128], cmd[64], flags[32];
};
/* Reads the next line of CLIENT LIST; false at the end. Lines without id or user are passed over. */
bool redis_client_next(const char **at, const char *end, struct redis_client *ret);
bool redis_client_is(const struct redis_client *c, const char *const *users);

/* --- redis_inspect_server.c --- */
int redis_inspect_server(struct redis *r, struct driver_answer *a, struct err *e);

/* --- one file for each verb --- */
driver_fn redis_probe, redis_change, redis_stage, redis_retire, redis_cut, redis_inspect, redis_drain;
driver_fn redis_replica_probe, redis_replica_change;
