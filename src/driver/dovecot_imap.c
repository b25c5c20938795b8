/* RFC 9051 as far as a login goes. */
#include "driver/dovecot_internal.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define UNTAGGED_MAX 100u

/* The line that ends a command; what comes before it is looked through for `word` (may be NULL). */
static int ends(struct dovecot_talk *t, const char *tag, const char *word, bool *ret_has, const char **ret,
		struct err *e)
{
	size_t len = strlen(tag);

	for (unsigned int i = 0; i < UNTAGGED_MAX; i++) {
		const char *line = NULL;
		int r = dovecot_line(t, &line, e);

		if (r < 0)
			return r;
		if (word && strcasestr(line, word))
			*ret_has = true;
		if (!strncasecmp(line, "* BYE", 5))
			return dovecot_unexpected("it hangs up", line, e);
		if (!strncmp(line, tag, len) && line[len] == ' ') {
			*ret = line + len + 1;
			return 0;
		}
	}
	return err_set(e, ERR_NET, "the server says more than %u lines to one command", UNTAGGED_MAX);
}

static int command(struct dovecot_talk *t, const char *tag, const char *words, const char *word, bool *ret_has,
		   struct err *e)
{
	const char *said = "";
	char line[100];
	int r;

	(void)snprintf(line, sizeof(line), "%s %s", tag, words);
	r = dovecot_send(t, line, e);
	if (r < 0 || (r = ends(t, tag, word, ret_has, &said, e)) < 0)
		return r;
	return strncasecmp(said, "OK", 2) == 0 ? 0 : dovecot_unexpected(words, said, e);
}

int dovecot_imap_hello(struct dovecot_talk *t, bool secure, struct err *e)
{
	const char *line = NULL;
	int r = dovecot_line(t, &line, e);

	if (r < 0)
		return r;
	if (strncasecmp(line, "* OK", 4) != 0)
		return dovecot_unexpected("no greeting of an IMAP server", line, e);
	if (secure) {
		r = command(t, "a", "STARTTLS", NULL, NULL, e);
		if (r == 0)
			r = dovecot_secure(t, e);
	}
	return r;
}

int dovecot_imap_login(struct dovecot_talk *t, const char *user, const struct secret *value, struct dovecot_said *ret,
		       struct err *e)
{
	const char *line = "";
	bool plain = false;
	int r = command(t, "b", "CAPABILITY", "AUTH=PLAIN", &plain, e);

	if (r < 0)
		return r;
	if (!plain)
		return err_set(e, ERR_NET, "the server offers no login by AUTH=PLAIN here, so nothing can be told: "
			       "does it want TLS");
	r = dovecot_send(t, "c AUTHENTICATE PLAIN", e);
	if (r == 0)
		r = dovecot_line(t, &line, e);
	if (r == 0 && *line != '+')
		r = dovecot_unexpected("AUTHENTICATE", line, e);
	if (r == 0)
		r = dovecot_send_plain(t, user, value, e);
	if (r == 0)
		r = ends(t, "c", NULL, NULL, &line, e);
	if (r < 0)
		return r;
	ret->words = line;
	ret->login = DOVECOT_ACCEPTED;
	if (!strncasecmp(line, "OK", 2))
		return 0;
	/* Also of a user who has too many connections, of a backend that is away, of an account that may not use IMAP:
	 * that is said with other codes, and says nothing of the value. */
	ret->login = DOVECOT_REFUSED;
	return !strncasecmp(line, "NO [AUTHENTICATIONFAILED]", 25) ? 0 : dovecot_unexpected("login", line, e);
}
