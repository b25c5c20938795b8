#pragma once
/*
 * Lines of IRC (RFC 1459, 2.3; IRCv3 tags are skipped). What goes out is built here only: a parameter that would be
 * another line, another parameter or another command is -ERR_REFUSED. What comes in is hostile.
 */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>

#define IRC_LINE_MAX 512u        /* with CR LF */
#define IRC_PARAMS 16u

struct irc_line {                /* borrowed from the text, which is cut into pieces */
	const char *prefix, *command, *params[IRC_PARAMS];
	unsigned n;
	int number;              /* of a numeric reply; 0: a word */
};

/* text: without CR LF. false: it is none. */
bool irc_line_read(char *text, struct irc_line *ret);
const char *irc_param(const struct irc_line *l, unsigned n);     /* "" when it is not there */
/* Adds "COMMAND first :last\r\n"; first and last may be NULL. */
int irc_line_add(struct buf *b, const char *command, const char *first, const char *last, struct err *e);
