#pragma once
/* One connection to a server of IRC: TCP, TLS with the server's name checked, lines. The only home of OpenSSL here. */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define IRC_IN_MAX 16384u        /* tags and text of one line */

struct irc_link;

int irc_link_open(const char *server, bool tls, const char *ca_file, int64_t deadline_us, struct irc_link **ret,
		  struct err *e);
int irc_link_write(struct irc_link *l, const void *bytes, size_t len, struct err *e);
/* The next line without its end; borrowed until the next call. -ERR_NET: none until the deadline, or it hung up. */
int irc_link_line(struct irc_link *l, char **ret, struct err *e);
struct irc_link *irc_link_close(struct irc_link *l);
