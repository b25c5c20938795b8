/*
 * Appends per second, each on disk before the next, against a bare SQLite insert of the same text with the same
 * settings on the same disk in the same run. Blocks of both take turns, so that a busy disk hits both alike.
 *
 *     bench_journal [FOLDER]     a folder on a real disk; a tmpfs would measure no fsync
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/journal.h"
#include <sqlite3.h>

#define BLOCKS 100
#define BLOCK 20
#define OPENINGS 200

static char body[700];

static void must(bool good, const char *what, const char *text)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, text);
	exit(1);
}

static sqlite3_stmt *bare_open(const char *folder, sqlite3 **ret)
{
	_cleanup_(freep) char *path = fs_join(folder, "bare.db");
	sqlite3_stmt *st = NULL;

	must(sqlite3_open(path, ret) == SQLITE_OK, "open", path);
	must(sqlite3_exec(*ret, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
			  "CREATE TABLE t(seq INTEGER PRIMARY KEY, at_us INTEGER, kind TEXT, incident INTEGER, "
			  "step TEXT, attempt INTEGER, who TEXT, body TEXT) STRICT", NULL, NULL, NULL) == SQLITE_OK,
	     "make", sqlite3_errmsg(*ret));
	must(sqlite3_prepare_v2(*ret, "INSERT INTO t VALUES (NULL, ?, 'outcome', 1, 'redis-password.change', 1, "
				"'alice (root@laptop)', ?)", -1, &st, NULL) == SQLITE_OK, "prepare",
	     sqlite3_errmsg(*ret));
	return st;
}

static int64_t bare_block(sqlite3_stmt *st)
{
	int64_t start = clock_mono_us();

	for (unsigned i = 0; i < BLOCK; i++) {
		sqlite3_bind_int64(st, 1, clock_now_us());
		sqlite3_bind_text(st, 2, body, -1, SQLITE_STATIC);
		must(sqlite3_step(st) == SQLITE_DONE, "bare insert", "failed");
		sqlite3_reset(st);
	}
	return clock_mono_us() - start;
}

static int64_t journal_block(struct journal *j)
{
	struct row row = { .kind = ROW_OUTCOME, .incident = 1, .step = "redis-password.change", .attempt = 1,
			   .who = "alice (root@laptop)", .body = body };
	struct err e = ERR_INIT;
	int64_t start = clock_mono_us();

	for (unsigned i = 0; i < BLOCK; i++)
		must(journal_append(j, &row, NULL, &e) == 0, "append", e.text);
	return clock_mono_us() - start;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The middle one: a block that met somebody else's fsync tells nothing about either. */
static double middle(double of[BLOCKS])
{
	qsort(of, BLOCKS, sizeof(*of), by_size);
	return of[BLOCKS / 2];
}

static int64_t open_and_look(const char *folder)
{
	int64_t start = clock_mono_us(), last;
	struct err e = ERR_INIT;

	for (unsigned i = 0; i < OPENINGS; i++) {
		struct journal *j = NULL;

		must(journal_open(folder, JOURNAL_READ, &j, &e) == 0, "open", e.text);
		must(journal_last_incident(j, &last, &e) == 0, "read", e.text);
		journal_close(j);
	}
	return (clock_mono_us() - start) / OPENINGS;
}

int main(int argc, char **argv)
{
	_cleanup_(freep) char *folder = mem_printf("%s/bench-journal-XXXXXX", argc > 1 ? argv[1] : ".");
	struct journal *j = NULL;
	sqlite3 *db;
	struct err e = ERR_INIT;
	double bare[BLOCKS], ours[BLOCKS], ratio[BLOCKS];
	int64_t rows = 0;

	must(mkdtemp(folder) != NULL, "make a folder", folder);
	snprintf(body, sizeof(body), "{\"outcome\":\"proven\",\"text\":\"%0600d\"}", 1);
	must(journal_open(folder, JOURNAL_WRITE, &j, &e) == 0, "open", e.text);

	sqlite3_stmt *st = bare_open(folder, &db);

	for (unsigned i = 0; i < BLOCKS; i++) {
		bare[i] = (double)bare_block(st);
		ours[i] = (double)journal_block(j);
		ratio[i] = ours[i] / bare[i];
	}

	int64_t start = clock_mono_us();

	must(journal_verify(j, NULL, &rows, &e) == 0, "verify", e.text);

	int64_t verify = clock_mono_us() - start;

	journal_close(j);
	sqlite3_finalize(st);
	sqlite3_close(db);

	printf("journal: %.0f appends/s on disk, bare SQLite %.0f inserts/s: ratio of times %.2f\n",
	       BLOCK * 1e6 / middle(ours), BLOCK * 1e6 / middle(bare), middle(ratio));
	printf("journal: %.0f rows/s verified, opened and asked in %lld us\n", (double)rows * 1e6 / (double)verify,
	       (long long)open_and_look(folder));
	return fs_remove_tree(folder, &e) < 0;
}
