#pragma once
/*
 * Looks for values in files of a host, in all their forms (scan/forms.h): the one way of the step `residue`, of
 * `firebreak trace` on hosts, and in folders of backups.
 *
 * A program for perl (search.pl) runs there, which every Debian has. Everything that it is told goes through its
 * standard input, the values' forms among it; it writes nothing down, and what it answers are places and numbers. Files
 * of gzip, xz, zstd, bzip2, lz4 and systemd's journal are read through their own programs, tars member by member. What
 * could not be read, in whole or in part, is told with its reason. Sockets, pipes and devices hold nothing.
 *
 * Its question, on standard input: lines "WORD NUMBER LENGTH\n" with LENGTH bytes behind each, then "go\n":
 *   pattern   NUMBER is told again with what is found          path, leave   absolute, with '*' and '?'
 *   seconds   that it may take      records   at most so many of found and not read      waiting  files in mind
 *   unpacked  bytes of one packed file
 * Its answer: records of four texts with a NUL behind each: "F" path member "NUMBER count line"; "G" path member
 * "kind why"; of objects of git, whose member is their name, "O" path object "type state time commit", "W" path object
 * author, "N" path object file; at the end "S" "" "" "files bytes more".
 */
#include "base/strv.h"
#include "worker/chore.h"

#define HOST_SEARCH_RECORDS 4000u /* in one answer */
#define HOST_SEARCH_BYTES 800000u /* of all that is told: it has to fit into one line of the wire */
#define HOST_SEARCH_VALUES 1000u

struct host_value {
	const char *name;                  /* told with what is found */
	const struct secret *value;
	const char *const *users;          /* of forms_make */
};

struct host_search {
	/* given */
	const struct strv *paths, *leave;
	const struct host_value *values;
	uint32_t n_values;
	size_t limit;                      /* entries of each list; more are counted only */
	/* made; the caller's to free */
	json_t *found;                     /* {"path","member","value","form","forms","part","count","line"}; of
	                                      git also {"object","is","state","commit","at_s","who","name"} */
	json_t *not_read;                  /* {"path","member","kind","why","value"} */
	int64_t files, bytes;
	bool more;                         /* not all that was found or not read is told */
};

int host_search(const struct job *job, const struct way *w, struct host_search *s, struct err *e);
