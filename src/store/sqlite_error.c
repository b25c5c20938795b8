/* SQLite's result codes as our errors: what failed, of which journal, and what to do about it. */
#include "store/sqlite.h"
#include <sqlite3.h>
#include <stdarg.h>

static const struct {
	int rc;
	enum err_code code;
	const char *text;
} table[] = {
	{ SQLITE_FULL, ERR_IO, "the disk is full: make room, then run the command again" },
	{ SQLITE_IOERR, ERR_IO, "the disk failed" },
	{ SQLITE_READONLY, ERR_IO, "it is read-only: look at the owner and mode of the folder and of each "
				   "journal.db* in it, and how the file system is mounted" },
	{ SQLITE_PERM, ERR_IO, "not permitted: look at the owner and mode of the folder and of each "
			       "journal.db* in it" },
	{ SQLITE_CANTOPEN, ERR_IO, "could not be opened: look at the owner and mode of the folder and of each "
				   "journal.db* in it, and how the file system is mounted" },
	{ SQLITE_AUTH, ERR_IO, "not permitted" },
	{ SQLITE_NOMEM, ERR_IO, "out of memory" },
	{ SQLITE_CORRUPT, ERR_CONFIG, "it is damaged: copy the whole folder away before anything else, then see "
				      "'firebreak journal verify'" },
	{ SQLITE_NOTADB, ERR_CONFIG, "it is no journal, or its first page is damaged: copy the whole folder away "
				     "before anything else" },
	{ SQLITE_BUSY, ERR_CONFLICT, "another program holds its lock: wait for it to end, then run the command again" },
	{ SQLITE_LOCKED, ERR_CONFLICT, "another program holds its lock: wait for it to end, then run the command "
	  "again" },
	{ SQLITE_TOOBIG, ERR_LIMIT, "a row is too large" },
};

int (sqlite_fail)(const struct journal *j, int rc, struct err *e, const char *fmt, ...)
{
	enum err_code code = ERR_BUG;
	const char *text = NULL;

	/* What it says of a full disk when the file beside the log is the one that finds no room. */
	if (rc == SQLITE_IOERR_SHMSIZE)
		rc = SQLITE_FULL;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].rc == (rc & 0xff)) {
			code = table[i].code;
			text = table[i].text;
		}
	if (code == ERR_IO && text && rc > 0xff)
		err_set(e, code, "%s (%s, code %d)", text, sqlite3_errstr(rc), rc);
	else if (text)
		err_set(e, code, "%s", text);
	else
		err_set(e, code, "%s", j->db ? sqlite3_errmsg(j->db) : sqlite3_errstr(rc));

	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	err_wrap(e, "journal '%s': %s", j->path, what);
	return -code;
}
