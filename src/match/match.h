#pragma once
/*
 * Looks in bytes for everything that the rules describe, or for a set of known values. Hyperscan goes over the text
 * once for all of them; where it says that a rule may match, PCRE2 (with JIT) finds where match and value begin and
 * end, and the filters look at the value.
 *
 * Any bytes: text, binary, UTF-16 with its mark (read as its low bytes; offsets are those of the file). Whatever the
 * size, memory is MATCH_WINDOW and a part that stays for matches across two windows.
 *
 * What is told of a value is where it stands and a keyed tag, never its bytes. One matcher belongs to one thread, and
 * secret_init() comes first.
 */
#include "base/digest.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/strv.h"
#include "match/rules.h"
#include <stdint.h>

#define MATCH_WINDOW ((size_t)1 << 20)
#define MATCH_FOUND_MAX 10000u                 /* in one text; more is told as "not everything was looked at" */
#define MATCH_LITERALS_MAX 100000u

struct matcher;

struct match {
	uint32_t id;                           /* index in the rules, or the literal's own */
	uint64_t offset, len;                  /* of the value, in bytes of the text */
	uint64_t line, col;                    /* from 1; col in bytes, of UTF-16 in characters */
	char tag[DIGEST_TAG_HEX];              /* of the value, as digest_tag() makes it; "" for literals */
};
typedef void match_fn(const struct match *m, void *arg);

/* MATCHER_SLOW leaves Hyperscan out: for machines that it does not run on, and for tests that compare. */
enum matcher_how { MATCHER_FAST, MATCHER_SLOW };

/* Compiles the rules, which must outlive the matcher. -ERR_CONFIG with the place of a rule that cannot be compiled or
 * has no longest match. `notes` (may be NULL) gets a sentence for each rule that Hyperscan does not take as it is. */
int matcher_open(const struct rules *rules, enum matcher_how how, const struct digest_key *key, struct strv *notes,
		 struct matcher **ret, struct err *e);

/*
 * Known values. They are copied to locked pages; the automaton, which holds up to 16 bytes of each, is built in a child
 * process that ends at once and lies on locked pages here. -ERR_BUG in a process that has other threads.
 */
struct literal { uint32_t id; const struct secret *value; };
int matcher_open_literals(const struct literal *literals, size_t n, struct matcher **ret, struct err *e);

/* A second matcher for another thread: it looks for the same, and borrows what `of` has compiled, which must outlive
 * it. Made and freed in the thread of `of`. */
int matcher_share(const struct matcher *of, struct matcher **ret, struct err *e);

/* One text. `found` is called in the order of offsets when all of it was looked at; of rules whose values overlap the
 * first in the order of the rules is told. -ERR_LIMIT: everything found was told, and e says what was not looked at. */
int matcher_scan(struct matcher *m, const void *bytes, size_t len, match_fn *found, void *arg, struct err *e);

/* The same in pieces of any size. */
void matcher_begin(struct matcher *m);
void matcher_feed(struct matcher *m, const void *bytes, size_t len);
int matcher_end(struct matcher *m, match_fn *found, void *arg, struct err *e);

struct matcher *matcher_free(struct matcher *m);         /* accepts NULL; returns NULL */
void matcher_freep(struct matcher **m);
