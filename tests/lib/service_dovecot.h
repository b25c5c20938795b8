#pragma once
/*
 * Debian's Dovecot and, as root, Debian's Postfix with AUTH by it: the passwd-file of two accounts, IMAP, submission.
 * Without root Postfix does not start: then IMAP is all that there is, which service_dovecot_start() says.
 * The driver's options for it stand in service.options.
 */
#include "service.h"

/* As the kind's start, with lines more for dovecot.conf ("" for none): they come last, and win. `slow`: the delays that
 * Dovecot and Postfix have by default stay; otherwise tests would wait for each refused login. */
int service_dovecot_start(struct service *s, const char *password, const char *more, bool slow);
/* As root only: a Dovecot that runs as root and asks PAM, so the account is the system account 'noreply', which is
 * there already with this password. It has no `file` among its options, and no `boss`. */
int service_dovecot_start_system(struct service *s, const char *password);
/* The passwd-file anew, in one step, with another second of its time of change; without waiting for Dovecot. The
 * password stands under its hash, or in clear. */
bool service_dovecot_write(struct service *s, const char *password, bool clear);
/* Not root: no Postfix. */
bool service_dovecot_has_smtp(const struct service *s);
uint16_t service_dovecot_smtp_port(const struct service *s);
bool service_dovecot_restart_postfix(struct service *s);   /* with its configuration as it is now */
/* A login over one protocol: 1 accepted, 0 refused, -1 something else. */
int service_dovecot_imap(const struct service *s, const char *user, const char *password);
int service_dovecot_smtp(const struct service *s, const char *user, const char *password);
struct service_session *service_dovecot_imap_session(struct service *s, const char *user, const char *password);
struct service_session *service_dovecot_smtp_session(struct service *s, const char *user, const char *password);
/* One mail over an open submission session: is it taken? */
bool service_dovecot_sends(struct service_session *x);
void service_dovecot_folder(const struct service *s, const char *name, char ret[300]);   /* FOLDER/name */
