#pragma once
/*
 * One message as bytes (RFC 5322): plain text in UTF-8, quoted-printable when it has to be, lines that end in CRLF. No
 * recipient stands in it: "To" is the team's own address or nobody's. What comes in is hostile: a line break or another
 * control character in a header is -ERR_REFUSED, never folded into something.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>

#define MESSAGE_SUBJECT_MAX 500u
#define MESSAGE_ID_MAX 128u

struct message {
	const char *from, *from_name;   /* address; name or NULL */
	const char *to;                 /* address of the team; NULL: undisclosed-recipients:; */
	const char *reply_to;           /* address, or NULL */
	const char *subject, *body;     /* body: lines end in \n; other control characters are shown as \xNN */
	const char *id;                 /* without < and > */
	int64_t date_us;
};

int message_make(const struct message *m, struct buf *ret, struct err *e);
/* A fresh id below the domain of `from`: "20261123.221903.0123456789abcdef@example.org". */
int message_id(const char *from, int64_t date_us, const uint8_t chance[8], char ret[MESSAGE_ID_MAX], struct err *e);
