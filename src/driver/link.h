#pragma once
/*
 * Bytes to and from the server of a job, for drivers that speak a protocol themselves: a socket, TLS when asked for,
 * and the job's deadline on every wait. An error is -ERR_NET and says what was waited for; nothing here tells of a
 * refusal.
 * The options of the register are `tls` ("yes", "no") and `ca` (file of certificates; without it the system's).
 */
#include "driver/driver.h"

struct job_link;

int job_link_open(const struct driver_job *job, struct job_link **ret, struct err *e);      /* connects; no TLS yet */
/* How long an answer or a send may take from now on; without it 8 s. Never longer than the job. */
void job_link_patience(struct job_link *l, int64_t ms);
bool job_link_wants_tls(const struct driver_job *job);
/* The certificate is held against the job's address, also behind a forward. */
int job_link_tls(struct job_link *l, struct err *e);
int job_link_send(struct job_link *l, const char *bytes, size_t len, struct err *e);
int job_link_receive(struct job_link *l, char *bytes, size_t size, size_t *ret, struct err *e); /* 0: closed */
void job_link_freep(struct job_link **l);
/* What a wait of `wanted` may really take: it leaves the job time to answer. */
int64_t job_limit_ms(const struct driver_job *job, int64_t wanted);
/* The part of words() that is about tls and ca; `driver` begins the sentence. */
int job_link_words(const char *driver, const json_t *options, struct err *e);
