#pragma once
/*
 * Replies of an SMTP server (RFC 5321, 4.2), out of bytes that come as they like. The server is hostile: lines, lines
 * of a reply and bytes have limits, and what is no reply is -ERR_REMOTE.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define SMTP_LINE_MAX 2048u          /* RFC 5321 says 512; some servers explain more */
#define SMTP_REPLY_LINES 200u
#define SMTP_BYTES_MAX (1u << 20)    /* that were not read yet: 100 pipelined replies are far less */
#define SMTP_TEXT_MAX 200u

struct smtp_reply {
	int code;                    /* 200..599; 0: none came */
	char text[SMTP_TEXT_MAX];    /* without the codes of its lines, made visible, cut */
};

struct smtp_bytes { struct buf b; size_t at; };      /* what came, and how much of it is taken */
#define SMTP_BYTES_INIT { .b = BUF_INIT(SMTP_BYTES_MAX) }

/* 1: a whole reply was taken, its lines are at *ret_lines for *ret_len bytes until more is added (both may be NULL);
 * 0: more bytes are needed; -ERR_REMOTE. */
int smtp_reply_take(struct smtp_bytes *in, struct smtp_reply *ret, const char **ret_lines, size_t *ret_len,
		    struct err *e);

struct smtp_offer { bool pipelining; int64_t size; };    /* of EHLO; size 0: not said */
void smtp_offer_read(const char *lines, size_t len, struct smtp_offer *ret);
/* Takes each `word` (no matter which case) out of a reply's text: it names the recipient. */
void smtp_reply_mask(struct smtp_reply *r, const char *word);
