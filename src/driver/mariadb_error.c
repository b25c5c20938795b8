/* What a number of the server means for the responder: one sentence, and what may have changed. */
#include "driver/mariadb.h"
#include "base/text.h"
#include <mysql.h>
#include <string.h>

#define LIBRARY 2000u   /* numbers of the client library: 2000 to 2999; a few from 5000 up come before any statement */

static const struct meaning {
	unsigned number;
	enum err_code code;
	const char *says;
} meanings[] = {
	{ MARIADB_MANY_CONNECTIONS, ERR_NET, "the server has no connection left (max_connections)" },
	{ MARIADB_NO_DATABASE, ERR_REMOTE, "this login lacks a right" },
	{ MARIADB_DENIED, ERR_AUTH, "the server refused the login" },
	{ 1129, ERR_NET, "the server blocks this host after failed connections; FLUSH HOSTS lets it in again" },
	{ 1130, ERR_NET, "the server lets no account in from this host" },
	{ MARIADB_NO_TABLE_RIGHT, ERR_REMOTE, "this login lacks a right" },
	{ MARIADB_MISSING, ERR_REMOTE, "the table is missing; MariaDB 10.4 or newer is expected" },
	{ 1203, ERR_NET, "the account has no connection left" },
	{ 1205, ERR_CONFLICT, "somebody else holds a lock (a backup?); try again when it is gone" },
	{ 1226, ERR_NET, "the account has used up a limit of its own" },
	{ MARIADB_NO_RIGHT, ERR_REMOTE, "this login lacks a right" },
	{ MARIADB_READ_ONLY, ERR_REFUSED,
	  "the server is read-only: change the account at its primary, or give the admin READ ONLY ADMIN" },
	{ MARIADB_NO_PASSWORD, ERR_AUTH, "the server refused the login" },
	{ MARIADB_MUST_SET, ERR_REMOTE, "the password has expired: this login may only set a new one" },
	{ MARIADB_EXPIRED, ERR_REMOTE, "the password has expired" },
	{ 1969, ERR_CONFLICT, "it did not end in its time; somebody holds a lock (a backup?); try again when it is "
	  "gone" },
	{ 2002, ERR_NET, "the server cannot be reached" },
	{ 2003, ERR_NET, "the server cannot be reached" },
	{ 2005, ERR_NET, "the host's name is not known" },
	{ 2006, ERR_NET, "the server went away" },
	{ 2012, ERR_NET, "what answers is no MariaDB server" },
	{ 2013, ERR_NET, "the server did not answer in time or hung up" },
	{ 2026, ERR_NET, "the encrypted connection failed; look at the options tls and ca" },
	{ 2027, ERR_NET, "what answers is no MariaDB server" },
	{ 2059, ERR_NET, "the server asks for a kind of login that is not done here: it would get the clear text" },
	{ MARIADB_BLOCKED, ERR_NET,
	  "the account is blocked after too many wrong logins; ALTER USER or FLUSH PRIVILEGES lets it in again" },
	{ MARIADB_LOCKED, ERR_AUTH, "the value is right but the account is locked" },
	{ 5010, ERR_NET, "the server asks for a kind of login that is not done here: it would get the clear text" },
};

static const struct meaning *meaning_of(unsigned number)
{
	static const struct meaning other = { 0, ERR_REMOTE, "the server answered with an error" };
	static const struct meaning library = { 0, ERR_NET, "the connection failed" };

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].number == number)
			return &meanings[i];
	return number >= LIBRARY && number < LIBRARY + 1000 ? &library : &other;
}

bool mariadb_denied(const struct mariadb *m)
{
	return m->number == MARIADB_NO_DATABASE || m->number == MARIADB_NO_TABLE_RIGHT || m->number == MARIADB_NO_RIGHT;
}

int mariadb_fail(struct mariadb *m, const char *what, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(240);
	const struct meaning *mean;
	const char *said = mysql_error(m->c);
	bool unanswered;

	m->number = mysql_errno(m->c);
	mean = meaning_of(m->number);
	unanswered = m->number >= LIBRARY && m->number < LIBRARY + 1000;
	/* The library's words for this one point into memory that it has given back. */
	if (m->number == 5010)
		said = "kept out by the list of allowed plugins";
	if (m->hidden)
		said = "its words may quote the value and are left out";
	text_visible(&words, said, strlen(said) > 200 ? 200 : strlen(said));
	(void)err_set(e, mean->code, "mariadb at '%s': %s: %s (%u: %s)", m->job->address, what, mean->says, m->number,
		      buf_text(&words));
	if (e)
		e->effect = m->changing && unanswered ? EFFECT_UNKNOWN : EFFECT_NONE;
	return -(int)mean->code;
}
