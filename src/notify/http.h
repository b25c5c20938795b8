#pragma once
/*
 * HTTP for the publisher and the issuers' program, over libcurl: GET, POST of a form, answers with a limit, cookies for
 * the life of the process, no redirects, no proxy. https only, but for this machine's own loopback. Errors carry what
 * may have changed on the far side: EFFECT_NONE when not all of the request was sent, EFFECT_UNKNOWN when it was and no
 * whole answer came.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include <stdbool.h>
#include <stdint.h>

#define HTTP_ANSWER_MAX ((size_t)8 << 20)
#define HTTP_FIELDS_MAX 32u

struct http;
struct http_field {
	const char *name, *text;
	const struct secret *secret;           /* in place of text */
};

/* ca: a file of certificates, or NULL. */
int http_open(const char *ca, int64_t deadline_us, struct http **ret, struct err *e);
void http_closep(struct http **h);
/* A header line for every request from now on, "Name: value"; with a secret its value follows the text. */
int http_header(struct http *h, const char *line, const struct secret *secret, struct err *e);
/* The answer's body is in ret, wiped when freed. *ret_status: the number of HTTP. is_signed: what comes is signed by
 * itself, so that it may come in the clear. */
int http_get(struct http *h, const char *url, bool is_signed, struct buf *ret, int *ret_status, struct err *e);
int http_post(struct http *h, const char *url, const struct http_field *fields, size_t n, struct buf *ret,
	      int *ret_status, struct err *e);
/* A question in bytes, of a type ("application/ocsp-request"), whose answer is signed by itself. */
int http_ask(struct http *h, const char *url, const char *type, const struct buf *bytes, struct buf *ret,
	     int *ret_status, struct err *e);
