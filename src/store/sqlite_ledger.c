/* Opening, closing and giving up a ledger; its tables. */
#include "store/sqlite_ledger.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define STRING(x) STRING_OF(x)
#define STRING_OF(x) #x

const char *const ledger_state_words[LEDGER_STATES + 1] = {
	[LEDGER_PLANNED] = "planned", [LEDGER_SENDING] = "sending", [LEDGER_SENT] = "sent",
	[LEDGER_REFUSED] = "refused", [LEDGER_DEFERRED] = "deferred", [LEDGER_UNKNOWN] = "unknown",
};

static const char tables[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE mailing(id INTEGER PRIMARY KEY CHECK (id = 1), text_sha256 TEXT NOT NULL, subject TEXT NOT NULL,"
	" body TEXT NOT NULL, key TEXT NOT NULL, begun_us INTEGER NOT NULL) STRICT;"
	"CREATE TABLE recipient(n INTEGER PRIMARY KEY, tag BLOB NOT NULL UNIQUE, address BLOB NOT NULL) STRICT;"
	"CREATE TABLE status(n INTEGER PRIMARY KEY, state INTEGER NOT NULL, tries INTEGER NOT NULL,"
	" due_us INTEGER NOT NULL, at_us INTEGER NOT NULL, code INTEGER NOT NULL, said TEXT NOT NULL,"
	" batch INTEGER NOT NULL) STRICT;"
	"CREATE INDEX status_deferred ON status(due_us, n) WHERE state = 4;"
	"CREATE TABLE batch(id INTEGER PRIMARY KEY, message TEXT NOT NULL, relay TEXT, begun_us INTEGER NOT NULL) "
		"STRICT;"
	"PRAGMA application_id=" STRING(LEDGER_APPLICATION_ID) "; PRAGMA user_version=" STRING(LEDGER_VERSION) "; "
		"COMMIT";

static const char settings[] = "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;"
			       "PRAGMA cell_size_check=ON; PRAGMA cache_size=-64000; PRAGMA temp_store=MEMORY";

static const struct {
	int rc;
	enum err_code code;
	const char *text;
} failures[] = {
	{ SQLITE_FULL, ERR_IO, "the disk is full: make room, then run the command again" },
	{ SQLITE_READONLY, ERR_IO, "it is read-only: look at the owner and mode of the folder and of each mail-*.db*" },
	{ SQLITE_CANTOPEN, ERR_IO, "could not be opened: look at the owner and mode of the folder and of each "
				   "mail-*.db*" },
	{ SQLITE_CORRUPT, ERR_CONFIG, "it is damaged: copy the whole folder away before anything else" },
	{ SQLITE_NOTADB, ERR_CONFIG, "it is no ledger: copy the whole folder away before anything else" },
	{ SQLITE_BUSY, ERR_CONFLICT, "another program holds its lock: wait for it to end, then run the command again" },
	{ SQLITE_IOERR, ERR_IO, "the disk failed" },
};

int (ledger_fail)(const struct ledger *l, int rc, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		if (failures[i].rc == (rc & 0xff))
			return err_set(e, failures[i].code, "ledger '%s': %s", l->path, failures[i].text);
	return err_set(e, ERR_BUG, "ledger '%s': %s", l->path, l->db ? sqlite3_errmsg(l->db) : sqlite3_errstr(rc));
}

static char *path_of(const char *folder, int64_t incident, const char *end)
{
	return mem_printf("%s/mail-%lld.%s", folder, (long long)incident, end);
}

bool ledger_exists(const char *folder, int64_t incident)
{
	_cleanup_(freep) char *path = path_of(folder, incident, "db");

	return fs_exists(path);
}

static int pragma(struct ledger *l, const char *sql, int64_t *ret, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(l->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : ledger_fail(l, rc, e);
}

static int check(struct ledger *l, struct err *e)
{
	int64_t id = 0, version = 0;
	int r = pragma(l, "PRAGMA application_id", &id, e);

	if (r == 0)
		r = pragma(l, "PRAGMA user_version", &version, e);
	if (r == 0 && id == 0 && version == 0 && l->write) {
		int rc = sqlite3_exec(l->db, tables, NULL, NULL, NULL);

		return rc == SQLITE_OK ? 0 : ledger_fail(l, rc, e);
	}
	if (r == 0 && (id != LEDGER_APPLICATION_ID || version != LEDGER_VERSION))
		r = err_set(e, ERR_CONFIG, "ledger '%s': this is no ledger of version %d", l->path, LEDGER_VERSION);
	return r;
}

static int connect_db(struct ledger *l, struct err *e)
{
	int rc = sqlite3_open_v2(l->path, &l->db, (l->write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
				 SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(l->db, 10000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l->db, settings, NULL, NULL, NULL);
	if (rc == SQLITE_OK && l->write)
		rc = sqlite3_exec(l->db, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=2000", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return ledger_fail(l, rc, e);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return check(l, e);
}

/* The file's name is on disk before anything counts on it. */
static int make_file(struct ledger *l, const char *folder, struct err *e)
{
	_cleanup_(closep) int fd = open(l->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	_cleanup_(closep) int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || at < 0 || fchmod(fd, 0600) < 0 || fsync(at) < 0)
		return err_errno(e, "make ledger '%s'", l->path);
	return 0;
}

static int lock(struct ledger *l, const char *folder, int64_t incident, struct err *e)
{
	_cleanup_(freep) char *path = path_of(folder, incident, "lock");
	int r = fs_lock(path, &l->lock, e);

	if (r == -ERR_CONFLICT)
		return err_set(e, ERR_CONFLICT, "another `firebreak mail` works on incident %lld: it goes on by itself",
			       (long long)incident);
	return r < 0 || fs_exists(l->path) ? r : make_file(l, folder, e);
}

static int read_mailing(struct ledger *l, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(l->db, "SELECT text_sha256, subject, body, key, begun_us FROM mailing", -1, &st,
				    NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	for (int i = 0; rc == SQLITE_ROW && i < 4; i++)
		l->owned[i] = mem_dup((const char *)sqlite3_column_text(st, i));
	if (rc == SQLITE_ROW) {
		l->has_mailing = true;
		l->mailing = (struct ledger_mailing){ l->owned[0], l->owned[1], l->owned[2], l->owned[3],
						      sqlite3_column_int64(st, 4) };
	}
	sqlite3_finalize(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : ledger_fail(l, rc, e);
}

/* Under the lock nobody else is sending: who stands as if, was left behind by a program that is gone. */
static int find_lost(struct ledger *l, int64_t *ret, struct err *e)
{
	struct sqlite3_stmt *st;
	int r = ledger_begin(l, e);

	if (r == 0)
		r = ledger_get(l, LS_LOST, &st, e);
	if (r == 0) {
		sqlite3_bind_int64(st, 1, clock_now_us());
		r = ledger_run(l, st, ret, e);
	}
	return r == 0 ? ledger_keep(l, e) : r;
}

int ledger_open(const char *folder, int64_t incident, bool write, struct ledger **ret, int64_t *ret_lost, struct err *e)
{
	_cleanup_(ledger_closep) struct ledger *l = mem_zero(1, sizeof(*l));
	int64_t lost = 0;
	int r = 0;

	l->path = path_of(folder, incident, "db");
	l->write = write;
	l->lock = -1;
	if (!write && !fs_exists(l->path))
		return err_set(e, ERR_USAGE, "incident %lld has sent no mail to people yet", (long long)incident);
	if (write)
		r = lock(l, folder, incident, e);
	if (r == 0)
		r = connect_db(l, e);
	if (r == 0)
		r = read_mailing(l, e);
	if (r == 0 && write)
		r = find_lost(l, &lost, e);
	if (r < 0)
		return r;
	if (ret_lost)
		*ret_lost = lost;
	*ret = TAKE(l);
	return 0;
}

struct ledger *ledger_close(struct ledger *l)
{
	if (!l)
		return NULL;
	for (unsigned i = 0; i < LEDGER_STATEMENTS; i++)
		sqlite3_finalize(l->st[i]);
	sqlite3_close(l->db);
	closep(&l->lock);
	for (size_t i = 0; i < ARRAY_SIZE(l->owned); i++)
		free(l->owned[i]);
	free(l->path);
	free(l);
	return NULL;
}

void ledger_closep(struct ledger **l)
{
	*l = ledger_close(*l);
}

const struct ledger_mailing *ledger_mailing(const struct ledger *l)
{
	return l->has_mailing ? &l->mailing : NULL;
}

int ledger_forget(struct ledger *l, struct err *e)
{
	int r = ledger_begin(l, e), rc;

	if (r == 0)
		r = ledger_simply(l, LS_FORGET, e);
	if (r == 0)
		r = ledger_simply(l, LS_EMPTY, e);
	if (r == 0)
		r = ledger_simply(l, LS_SILENCE, e);
	if (r == 0)
		r = ledger_keep(l, e);
	if (r < 0) {
		ledger_drop(l);
		return r;
	}
	/* What was written over stands in the log beside the file still. */
	rc = sqlite3_wal_checkpoint_v2(l->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc == SQLITE_OK ? 0 : ledger_fail(l, rc, e);
}
