#pragma once
/* IMAP and SMTP on loopback as a client of a test speaks them: not the driver's way. Without TLS. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int mail_dial(uint16_t port);                                     /* -1 when nobody listens */
/* Sends text (NULL: nothing) and takes the reply, its last line; false when the other side is gone or silent. */
bool mail_ask_smtp(int fd, const char *text, char *ret, size_t size);
bool mail_ask_imap(int fd, const char *text, char *ret, size_t size);   /* the text's tag is "t" */
/* An open connection that has logged in, or -1. *said: 1 in, 0 refused, -1 something else. */
int mail_imap_as(uint16_t port, const char *user, const char *password, int *said);
int mail_smtp_as(uint16_t port, const char *user, const char *password, int *said);
/* Says goodbye and waits, so that it is no session any more when this returns. */
void mail_leave(int *fd, bool smtp);
