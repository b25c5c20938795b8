#pragma once
/*
 * The program firebreak-worker-issuer: what asks somebody outside for the public half of a new key, and has the old one
 * revoked. The client is the team's own, where it always runs, with its own account; this program makes the request,
 * hands over public things only, and believes nothing that it has not read.
 *
 *   issue    {"issuer", "host", "repositories", "secrets": [one with a half]}
 *            -> secrets[0].issued: {"certificate": PEM with its chain, "before": PEM of the old one, if there was one,
 *               "earlier": others of the old key, each {"certificate", "serial", "issuer", "not_after_s", "place"}}
 *   revoke   {"issuer", "host", "issued", "shown": PEM of what addresses serve, "shown_more": so many do not fit}
 *            -> each is revoked, and seen to be; where nothing tells it is unknown
 *   keep     as issue, before it is pulled -> secrets[0].issued: {"before", "earlier"}; of the old key only
 *   hold     as issue -> the register's program has held back what renews by itself
 *   resume   as issue -> what it would renew is not for the old key, and it goes on
 */
#include "keys/certificate.h"
#include "model/issuer_client.h"
#include "transport/transport.h"
#include "worker/jobs.h"

struct issuer_job {
	struct job *job;
	const json_t *issuer;              /* of the job */
	const struct issuer_client *client;
	struct way at;                     /* where the client runs */
};

struct git_text;
struct place_job;

/* half.c: a job about one public half: its repository is fetched, the way to the issuer's host is open. */
int issuer_half_open(struct job *job, struct place_job *j, struct issuer_job *ret, struct err *e);
const struct git_text *issuer_half_text(const struct place_job *j);
/* What the journal kept of the old certificate before it was pulled; NULL: nothing. */
const char *issuer_kept(const struct issuer_job *i);
/* The names of what stands there (or stood, before it was pulled), and those of the register. A file that is not there
 * is no certificate yet. */
int issuer_names(const struct issuer_job *i, const struct git_text *f, struct certificate *before, struct strv *ret,
		 struct err *e);

int issuer_open(struct job *job, struct issuer_job *ret, struct err *e);
void issuer_close(struct issuer_job *i);

enum issuer_deed { ISSUER_GET, ISSUER_REVOKE };
struct issuer_said {
	bool again;                        /* a revocation failed, and it said that this was done before */
	bool lay_there;                    /* an earlier try had got it for this key; the client did not run */
	bool cut_before;                   /* an earlier try for this key was ended while the client ran */
};
/* The client's program in an empty folder of its own that goes with it. `in` is put there as the client's words name
 * it, and on its standard input. The answer is added to ret. `key`: a certificate for the key of this SHA-256 is asked
 * for at most once: what came is kept on the issuer's host (~/.cache/firebreak-issued) until it is forgotten, and a try
 * that runs on behind a crash is waited for; NULL: no certificate is asked for. */
int issuer_run(struct issuer_job *i, enum issuer_deed deed, const char *key, const char *in, struct buf *ret,
	       struct issuer_said *ret_said, struct err *e);
int issuer_forget(struct issuer_job *i, const char *key, struct err *e);
/* The end of what a program said of its failure, fit to be shown. */
void issuer_last_words(const struct proc_result *res, struct buf *ret);
/* The client's list of what is revoked is made anew, where the client keeps one; and read. Empty: there is none. */
int issuer_list(struct issuer_job *i, struct buf *ret, struct err *e);
/* A file on the issuer's host, added to ret. `what`: for texts. */
int issuer_file(struct issuer_job *i, const char *what, const char *file, struct buf *ret, struct err *e);

#define ISSUER_ROOM_MS 2000            /* of the job's time: the answer must still leave */

/* seen.c: does the world read that the certificate is revoked? Its issuer's status and list of the register, the list
 * and the responder that the certificate names: all that there are, each for a few seconds, so that one that does not
 * answer holds no revocation back. -ERR_NET: somebody could not be asked. -ERR_REFUSED: they may say so, and nothing
 * that we have shows whether it is the issuer who says it. */
struct seen {
	bool asked, revoked;               /* somebody was there to be asked; all of them say so */
	int reason;                        /* keyCompromise when each that says so gives it, or the first other one */
	char by[200], other[60];           /* who was asked; who gives that other one, or "" */
};
int issuer_seen(struct issuer_job *i, const char *pem, const struct certificate *c, struct seen *ret, struct err *e);

#define EARLIER_WORDS 100u
/* earlier.c: what else was issued for the key of this SHA-256 and is not over, without `before` (PEM, alone; or NULL):
 * "issued"."earlier" of `one`, the half's part of the result, and its "findings": those that the journal did not
 * have from before a pull, and what could not be looked at. ret_words: "; so many are still valid" of the first, or
 * empty. */
void issuer_earlier(struct issuer_job *i, const struct place_job *j, const char *key, const char *before, json_t *one,
		    char ret_words[EARLIER_WORDS]);

void issuer_day(int64_t at_s, char ret[32]);       /* "2026-03-01" */

job_fn job_issue, job_revoke, job_hold, job_resume, job_keep;
