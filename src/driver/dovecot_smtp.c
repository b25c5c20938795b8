/* RFC 5321, 3207 and 4954 as far as a login goes. */
#include "driver/dovecot_internal.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REPLY_LINES_MAX 100u

static bool is_code(const char *line, const char *code)
{
	return !strncmp(line, code, 3) && (line[3] == ' ' || line[3] == '-' || !line[3]);
}

/* "250-AUTH PLAIN LOGIN", and "AUTH=PLAIN" as old clients want it. */
static bool offers_plain(const char *line)
{
	return strnlen(line, 9) == 9 && !strncasecmp(line + 4, "AUTH", 4) && (line[8] == ' ' || line[8] == '=') &&
	       strcasestr(line + 8, "PLAIN");
}

/* A whole reply; *ret is its last line. */
static int reply(struct dovecot_talk *t, bool *plain, const char **ret, struct err *e)
{
	for (unsigned int i = 0; i < REPLY_LINES_MAX; i++) {
		int r = dovecot_line(t, ret, e);

		if (r < 0)
			return r;
		if (plain && offers_plain(*ret))
			*plain = true;
		if (strnlen(*ret, 4) < 4 || (*ret)[3] != '-')
			return 0;
	}
	return err_set(e, ERR_NET, "the server says more than %u lines at once", REPLY_LINES_MAX);
}

static int command(struct dovecot_talk *t, const char *line, const char *code, bool *plain, struct err *e)
{
	const char *said = "";
	int r = dovecot_send(t, line, e);

	if (r == 0)
		r = reply(t, plain, &said, e);
	return r < 0 || is_code(said, code) ? r : dovecot_unexpected(line, said, e);
}

int dovecot_smtp_hello(struct dovecot_talk *t, bool secure, struct err *e)
{
	const char *line = "";
	int r = reply(t, NULL, &line, e);

	if (r < 0)
		return r;
	if (!is_code(line, "220"))
		return dovecot_unexpected("no greeting of an SMTP server", line, e);
	if (secure) {
		r = command(t, "EHLO [127.0.0.1]", "250", NULL, e);
		if (r == 0)
			r = command(t, "STARTTLS", "220", NULL, e);
		if (r == 0)
			r = dovecot_secure(t, e);
	}
	return r;
}

int dovecot_smtp_login(struct dovecot_talk *t, const char *user, const struct secret *value, struct dovecot_said *ret,
		       struct err *e)
{
	const char *line = "";
	bool plain = false;
	int r = command(t, "EHLO [127.0.0.1]", "250", &plain, e);

	if (r < 0)
		return r;
	if (!plain)
		return err_set(e, ERR_NET, "the server offers no AUTH PLAIN here, so nothing can be told: does it want "
			       "TLS, or is this address among smtpd_sasl_exceptions_networks");
	r = command(t, "AUTH PLAIN", "334", NULL, e);
	if (r == 0)
		r = dovecot_send_plain(t, user, value, e);
	if (r == 0)
		r = reply(t, NULL, &line, e);
	if (r < 0)
		return r;
	ret->words = line;
	ret->login = DOVECOT_ACCEPTED;
	if (is_code(line, "235"))
		return 0;
	/* 454 when Dovecot is away, 421 and 450 when there were too many tries: nothing of the value. */
	ret->login = DOVECOT_REFUSED;
	return is_code(line, "535") ? 0 : dovecot_unexpected("login", line, e);
}
