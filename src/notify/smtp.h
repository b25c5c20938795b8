#pragma once
/*
 * The one SMTP sender: in the worker program firebreak-mailer only, which maps libcurl. libcurl connects, has TLS and
 * logs in; the dialogue behind that is ours, because it has to tell for each recipient what the server answered.
 *
 * Several relays are tried in the order they stand, each next one when those before cannot be reached, hang, or go away
 * before anything counts; a connection is kept for the next message. A message has up to
 * SMTP_TO_MAX recipients, who stand in the envelope only.
 *
 * Honesty: no byte of a message counts before its last line. `commit` is called before that line goes out; what fails
 * before it has EFFECT_NONE, a lost connection behind it EFFECT_UNKNOWN, and the server's answer settles it.
 */
#include "base/err.h"
#include "base/secret.h"
#include "notify/smtp_reply.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMTP_TO_MAX 100u             /* RFC 5321, 4.5.3.1.8: what each server has to take */
#define SMTP_RELAYS_MAX 16u
#define SMTP_MESSAGE_MAX ((size_t)1 << 20)

/* How a relay is talked to. REQUIRED and WRAPPED check the certificate for the relay's name; OPTIONAL takes any (who
 * can forge one could as well take the offer away). A password needs one of the two that check, or a relay on
 * loopback. */
enum smtp_tls { SMTP_TLS_REQUIRED, SMTP_TLS_OPTIONAL, SMTP_TLS_NEVER, SMTP_TLS_WRAPPED };
/* "required", "optional", "never", "wrapped" (TLS from the first byte) */
extern const char *const smtp_tls_words[];

struct smtp_relay {
	const char *host;            /* name or address, IPv6 without brackets */
	uint16_t port;
	enum smtp_tls tls;
	const char *ca_file;         /* NULL: those of the system */
	const char *user;            /* NULL: no AUTH */
	const struct secret *password;
};

struct smtp_limits { int64_t connect_ms, reply_ms, end_ms; };  /* end: for the answer to a whole message */
/* RFC 5321, 4.5.3.2: a server may take minutes, and who hangs up early does not know what came of it. */
#define SMTP_LIMITS { .connect_ms = 30000, .reply_ms = 300000, .end_ms = 600000 }

struct smtp_message {
	const char *from;            /* envelope sender */
	const char *const *to;
	size_t n_to;
	const char *text;            /* header, empty line, body; lines end in CRLF (message.h makes it) */
	size_t len;
};

/* What came of it. A recipient got the message when its own code is 2xx and `message.code` is 2xx. */
struct smtp_outcome {
	struct smtp_reply to[SMTP_TO_MAX];     /* code 0: not answered */
	struct smtp_reply message;             /* to the sender, DATA or the whole message; code 0: not answered */
	bool offered;                          /* `message` is the answer to the whole message */
	char relay[300];                       /* "mx1.example.org:587" */
};

struct smtp;

/* What is given is borrowed until smtp_close. -ERR_CONFIG when a relay or the name is not fit. hello: our name. */
int smtp_open(const struct smtp_relay *relays, size_t n, const char *hello, const struct smtp_limits *limits,
	      struct smtp **ret, struct err *e);
/* 0: the dialogue went to its end, `ret` says what it is. Errors: -ERR_NET (no relay can be reached, or it went away;
 * what was answered until then stands in ret), -ERR_AUTH, -ERR_REFUSED (an address or a line that would be another
 * command), -ERR_LIMIT. e->effect as above. */
int smtp_send(struct smtp *s, const struct smtp_message *m, void (*commit)(void *arg), void *arg,
	      struct smtp_outcome *ret, struct err *e);
struct smtp *smtp_close(struct smtp *s);
void smtp_closep(struct smtp **s);
