/*
 * The journal's tables: made once, whole or not at all, and looked at on each opening. Triggers keep our own mistakes
 * and other programs from changing rows; who removes them is seen here, and who edits rows is seen by the chain.
 */
#include "store/sqlite.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

/* In the order of the names, as the check reads them. */
static const struct {
	const char *name, *sql;
} parts[] = {
	{ "journal", "CREATE TABLE journal(\n"
		     "\tseq INTEGER PRIMARY KEY,\n"
		     "\tat_us INTEGER NOT NULL,\n"
		     "\tclock_back_us INTEGER NOT NULL,\n"
		     "\tkind TEXT NOT NULL,\n"
		     "\tincident INTEGER NOT NULL,\n"
		     "\tstep TEXT,\n"
		     "\tattempt INTEGER NOT NULL,\n"
		     "\twho TEXT NOT NULL,\n"
		     "\tbody TEXT NOT NULL,\n"
		     "\tmac BLOB NOT NULL\n"
		     ") STRICT" },
	{ "journal_in_order", "CREATE TRIGGER journal_in_order BEFORE INSERT ON journal "
			      "WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal) "
			      "BEGIN SELECT RAISE(ABORT, 'rows are added at the end, one after the other'); END" },
	{ "journal_incident", "CREATE INDEX journal_incident ON journal(incident)" },
	{ "journal_no_delete", "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal "
			       "BEGIN SELECT RAISE(ABORT, 'rows of the journal are not deleted'); END" },
	{ "journal_no_update", "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal "
			       "BEGIN SELECT RAISE(ABORT, 'rows of the journal are not changed'); END" },
};

#define STRING(x) STRING_OF(x)
#define STRING_OF(x) #x

static void close_dbp(struct sqlite3 **db)
{
	sqlite3_close(*db);
}

static int fill(struct journal *half, struct err *e)
{
	_cleanup_(close_dbp) struct sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(half->path, &db, SQLITE_OPEN_READWRITE, NULL);

	half->db = db;
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA synchronous=FULL; BEGIN", NULL, NULL, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < ARRAY_SIZE(parts); i++)
		rc = sqlite3_exec(db, parts[i].sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA application_id=" STRING(SQLITE_APPLICATION_ID) ";"
				  "PRAGMA user_version=" STRING(SQLITE_USER_VERSION) ";"
				  "COMMIT; PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sqlite_fail(half, rc, e, "make");
}

static int sync_path(const char *path, int flags)
{
	_cleanup_(closep) int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Made beside under another name and then renamed: a half-made journal is never seen under the real one. */
static int make_locked(const char *folder, const char *path, struct err *e)
{
	_cleanup_(freep) char *half = mem_printf("%s.making", path);
	struct journal j = { .path = half };

	if (unlink(half) < 0 && errno != ENOENT)
		return err_errno(e, "remove the half-made journal '%s'", half);

	_cleanup_(closep) int fd = open(half, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(e, "make journal '%s'", path);

	int r = fill(&j, e);

	if (r < 0) {
		unlink(half);
		return r;
	}
	if (sync_path(half, O_RDONLY) < 0 || rename(half, path) < 0 || sync_path(folder, O_DIRECTORY) < 0)
		return err_errno(e, "make journal '%s'", path);
	return 0;
}

int sqlite_schema_make(const char *folder, const char *path, struct err *e)
{
	_cleanup_(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t until = clock_mono_us() + SQLITE_BUSY_MS * INT64_C(1000);

	if (fd < 0)
		return err_errno(e, "open the journal's folder '%s'", folder);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(e, "lock the journal's folder '%s'", folder);
		if (clock_mono_us() > until)
			return err_set(e, ERR_CONFLICT, "journal '%s': another program is making it: wait for it to "
				       "end, then run the command again", path);
		clock_sleep_ms(5);
	}
	if (fs_exists(path))
		return 0;

	/* The key first: a journal without its key would be a dead end, a key without a journal is none. */
	_cleanup_(freep) char *key_path = fs_join(folder, SQLITE_KEY_FILE);
	struct digest_key key;
	int r = digest_key_open(key_path, true, &key, e);

	explicit_bzero(&key, sizeof(key));
	if (r < 0) {
		err_wrap(e, "journal '%s': key", path);
		return r;
	}
	return make_locked(folder, path, e);
}

static int pragma_number(struct journal *j, const char *sql, int64_t *ret, struct err *e)
{
	_cleanup_(sqlite_finishp) struct sqlite3_stmt *st = NULL;
	int r = sqlite_prepare(j, sql, &st, e);

	if (r < 0)
		return r;

	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW)
		return sqlite_fail(j, rc, e, "read");
	*ret = sqlite3_column_int64(st, 0);
	return 0;
}

int sqlite_schema_check(struct journal *j, struct err *e)
{
	int64_t id = 0, version = 0;
	int r = pragma_number(j, "PRAGMA application_id", &id, e);

	if (r == 0)
		r = pragma_number(j, "PRAGMA user_version", &version, e);
	if (r < 0)
		return r;
	if (id != SQLITE_APPLICATION_ID)
		return err_set(e, ERR_CONFIG, "journal '%s': this is another program's SQLite file (application id "
			       "0x%llx, expected 0x%x): name another folder", j->path, (unsigned long long)id,
			       SQLITE_APPLICATION_ID);
	if (version != SQLITE_USER_VERSION)
		return err_set(e, ERR_CONFIG, "journal '%s': its format is version %lld, this program knows version "
			       "%d: use the firebreak that wrote it", j->path, (long long)version, SQLITE_USER_VERSION);

	_cleanup_(sqlite_finishp) struct sqlite3_stmt *st = NULL;
	size_t i = 0;
	int rc;

	r = sqlite_prepare(j, "SELECT name, sql FROM sqlite_schema ORDER BY name", &st, e);
	if (r < 0)
		return r;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW && i < ARRAY_SIZE(parts)) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		const char *sql = (const char *)sqlite3_column_text(st, 1);

		if (!name || !sql || strcmp(name, parts[i].name) != 0 || strcmp(sql, parts[i].sql) != 0)
			break;
		i++;
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sqlite_fail(j, rc, e, "read");
	if (rc == SQLITE_ROW || i < ARRAY_SIZE(parts))
		return err_set(e, ERR_CONFIG, "journal '%s': its tables are not as firebreak made them (look at '%s'): "
			       "another program has changed them; copy the folder away and do not trust its rows",
			       j->path, i < ARRAY_SIZE(parts) ? parts[i].name : "sqlite_schema");
	return 0;
}
