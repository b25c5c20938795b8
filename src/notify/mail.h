#pragma once
/*
 * The parent's side of firebreak-mailer: what it is told and what it answers (docs/formats/worker-protocol.md, "The
 * mailer"). A mailer is started like each worker (engine/worker.h): with all its messages in the job, or with
 * worker_start_to_tell and a line for each.
 */
#include "base/err.h"
#include "base/json.h"
#include "notify/smtp.h"

#define MAIL_SECRET "relay"          /* the name of the password among the worker's secrets */

struct mail_way {
	const char *const *relays;   /* "smtp://mx1.example.org:587", "smtps://mx2.example.org:465"; in order */
	size_t n;
	enum smtp_tls tls;           /* of smtp://; SMTP_TLS_WRAPPED is said by smtps:// */
	const char *ca, *user;       /* either may be NULL */
	const char *from;            /* envelope sender: its domain is our name for the relay */
};

/* A job without messages; -ERR_CONFIG when a relay cannot be read. */
int mail_job(const struct mail_way *w, int64_t limit_ms, json_t **ret, struct err *e);
/* One message: for worker_tell, or for mail_job_add. The envelope sender is that of the way. */
json_t *mail_line(const struct mail_way *w, int64_t id, const char *const *to, size_t n, const char *message);
void mail_job_add(json_t *job, json_t *line);          /* takes the line */

enum mailed_state {
	MAILED_OFFERING,             /* the last line goes out now: from here on a silent mailer means "not known" */
	MAILED_OFFERED,              /* answered: `message` is for all whom the server had accepted */
	MAILED_NOT_OFFERED,          /* nobody got it: each was refused, or the server did not want the message */
	MAILED_BROKEN,               /* nobody got it: the relays could not be reached or went away */
	MAILED_UNKNOWN,              /* the connection broke behind the last line */
};

struct mailed {                      /* borrowed from the line */
	int64_t id;
	enum mailed_state state;
	int code;                    /* of the message; 0: none */
	const char *said, *relay, *text;       /* the server's words for it; text: of broken and unknown */
	enum err_code error;
	const json_t *to, *replies;
	size_t n;
};

/* -ERR_CONFIG when it is none. */
int mailed_read(const json_t *line, struct mailed *ret, struct err *e);
/* What was answered about recipient k: its code (0: nothing) and words. */
int mailed_to(const struct mailed *m, size_t k, const char **ret_said);
/* Got it, for certain. */
bool mailed_is_sent(const struct mailed *m, size_t k);
