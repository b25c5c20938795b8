#pragma once
/*
 * What is derived from a key and written into other repositories: one file for each format (half_*.c), listed once in
 * model/half_formats.def. Bytes in, bytes out: the worker reads and pushes, the parent never comes here.
 *
 * Each call may be the second one: what stands there already is a success without a change. What is found is found by
 * the key, not by a name that somebody remembers. A file in which nothing of the key is found is an error, because
 * "nothing to do" would be believed.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/keypair.h"
#include <stdbool.h>

#define HALF_FILES 2u

struct half_file {
	const char *path;              /* in its repository, for texts */
	const char *text;              /* as it is */
	size_t len;
	bool absent;                   /* there is no such file: pulled, or to be made again (back) */
	bool remove;                   /* made: the file is taken away */
	struct buf *ret;               /* the new text; empty when nothing changes */
};

struct half_work {
	const json_t *options;         /* flat object of strings; NULL: none */
	const struct public_key *old, *new;
	const json_t *issued;          /* what the issuer gave for the new key; NULL: the half is none of an issuer */
	bool back;                     /* publish: it was pulled, so that a file that is missing is made */
	int64_t now_s;
	struct half_file *files;       /* the half's own, then the one that an option names (also) */
	size_t n;
};

struct half_said {
	char text[300];                /* one sentence for people */
	int64_t ttl_s;                 /* how long others may keep what stood there; 0: not at all, or not known */
};

typedef int half_fn(const struct half_work *w, struct half_said *ret, struct err *e);

struct half_writer {
	const char *name;              /* as in half_formats.def */
	half_fn *publish, *withdraw;   /* withdraw NULL: it only points to what is withdrawn elsewhere */
	half_fn *pull;                 /* takes it out of deployment; NULL: it cannot be */
	/* Is the text the half of this key? Of those that can be pulled. -ERR_CONFIG: it cannot be told. */
	int (*is_of)(const char *text, size_t len, const struct public_key *key, bool *ret, struct err *e);
};

const struct half_writer *half_writer_find(const char *name);                    /* NULL: none of ours */
const char *half_option(const struct half_work *w, const char *name);   /* NULL: not given */
