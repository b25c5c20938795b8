#pragma once
/*
 * The journal files of systemd, read without systemd: a compromised host's journalctl need not tell the truth. Pure,
 * over the bytes of one file; regular and compact files, keyed hashes or not
 * (https://systemd.io/JOURNAL_FILE_FORMAT/). The hashes are not checked: whoever can write the file makes them fit.
 *
 * Every offset of the file is hostile. The chain of entry arrays has to rise, so that it ends. Fields that systemd
 * compressed (512 bytes and more) are passed over and counted.
 */
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one entry; texts are borrowed for the call, not NUL-terminated; NULL: the entry has no such field. */
struct journald_text { const char *s; size_t len; };
enum journald_field { JD_MESSAGE, JD_IDENTIFIER, JD_PID, JD_UID, JD_COMM, JD_UNIT, JD_SYSLOG_PID, JD_TRANSPORT,
		      JD_FIELDS };

struct journald_entry {
	uint64_t seqnum;
	int64_t at_us;
	struct journald_text field[JD_FIELDS];
};

struct journald_file {
	char series[33], machine[33];           /* in hex: numbers of entries count within a series */
	bool archived;
	uint64_t first_seqnum, last_seqnum;
	int64_t first_us, last_us;
	uint64_t entries;                       /* that were seen, in the window or not */
	uint64_t compressed;                    /* fields that were passed over, of entries in the window */
	uint64_t broken;                        /* entries that lie outside of the file or are none */
};

/*
 * Calls `each` for the entries of [from_us, until_us], in the order of the file; a non-zero return stops and comes
 * back.
 * -ERR_CONFIG: no journal file, or one that uses what is not known here. `ret` is filled as far as was read.
 * `seen`, when not NULL, is called with the number of every entry, in the window or not.
 */
int journald_read(const uint8_t *bytes, size_t len, int64_t from_us, int64_t until_us,
		  int (*each)(const struct journald_entry *en, void *arg), void (*seen)(uint64_t seqnum, void *arg),
		  void *arg, struct journald_file *ret, struct err *e);
