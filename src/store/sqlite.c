/* Opening and closing the journal. */
#include "store/sqlite.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>

/* secure_delete: sealed values of a row that never was committed leave no trace in the file. The cache is small,
 * because rows are read once and in order. */
static const char settings[] = "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;"
			       "PRAGMA cell_size_check=ON; PRAGMA cache_size=-1000; PRAGMA temp_store=MEMORY";

/* Only ever by name: opening the file here and closing it would drop the locks that SQLite holds on it. */
static int look_at_file(const char *path, enum journal_mode mode, bool *ret_missing, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno == ENOTDIR)
			return err_set(e, ERR_CONFIG, "journal '%s': its folder is no folder", path);
		if (errno != ENOENT)
			return err_errno(e, "journal '%s'", path);
		*ret_missing = true;
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "journal '%s' is %s, expected a regular file: name another folder", path,
			       S_ISDIR(st.st_mode) ? "a folder" : S_ISLNK(st.st_mode) ? "a link" : "no regular file");
	if (mode == JOURNAL_WRITE && (st.st_mode & 077) && chmod(path, 0600) < 0)
		return err_errno(e, "journal '%s' may be opened by others: take that from them", path);
	*ret_missing = false;
	return 0;
}

static int look_at_folder(const char *folder, enum journal_mode mode, struct err *e)
{
	struct stat st;

	if (stat(folder, &st) < 0) {
		if (errno == ENOENT && mode == JOURNAL_WRITE)
			return fs_mkdirs(folder, 0700, e);
		if (errno == ENOENT)
			return err_set(e, ERR_USAGE, "journal '%s': there is none yet: the first 'firebreak declare' "
				       "makes it", folder);
		return err_errno(e, "journal's folder '%s'", folder);
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_CONFIG, "journal's folder '%s' is no folder: name another one", folder);
	/* Who may write into the folder may put another journal and another key there. */
	if (st.st_mode & 022)
		return err_set(e, ERR_REFUSED, "journal's folder '%s' may be written by others (mode %04o): chmod 0700 "
			       "it", folder, st.st_mode & 07777);
	return 0;
}

static bool is_clean_and_still(const char *path, const char *folder)
{
	_cleanup_(freep) char *wal = mem_printf("%s-wal", path);

	return !fs_exists(wal) && access(folder, W_OK) < 0;
}

static char *uri_of(const char *path)
{
	struct buf b = BUF_INIT(64 * 1024);

	buf_str(&b, "file:");
	for (const char *c = path; *c; c++)
		if (strchr("?#%", *c))
			buf_printf(&b, "%%%02x", (unsigned char)*c);
		else
			buf_char(&b, *c);
	buf_str(&b, "?immutable=1");
	return buf_take(&b);
}

static int connect(struct journal *j, int flags, const char *name, struct err *e)
{
	int rc = sqlite3_open_v2(name, &j->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK)
		return sqlite_fail(j, rc, e, "open");
	sqlite3_extended_result_codes(j->db, 1);
	sqlite3_busy_timeout(j->db, SQLITE_BUSY_MS);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_limit(j->db, SQLITE_LIMIT_LENGTH, 2 * (int)ROW_BODY_MAX);
	sqlite3_limit(j->db, SQLITE_LIMIT_ATTACHED, 0);
	rc = sqlite3_exec(j->db, settings, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return sqlite_fail(j, rc, e, "open");
	return sqlite_schema_check(j, e);
}

/* On a medium that nobody can write, SQLite cannot make the files that readers share; nobody else can either, so the
 * file is read as it lies there. */
static int connect_to_read(struct journal *j, struct err *e)
{
	if (!is_clean_and_still(j->path, j->folder))
		return connect(j, SQLITE_OPEN_READONLY, j->path, e);

	_cleanup_(freep) char *uri = uri_of(j->path);

	return connect(j, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, uri, e);
}

static int want_wal(struct journal *j, struct err *e)
{
	_cleanup_(sqlite_finishp) struct sqlite3_stmt *st = NULL;
	int r = sqlite_prepare(j, "PRAGMA journal_mode=WAL", &st, e);

	if (r < 0)
		return r;

	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW)
		return sqlite_fail(j, rc, e, "open");
	if (strcmp((const char *)sqlite3_column_text(st, 0), "wal") != 0)
		return err_set(e, ERR_IO, "journal '%s': this file system cannot hold it (no write-ahead log): name a "
			       "folder on a local disk", j->path);
	return 0;
}

static int connect_to_write(struct journal *j, struct err *e)
{
	int r = connect(j, SQLITE_OPEN_READWRITE, j->path, e);

	if (r < 0)
		return r;
	if (sqlite3_db_readonly(j->db, "main") != 0)
		return sqlite_fail(j, SQLITE_READONLY, e, "open for writing");
	r = want_wal(j, e);
	if (r < 0)
		return r;
	return sqlite_chain_key(j, false, e);
}

int journal_open(const char *folder, enum journal_mode mode, struct journal **ret, struct err *e)
{
	_cleanup_(journal_closep) struct journal *j = mem_zero(1, sizeof(*j));
	bool missing = false;

	j->folder = mem_dup(folder);
	j->path = fs_join(folder, SQLITE_FILE);
	j->now_us = clock_now_us;
	j->write = mode == JOURNAL_WRITE;

	int r = look_at_folder(folder, mode, e);

	if (r == 0)
		r = look_at_file(j->path, mode, &missing, e);
	if (r < 0)
		return r;
	if (missing && mode == JOURNAL_READ)
		return err_set(e, ERR_USAGE, "journal '%s': there is none yet: the first 'firebreak declare' makes it",
			       j->path);
	if (missing)
		r = sqlite_schema_make(folder, j->path, e);
	if (r == 0)
		r = mode == JOURNAL_WRITE ? connect_to_write(j, e) : connect_to_read(j, e);
	if (r < 0)
		return r;
	*ret = TAKE(j);
	return 0;
}

struct journal *journal_close(struct journal *j)
{
	if (!j)
		return NULL;
	for (unsigned i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(j->st[i]);
	sqlite3_close(j->db);
	explicit_bzero(&j->chain, sizeof(j->chain));
	free(j->folder);
	free(j->path);
	free(j);
	return NULL;
}

void journal_closep(struct journal **j)
{
	*j = journal_close(*j);
}

int64_t journal_clock_back_us(const struct journal *j)
{
	return j->clock_back_us;
}

bool journal_exists(const char *folder)
{
	_cleanup_(freep) char *path = fs_join(folder, SQLITE_FILE);

	return fs_exists(path);
}
