#pragma once
/*
 * A zone file (RFC 1035 5.1) as text: where its records stand, so that a few bytes are changed and all others stay as
 * a person wrote them. It answers nobody's questions: the server's own checker has the last word on what is pushed.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONE_MAX ((size_t)32 << 20)
#define ZONE_RECORDS_MAX 500000u
#define ZONE_NAME_MAX 254u             /* RFC 1035 2.3.4, with a NUL */

struct zone_word { size_t from, to; };         /* bytes of the file, quotes included */

struct zone_record {
	const char *owner;             /* absolute, small letters, no dot at its end */
	const char *type;              /* capital letters */
	int64_t ttl_s;                 /* its own, or what $TTL says; -1: neither */
	size_t end;                    /* behind its last line */
	uint32_t line;                 /* from 1 */
	struct zone_word *words;       /* of its data */
	uint32_t n_words;
};

struct zone {
	struct arena *arena;
	const char *name, *text;       /* borrowed; name: for texts */
	size_t len;
	struct zone_record *records;
	uint32_t n;
	size_t cap;
	int64_t ttl_s;                 /* of the last $TTL; -1: none */
	bool includes;                 /* $INCLUDE, which is not followed */
};

/* origin: what names without a dot at their end are below, until $ORIGIN says another. */
int zone_read(const char *name, const char *text, size_t len, const char *origin, struct zone *ret, struct err *e);
void zone_clear(struct zone *z);
/* The strings of a TXT record as one; wire bytes, so any of them may come. */
void zone_txt(const struct zone *z, const struct zone_record *r, struct buf *ret);

/* Bytes from..to become `put`. In the order of the file, not over each other. */
struct zone_edit { size_t from, to; const char *put; };
/* The edits, and the SOA's serial raised: to today's date with 00 (YYYYMMDDnn) where it is one of that form and older,
 * by one otherwise (RFC 1982). -ERR_CONFIG: there is no SOA. */
int zone_write(const struct zone *z, const struct zone_edit *edits, size_t n, int64_t now_s, struct buf *ret,
	       struct err *e);
